//! What is wrong with a path, a query, a method, or a header that is not about rights.

use cleave_compare::Request;
use serde_json::json;

use super::in_both_placements;
use crate::support::person::{lamp, post};
use crate::support::world::World;

#[test]
fn an_id_that_is_none_is_malformed_and_an_unknown_one_is_not_found() {
    in_both_placements(|world, id| {
        let admin = world.admin();
        let (upper, long) = (format!("{id}0"), "x".repeat(2_000));
        for wrong in ["42", "not-an-id", "-1", "null", "%00", "%2e%2e", "%F0%9F%92%A1", &upper, &long] {
            admin.get_product(wrong).problem(400, "malformed_id");
            admin.get_stock(wrong).problem(400, "malformed_id");
            admin.receive_stock(wrong, 1, "key").problem(400, "malformed_id");
            admin.update_product(wrong, &json!({"name": "x"})).problem(400, "malformed_id");
        }
        let unknown = "00000000-0000-7000-8000-000000000000";
        admin.get_product(unknown).problem(404, "product_not_found");
        admin.get_stock(unknown).problem(404, "stock_not_found");
        admin.receive_stock(unknown, 1, "key").problem(404, "stock_not_found");
        admin.update_product(unknown, &json!({"name": "x"})).problem(404, "product_not_found");
    });
}

#[test]
fn a_query_that_is_wrong_is_refused() {
    in_both_placements(|world, _| {
        for query in ["?limit=many", "?limit=-1", "?limit=1.5", "?limit=", "?colour=red", "?limit=1&limit=2"]
        {
            world.visitor().list_products(query).problem(400, "malformed_query");
        }
        let long = format!("?q={}", "x".repeat(101));
        for query in ["?limit=0", "?limit=101", "?cursor=nonsense", "?category=Not%20A%20Slug", &long] {
            world.visitor().list_products(query).problem(422, "invalid_parameter");
        }
    });
}

#[test]
fn a_list_of_ones_own_is_asked_for_as_any_other() {
    in_both_placements(|world, _| {
        let customer = world.user();
        for list in ["/api/v1/orders", "/api/v1/notifications"] {
            let ask = |query: &str| customer.send(&Request::get(format!("{list}?{query}")));
            for query in ["limit=many", "limit=-1", "limit=4294967296", "limit=", "q=lamp", "limit=1&limit=2"]
            {
                ask(query).problem(400, "malformed_query");
            }
            // The last is the place before the first.
            for cursor in ["nonsense", "", "%00", "42", "__________8"] {
                ask(&format!("cursor={cursor}")).problem(422, "invalid_parameter");
            }
            for query in ["limit=0", "limit=101"] {
                let problem = ask(query).problem(422, "invalid_parameter");
                let detail = problem["detail"].as_str().expect("a detail");
                assert!(detail.contains("limit") && detail.contains("1 to 100"), "{detail}");
            }
        }
    });
}

#[test]
fn an_idempotency_key_that_is_missing_or_malformed_is_refused() {
    in_both_placements(|world, id| {
        let admin = world.admin();
        let body = json!({"quantity": 1});
        let path = format!("/api/v1/stock/{id}/receipts");
        admin.send(&post(&path, &body)).problem(400, "idempotency_key_required");
        for key in ["", "two words", "ümlaut", &"x".repeat(65)] {
            admin.receive_stock(id, 1, key).problem(400, "idempotency_key_malformed");
            admin.create_product(&lamp("LAMP-2"), key).problem(400, "idempotency_key_malformed");
        }
    });
}

#[test]
fn an_idempotency_key_is_good_for_one_request_only() {
    for topology in ["monolith", "microservices"] {
        let world = World::start(topology);
        let admin = world.admin();
        let id = admin.bring_in("LAMP-1", 5);
        let other = admin.bring_in("LAMP-2", 5);
        admin.receive_stock(&id, 6, "LAMP-1").problem(422, "idempotency_key_reused");
        admin.receive_stock(&other, 5, "LAMP-1").problem(422, "idempotency_key_reused");
        admin.create_product(&lamp("LAMP-3"), "LAMP-1").problem(422, "idempotency_key_reused");
        assert_eq!(admin.get_stock(&id).ok()["available"], 5);
        assert_eq!(admin.get_stock(&other).ok()["available"], 5);
        assert_eq!(admin.walk("").len(), 2);
    }
}

#[test]
fn a_method_that_a_path_does_not_take_is_refused_with_those_that_it_takes() {
    in_both_placements(|world, id| {
        for (path, allowed) in [
            ("/api/v1/products".to_owned(), "GET, POST"),
            (format!("/api/v1/products/{id}"), "GET, PATCH"),
            (format!("/api/v1/stock/{id}"), "GET"),
            (format!("/api/v1/stock/{id}/receipts"), "POST"),
            ("/api/v1/accounts".to_owned(), "POST"),
            ("/api/v1/accounts/me".to_owned(), "GET"),
            ("/api/v1/sessions".to_owned(), "POST"),
            ("/api/v1/cart".to_owned(), "GET"),
            (format!("/api/v1/cart/items/{id}"), "PUT, DELETE"),
            ("/api/v1/orders".to_owned(), "POST, GET"),
            (format!("/api/v1/orders/{id}"), "GET"),
            (format!("/api/v1/orders/{id}/cancellation"), "POST"),
            ("/api/v1/notifications".to_owned(), "GET"),
        ] {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                if allowed.split(", ").any(|it| it == method) {
                    continue;
                }
                let answer = world.admin().send(&Request::new(method, path.as_str()));
                answer.problem(405, "method_not_allowed");
                assert_eq!(answer.response.header("allow"), Some(allowed), "{method} {path}");
            }
        }
    });
}

#[test]
fn a_path_that_nobody_serves_is_not_found() {
    in_both_placements(|world, id| {
        let paths = [
            "/".to_owned(),
            "/api/v1/nothing".to_owned(),
            "/api/v1/products/".to_owned(),
            "/api/v2/products".to_owned(),
            "/api/v1/productsandmore".to_owned(),
            format!("/api/v1/products/{id}/nothing"),
            format!("/api/v1/stock/{id}/nothing"),
            "/api/v1/stock".to_owned(),
            format!("/api/v1/accounts/{id}"),
            format!("/api/v1/sessions/{id}"),
            "/api/v1/cart/items".to_owned(),
            format!("/api/v1/cart/{id}"),
            format!("/api/v1/orders/{id}/nothing"),
            format!("/api/v1/notifications/{id}"),
            format!("/api/v1/payments/{id}"),
        ];
        for path in &paths {
            world.admin().send(&Request::get(path.as_str())).problem(404, "not_found");
            world.admin().send(&post(path, &json!({"quantity": 1}))).problem(404, "not_found");
        }
    });
}

#[test]
fn an_answer_names_its_request() {
    in_both_placements(|world, id| {
        let ask = |path: String, request_id: &str| {
            world.visitor().send(&Request::get(path).header("x-request-id", request_id))
        };
        let good = || format!("/api/v1/products/{id}");
        for path in [good(), "/api/v1/products/42".to_owned(), "/api/v1/nothing".to_owned()] {
            let answer = ask(path.clone(), "my-own_id-1");
            assert_eq!(answer.response.header("x-request-id"), Some("my-own_id-1"), "{path}");
            for unfit in ["", "two words", "<script>", &"x".repeat(65)] {
                let answer = ask(path.clone(), unfit);
                let given = answer.response.header("x-request-id").expect("every answer has an id");
                assert!(given != unfit && given.len() == 36, "{given:?} instead of {unfit:?}");
            }
        }
        let (one, two) = (world.visitor().get_product("42"), world.visitor().get_product("42"));
        assert_ne!(one.json()["request_id"], two.json()["request_id"]);
    });
}
