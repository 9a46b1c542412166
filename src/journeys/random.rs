//! A seeded session of several customers at once: whatever they do, every topology answers alike.

use anyhow::Context as _;
use cleave_compare::{Client, Dice, Request, Script, Step};
use serde_json::{Value, json};

use super::Shelf;
use super::session::{Session, post};

/// How many customers there are.
const CUSTOMERS: usize = 3;

/// Units of each scarce product: few enough to sell out.
const SCARCE_UNITS: i64 = 6;

/// Customers who fill carts, buy, are refused, try again and cancel, in an order that a seed decides.
///
/// What reaches others a moment later (`in_stock` in lists, notifications) is looked at when it has arrived.
#[derive(Debug)]
pub struct RandomSession<'shelf> {
    /// What is for sale.
    pub shelf: &'shelf Shelf,
    /// A token with admin rights.
    pub admin_token: &'shelf str,
    /// The same seed makes the same session.
    pub seed: u64,
    /// How many operations the customers do between the opening and the closing of the shop.
    pub operations: usize,
}

impl Script for RandomSession<'_> {
    fn replay(&self, client: &mut Client) -> anyhow::Result<Vec<Step>> {
        let mut shop = Shop {
            session: Session::new(client, self.shelf),
            dice: Dice::new(self.seed, &[]),
            customers: Vec::new(),
            plenty: self.shelf.product_ids.iter().take(12).cloned().collect(),
            scarce: Vec::new(),
        };
        self.open(&mut shop)?;
        for number in 0..self.operations {
            shop.operate(number)?;
        }
        shop.close()?;
        Ok(shop.session.into_steps())
    }
}

impl RandomSession<'_> {
    /// Two scarce products, a refill of what is plenty, and customers with accounts.
    fn open(&self, shop: &mut Shop<'_>) -> anyhow::Result<()> {
        let authorization = format!("Bearer {}", self.admin_token);
        let as_admin = |request: Request, key: String| {
            request.header("authorization", authorization.as_str()).header("idempotency-key", key)
        };
        for number in 0..2 {
            let clock = json!({
                "sku": format!("RANDOM-{number}"), "name": format!("Rare clock {number}"), "description": "",
                "category": "rarities", "price": {"amount": 1250 + number, "currency": "EUR"},
            });
            let created =
                shop.session.send(&as_admin(post("/api/v1/products", &clock), format!("clock-{number}")))?;
            let id = created["id"].as_str().context("the product was not created")?.to_owned();
            let units = json!({"quantity": SCARCE_UNITS});
            let receipt = post(&format!("/api/v1/stock/{id}/receipts"), &units);
            shop.session.send(&as_admin(receipt, format!("clock-{number}")))?;
            shop.scarce.push(id);
        }
        for (number, id) in shop.plenty.iter().enumerate() {
            let receipt = post(&format!("/api/v1/stock/{id}/receipts"), &json!({"quantity": 5_000}));
            shop.session.send(&as_admin(receipt, format!("refill-{number}")))?;
        }
        for number in 0..CUSTOMERS {
            let email = format!("Customer-{number}@Example.org");
            let password = format!("a long walk {number} on the beach");
            let person = json!({"email": email, "password": password, "name": format!("Customer {number}")});
            shop.session.send(&post("/api/v1/accounts", &person))?;
            let credentials = json!({"email": email.to_lowercase(), "password": password});
            let opened = shop.session.send(&post("/api/v1/sessions", &credentials))?;
            let token = opened["access_token"].as_str().context("the customer cannot log in")?.to_owned();
            shop.customers.push(Customer { token, orders: Vec::new(), attempts: Vec::new(), told: 1 });
        }
        Ok(())
    }
}

struct Shop<'run> {
    session: Session<'run>,
    dice: Dice,
    customers: Vec<Customer>,
    plenty: Vec<String>,
    scarce: Vec<String>,
}

struct Customer {
    token: String,
    /// Orders of which the store has told.
    orders: Vec<String>,
    /// Keys and bodies that were sent.
    attempts: Vec<(String, Value)>,
    /// How many notifications there will be.
    told: usize,
}

impl Shop<'_> {
    fn operate(&mut self, number: usize) -> anyhow::Result<()> {
        let who = self.dice.below(self.customers.len());
        match self.dice.below(100) {
            0..30 => self.put_item(who),
            30..36 => self.remove_item(who),
            36..42 => self.ask(who, "GET", "/api/v1/cart"),
            42..64 => self.check_out(who, number),
            64..70 => self.check_out_again(who),
            70..80 => self.cancel(who),
            80..86 => self.look_at_an_order(who),
            86..90 => self.ask(who, "GET", "/api/v1/orders?limit=5"),
            90..93 => {
                let id = self.product();
                self.session.get(&format!("/api/v1/stock/{id}")).map(drop)
            }
            93..95 => self.ask(who, "GET", "/api/v1/accounts/me"),
            95..97 => self.session.get("/api/v1/cart").map(drop),
            _ => {
                let id = self.dice.pick(&self.plenty).cloned().unwrap_or_default();
                self.session.get(&format!("/api/v1/products/{id}")).map(drop)
            }
        }
    }

    /// One of few scarce products or of many that are plenty.
    fn product(&mut self) -> String {
        let shelf = if self.dice.below(3) == 0 { &self.scarce } else { &self.plenty };
        self.dice.pick(shelf).cloned().unwrap_or_default()
    }

    fn put_item(&mut self, who: usize) -> anyhow::Result<()> {
        let product_id = if self.dice.below(20) == 0 {
            "00000000-0000-7000-8000-000000000000".to_owned()
        } else {
            self.product()
        };
        let quantities = [json!(1), json!(1), json!(2), json!(3), json!(4), json!(0), json!(10_001)];
        let quantity = self.dice.pick(&quantities).cloned().unwrap_or_default();
        let item = Request::new("PUT", format!("/api/v1/cart/items/{product_id}"));
        let item = item.json(json!({ "quantity": quantity }).to_string());
        self.send_as(who, item).map(drop)
    }

    fn remove_item(&mut self, who: usize) -> anyhow::Result<()> {
        let product_id = self.product();
        self.ask(who, "DELETE", &format!("/api/v1/cart/items/{product_id}"))
    }

    fn check_out(&mut self, who: usize, number: usize) -> anyhow::Result<()> {
        let tokens = [
            "tok_visa",
            "tok_visa",
            "tok_visa",
            "tok_visa",
            "tok_visa",
            "tok_declined",
            "tok_insufficient_funds",
            "tok_unknown",
        ];
        let mut body = json!({"payment_token": self.dice.pick(&tokens)});
        match self.dice.below(8) {
            0 => body["expected_total"] = json!({"amount": 1, "currency": "EUR"}),
            1 => {
                let cart = self.send_as(who, Request::get("/api/v1/cart"))?;
                body["expected_total"] = cart["total"].clone();
            }
            2 if self.dice.below(3) == 0 => {
                return self.send_as(who, post("/api/v1/orders", &body)).map(drop);
            }
            _ => {}
        }
        let key = format!("order-{number}");
        self.place(who, &key, &body)?;
        self.customers[who].attempts.push((key, body));
        Ok(())
    }

    /// A retry, once in a while with another body, or with the key of somebody else.
    fn check_out_again(&mut self, who: usize) -> anyhow::Result<()> {
        let from = if self.dice.below(6) == 0 { self.dice.below(self.customers.len()) } else { who };
        let Some((key, mut body)) = self.dice.pick(&self.customers[from].attempts).cloned() else {
            return Ok(());
        };
        if self.dice.below(5) == 0 {
            body["payment_token"] = json!("tok_another");
        }
        self.place(who, &key, &body)
    }

    fn place(&mut self, who: usize, key: &str, body: &Value) -> anyhow::Result<()> {
        let order = self.send_as(who, post("/api/v1/orders", body).header("idempotency-key", key))?;
        let customer = &mut self.customers[who];
        let Some(id) = order["id"].as_str().or(order["order_id"].as_str()) else { return Ok(()) };
        if !customer.orders.iter().any(|known| known == id) {
            customer.orders.push(id.to_owned());
            customer.told += usize::from(order["status"] == "confirmed");
        }
        Ok(())
    }

    fn cancel(&mut self, who: usize) -> anyhow::Result<()> {
        let owner = if self.dice.below(5) == 0 { self.dice.below(self.customers.len()) } else { who };
        let Some(id) = self.dice.pick(&self.customers[owner].orders).cloned() else { return Ok(()) };
        let path = format!("/api/v1/orders/{id}");
        let before = self.send_as(owner, Request::get(path.as_str()))?;
        let after = self.send_as(who, Request::new("POST", format!("{path}/cancellation")))?;
        let was_cancelled = before["status"] == "confirmed" && after["status"] == "cancelled";
        self.customers[owner].told += usize::from(was_cancelled);
        Ok(())
    }

    fn look_at_an_order(&mut self, who: usize) -> anyhow::Result<()> {
        let owner = if self.dice.below(4) == 0 { self.dice.below(self.customers.len()) } else { who };
        match self.dice.pick(&self.customers[owner].orders).cloned() {
            Some(id) => self.ask(who, "GET", &format!("/api/v1/orders/{id}")),
            None => self.ask(who, "GET", "/api/v1/orders/00000000-0000-7000-8000-000000000000"),
        }
    }

    fn ask(&mut self, who: usize, method: &str, path: &str) -> anyhow::Result<()> {
        self.send_as(who, Request::new(method, path)).map(drop)
    }

    fn send_as(&mut self, who: usize, request: Request) -> anyhow::Result<Value> {
        self.session.send(&self.customers[who].signed(request))
    }

    /// What everybody has in the end, when all has arrived.
    fn close(&mut self) -> anyhow::Result<()> {
        for who in 0..self.customers.len() {
            for path in ["/api/v1/cart", "/api/v1/orders?limit=100"] {
                self.ask(who, "GET", path)?;
            }
            let told = self.customers[who].told;
            let notifications = self.customers[who].signed(Request::get("/api/v1/notifications?limit=100"));
            let all = |page: &Value| page["items"].as_array().is_some_and(|items| items.len() == told);
            self.session.wait_until(&notifications, all)?;
        }
        for id in self.scarce.iter().chain(&self.plenty) {
            let stock = self.session.get(&format!("/api/v1/stock/{id}"))?;
            let in_stock = stock["available"].as_i64().is_some_and(|available| available > 0);
            let product = Request::get(format!("/api/v1/products/{id}"));
            self.session.wait_until(&product, |product| product["in_stock"] == in_stock)?;
        }
        Ok(())
    }
}

impl Customer {
    fn signed(&self, request: Request) -> Request {
        request.header("authorization", format!("Bearer {}", self.token))
    }
}
