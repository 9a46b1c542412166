//! What is wrong with what somebody wants to put into a cart.

use cleave_compare::Request;
use serde_json::json;

use super::{PLACEMENTS, in_both_placements_with};
use crate::support::answer::text;
use crate::support::person::Person;
use crate::support::store::Store;
use crate::support::topologies::named;
use crate::support::world::World;

/// A customer with two units of a product in the cart, and the id of the product.
fn with_a_cart(world: &World, id: &str) -> (Person, String) {
    let customer = world.user();
    customer.put_item(id, 2).ok();
    (customer, id.to_owned())
}

fn put(id: &str, body: &str) -> Request {
    Request::new("PUT", format!("/api/v1/cart/items/{id}")).json(body.to_owned())
}

#[test]
fn a_quantity_that_is_none_is_refused() {
    in_both_placements_with(with_a_cart, |_, (customer, id)| {
        for quantity in ["0", "-1", "10001", "9223372036854775807", "-9223372036854775808"] {
            let request = put(id, &format!("{{\"quantity\":{quantity}}}"));
            let problem = customer.send(&request).problem(422, "invalid_quantity");
            let detail = problem["detail"].as_str().expect("a detail");
            assert!(detail.contains(quantity) && detail.contains("10000"), "{detail}");
        }
        for quantity in ["1.5", "1e3", "\"1\"", "9223372036854775808", "true", "null", "[1]"] {
            let request = put(id, &format!("{{\"quantity\":{quantity}}}"));
            customer.send(&request).problem(422, "invalid_body");
        }
        for body in ["{}", "null", "[1]", "{\"quantity\":1,\"price\":1}", "{\"quantity\":1,\"quantity\":2}"] {
            customer.send(&put(id, body)).problem(422, "invalid_body");
        }
    });
}

#[test]
fn a_product_that_there_is_not_gets_into_no_cart() {
    in_both_placements_with(with_a_cart, |_, (customer, id)| {
        let unknown = "00000000-0000-7000-8000-000000000000";
        let problem = customer.put_item(unknown, 1).problem(404, "product_not_found");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(unknown)), "{problem}");
        assert_eq!(customer.remove_item(unknown).ok(), customer.get_cart().ok());
        for wrong in ["42", "null", "%00", "%2e%2e", &format!("{id}0")] {
            customer.put_item(wrong, 1).problem(400, "malformed_id");
            customer.remove_item(wrong).problem(400, "malformed_id");
        }
    });
}

#[test]
fn a_cart_is_full_with_a_hundred_products_and_can_be_bought() {
    let stocked = Store::stocked();
    let in_stock = stocked.products().into_iter().filter(|product| product.in_stock);
    let ids = in_stock.map(|product| product.id.to_string()).take(101).collect::<Vec<_>>();
    let (last, hundred) = ids.split_last().expect("there are more than a hundred");
    assert_eq!(hundred.len(), 100);
    for topology in PLACEMENTS {
        let world = World::on(stocked.copy(), named(topology));
        let customer = world.user();
        for id in hundred {
            customer.put_item(id, 1).ok();
        }
        let full = customer.get_cart().ok();
        let problem = customer.put_item(last, 1).problem(422, "too_many_lines");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("100")), "{problem}");
        assert_eq!(customer.get_cart().ok(), full);
        customer.put_item(&hundred[0], 2).ok();
        customer.remove_item(&hundred[0]).ok();
        customer.put_item(last, 1).ok();

        let order = customer.place_order("tok_visa", "hundred").created();
        assert_eq!(order["lines"].as_array().map(Vec::len), Some(100));
        assert_eq!(text(&order, "status"), "confirmed");
        assert_eq!(customer.get_cart().ok()["items"], json!([]));
        world.settle();
    }
}
