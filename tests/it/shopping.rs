//! What customers do with carts and orders, under every preset and one topology between.

use serde_json::{Value, json};

use crate::support::answer::text;
use crate::support::person::Person;
use crate::support::store::Store;
use crate::support::topologies::{named, presets};
use crate::support::waiting::eventually;
use crate::support::world::World;

/// Every preset, and services that share neither the border of customers nor that of goods.
fn in_every_placement(visit: impl Fn(&World)) {
    let mut topologies = presets();
    topologies.push(named("catalog+inventory | orders+payments | *"));
    for topology in topologies {
        visit(&World::on(Store::empty(), topology));
    }
}

#[track_caller]
fn amount(value: &Value) -> i64 {
    value["amount"].as_i64().unwrap_or_else(|| panic!("no amount in {value}"))
}

fn subjects(customer: &Person) -> Vec<String> {
    let items = customer.list_notifications("").ok()["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| text(item, "kind")).collect()
}

#[test]
fn a_customer_registers_logs_in_fills_a_cart_buys_cancels_and_is_told() {
    in_every_placement(|world| {
        let id = world.admin().bring_in("LAMP-1", 5);
        let visitor = world.visitor();
        let password = "a long walk on the beach";
        let account = visitor.register("Ada@Example.org", password).created();
        assert_eq!(
            (&account["email"], &account["name"]),
            (&json!("Ada@Example.org"), &json!("Ada Lovelace"))
        );
        let session = visitor.log_in("ada@example.ORG", password).created();
        assert_eq!((&session["token_type"], &session["expires_in"]), (&json!("Bearer"), &json!(3600)));
        let customer = world.person(Some(text(&session, "access_token")));
        let me = customer.send(&cleave_compare::Request::get("/api/v1/accounts/me")).ok();
        assert_eq!(me, account);

        let cart = customer.put_item(&id, 2).ok();
        assert_eq!(cart, customer.get_cart().ok());
        let [item] = cart["items"].as_array().expect("items").as_slice() else { panic!("{cart}") };
        assert_eq!((&item["product_id"], &item["quantity"]), (&json!(id), &json!(2)));
        assert_eq!(
            (amount(&item["unit_price"]), amount(&item["line_total"]), amount(&cart["total"])),
            (4950, 9900, 9900)
        );

        let placed = customer.place_order("tok_visa", "first");
        let order = placed.created();
        let order_id = text(&order, "id");
        assert_eq!(placed.response.header("location"), Some(format!("/api/v1/orders/{order_id}").as_str()));
        assert_eq!((&order["status"], amount(&order["total"])), (&json!("confirmed"), 9900));
        assert_eq!(order["lines"], cart["items"]);
        assert_eq!(customer.get_cart().ok()["items"], json!([]), "what was bought is no longer in the cart");
        assert_eq!(visitor.get_stock(&id).ok()["available"], 3);
        let mut again = customer.place_order("tok_visa", "first").created();
        again["updated_at"] = order["updated_at"].clone();
        assert_eq!(again, order, "the same key is the same order");

        let cancelled = customer.cancel_order(&order_id).ok();
        assert_eq!(cancelled["status"], "cancelled");
        assert_eq!(customer.cancel_order(&order_id).ok()["status"], "cancelled", "again changes nothing");
        assert_eq!(visitor.get_stock(&id).ok()["available"], 5, "the stock is back");
        assert_eq!(customer.place_order("tok_visa", "first").created()["status"], "cancelled");

        let told = eventually("the customer is told", || subjects(&customer), |told| told.len() == 3);
        assert_eq!(told, ["order_cancelled", "order_confirmed", "account_registered"]);
    });
}

#[test]
fn a_refused_checkout_leaves_the_cart_the_stock_and_the_money_as_they_were() {
    in_every_placement(|world| {
        let id = world.admin().bring_in("LAMP-1", 5);
        let customer = world.visitor().newcomer("ada@example.org");
        let cart = customer.put_item(&id, 3).ok();
        let body = json!({"payment_token": "tok_visa", "expected_total": {"amount": 1, "currency": "EUR"}});
        let refusals = [
            (customer.place_order("tok_declined", "declined"), 402, "payment_declined"),
            (customer.place_order("tok_insufficient_funds", "poor"), 402, "payment_declined"),
            (customer.place_order("tok_nonsense", "unknown"), 422, "unknown_payment_token"),
            (customer.check_out(&body, "expected"), 409, "price_changed"),
        ];
        for (answer, status, code) in &refusals {
            let problem = answer.problem(*status, code);
            let order = customer.get_order(&text(&problem, "order_id")).ok();
            assert_eq!((&order["status"], &order["reason"]), (&json!("refused"), &json!(code)), "{order}");
            assert_eq!(customer.get_cart().ok(), cart, "after {code}");
            assert_eq!(world.visitor().get_stock(&id).ok()["available"], 5, "after {code}");
        }
        customer.put_item(&id, 6).ok();
        let problem = customer.place_order("tok_visa", "greedy").problem(409, "out_of_stock");
        let again = customer.place_order("tok_visa", "greedy").problem(409, "out_of_stock");
        assert_eq!(problem["order_id"], again["order_id"], "the same key is the same refusal");
        assert_eq!(customer.get_cart().ok()["items"][0]["quantity"], 6);
        assert_eq!(
            customer.list_orders("").ok()["items"].as_array().map(Vec::len),
            Some(5),
            "refused orders are listed"
        );
        customer.put_item(&id, 5).ok();
        assert_eq!(customer.place_order("tok_visa", "last").created()["status"], "confirmed");
        assert_eq!(world.visitor().get_stock(&id).ok()["available"], 0);
    });
}

#[test]
fn a_slow_payment_is_pending_first_and_confirmed_later() {
    for topology in presets() {
        let settings = [("orders.answer_within_ms", "50"), ("payments.slow_ms", "400")];
        let world = World::on(Store::with_settings(&settings), topology);
        let id = world.admin().bring_in("LAMP-1", 5);
        let customer = world.visitor().newcomer("ada@example.org");
        customer.put_item(&id, 1).ok();
        let placed = customer.place_order("tok_slow", "slow");
        let order = placed.with_status(202);
        assert_eq!(order["status"], "pending");
        assert_eq!(placed.response.header("retry-after"), Some("1"));
        let order_id = text(&order, "id");
        customer.cancel_order(&order_id).problem(409, "order_not_cancellable");
        let status = || text(&customer.get_order(&order_id).ok(), "status");
        eventually("the payment has come", status, |status| status == "confirmed");
        assert_eq!(text(&customer.place_order("tok_slow", "slow").created(), "id"), order_id);
    }
}

#[test]
fn what_is_one_customers_is_no_others() {
    in_every_placement(|world| {
        let id = world.admin().bring_in("LAMP-1", 5);
        let (ada, bob) =
            (world.visitor().newcomer("ada@example.org"), world.visitor().newcomer("bob@example.org"));
        ada.put_item(&id, 1).ok();
        assert_eq!(bob.get_cart().ok()["items"], json!([]));
        let order_id = text(&ada.place_order("tok_visa", "key").created(), "id");
        for stranger in [&bob, &world.admin()] {
            stranger.get_order(&order_id).problem(404, "order_not_found");
            stranger.cancel_order(&order_id).problem(404, "order_not_found");
            assert_eq!(stranger.list_orders("").ok()["items"], json!([]));
        }
        // The same key of another customer is another key.
        bob.put_item(&id, 1).ok();
        assert_ne!(text(&bob.place_order("tok_visa", "key").created(), "id"), order_id);
        let nobody = world.visitor();
        for answer in [
            nobody.get_cart(),
            nobody.put_item(&id, 1),
            nobody.remove_item(&id),
            nobody.place_order("tok_visa", "key"),
            nobody.list_orders(""),
            nobody.get_order(&order_id),
            nobody.cancel_order(&order_id),
            nobody.list_notifications(""),
        ] {
            answer.problem(401, "unauthenticated");
        }
    });
}

#[test]
fn two_checkouts_of_one_cart_at_once_are_one_order() {
    for topology in presets() {
        let world = World::on(Store::empty(), topology);
        let id = world.admin().bring_in("LAMP-1", 50);
        let customer = world.visitor().newcomer("ada@example.org");
        for round in 0..5 {
            customer.put_item(&id, 1).ok();
            let statuses = std::thread::scope(|scope| {
                let attempts = ["one", "two"].map(|name| {
                    let customer = &customer;
                    scope.spawn(move || customer.place_order("tok_visa", &format!("{name}-{round}")))
                });
                attempts.map(|attempt| attempt.join().expect("an attempt ends"))
            });
            let bought = statuses.iter().filter(|answer| answer.status() == 201).count();
            assert_eq!(bought, 1, "{statuses:?}");
            let refused = statuses.iter().find(|answer| answer.status() != 201).expect("one is refused");
            let code = text(&refused.json(), "code");
            assert!(["cart_empty", "cart_changed"].contains(&code.as_str()), "{refused:?}");
        }
        assert_eq!(world.visitor().get_stock(&id).ok()["available"], 45);
    }
}

#[test]
fn many_buyers_of_few_units_get_exactly_those() {
    for topology in presets() {
        let world = World::on(Store::empty(), topology);
        let id = world.admin().bring_in("LAMP-1", 5);
        let buyers = (0..12).map(|_| world.user()).collect::<Vec<_>>();
        for buyer in &buyers {
            buyer.put_item(&id, 1).ok();
        }
        let statuses = std::thread::scope(|scope| {
            let orders =
                buyers.iter().map(|buyer| scope.spawn(|| buyer.place_order("tok_visa", "key").status()));
            let orders = orders.collect::<Vec<_>>();
            orders.into_iter().map(|order| order.join().expect("an order ends")).collect::<Vec<_>>()
        });
        let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
        assert_eq!((count(201), count(409)), (5, 7), "{statuses:?}");
        assert_eq!(world.visitor().get_stock(&id).ok()["available"], 0);
    }
}
