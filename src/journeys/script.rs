//! The session that every topology has to answer alike before anything is timed.

use anyhow::Context as _;
use cleave_compare::{Client, Request, Script, Step};
use serde_json::{Value, json};

use super::Shelf;
use super::session::{Session, post};

/// Customers who look around and err, and an admin who adds a product and books its stock.
#[derive(Debug)]
pub struct ScriptedSession<'shelf> {
    /// What is for sale.
    pub shelf: &'shelf Shelf,
    /// A token with admin rights.
    pub admin_token: &'shelf str,
}

impl Script for ScriptedSession<'_> {
    fn replay(&self, client: &mut Client) -> anyhow::Result<Vec<Step>> {
        let mut session = Session::new(client, self.shelf);
        self.browse(&mut session)?;
        self.err(&mut session)?;
        self.manage(&mut session)?;
        Ok(session.into_steps())
    }
}

impl ScriptedSession<'_> {
    fn browse(&self, session: &mut Session<'_>) -> anyhow::Result<()> {
        let mut cursor = Value::Null;
        for _ in 0..4 {
            let query = cursor.as_str().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = session.get(&format!("/api/v1/products?limit=7{query}"))?;
            cursor = page["next_cursor"].clone();
        }
        look_around(session, self.shelf)
    }

    fn err(&self, session: &mut Session<'_>) -> anyhow::Result<()> {
        let known = self.shelf.product_ids.first().context("nothing is for sale")?;
        look_for_what_is_not_there(session, known)?;
        let receipts = format!("/api/v1/stock/{known}/receipts");
        let one = json!({"quantity": 1});
        session.send(&Request::new("DELETE", "/api/v1/products"))?;
        session.send(&post(&receipts, &one))?;
        session.send(&post(&receipts, &one).header("authorization", "Bearer nonsense"))?;
        session.send(&post(&receipts, &one).header("authorization", "Basic nonsense"))?;
        session.send(&self.as_admin(post(&receipts, &one)))?;
        session.send(&self.as_admin(post(&receipts, &one)).header("idempotency-key", "two words"))?;
        for (number, quantity) in
            [json!(0), json!(-1), json!(10_001), json!(1.5), json!("1")].iter().enumerate()
        {
            let body = json!({"quantity": quantity});
            session.send(
                &self.as_admin(post(&receipts, &body)).header("idempotency-key", format!("bad-{number}")),
            )?;
        }
        let stray = json!({"quantity": 1, "colour": "red"});
        session.send(&self.as_admin(post(&receipts, &stray)).header("idempotency-key", "stray"))?;
        let broken = Request::new("POST", receipts.as_str()).json("{\"quantity\":");
        session.send(&self.as_admin(broken).header("idempotency-key", "broken"))?;
        let large = Request::new("POST", receipts.as_str()).json(one.to_string() + &" ".repeat(70_000));
        session.send(&self.as_admin(large).header("idempotency-key", "large"))?;
        let plain = Request::new("POST", receipts.as_str()).header("content-type", "text/plain");
        session.send(&self.as_admin(plain).header("idempotency-key", "plain"))?;
        Ok(())
    }

    fn manage(&self, session: &mut Session<'_>) -> anyhow::Result<()> {
        let lamp = json!({
            "sku": "SCRIPT-1", "name": "Lighthouse reading lamp", "description": "Turns by itself.",
            "category": "lighting", "price": {"amount": 4950, "currency": "EUR"},
        });
        session.send(&post("/api/v1/products", &lamp))?;
        for (field, value) in [
            ("sku", json!("")),
            ("name", json!("x".repeat(121))),
            ("category", json!("Not A Slug")),
            ("price", json!({"amount": -1, "currency": "EUR"})),
            ("price", json!({"amount": 1, "currency": "USD"})),
        ] {
            let mut wrong = lamp.clone();
            wrong[field] = value;
            session.send(&self.as_admin(post("/api/v1/products", &wrong)))?;
        }
        let create = self.as_admin(post("/api/v1/products", &lamp)).header("idempotency-key", "lamp");
        let created = session.send(&create)?;
        session.send(&create)?;
        let mut other = lamp.clone();
        other["name"] = json!("Another lamp");
        session.send(&self.as_admin(post("/api/v1/products", &other)).header("idempotency-key", "lamp"))?;
        session
            .send(&self.as_admin(post("/api/v1/products", &other)).header("idempotency-key", "another"))?;
        let id = created["id"].as_str().context("the product was not created")?.to_owned();
        let product = format!("/api/v1/products/{id}");
        session.get(&product)?;

        let receipts = format!("/api/v1/stock/{id}/receipts");
        for (key, quantity) in [("first", 5), ("first", 5), ("first", 6), ("second", 10_000)] {
            let body = json!({"quantity": quantity});
            session.send(&self.as_admin(post(&receipts, &body)).header("idempotency-key", key))?;
        }
        session.wait_until(&Request::get(product.as_str()), |product| product["in_stock"] == true)?;
        session.get("/api/v1/products?q=lighthouse")?;

        let cheaper = json!({"price": {"amount": 3950, "currency": "EUR"}, "name": "Harbour reading lamp"});
        let change = Request::new("PATCH", product.as_str()).json(cheaper.to_string());
        session.send(&change)?;
        session.send(&self.as_admin(change.clone()))?;
        session.send(&self.as_admin(change))?;
        session.get("/api/v1/products?q=lighthouse")?;
        session.get("/api/v1/products?q=harbour%20lamp")?;
        session.get(&product)?;
        Ok(())
    }

    fn as_admin(&self, request: Request) -> Request {
        request.header("authorization", format!("Bearer {}", self.admin_token))
    }
}

/// Reads lists, searches, and a few single products.
pub(super) fn look_around(session: &mut Session<'_>, shelf: &Shelf) -> anyhow::Result<()> {
    for category in shelf.categories.iter().take(3) {
        session.get(&format!("/api/v1/products?category={category}"))?;
        session.get(&format!("/api/v1/products?category={category}&q=s"))?;
    }
    for words in ["lamp", "co", "steel%20kn", "nothing-has-this-name", "LAMP"] {
        session.get(&format!("/api/v1/products?q={words}&limit=5"))?;
    }
    for id in shelf.product_ids.iter().step_by(shelf.product_ids.len().div_ceil(10).max(1)) {
        session.get(&format!("/api/v1/products/{id}"))?;
        session.get(&format!("/api/v1/stock/{id}"))?;
    }
    Ok(())
}

/// Reads what does not exist, and asks in ways that are refused.
pub(super) fn look_for_what_is_not_there(session: &mut Session<'_>, known: &str) -> anyhow::Result<()> {
    let unknown = "00000000-0000-7000-8000-000000000000";
    for path in [
        format!("/api/v1/products/{unknown}"),
        format!("/api/v1/stock/{unknown}"),
        "/api/v1/products/42".to_owned(),
        "/api/v1/stock/not-an-id".to_owned(),
        "/api/v1/products?limit=0".to_owned(),
        "/api/v1/products?limit=101".to_owned(),
        "/api/v1/products?limit=many".to_owned(),
        "/api/v1/products?colour=red".to_owned(),
        "/api/v1/products?cursor=nonsense".to_owned(),
        "/api/v1/products?q=%20".to_owned(),
        "/api/v1/nothing".to_owned(),
        format!("/api/v1/products/{known}/nothing"),
        format!("/internal/v1/inventory/stock/{known}"),
        "/metrics".to_owned(),
    ] {
        session.get(&path)?;
    }
    Ok(())
}
