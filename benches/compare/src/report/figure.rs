//! A figure: its pictures, what to see in them and what not to conclude, and the same as a table.

use super::markup::Element;
use super::panel::Panel;

/// Pictures that say one thing.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) id: &'static str,
    pub(super) heading: &'static str,
    /// What to see.
    pub(super) see: String,
    /// What not to conclude.
    pub(super) caution: &'static str,
    pub(super) panels: Vec<Panel>,
    pub(super) table: Table,
}

/// The numbers behind the pictures.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// What the columns are; the first ones are names, which stand to the left.
    pub(super) head: Vec<&'static str>,
    /// How many columns are names.
    pub(super) names: usize,
    pub(super) rows: Vec<Vec<String>>,
}

impl Figure {
    /// It as a part of the page; nothing where there is nothing to show.
    pub(super) fn section(&self) -> Option<Element> {
        if self.panels.is_empty() {
            return None;
        }
        let heading_id = format!("{}-heading", self.id);
        let pictures = self.panels.iter().map(|panel| panel.svg(None));
        let caption = Element::new("figcaption")
            .child(Element::new("p").child(Element::new("b").text("What to see: ")).text(&*self.see))
            .child(
                Element::new("p").child(Element::new("b").text("What not to conclude: ")).text(self.caution),
            );
        let figure = Element::new("figure")
            .child(Element::new("div").with("class", "pictures").children(pictures))
            .child(caption);
        let section = Element::new("section").with("aria-labelledby", &heading_id);
        Some(
            section
                .child(Element::new("h2").with("id", heading_id).text(self.heading))
                .child(figure)
                .child(self.table.element(self.heading)),
        )
    }
}

impl Table {
    /// The table in a frame that scrolls by itself, so that the page need not.
    pub(super) fn element(&self, caption: &str) -> Element {
        let class = |column: usize| if column < self.names { "name" } else { "number" };
        let head = self.head.iter().enumerate().map(|(column, name)| {
            Element::new("th").with("scope", "col").with("class", class(column)).text(*name)
        });
        let row = |cells: &Vec<String>| {
            Element::new("tr").children(
                cells
                    .iter()
                    .enumerate()
                    .map(|(column, text)| Element::new("td").with("class", class(column)).text(&**text)),
            )
        };
        let table = Element::new("table")
            .child(Element::new("caption").text(format!("{caption}, in numbers")))
            .child(Element::new("thead").child(Element::new("tr").children(head)))
            .child(Element::new("tbody").children(self.rows.iter().map(row)));
        // Whoever has no mouse scrolls it with the keys, for which it must be reachable.
        Element::new("div")
            .with("class", "scroll")
            .with("tabindex", 0)
            .with("role", "region")
            .with("aria-label", format!("{caption}, in numbers"))
            .child(table)
    }
}
