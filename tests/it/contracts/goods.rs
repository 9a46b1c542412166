//! What is for sale.

use catalog_api::{NewProduct, Product};
use cleave_core::Money;
use inventory_api::ReceiveStock;

use super::Bench;

/// What a [`lamp`] costs, in minor units.
pub(super) const PRICE: i64 = 4_950;

impl Bench {
    /// A new product of which there are so many.
    pub(super) async fn stocked(&self, quantity: i64) -> Product {
        let sku = self.new_id().to_string();
        let product = self.catalog().create_product(&self.command(&sku), lamp(&sku)).await.expect("made");
        let request = ReceiveStock { product_id: product.id, quantity };
        self.inventory().receive_stock(&self.command(&sku), request).await.expect("booked");
        product
    }
}

pub(super) fn lamp(sku: &str) -> NewProduct {
    NewProduct {
        sku: sku.to_owned(),
        name: "Lighthouse reading lamp".to_owned(),
        description: "Turns by itself.".to_owned(),
        category: "lighting".to_owned(),
        price: euros(PRICE),
    }
}

pub(super) fn euros(minor_units: i64) -> Money {
    Money { amount: minor_units, currency: "EUR".parse().expect("a currency") }
}
