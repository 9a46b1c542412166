//! Who may do what, and who only says so.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cleave::house::PUBLISHED;
use cleave_auth::ServiceCredential;
use cleave_compare::Request;
use cleave_rest::Operation;
use serde_json::json;

use super::{in_both_placements, receipt};
use crate::support::person::{Person, lamp, post};
use crate::support::store::Store;

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
        let head_of =
            |alg: &str| BASE64_URL_SAFE_NO_PAD.encode(format!("{{\"alg\":\"{alg}\",\"typ\":\"JWT\"}}"));
        for authorization in [
            format!("Bearer {}", world.store().expired_token()),
            format!("Bearer {forged}"),
            format!("Bearer {}", user.replacen(user_payload, &promoted, 1)),
            format!("Bearer {}.{payload}.", head_of("none")),
            format!("Bearer {}.{payload}.{signature}", head_of("none")),
            format!("Bearer {}.{payload}.{signature}", head_of("HS256")),
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
            for request in published(id) {
                let request = request.header("authorization", authorization.as_str());
                world.visitor().send(&request).problem(401, "unauthenticated");
            }
        }
    });
}

#[test]
fn two_access_tokens_are_none() {
    in_both_placements(|world, id| {
        let [user, admin] =
            [false, true].map(|admin| format!("Bearer {}", world.store().access_token(admin)));
        for (one, other) in [(&user, &admin), (&admin, &user), (&admin, &admin), (&admin, &String::new())] {
            for request in published(id) {
                let request = request.header("authorization", one.as_str());
                let request = request.header("authorization", other.as_str());
                world.visitor().send(&request).problem(401, "unauthenticated");
            }
        }
    });
}

#[test]
fn a_token_without_an_account_shows_none() {
    in_both_placements(|world, _| {
        let own = Request::get("/api/v1/accounts/me");
        world.visitor().send(&own).problem(401, "unauthenticated");
        for nobody in [world.user(), world.admin()] {
            nobody.send(&own).problem(404, "account_not_found");
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
        for operation in INTERNAL.iter().flat_map(|(_, operations)| *operations) {
            pretend(request_of(operation, unknown)).problem(404, "not_found");
            for detour in [
                "/api/v1/stock/../../..",
                "/api/v1/stock/..%2f..%2f..",
                "/api/v1/products/%2e%2e/%2e%2e/%2e%2e",
            ] {
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
        let stranger = ServiceCredential::load(&stranger.settings.credential_file()).expect("a secret");
        let admin_token = world.store().access_token(true);
        let published = PUBLISHED.iter().map(|it| (it.module, it.operations));
        let served = published.chain(INTERNAL.iter().copied());
        for (part, operation) in
            served.flat_map(|(part, operations)| operations.iter().map(move |it| (part, it)))
        {
            let service = world.topology.host_of(part).expect("every part is hosted").name.clone();
            let request = request_of(operation, id).header("authorization", format!("Bearer {admin_token}"));
            let wrong_ones = ["", "nonsense", stranger.header_value(), &right.header_value()[1..]];
            let wrong_ones = wrong_ones.map(|secret| request.clone().header("x-cleave-credential", secret));
            for request in std::iter::once(&request).chain(&wrong_ones) {
                let answer = world.ask_with(&service, request);
                answer.problem(401, "service_credential_required");
            }
            if operation.method == "GET" {
                let answer =
                    world.ask_with(&service, &request.header("x-cleave-credential", right.header_value()));
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

/// What only peers may ask, and of whom.
const INTERNAL: &[(&str, &[Operation])] = &[
    ("catalog", catalog_api::rest::paths::INTERNAL),
    ("inventory", inventory_api::rest::paths::INTERNAL),
    ("cart", cart_api::rest::paths::INTERNAL),
    ("payments", payments_api::rest::paths::INTERNAL),
    ("events", cleave_events::rest::paths::INTERNAL),
];

/// A request for each published operation.
fn published(id: &str) -> impl Iterator<Item = Request> {
    PUBLISHED.iter().flat_map(|it| it.operations).map(|operation| request_of(operation, id))
}

/// A request for an operation, with this id wherever it needs one.
fn request_of(operation: &Operation, id: &str) -> Request {
    let filled = |segment: &str| if segment.starts_with('{') { id.to_owned() } else { segment.to_owned() };
    let path = operation.path.split('/').map(filled).collect::<Vec<_>>().join("/");
    let request = Request::new(operation.method, path);
    if operation.method == "GET" { request } else { request.json("{}") }
}
