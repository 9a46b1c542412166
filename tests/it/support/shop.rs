//! A running store, and customers who buy there whatever happens to it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cleave_auth::{Claims, TokenIssuer};
use cleave_compare::{Client, Request, Response};
use cleave_core::{Clock as _, Ids, SystemClock};
use serde_json::{Value, json};

use super::binary::Binary;
use super::waiting::eventually;

/// Customers who buy at the same time.
const AT_ONCE: usize = 8;

/// Waits until so many customers are done.
pub(crate) fn until_done(done: &AtomicUsize, count: usize) {
    let what = format!("{count} customers have bought");
    eventually(&what, || done.load(Ordering::Relaxed), |it| *it >= count);
}

/// A store with customers.
pub(crate) struct Shop<'run> {
    binary: &'run Binary,
    product_ids: Vec<String>,
    issuer: TokenIssuer,
    ids: Ids,
}

impl<'run> Shop<'run> {
    pub(crate) fn open(binary: &'run Binary) -> Self {
        let issuer = TokenIssuer::load(&binary.data_dir().join("keys/tokens.key")).expect("the key is there");
        let ids = Ids::from_system(std::sync::Arc::new(SystemClock));
        let mut shop = Self { binary, product_ids: Vec::new(), issuer, ids };
        let page = shop.until_answered(&Request::get("/api/v1/products?limit=10&category=kitchen"));
        let items = page["items"].as_array().cloned().unwrap_or_default();
        shop.product_ids = items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)).collect();
        assert!(!shop.product_ids.is_empty(), "there is something to buy: {page}");
        let admin = shop.token(true);
        for id in &shop.product_ids {
            let receipt = Request::new("POST", format!("/api/v1/stock/{id}/receipts"));
            let receipt =
                receipt.json(json!({"quantity": 10_000}).to_string()).header("idempotency-key", id.as_str());
            shop.until_answered(&receipt.header("authorization", admin.as_str()));
        }
        shop
    }

    fn token(&self, admin: bool) -> String {
        let now = SystemClock.now().as_unix_seconds();
        let account_id = self.ids.next();
        let claims = Claims { account_id, admin, issued_at_s: now, expires_at_s: now + 3_600 };
        format!("Bearer {}", self.issuer.issue(&claims))
    }

    /// So many customers check out, some at the same time, while something happens, which is told how many are done; gives how each
    /// checkout ended.
    pub(crate) fn sell_during(
        &self,
        occasion: &str,
        checkouts: usize,
        happens: impl FnOnce(&AtomicUsize),
    ) -> Vec<String> {
        let done = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let buyers = (0..AT_ONCE).map(|buyer| {
                let done = &done;
                scope.spawn(move || {
                    let buy = |number| {
                        let outcome = self.buy(occasion, number);
                        done.fetch_add(1, Ordering::Relaxed);
                        outcome
                    };
                    (buyer..checkouts).step_by(AT_ONCE).map(buy).collect::<Vec<_>>()
                })
            });
            let buyers = buyers.collect::<Vec<_>>();
            happens(&done);
            let outcomes =
                buyers.into_iter().flat_map(|buyer| buyer.join().expect("a customer ends in peace"));
            outcomes.collect()
        })
    }

    /// A new customer fills a cart and checks out, and asks with the same key until the outcome is known.
    pub(crate) fn buy(&self, occasion: &str, number: usize) -> String {
        let token = self.token(false);
        let signed = |request: Request| request.header("authorization", token.as_str());
        let product_id = &self.product_ids[number % self.product_ids.len()];
        let item = Request::new("PUT", format!("/api/v1/cart/items/{product_id}"));
        self.until_answered(&signed(item.json(json!({"quantity": 1 + number % 3}).to_string())));
        let order =
            Request::new("POST", "/api/v1/orders").json(json!({"payment_token": "tok_visa"}).to_string());
        let order = signed(order.header("idempotency-key", format!("{occasion}-{number}")));
        let answer = self.until_answered(&order);
        let own = self.until_answered(&signed(Request::get("/api/v1/orders")));
        let own = own["items"].as_array().map_or(0, Vec::len);
        assert_eq!(own, 1, "one key is one order: {answer}");
        match answer["status"].as_str() {
            Some(status) => status.to_owned(),
            None => "refused".to_owned(),
        }
    }

    /// Asks until there is an answer that is one: a part of the store may be away for a while.
    fn until_answered(&self, request: &Request) -> Value {
        let definite = |response: &Response| !matches!(response.status, 202 | 500.. | 429);
        // Who is killed may be back at another port.
        let ask = || {
            let public = self.binary.run_record()?.public;
            Client::new(public, Duration::from_secs(15)).send(request).ok().filter(definite)
        };
        let answer =
            eventually(&format!("{} {} is answered", request.method, request.path), ask, Option::is_some);
        let answer = answer.expect("it was waited for");
        serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.text()))
    }
}
