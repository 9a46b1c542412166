//! Requests that are wrong: each gets a 4xx problem that says what is wrong, the same in every placement, and none
//! changes anything.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cleave::house::PUBLISHED;
use cleave_compare::Request;
use cleave_rest::Operation;
use serde_json::{Value, json};

use crate::support::person::{Person, lamp, post};
use crate::support::raw;
use crate::support::store::Store;
use crate::support::topologies::named;
use crate::support::waiting::eventually;
use crate::support::world::World;

#[test]
fn a_body_that_is_no_json_is_malformed() {
    in_both_placements(|world, id| {
        for body in ["{\"quantity\":", "quantity=1", "{'quantity': 1}", "", "{\"quantity\": 1}}", "\u{feff}{}"] {
            world.admin().send(&receipt(id).json(body)).problem(400, "malformed_body");
        }
        let product = lamp("LAMP-2").to_string();
        for body in [&product[..product.len() - 1], &product[1..], "", "null}"] {
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
        // Far more than fits between the processes, so that somebody has to stop reading.
        for size_bytes in [70_000, 8_000_000] {
            let mut request = head("transfer-encoding: chunked").into_bytes();
            request.extend(raw::chunked(&vec![b' '; size_bytes], 16_000));
            refused_with(&raw::exchange(world.public(), &request), 413, "body_too_large");
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
        for query in ["?limit=many", "?limit=-1", "?limit=1.5", "?limit=", "?colour=red", "?limit=1&limit=2"] {
            world.visitor().list_products(query).problem(400, "malformed_query");
        }
        let long = format!("?q={}", "x".repeat(101));
        for query in ["?limit=0", "?limit=101", "?cursor=nonsense", "?category=Not%20A%20Slug", &long] {
            world.visitor().list_products(query).problem(422, "invalid_parameter");
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

#[test]
fn a_method_that_a_path_does_not_take_is_refused_with_those_that_it_takes() {
    in_both_placements(|world, id| {
        for (path, allowed) in [
            ("/api/v1/products".to_owned(), "GET, POST"),
            (format!("/api/v1/products/{id}"), "GET, PATCH"),
            (format!("/api/v1/stock/{id}"), "GET"),
            (format!("/api/v1/stock/{id}/receipts"), "POST"),
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
        ];
        for path in &paths {
            world.admin().send(&Request::get(path.as_str())).problem(404, "not_found");
            world.admin().send(&post(path, &json!({"quantity": 1}))).problem(404, "not_found");
        }
    });
}

#[test]
fn an_access_token_that_is_not_good_is_refused_even_where_none_is_needed() {
    in_both_placements(|world, id| {
        let good = world.store().access_token(true);
        // Keys of another store: well made, and not ours.
        let forged = Store::empty().access_token(true);
        let (head, rest) = good.split_once('.').expect("three parts");
        let (payload, signature) = rest.split_once('.').expect("three parts");
        let user = world.store().access_token(false);
        let user_payload = user.split('.').nth(1).expect("three parts");
        let promoted = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(user_payload).expect("base64url"))
            .expect("JSON")
            .replace("\"roles\":[]", "\"roles\":[\"admin\"]");
        let promoted = BASE64_URL_SAFE_NO_PAD.encode(promoted);
        assert_ne!(promoted, user_payload, "the payload has been tampered with");
        let unsigned_head = BASE64_URL_SAFE_NO_PAD.encode("{\"alg\":\"none\",\"typ\":\"JWT\"}");
        for authorization in [
            format!("Bearer {}", world.store().expired_token()),
            format!("Bearer {forged}"),
            format!("Bearer {}", user.replacen(user_payload, &promoted, 1)),
            format!("Bearer {unsigned_head}.{payload}."),
            format!("Bearer {head}.{payload}"),
            format!("Bearer {head}.{payload}.{}", "A".repeat(signature.len())),
            format!("Bearer {good}x"),
            format!("Bearer {}", "x".repeat(4_000)),
            format!("Basic {good}"),
            good.clone(),
            "Bearer".to_owned(),
            "Bearer nonsense".to_owned(),
            String::new(),
        ] {
            let holder = world.visitor();
            let with = |request: Request| holder.send(&request.header("authorization", authorization.as_str()));
            let body = json!({"quantity": 1}).to_string();
            with(receipt(id).json(body)).problem(401, "unauthenticated");
            with(post("/api/v1/products", &lamp("LAMP-2"))).problem(401, "unauthenticated");
            with(Request::get(format!("/api/v1/products/{id}"))).problem(401, "unauthenticated");
        }
    });
}

#[test]
fn only_an_admin_may_change_what_is_sold() {
    in_both_placements(|world, id| {
        let attempts = |person: &Person, status, code| {
            person.create_product(&lamp("LAMP-2"), "key").problem(status, code);
            person.update_product(id, &json!({"name": "Mine"})).problem(status, code);
            person.receive_stock(id, 1, "key").problem(status, code);
        };
        attempts(&world.visitor(), 401, "unauthenticated");
        attempts(&world.user(), 403, "forbidden");
    });
}

#[test]
fn nobody_becomes_a_peer_by_saying_so() {
    in_both_placements(|world, id| {
        // Even who has stolen the credential is nobody on the public listener.
        let credential = world.credential();
        let pretend = |request: Request| {
            let request = request
                .header("x-cleave-credential", credential.header_value())
                .header("x-cleave-caller", "system")
                .header("x-cleave-errors", "typed")
                .header("x-cleave-deadline-ms", "0");
            world.visitor().send(&request)
        };
        let body = json!({"quantity": 1}).to_string();
        pretend(receipt(id).json(body)).problem(401, "unauthenticated");
        pretend(post("/api/v1/products", &lamp("LAMP-2"))).problem(401, "unauthenticated");
        // `problem` looks for the peer's form of an error, and the deadline was not believed.
        pretend(Request::get("/api/v1/products?limit=0")).problem(422, "invalid_parameter");
        assert_eq!(pretend(Request::get(format!("/api/v1/products/{id}"))).ok()["available"], 5);

        let unknown = "00000000-0000-7000-8000-000000000000";
        for operation in inventory_api::rest::paths::INTERNAL {
            pretend(request_of(operation, unknown)).problem(404, "not_found");
            for detour in ["/api/v1/stock/../../..", "/api/v1/stock/..%2f..%2f..", "/api/v1/products/%2e%2e/%2e%2e/%2e%2e"] {
                let direct = request_of(operation, unknown);
                let path = format!("{detour}{}", direct.path);
                pretend(Request { path, ..direct }).problem(404, "not_found");
            }
        }
        for path in ["/metrics", "/topology", "/settled"] {
            pretend(Request::get(path)).problem(404, "not_found");
        }
    });
}

#[test]
fn the_internal_listener_is_for_peers_only() {
    in_both_placements(|world, id| {
        let right = world.credential();
        let stranger = Store::empty();
        let stranger = cleave_auth::ServiceCredential::load(&stranger.settings.credential_file()).expect("a secret");
        let admin_token = world.store().access_token(true);
        let published = PUBLISHED.iter().flat_map(|it| it.operations.iter().map(|operation| (it.module, operation)));
        let internal = inventory_api::rest::paths::INTERNAL.iter().map(|operation| ("inventory", operation));
        for (module, operation) in published.chain(internal) {
            let service = world.topology.host_of(module).expect("every module is hosted").name.clone();
            let request = request_of(operation, id).header("authorization", format!("Bearer {admin_token}"));
            let wrong_ones = ["", "nonsense", stranger.header_value(), &right.header_value()[1..]];
            let wrong_ones = wrong_ones.map(|secret| request.clone().header("x-cleave-credential", secret));
            for request in std::iter::once(&request).chain(&wrong_ones) {
                let answer = world.ask_with(&service, request);
                answer.problem(401, "service_credential_required");
            }
            if operation.method == "GET" {
                let answer = world.ask_with(&service, &request.header("x-cleave-credential", right.header_value()));
                assert_ne!(answer.status(), 401, "a peer is heard: {}", answer.response.text());
            }
        }
        for service in world.services() {
            for path in ["/health/live", "/health/ready", "/metrics", "/topology"] {
                assert_eq!(world.ask(service, path).status(), 200, "{path} of {service} is open");
            }
            world.ask(service, "/api/v1/nothing").problem(404, "not_found");
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

/// Runs `refuse` on a store with one product, whose id it is given, in one process and in many; afterwards the tables
/// have to say what they said before.
fn in_both_placements(refuse: impl Fn(&World, &str)) {
    for topology in ["monolith", "microservices"] {
        let world = World::start(topology);
        let id = world.admin().bring_in("LAMP-1", 5);
        let in_stock = || world.visitor().get_product(&id).ok()["in_stock"].clone();
        eventually("the catalogue has heard of the goods", in_stock, |in_stock| *in_stock == true);
        let before = world.records();
        refuse(&world, &id);
        assert_eq!(world.records(), before, "a refused request has changed something in {topology}");
    }
}

/// A receipt without a body.
fn receipt(product_id: &str) -> Request {
    Request::new("POST", format!("/api/v1/stock/{product_id}/receipts")).header("idempotency-key", "wrong")
}

/// A request for an operation, with this id wherever it needs one.
fn request_of(operation: &Operation, id: &str) -> Request {
    let filled = |segment: &str| if segment.starts_with('{') { id.to_owned() } else { segment.to_owned() };
    let path = operation.path.split('/').map(filled).collect::<Vec<_>>().join("/");
    let request = Request::new(operation.method, path);
    if operation.method == "GET" { request } else { request.json("{}") }
}

fn refused_with(answer: &str, status: u16, code: &str) {
    let status_line = format!("HTTP/1.1 {status} ");
    assert!(answer.starts_with(&status_line) && answer.contains(&format!("\"code\":\"{code}\"")), "{answer}");
}
