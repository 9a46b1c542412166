//! The journeys of customers who buy.

use cleave_compare::{Dice, Journey, Request, Response};

use super::{Customers, Shelf, contains_near_end};

/// Customers who share the journey *cart*: each has a cart that is there already most of the time.
const CARTS: usize = 200;

/// *cart*: puts a product into a cart, which is answered with the whole cart at the prices of the moment.
#[derive(Debug)]
pub struct CartJourney<'shelf> {
    shelf: &'shelf Shelf,
    customers: Vec<String>,
}

impl<'shelf> CartJourney<'shelf> {
    /// Some customers with small carts.
    pub fn new(shelf: &'shelf Shelf, customers: &Customers) -> Self {
        let mut dice = Dice::new(0, &[]);
        Self::of(shelf, (0..CARTS).map(|_| customers.newcomer(&mut dice)).collect())
    }

    /// Customers who write these into the header `authorization`.
    pub fn of(shelf: &'shelf Shelf, customers: Vec<String>) -> Self {
        Self { shelf, customers }
    }
}

impl Journey for CartJourney<'_> {
    fn name(&self) -> &'static str {
        "cart"
    }

    fn request(&self, dice: &mut Dice) -> Request {
        let number = dice.below(self.customers.len());
        // Five products for each customer: a cart of the usual size, and not one that grows.
        let product_id =
            self.shelf.product_ids.get((number * 5 + dice.below(5)) % self.shelf.product_ids.len());
        put_item(product_id.map_or("", String::as_str), 1 + dice.below(3), &self.customers[number])
    }

    fn rate_per_second(&self, plan: f64) -> f64 {
        plan / 4.0
    }

    fn accepts(&self, response: &Response) -> bool {
        response.status == 200 && contains_near_end(&response.body, br#""total":"#)
    }
}

/// *checkout*: places an order. Each is that of a new customer, whose cart has been filled before.
#[derive(Debug)]
pub struct CheckoutJourney<'shelf> {
    /// What is for sale, and there in plenty.
    pub shelf: &'shelf Shelf,
    /// Who buys.
    pub customers: &'shelf Customers,
}

impl Journey for CheckoutJourney<'_> {
    fn name(&self) -> &'static str {
        "checkout"
    }

    fn request(&self, dice: &mut Dice) -> Request {
        let product_id = dice.pick(&self.shelf.product_ids).map_or("", String::as_str);
        let authorization = self.customers.newcomer(dice);
        Request::new("POST", "/api/v1/orders")
            .json(r#"{"payment_token":"tok_visa"}"#)
            .header("idempotency-key", product_id)
            .header("authorization", authorization)
    }

    /// The cart of this customer: the order's key names the product.
    fn preparation(&self, request: &Request) -> Option<Request> {
        let header = |wanted: &str| request.headers.iter().find(|(name, _)| name == wanted);
        let (product_id, authorization) = (&header("idempotency-key")?.1, &header("authorization")?.1);
        Some(put_item(product_id, 2, authorization))
    }

    fn once_per_second(&self) -> Option<f64> {
        // Far beyond what the disk allows.
        Some(1_000.0)
    }

    fn rate_per_second(&self, plan: f64) -> f64 {
        plan / 16.0
    }

    fn accepts(&self, response: &Response) -> bool {
        is_confirmed(response)
    }
}

/// Whether this is the answer to an order that has been placed and paid.
pub(super) fn is_confirmed(response: &Response) -> bool {
    response.status == 201 && response.body.windows(11).any(|window| window == b"\"confirmed\"")
}

pub(super) fn put_item(product_id: &str, quantity: usize, authorization: &str) -> Request {
    Request::new("PUT", format!("/api/v1/cart/items/{product_id}"))
        .json(format!("{{\"quantity\":{quantity}}}"))
        .header("authorization", authorization)
}
