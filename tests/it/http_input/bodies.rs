//! What is wrong with a body: its form, its shape, its values, its size.

use cleave_compare::Request;
use serde_json::{Value, json};

use super::{in_both_placements, receipt};
use crate::support::person::lamp;
use crate::support::raw;
use crate::support::store::Store;
use crate::support::topologies::named;
use crate::support::world::World;

#[test]
fn a_body_that_is_no_json_is_malformed() {
    in_both_placements(|world, id| {
        for body in
            ["{\"quantity\":", "quantity=1", "{'quantity': 1}", "", "{\"quantity\": 1}}", "\u{feff}{}"]
        {
            world.admin().send(&receipt(id).json(body)).problem(400, "malformed_body");
        }
        let product = lamp("LAMP-2").to_string();
        for body in [&product[..product.len() - 1], &format!("{product}}}"), "sku=LAMP-2", ""] {
            let request = Request::new("POST", "/api/v1/products").json(body);
            world.admin().send(&request).problem(400, "malformed_body");
        }
        let not_utf8 = receipt(id).json([b"{\"quantity\": \"".as_slice(), &[0xff, 0xfe], b"\"}"].concat());
        world.admin().send(&not_utf8).problem(400, "malformed_body");
    });
}

#[test]
fn a_body_of_another_shape_is_invalid() {
    in_both_placements(|world, id| {
        let with = |field: &str, value: Value| {
            let mut product = lamp("LAMP-2");
            product[field] = value;
            product
        };
        let mut nameless = lamp("LAMP-2");
        nameless.as_object_mut().expect("a product is an object").remove("name");
        for product in [
            json!({}),
            json!(["LAMP-2", "Lamp", "", "lighting", {"amount": 4950, "currency": "EUR"}]),
            json!(null),
            nameless,
            with("colour", json!("red")),
            with("id", json!(id)),
            with("in_stock", json!(true)),
            with("price", json!(4950)),
            with("price", json!({"amount": 49.5, "currency": "EUR"})),
            with("price", json!({"amount": "4950", "currency": "EUR"})),
            with("price", json!({"amount": 4950, "currency": "euro"})),
            with("price", json!({"amount": 4950, "currency": "EUR", "tax": 1})),
            with("sku", json!(null)),
        ] {
            world.admin().create_product(&product, "wrong").problem(422, "invalid_body");
        }
        for changes in [json!({"sku": "OTHER"}), json!({"in_stock": true}), json!({"name": 1}), json!([])] {
            world.admin().update_product(id, &changes).problem(422, "invalid_body");
        }
        for body in [json!({"quantity": 1, "colour": "red"}), json!([1]), json!({"quantity": null})] {
            world.admin().send(&receipt(id).json(body.to_string())).problem(422, "invalid_body");
        }
    });
}

#[test]
fn a_quantity_out_of_its_bounds_is_refused() {
    in_both_placements(|world, id| {
        for quantity in ["0", "-1", "10001", "9223372036854775807", "-9223372036854775808"] {
            let request = receipt(id).json(format!("{{\"quantity\":{quantity}}}"));
            let problem = world.admin().send(&request).problem(422, "invalid_quantity");
            let detail = problem["detail"].as_str().expect("a detail");
            assert!(detail.contains(quantity) && detail.contains("10000"), "{detail}");
        }
        for quantity in ["1.5", "1e3", "9223372036854775808", "1e400", "\"1\"", "true", "null", "[]"] {
            let request = receipt(id).json(format!("{{\"quantity\":{quantity}}}"));
            let answer = world.admin().send(&request);
            // A number that no float can hold is no JSON to the parser; all others have the wrong type.
            let (status, code) =
                if quantity == "1e400" { (400, "malformed_body") } else { (422, "invalid_body") };
            answer.problem(status, code);
        }
    });
}

#[test]
fn a_field_of_a_product_out_of_its_bounds_is_refused() {
    in_both_placements(|world, id| {
        for (field, value) in [
            ("sku", json!("")),
            ("sku", json!("x".repeat(41))),
            ("name", json!("x".repeat(121))),
            ("description", json!("x".repeat(2_001))),
            ("category", json!("Not a slug")),
            ("price", json!({"amount": 0, "currency": "EUR"})),
            ("price", json!({"amount": -1, "currency": "EUR"})),
            ("price", json!({"amount": i64::MAX, "currency": "EUR"})),
            ("price", json!({"amount": 1, "currency": "USD"})),
        ] {
            let mut product = lamp("LAMP-2");
            product[field] = value.clone();
            let problem = world.admin().create_product(&product, "wrong").problem(422, "invalid_product");
            assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(field)), "{problem}");
            if field != "sku" {
                world.admin().update_product(id, &json!({ (field): value })).problem(422, "invalid_product");
            }
        }
        world.admin().create_product(&lamp("LAMP-1"), "taken").problem(409, "sku_taken");
    });
}

#[test]
fn a_body_that_is_too_large_is_refused_whether_or_not_it_says_so_before() {
    in_both_placements(|world, id| {
        let large = receipt(id).json("{\"quantity\":1}".to_owned() + &" ".repeat(70_000));
        world.admin().send(&large).problem(413, "body_too_large");

        let head = |framing: &str| {
            format!(
                "POST /api/v1/stock/{id}/receipts HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\
                 content-type: application/json\r\nidempotency-key: large\r\n{framing}\r\n\
                 authorization: Bearer {}\r\n\r\n",
                world.store().access_token(true)
            )
        };
        // Announced and never sent: the announcement is enough.
        let announced = raw::exchange(world.public(), head("content-length: 70000").as_bytes());
        refused_with(&announced, 413, "body_too_large");
        let chunked = |size_bytes| {
            let mut request = head("transfer-encoding: chunked").into_bytes();
            request.extend(raw::chunked(&vec![b' '; size_bytes], 16_000));
            request
        };
        refused_with(&raw::exchange(world.public(), &chunked(70_000)), 413, "body_too_large");
        // Far more than fits between the processes, so that somebody has to stop reading; where, differs from time to time.
        let endless = chunked(8_000_000);
        for _ in 0..20 {
            refused_with(&raw::exchange(world.public(), &endless), 413, "body_too_large");
        }
    });
}

#[test]
fn a_body_that_does_not_arrive_is_not_waited_for() {
    for topology in ["monolith", "microservices"] {
        let store = Store::with_settings(&[("requests.body_timeout_ms", "200")]);
        let world = World::on(store, named(topology));
        let request = format!(
            "POST /api/v1/products HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: 100\r\n\
             content-type: application/json\r\nauthorization: Bearer {}\r\n\r\n{{\"sku\":",
            world.store().access_token(true)
        );
        refused_with(&raw::exchange(world.public(), request.as_bytes()), 408, "body_timeout");
    }
}

#[test]
fn a_body_that_is_not_declared_as_json_is_refused() {
    in_both_placements(|world, id| {
        let body = json!({"quantity": 1}).to_string();
        for content_type in [Some("text/plain"), Some("application/x-www-form-urlencoded"), Some(""), None] {
            let mut request = receipt(id);
            request.body = body.clone().into_bytes();
            if let Some(content_type) = content_type {
                request = request.header("content-type", content_type);
            }
            world.admin().send(&request).problem(415, "unsupported_media_type");
        }
    });
}

fn refused_with(answer: &str, status: u16, code: &str) {
    let status_line = format!("HTTP/1.1 {status} ");
    assert!(answer.starts_with(&status_line) && answer.contains(&format!("\"code\":\"{code}\"")), "{answer}");
}
