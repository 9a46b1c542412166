//! What the inventory tells others.

use catalog_api::ProductId;
use cleave_core::{Event, UnreadableEvent};
use serde::{Deserialize, Serialize};

/// What happens to stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InventoryEvent {
    /// A product came into stock or ran out.
    StockChanged(StockChanged),
}

/// A product came into stock or ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockChanged {
    /// Which product.
    pub product_id: ProductId,
    /// Whether any can be sold from here on.
    pub in_stock: bool,
}

const STOCK_CHANGED: &str = "stock_changed";

impl InventoryEvent {
    /// A product came into stock or ran out.
    pub fn stock_changed(product_id: ProductId, in_stock: bool) -> Self {
        Self::StockChanged(StockChanged { product_id, in_stock })
    }
}

impl Event for InventoryEvent {
    const TOPIC: &'static str = "inventory";

    fn name(&self) -> &'static str {
        match self {
            Self::StockChanged(_) => STOCK_CHANGED,
        }
    }

    fn version(&self) -> u32 {
        1
    }

    fn entity(&self) -> String {
        match self {
            Self::StockChanged(changed) => changed.product_id.to_string(),
        }
    }

    fn payload(&self) -> String {
        match self {
            // A type of plain fields always serialises.
            Self::StockChanged(changed) => serde_json::to_string(changed).unwrap_or_default(),
        }
    }

    fn read(name: &str, version: u32, payload: &str) -> Result<Self, UnreadableEvent> {
        match (name, version) {
            (STOCK_CHANGED, 1) => serde_json::from_str(payload).map(Self::StockChanged).map_err(|error| {
                UnreadableEvent::Payload { name: name.to_owned(), reason: error.to_string() }
            }),
            (STOCK_CHANGED, _) => Err(UnreadableEvent::UnknownVersion { name: name.to_owned(), version }),
            _ => Err(UnreadableEvent::UnknownName { topic: Self::TOPIC, name: name.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_was_written() {
        let product_id = "0198c0de-0000-7000-8000-00000000000a".parse().expect("an id");
        let event = InventoryEvent::stock_changed(product_id, true);
        assert_eq!(InventoryEvent::read(event.name(), event.version(), &event.payload()), Ok(event));
        assert!(InventoryEvent::read("stock_changed", 2, "{}").is_err());
        assert!(InventoryEvent::read("stock_counted", 1, "{}").is_err());
    }
}
