//! The customers that the instrument and the tests play: what they ask for, and what a right answer is.

mod buying;
mod customers;
mod goods;
mod normal;
mod random;
mod reading;
mod script;
mod session;
mod sign_up;
mod workload;

use cleave_compare::{Dice, Journey, Request, Response};

pub use buying::{CartJourney, CheckoutJourney};
pub use customers::Customers;
pub use goods::{Goods, units_of};
pub use normal::Normaliser;
pub use random::RandomSession;
pub use reading::ReadingSession;
pub use script::ScriptedSession;
pub use sign_up::sign_up;
pub use workload::{Workload, WorkloadError, WorkloadJourney, renamed};

/// What is for sale, as a journey has to know it.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// The ids of all products, in the order of the list.
    pub product_ids: Vec<String>,
    /// The slugs of all categories, sorted.
    pub categories: Vec<String>,
}

impl Shelf {
    /// Of products in the order of the list: the id and the category of each.
    pub fn of(products: impl IntoIterator<Item = (String, String)>) -> Self {
        let (product_ids, mut categories): (Vec<_>, Vec<_>) = products.into_iter().unzip();
        categories.sort();
        categories.dedup();
        Self { product_ids, categories }
    }
}

/// *list*: one page of a category.
#[derive(Debug)]
pub struct ListJourney<'shelf>(
    /// What is for sale.
    pub &'shelf Shelf,
);

impl Journey for ListJourney<'_> {
    fn name(&self) -> &'static str {
        "list"
    }

    fn request(&self, dice: &mut Dice) -> Request {
        let category = dice.pick(&self.0.categories).map_or("", String::as_str);
        Request::get(format!("/api/v1/products?category={category}&limit=20"))
    }

    fn accepts(&self, response: &Response) -> bool {
        response.status == 200
            && response.body.starts_with(br#"{"items":[{"id":""#)
            && contains_near_end(&response.body, br#""next_cursor":"#)
    }
}

/// *product*: one product, with how many of it can be sold now.
#[derive(Debug)]
pub struct ProductJourney<'shelf>(
    /// What is for sale.
    pub &'shelf Shelf,
);

impl Journey for ProductJourney<'_> {
    fn name(&self) -> &'static str {
        "product"
    }

    fn request(&self, dice: &mut Dice) -> Request {
        let product_id = dice.pick(&self.0.product_ids).map_or("", String::as_str);
        Request::get(format!("/api/v1/products/{product_id}"))
    }

    /// An answer without a number is no answer here: the inventory is there, so it must have been asked.
    fn accepts(&self, response: &Response) -> bool {
        response.status == 200
            && contains_near_end(&response.body, br#""available":"#)
            && !response.body.ends_with(b"null}")
    }
}

/// Whether the last hundred bytes contain `wanted`: cheap enough for the generator's thread.
fn contains_near_end(body: &[u8], wanted: &[u8]) -> bool {
    let tail = &body[body.len().saturating_sub(100)..];
    tail.windows(wanted.len()).any(|window| window == wanted)
}
