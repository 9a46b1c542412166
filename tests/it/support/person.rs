//! Somebody who uses the public API.

use std::net::SocketAddr;
use std::time::Duration;

use cleave_compare::{Client, ClientError, Request, Response};
use serde_json::{Value, json};

use super::answer::{Answer, text};
use super::waiting::eventually;

/// No answer for this long is a hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// A visitor, a user or an admin: one method an action.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    address: SocketAddr,
    access_token: Option<String>,
    insists: bool,
}

impl Person {
    pub(crate) fn new(address: SocketAddr, access_token: Option<String>) -> Self {
        Self { address, access_token, insists: false }
    }

    /// The same person, who sends every request again until it is answered for good: as long as there is no answer, or one
    /// that says to come again, or an order that is pending.
    pub(crate) fn insisting(self) -> Self {
        Self { insists: true, ..self }
    }

    pub(crate) fn list_products(&self, query: &str) -> Answer {
        self.send(&Request::get(format!("/api/v1/products{query}")))
    }

    pub(crate) fn get_product(&self, product_id: &str) -> Answer {
        self.send(&Request::get(format!("/api/v1/products/{product_id}")))
    }

    pub(crate) fn create_product(&self, product: &Value, key: &str) -> Answer {
        self.send(&post("/api/v1/products", product).header("idempotency-key", key))
    }

    pub(crate) fn update_product(&self, product_id: &str, changes: &Value) -> Answer {
        self.send(&Request::new("PATCH", format!("/api/v1/products/{product_id}")).json(changes.to_string()))
    }

    pub(crate) fn get_stock(&self, product_id: &str) -> Answer {
        self.send(&Request::get(format!("/api/v1/stock/{product_id}")))
    }

    pub(crate) fn receive_stock(&self, product_id: &str, quantity: i64, key: &str) -> Answer {
        let receipt = json!({"quantity": quantity});
        let path = format!("/api/v1/stock/{product_id}/receipts");
        self.send(&post(&path, &receipt).header("idempotency-key", key))
    }

    /// Adds a product with some units of it, waits until the catalogue has heard of them, and tells the product's id.
    pub(crate) fn bring_in(&self, sku: &str, quantity: i64) -> String {
        let product_id = text(&self.create_product(&lamp(sku), sku).created(), "id");
        self.receive_stock(&product_id, quantity, sku).created();
        let in_stock = || self.get_product(&product_id).ok()["in_stock"].clone();
        eventually("the catalogue has heard of the goods", in_stock, |in_stock| *in_stock == true);
        product_id
    }

    /// The cart with so many of a product in it.
    pub(crate) fn put_item(&self, product_id: &str, quantity: i64) -> Answer {
        let item = json!({"quantity": quantity}).to_string();
        self.send(&Request::new("PUT", format!("/api/v1/cart/items/{product_id}")).json(item))
    }

    pub(crate) fn remove_item(&self, product_id: &str) -> Answer {
        self.send(&Request::new("DELETE", format!("/api/v1/cart/items/{product_id}")))
    }

    pub(crate) fn get_cart(&self) -> Answer {
        self.send(&Request::get("/api/v1/cart"))
    }

    pub(crate) fn place_order(&self, payment_token: &str, key: &str) -> Answer {
        self.check_out(&json!({"payment_token": payment_token}), key)
    }

    pub(crate) fn check_out(&self, body: &Value, key: &str) -> Answer {
        self.send(&post("/api/v1/orders", body).header("idempotency-key", key))
    }

    pub(crate) fn get_order(&self, order_id: &str) -> Answer {
        self.send(&Request::get(format!("/api/v1/orders/{order_id}")))
    }

    pub(crate) fn list_orders(&self, query: &str) -> Answer {
        self.send(&Request::get(format!("/api/v1/orders{query}")))
    }

    pub(crate) fn cancel_order(&self, order_id: &str) -> Answer {
        self.send(&Request::new("POST", format!("/api/v1/orders/{order_id}/cancellation")))
    }

    pub(crate) fn list_notifications(&self, query: &str) -> Answer {
        self.send(&Request::get(format!("/api/v1/notifications{query}")))
    }

    /// Opens an account; the answer is the account.
    pub(crate) fn register(&self, email: &str, password: &str) -> Answer {
        let account = json!({"email": email, "password": password, "name": "Ada Lovelace"});
        self.send(&post("/api/v1/accounts", &account))
    }

    /// Logs in; the answer has the access token.
    pub(crate) fn log_in(&self, email: &str, password: &str) -> Answer {
        self.send(&post("/api/v1/sessions", &json!({"email": email, "password": password})))
    }

    /// The same place, seen by the holder of a new account.
    pub(crate) fn newcomer(&self, email: &str) -> Self {
        let password = "a long walk on the beach";
        self.register(email, password).created();
        let session = self.log_in(email, password).created();
        Self { access_token: Some(text(&session, "access_token")), ..self.clone() }
    }

    /// Every product of a list, page by page.
    pub(crate) fn walk(&self, query: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.list_products(&format!("?{query}{cursor}")).ok();
            let found = page["items"].as_array().expect("a page has items");
            items.extend(found.iter().cloned());
            match page["next_cursor"].as_str() {
                None => return items,
                Some(next) => cursor = format!("&cursor={next}"),
            }
            assert!(!found.is_empty(), "an empty page leads on to another one");
        }
    }

    /// Any request, with this person's access token unless it has its own.
    pub(crate) fn send(&self, request: &Request) -> Answer {
        let authorized = |header: &(String, String)| header.0.eq_ignore_ascii_case("authorization");
        let mut request = request.clone();
        if let Some(access_token) = &self.access_token
            && !request.headers.iter().any(authorized)
        {
            request = request.header("authorization", format!("Bearer {access_token}"));
        }
        let ask = || Client::new(self.address, PATIENCE).send(&request);
        if !self.insists {
            return Answer::new(&request, ask().unwrap_or_else(|error| panic!("{error:?}")));
        }
        let awaited = format!("{} {} is answered", request.method, request.path);
        let is_final = |answer: &Result<Response, ClientError>| {
            answer.as_ref().is_ok_and(|answer| !matches!(answer.status, 202 | 429 | 503 | 504))
        };
        Answer::new(&request, eventually(&awaited, ask, is_final).expect("it was waited for"))
    }
}

/// A product that can be added.
pub(crate) fn lamp(sku: &str) -> Value {
    json!({
        "sku": sku, "name": "Lighthouse reading lamp", "description": "Turns by itself.",
        "category": "lighting", "price": {"amount": 4950, "currency": "EUR"},
    })
}

pub(crate) fn post(path: &str, body: &Value) -> Request {
    Request::new("POST", path).json(body.to_string())
}
