//! Answers between real processes get lost, late or doubled after the peer has committed: everything comes to the same end,
//! once.
//!
//! What can get lost is not listed here but found: a session without faults shows which operation is asked for on which
//! link, and the same session is played again for each of them.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::support::answer::text;
use crate::support::audit;
use crate::support::deployment::{CUSTOMERS, Deployment, Step, operations};
use crate::support::person::{Person, lamp, post};
use crate::support::proxy::Fate;
use crate::support::waiting::eventually;

/// What the session does not ask for, and why.
const NOT_ASKED: [(&str, &str); 15] = [
    ("accounts.get_own_account", "nothing is changed, and no step of a checkout needs it"),
    ("cart.remove_item", "it is the same as an item of which there is none"),
    ("cart.get_taking", "nobody of the store asks for it: a step is repeated instead"),
    ("catalog.list_products", "nothing is changed, and no step of a checkout needs it"),
    ("catalog.update_product", "a checkout does not change products"),
    ("events.consumers", "only retention and the command line ask for it"),
    ("events.follow", "only the command line asks for it"),
    ("events.forget", "only the command line asks for it"),
    (
        "events.report",
        "consumers report when they have time, and any report may be the last; its contract suite sends it twice",
    ),
    ("events.topics", "only retention and the command line ask for it"),
    ("events.trim", "only retention asks for it, which is off"),
    ("inventory.get_reservation", "nobody of the store asks for it: a step is repeated instead"),
    ("orders.list_orders", "nothing is changed, and no step of a checkout needs it"),
    ("payments.get_payment", "nobody of the store asks for it: a step is repeated instead"),
    ("orders.get_order", "nothing is changed, and no step of a checkout needs it"),
];

/// Steps are given up soon, and recovery looks often.
const HURRY: [(&str, &str); 7] = [
    ("CLEAVE__SERVER__WORKERS", "1"),
    ("CLEAVE__SERVER__DRAIN_SECONDS", "1"),
    ("CLEAVE__ORDERS__STEP_TIMEOUT_MS", "1000"),
    ("CLEAVE__ORDERS__LEASE_MS", "1500"),
    ("CLEAVE__ORDERS__RECOVERY_INTERVAL_MS", "100"),
    ("CLEAVE__EVENTS__POLL_INTERVAL_MS", "100"),
    ("CLEAVE__NOTIFICATIONS__SEND_INTERVAL_MS", "100"),
];

#[test]
fn any_answer_between_microservices_may_get_lost() {
    let shop = Shop::open("microservices");
    let steps = shop.steps();
    everything_is_asked_for(&steps);
    for step in &steps {
        shop.ends_the_same(Fate::IsLost, [step]);
    }
    shop.close();
}

#[test]
fn any_answer_of_the_monolith_to_its_customers_may_get_lost() {
    let shop = Shop::open("monolith");
    let steps = shop.steps();
    assert!(steps.iter().all(|step| step.caller == CUSTOMERS), "there is no other link: {steps:?}");
    for step in &steps {
        shop.ends_the_same(Fate::IsLost, [step]);
    }
    shop.close();
}

#[test]
fn any_request_between_microservices_may_arrive_twice() {
    let shop = Shop::open("microservices");
    shop.ends_the_same(Fate::IsTheSecond, &shop.steps());
    shop.close();
}

#[test]
fn any_answer_to_a_checkout_may_come_too_late() {
    let shop = Shop::open("microservices");
    let steps = shop.steps().into_iter().filter(|step| step.caller == "orders" && step.callee != "events");
    let steps = steps.collect::<BTreeSet<_>>();
    assert!(steps.len() >= 10, "a checkout has its steps: {steps:?}");
    shop.ends_the_same(Fate::IsLate, &steps);
    shop.close();
}

/// A new operation comes into the session, or into the list of those that are not asked for.
fn everything_is_asked_for(steps: &BTreeSet<Step>) {
    let asked = |name: &str| steps.iter().any(|step| step.operation.split(' ').next() == Some(name));
    let all = operations().map(|(module, operation)| format!("{module}.{}", operation.id));
    let missing = all.filter(|name| !asked(name)).collect::<BTreeSet<_>>();
    let known = NOT_ASKED.iter().map(|(name, _reason)| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(missing, known, "what the session leaves out, beside what NOT_ASKED says");
}

/// A store in which the same session is played again and again, each time by somebody else with other goods.
struct Shop {
    deployment: Deployment,
    /// What a session without faults leaves in the tables.
    usual: BTreeMap<String, i64>,
    sessions: Cell<usize>,
}

impl Shop {
    fn open(topology: &str) -> Self {
        let deployment = Deployment::start(topology, &HURRY);
        let shop = Self { deployment, usual: BTreeMap::new(), sessions: Cell::new(0) };
        // What happens once in the life of a process happens now.
        shop.session();
        let usual = shop.session();
        assert!(usual.len() > 15, "a session leaves something: {usual:?}");
        Self { usual, ..shop }
    }

    /// Every operation on every link that a session uses.
    fn steps(&self) -> BTreeSet<Step> {
        self.deployment.steps()
    }

    /// Plays the session while the next answer to each of the steps has this fate.
    fn ends_the_same<'steps>(&self, fate: Fate, steps: impl IntoIterator<Item = &'steps Step>) {
        let steps = steps.into_iter().collect::<Vec<_>>();
        let named = steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        println!("{fate:?}: {named}");
        self.deployment.doom(fate, steps);
        let left = self.session();
        assert_eq!(self.deployment.spared(), [] as [&str; 0], "each of them is met");
        assert_eq!(left, self.usual, "what a session leaves when the answer {fate:?}: {named}");
    }

    /// One customer registers, buys, is refused twice, buys again and cancels, and is told of it. The answer is what that
    /// has changed in the tables.
    fn session(&self) -> BTreeMap<String, i64> {
        let before = self.tally();
        let number = self.sessions.replace(self.sessions.get() + 1);
        let product_id = self.bring_in(&format!("LAMP-{number:03}"));
        let customer = self.newcomer(&format!("ada-{number}@example.org"));
        let key = |what: &str| format!("{what}-{number}");

        customer.put_item(&product_id, 2).ok();
        let bought = customer.place_order("tok_visa", &key("bought")).created();
        assert_eq!(bought["status"], "confirmed");
        customer.put_item(&product_id, 1).ok();
        customer.place_order("tok_declined", &key("declined")).problem(402, "payment_declined");
        assert_eq!(customer.get_cart().ok()["items"][0]["quantity"], 1, "the cart is as it was");
        customer.put_item(&product_id, 100).ok();
        customer.place_order("tok_visa", &key("greedy")).problem(409, "out_of_stock");
        assert_eq!(customer.get_cart().ok()["items"][0]["quantity"], 100, "the cart is as it was");
        customer.put_item(&product_id, 3).ok();
        let regretted = customer.place_order("tok_visa", &key("regretted")).created();
        assert_eq!(customer.cancel_order(&text(&regretted, "id")).ok()["status"], "cancelled");
        assert_eq!(customer.get_cart().ok()["items"], json!([]), "the cart is taken");

        let kinds = || {
            let items = customer.list_notifications("").ok()["items"].as_array().cloned().unwrap_or_default();
            items.iter().map(|item| text(item, "kind")).collect::<Vec<_>>()
        };
        let told = eventually("the customer is told", kinds, |kinds| kinds.len() == 4);
        assert_eq!(told, ["order_cancelled", "order_confirmed", "order_confirmed", "account_registered"]);
        self.deployment.settle();
        assert_eq!(customer.get_stock(&product_id).ok()["available"], 8, "ten have come, and two are sold");
        let after = self.tally();
        let change = |(what, count): (String, i64)| {
            let earlier = before.get(&what).copied().unwrap_or_default();
            (what, count - earlier)
        };
        after.into_iter().map(change).filter(|(_, change)| *change != 0).collect()
    }

    fn bring_in(&self, sku: &str) -> String {
        let admin = self.deployment.admin();
        let product_id = text(&admin.create_product(&lamp(sku), sku).created(), "id");
        admin.receive_stock(&product_id, 10, sku).created();
        let in_stock = || admin.get_product(&product_id).ok()["in_stock"].clone();
        eventually("the catalogue has heard of the goods", in_stock, |in_stock| *in_stock == true);
        product_id
    }

    fn newcomer(&self, email: &str) -> Person {
        let visitor = self.deployment.visitor();
        let password = "a long walk on the beach";
        let account = json!({"email": email, "password": password, "name": "Ada Lovelace"});
        visitor.send(&post("/api/v1/accounts", &account).header("idempotency-key", email)).created();
        let session = visitor.log_in(email, password).created();
        self.deployment.person(Some(text(&session, "access_token")))
    }

    fn tally(&self) -> BTreeMap<String, i64> {
        audit::tally(&self.deployment.binary.settings())
    }

    /// Audits the store.
    fn close(self) {
        let audited = self.deployment.binary.succeed(&["data", "audit"]);
        assert!(audited.contains("I1") && !audited.contains("BROKEN"), "{audited}");
    }
}
