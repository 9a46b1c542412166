//! One visitor of a workload, who knows what is in the cart.

use cleave_compare::{Dice, Request};

use super::Step;
use crate::journeys::Shelf;
use crate::journeys::buying::put_item;

/// Begins the key of an order whose cart has to be filled before the load begins; the product follows.
const PREPARED: &str = "prepared-";

/// Begins what tells the orders of one load from those of another.
const MARK: char = '.';

/// A visitor.
#[derive(Debug)]
pub(super) struct Visitor {
    authorization: String,
    /// Ends the keys of the orders, where the same customer comes in many loads.
    mark: String,
    /// Whether something has been put into the cart since the last order.
    has_filled: bool,
    orders: usize,
}

impl Visitor {
    pub(super) fn new(authorization: String) -> Self {
        Self { authorization, mark: String::new(), has_filled: false, orders: 0 }
    }

    /// Somebody who has been there in other loads, and gives orders keys that are of this one alone.
    pub(super) fn again(authorization: &str, mark: usize) -> Self {
        Self { mark: format!("{MARK}{mark:x}"), ..Self::new(authorization.to_owned()) }
    }

    /// The request for a step. Who wants to buy again and has nothing in the cart puts something in first.
    pub(super) fn ask(&mut self, step: Step, shelf: &Shelf, dice: &mut Dice) -> Request {
        let product_id = dice.pick(&shelf.product_ids).map_or("", String::as_str);
        match step {
            Step::Home => Request::get("/api/v1/products?limit=20"),
            Step::Category => {
                let category = dice.pick(&shelf.categories).map_or("", String::as_str);
                Request::get(format!("/api/v1/products?category={category}&limit=20"))
            }
            Step::Product => Request::get(format!("/api/v1/products/{product_id}")),
            Step::ViewCart => Request::get("/api/v1/cart").header("authorization", &self.authorization),
            Step::CheckOut if self.has_filled || self.orders == 0 => self.order(product_id),
            Step::CheckOut | Step::AddToCart => {
                self.has_filled = true;
                put_item(product_id, 1 + dice.below(3), &self.authorization)
            }
        }
    }

    fn order(&mut self, product_id: &str) -> Request {
        let key = if self.has_filled {
            format!("order-{}{}", self.orders, self.mark)
        } else {
            format!("{PREPARED}{product_id}{}", self.mark)
        };
        self.has_filled = false;
        self.orders += 1;
        Request::new("POST", "/api/v1/orders")
            .json(r#"{"payment_token":"tok_visa"}"#)
            .header("idempotency-key", key)
            .header("authorization", &self.authorization)
    }
}

/// What has to be in the cart before the load begins.
pub(super) fn preparation(request: &Request) -> Option<Request> {
    let header = |wanted: &str| request.headers.iter().find(|(name, _)| name == wanted);
    let product_id = prepared_product(&header("idempotency-key")?.1)?;
    Some(put_item(product_id, 2, &header("authorization")?.1))
}

/// The product that has to be in the cart, where the key of an order names one.
pub(super) fn prepared_product(key: &str) -> Option<&str> {
    key.strip_prefix(PREPARED)?.split(MARK).next()
}
