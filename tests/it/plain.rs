//! The plain monolith answers what the store answers, on what it has.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use cleave::journeys::{
    CartJourney, CheckoutJourney, Customers, ListJourney, Normaliser, ProductJourney, Shelf,
};
use cleave::provision;
use cleave_auth::TokenIssuer;
use cleave_compare::{Client, Dice, Journey, Request, Response};
use cleave_db::DatabaseSettings;
use cleave_plain::{Plain, PlainSettings, fill};
use serde_json::{Value, json};

use crate::support::store::{Store, runtime};
use crate::support::topologies;
use crate::support::world::World;

const PATIENCE: Duration = Duration::from_secs(30);

/// A store and a plain monolith with the same goods and the same keys, side by side.
struct Pair {
    world: World,
    shelf: Shelf,
    plain: SocketAddr,
}

impl Pair {
    fn start() -> Self {
        let store = Store::stocked();
        let receiving = provision::receive(&store.settings, store.clock.clone(), store.ids.clone(), 20);
        runtime().block_on(receiving).expect("goods come in");
        let file = |name: &str| {
            let url = store.settings.database_url(name);
            PathBuf::from(url.strip_prefix("sqlite:").expect("it is SQLite"))
        };
        let filling = async { fill(&file("plain"), &file("catalog"), &file("inventory")).await };
        runtime().block_on(filling).expect("the databases can be copied into one");
        let plain = serve(PlainSettings {
            database: DatabaseSettings {
                url: store.settings.database_url("plain"),
                password: None,
                max_readers: 2,
                acquire_timeout: PATIENCE,
            },
            keys: store.settings.keys_dir(),
        });
        let shelf = store.shelf();
        Self { world: World::on(store, topologies::named("monolith")), shelf, plain }
    }

    /// What both answer, with all that may differ made equal.
    fn ask(&self, request: &Request) -> [Answer; 2] {
        [self.world.public(), self.plain].map(|address| {
            let response = Client::new(address, PATIENCE).send(request).expect("it answers");
            Answer::of(&response)
        })
    }

    #[track_caller]
    fn agree(&self, request: &Request) -> Answer {
        let [store, plain] = self.ask(request);
        let (store_shown, plain_shown) = (self.shown(&store), self.shown(&plain));
        assert_eq!(store_shown, plain_shown, "{} {}", request.method, request.path);
        plain
    }

    /// How many of a product both say that there are.
    #[track_caller]
    fn available(&self, product_id: &str) -> i64 {
        let product = self.agree(&Request::get(format!("/api/v1/products/{product_id}")));
        product.body["available"].as_i64().expect("the inventory is there")
    }

    fn shown(&self, answer: &Answer) -> Value {
        let mut normaliser = Normaliser::default();
        self.shelf.product_ids.iter().for_each(|id| normaliser.keep(id));
        let mut body = answer.body.clone();
        if let (400.., Some(problem)) = (answer.status, body.as_object_mut()) {
            // The store says the same in more words.
            problem.retain(|field, _| ["status", "code", "detail", "order_id"].contains(&field.as_str()));
        }
        let location = answer.location.as_ref().map(|location| normaliser.text(location));
        json!({"status": answer.status, "location": location, "body": normaliser.value(&body)})
    }
}

/// What came back.
struct Answer {
    status: u16,
    location: Option<String>,
    body: Value,
}

impl Answer {
    fn of(response: &Response) -> Self {
        Self {
            status: response.status,
            location: response.header("location").map(str::to_owned),
            body: serde_json::from_slice(&response.body).expect("JSON"),
        }
    }
}

/// Serves until the test process ends, on a thread of its own.
fn serve(settings: PlainSettings) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (opened, is_open) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async {
            let plain = Plain::open(&settings).await.expect("its database is filled");
            opened.send(()).expect("somebody waits");
            plain.serve(listener, 1).await.expect("it serves");
        });
    });
    is_open.recv().expect("it opens");
    address
}

fn put_item(product_id: &str, quantity: i64, token: &str) -> Request {
    let request = Request::new("PUT", format!("/api/v1/cart/items/{product_id}"));
    request.json(json!({"quantity": quantity}).to_string()).header("authorization", format!("Bearer {token}"))
}

fn order(key: &str, body: &Value, token: &str) -> Request {
    let request = Request::new("POST", "/api/v1/orders").json(body.to_string());
    request.header("idempotency-key", key).header("authorization", format!("Bearer {token}"))
}

#[test]
fn lists_and_products_are_the_same_json() {
    let pair = Pair::start();
    for category in &pair.shelf.categories {
        pair.agree(&Request::get(format!("/api/v1/products?category={category}&limit=20")));
    }
    let mut cursor = String::new();
    for _ in 0..3 {
        let page = pair.agree(&Request::get(format!("/api/v1/products?limit=7{cursor}")));
        cursor = format!("&cursor={}", page.body["next_cursor"].as_str().expect("there are more"));
    }
    for product_id in &pair.shelf.product_ids {
        assert!(pair.available(product_id) >= 0);
    }
    pair.agree(&Request::get("/api/v1/products/00000000-0000-7000-8000-000000000000"));
    let refused = pair.ask(&Request::get("/api/v1/products?limit=101"));
    assert_eq!(refused.map(|answer| answer.status), [422, 422]);
}

#[test]
fn a_customer_buys_alike_and_a_key_is_good_for_one_order() {
    let pair = Pair::start();
    let token = pair.world.store().access_token(false);
    let [lamp, rug] = [&pair.shelf.product_ids[0], &pair.shelf.product_ids[1]];
    let before = [lamp, rug].map(|it| pair.available(it));
    pair.agree(&put_item(rug, 3, &token));
    pair.agree(&put_item(lamp, 2, &token));
    let cart = pair.agree(&put_item(rug, 1, &token));
    assert_eq!(cart.body["items"][0]["product_id"], *rug.as_str(), "it keeps its place");

    let visa = json!({"payment_token": "tok_visa", "expected_total": cart.body["total"]});
    let bought = pair.agree(&order("one", &visa, &token));
    assert_eq!((bought.status, &bought.body["status"]), (201, &json!("confirmed")));
    let again = pair.agree(&order("one", &visa, &token));
    assert_eq!(again.body, bought.body, "the same key is the same order");
    let other = pair.agree(&order("one", &json!({"payment_token": "tok_visa"}), &token));
    assert_eq!((other.status, &other.body["code"]), (422, &json!("idempotency_key_reused")));

    let authorization = format!("Bearer {token}");
    let cart = Request::get("/api/v1/cart").header("authorization", authorization.as_str());
    assert_eq!(pair.agree(&cart).body["items"], json!([]), "the cart is empty");
    let [at_store, at_plain] = pair.ask(&order("one", &visa, &token)).map(|answer| answer.location);
    for (address, location) in [(pair.world.public(), at_store), (pair.plain, at_plain)] {
        let read =
            Request::get(location.expect("an order has a place")).header("authorization", &authorization);
        let read = Client::new(address, PATIENCE).send(&read).expect("it answers");
        assert_eq!(Answer::of(&read).body["total"], bought.body["total"]);
    }
    pair.world.settle();
    assert_eq!([lamp, rug].map(|it| pair.available(it)), [before[0] - 2, before[1] - 1]);
}

#[test]
fn what_is_refused_is_refused_alike_and_leaves_cart_and_stock_as_they_were() {
    let pair = Pair::start();
    let token = pair.world.store().access_token(false);
    let lamp = &pair.shelf.product_ids[0];
    let visa = json!({"payment_token": "tok_visa"});
    let before = pair.available(lamp);
    let refusals =
        BTreeMap::from([("tok_declined", 402), ("tok_insufficient_funds", 402), ("tok_nobody_knows", 422)]);
    assert_eq!(pair.agree(&order("empty", &visa, &token)).body["code"], "cart_empty");
    pair.agree(&put_item(lamp, 2, &token));
    for (payment_token, status) in refusals {
        let request = order(payment_token, &json!({"payment_token": payment_token}), &token);
        assert_eq!(pair.agree(&request).status, status, "{payment_token}");
        assert_eq!(pair.agree(&request).status, status, "the same key is the same problem");
    }
    let cheap = json!({"payment_token": "tok_visa", "expected_total": {"amount": 1, "currency": "EUR"}});
    assert_eq!(pair.agree(&order("cheap", &cheap, &token)).body["code"], "price_changed");
    pair.agree(&put_item(lamp, 10_000, &token));
    assert_eq!(pair.agree(&order("many", &visa, &token)).body["code"], "out_of_stock");
    let refused = pair.ask(&put_item(lamp, 0, &token));
    assert_eq!(
        refused.map(|answer| answer.body["code"].clone()),
        [json!("invalid_quantity"), json!("invalid_quantity")]
    );
    pair.agree(&put_item("00000000-0000-7000-8000-000000000000", 1, &token));
    let without_key = Request::new("POST", "/api/v1/orders").json(visa.to_string());
    let without_key = without_key.header("authorization", format!("Bearer {token}"));
    assert_eq!(pair.agree(&without_key).body["code"], "idempotency_key_required");
    assert_eq!(pair.agree(&Request::get("/api/v1/cart")).status, 401);
    assert_eq!(pair.available(lamp), before, "nothing was sold");
    let cart = Request::get("/api/v1/cart").header("authorization", format!("Bearer {token}"));
    assert_eq!(pair.agree(&cart).body["items"][0]["quantity"], 10_000);
}

#[test]
fn every_journey_accepts_its_answers() {
    let pair = Pair::start();
    let issuer =
        TokenIssuer::load(&pair.world.store().settings.signing_key_file()).expect("the key is there");
    let customers = Customers::new(issuer);
    let cart = CartJourney::new(&pair.shelf, &customers);
    let checkout = CheckoutJourney { shelf: &pair.shelf, customers: &customers };
    let journeys: [&dyn Journey; 4] =
        [&ListJourney(&pair.shelf), &ProductJourney(&pair.shelf), &cart, &checkout];
    for journey in journeys {
        let mut dice = Dice::new(7, &[]);
        for _ in 0..10 {
            let request = journey.request(&mut dice);
            let asked = journey.preparation(&request).into_iter().chain([request]);
            let answers = asked.map(|it| Client::new(pair.plain, PATIENCE).send(&it).expect("it answers"));
            let answers = answers.collect::<Vec<_>>();
            let last = answers.last().expect("something was asked");
            assert!(journey.accepts(last), "{}: {} {}", journey.name(), last.status, last.text());
        }
    }
}
