//! What is wrong with an order that somebody wants to place, to see or to cancel.

use serde_json::{Value, json};

use super::{in_both_placements, in_both_placements_with};
use crate::support::answer::text;
use crate::support::person::{Person, post};
use crate::support::world::World;

/// A customer with a unit of a product in the cart.
fn with_a_cart(world: &World, id: &str) -> Person {
    let customer = world.user();
    customer.put_item(id, 1).ok();
    customer
}

#[test]
fn an_order_without_one_fit_key_is_refused() {
    in_both_placements_with(with_a_cart, |_, customer| {
        let request = post("/api/v1/orders", &json!({"payment_token": "tok_visa"}));
        let problem = customer.send(&request).problem(400, "idempotency_key_required");
        assert!(problem["detail"].as_str().is_some_and(|it| it.contains("idempotency-key")), "{problem}");
        for key in ["", "two words", "ümlaut", &"x".repeat(65)] {
            customer.place_order("tok_visa", key).problem(400, "idempotency_key_malformed");
        }
        let two = request.header("idempotency-key", "one").header("idempotency-key", "two");
        customer.send(&two).problem(400, "idempotency_key_malformed");
    });
}

#[test]
fn an_order_of_another_shape_is_invalid() {
    in_both_placements_with(with_a_cart, |_, customer| {
        let with = |field: &str, value: Value| {
            let mut order = json!({"payment_token": "tok_visa"});
            order[field] = value;
            order
        };
        for body in [
            json!({}),
            json!(null),
            json!(["tok_visa"]),
            with("payment_token", json!(null)),
            with("payment_token", json!(4_242_424_242_424_242_i64)),
            with("total", json!({"amount": 1, "currency": "EUR"})),
            with("account_id", json!("00000000-0000-7000-8000-000000000000")),
            with("expected_total", json!(4950)),
            with("expected_total", json!({"amount": 4950})),
            with("expected_total", json!({"amount": 49.5, "currency": "EUR"})),
            with("expected_total", json!({"amount": 4950, "currency": "euro"})),
            with("expected_total", json!({"amount": 4950, "currency": "EUR", "tax": 0})),
        ] {
            customer.check_out(&body, "wrong").problem(422, "invalid_body");
        }
        for token in ["", " ", "tok visa", "tok_visa\n", "tök_visa", &"x".repeat(201)] {
            let problem = customer.place_order(token, "wrong").problem(422, "invalid_order");
            assert!(problem["detail"].as_str().is_some_and(|it| it.contains("payment_token")), "{problem}");
        }
    });
}

#[test]
fn an_empty_cart_cannot_be_checked_out() {
    in_both_placements(|world, _| {
        let customer = world.user();
        for _ in 0..2 {
            let problem = customer.place_order("tok_visa", "empty").problem(422, "cart_empty");
            assert_eq!(problem.get("order_id"), None, "there is no order: {problem}");
        }
        assert_eq!(customer.list_orders("").ok()["items"], json!([]));
    });
}

#[test]
fn a_key_is_good_for_one_order_only() {
    let buy = |world: &World, id: &str| {
        let customer = with_a_cart(world, id);
        customer.place_order("tok_visa", "bought").created();
        customer.put_item(id, 1).ok();
        customer
    };
    in_both_placements_with(buy, |_, customer| {
        customer.place_order("tok_declined", "bought").problem(422, "idempotency_key_reused");
        let body =
            json!({"payment_token": "tok_visa", "expected_total": {"amount": 4950, "currency": "EUR"}});
        customer.check_out(&body, "bought").problem(422, "idempotency_key_reused");
        // What is no order at all is refused before the key is looked at.
        customer.check_out(&json!({}), "bought").problem(422, "invalid_body");
    });
}

#[test]
fn an_order_that_there_is_not_or_that_was_refused_cannot_be_cancelled() {
    let refuse = |world: &World, id: &str| {
        let customer = with_a_cart(world, id);
        let body = json!({"payment_token": "tok_visa", "expected_total": {"amount": 1, "currency": "EUR"}});
        let order_id = text(&customer.check_out(&body, "refused").problem(409, "price_changed"), "order_id");
        (customer, order_id)
    };
    in_both_placements_with(refuse, |_, (customer, order_id)| {
        let unknown = "00000000-0000-7000-8000-000000000000";
        for answer in [customer.get_order(unknown), customer.cancel_order(unknown)] {
            let problem = answer.problem(404, "order_not_found");
            assert!(problem["detail"].as_str().is_some_and(|it| it.contains(unknown)), "{problem}");
        }
        for wrong in ["42", "null", "%00", "%2e%2e", &format!("{order_id}0")] {
            customer.get_order(wrong).problem(400, "malformed_id");
            customer.cancel_order(wrong).problem(400, "malformed_id");
        }
        let problem = customer.cancel_order(order_id).problem(409, "order_not_cancellable");
        assert!(problem["detail"].as_str().is_some_and(|it| it.contains("refused")), "{problem}");
    });
}
