//! What may differ between placements, and nothing else.
//!
//! *May differ*: which parts can be away; how calls travel, as metrics and `/topology` tell it; that only what has
//! peers counts what it serves. *May not*: any answer to a customer (`parity` compares bodies, this module headers),
//! the document of the API, and which calls are made.

use std::collections::BTreeSet;

use cleave::house::HOUSE;
use cleave::topology::Topology;
use cleave_compare::Request;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::person::lamp;
use crate::support::store::Store;
use crate::support::topologies::{named, presets};
use crate::support::waiting::eventually;
use crate::support::world::World;

#[test]
fn only_a_module_in_another_process_can_be_away() {
    let mut apart = World::start("microservices");
    let id = apart.admin().bring_in("LAMP-1", 5);
    apart.stop_service("inventory");
    assert_eq!(apart.visitor().get_product(&id).ok()["available"], Value::Null);
    apart.visitor().get_stock(&id).come_again(503, "unavailable");

    // A monolith has no such moment: what its gateway reaches by method calls is there as long as it is.
    let mut together = World::start("monolith");
    let id = together.admin().bring_in("LAMP-1", 5);
    together.move_service("monolith", &[]);
    assert_eq!(together.visitor().get_product(&id).ok()["available"], 5);
    assert_eq!(together.visitor().get_stock(&id).ok()["available"], 5);
}

#[test]
fn the_topology_tells_where_everything_is() {
    let placement = |world: &World, service: &str| world.ask(service, "/topology").ok();
    let call = |caller: &str, callee: &str, link: &str, service: &str| json!({"caller": caller, "callee": callee, "link": link, "service": service});
    let together = World::start("monolith");
    let monolith = placement(&together, "monolith");
    assert_eq!((&monolith["topology"], &monolith["service"]), (&json!("monolith"), &json!("monolith")));
    assert_eq!(monolith["modules"], json!(HOUSE.modules));
    assert_eq!(monolith["roles"], json!(HOUSE.roles));
    let calls = HOUSE.calls.iter().map(|(caller, callee)| call(caller, callee, "direct", "monolith"));
    assert_eq!(monolith["calls"], calls.collect::<Value>());

    let apart = World::start("microservices");
    let catalog = json!({
        "version": env!("CARGO_PKG_VERSION"), "topology": "microservices", "service": "catalog", "modules": ["catalog"], "roles": [],
        "calls": [call("catalog", "inventory", "tcp", "inventory"), call("catalog", "events", "tcp", "events")],
    });
    assert_eq!(placement(&apart, "catalog"), catalog);
    let of_gateway = HOUSE.calls.iter().filter(|(caller, _)| *caller == "gateway");
    let calls = of_gateway.map(|(caller, callee)| call(caller, callee, "tcp", callee));
    assert_eq!(placement(&apart, "gateway")["calls"], calls.collect::<Value>());
    assert_eq!(placement(&apart, "payments")["calls"], json!([]));
}

#[test]
fn the_same_calls_are_made_and_only_their_links_differ() {
    let baseline = calls_of_a_session(named("monolith"));
    assert!(baseline.links.iter().all(|link| link == "direct"), "{:?}", baseline.links);
    assert_eq!(baseline.served, BTreeSet::new(), "nobody asks a monolith from outside");
    for expected in ["gateway -> catalog: create_product", "catalog -> inventory: open_stock"] {
        assert!(baseline.calls.contains(expected), "{expected} is not among {:?}", baseline.calls);
    }
    for topology in presets().into_iter().chain([named("catalog+inventory | orders+payments | *")]) {
        let name = topology.name().to_owned();
        let links = topology.edges().map(|edge| edge.link.to_string()).collect::<BTreeSet<_>>();
        let across = topology.edges().filter(|edge| edge.caller_service != edge.callee_service);
        let across = across.map(|edge| edge.callee.to_owned()).collect::<BTreeSet<_>>();
        let session = calls_of_a_session(topology);
        assert_eq!(session.calls, baseline.calls, "{name}");
        assert_eq!(session.links, links, "{name}");
        assert_eq!(session.served, across, "{name}");
    }
}

#[test]
fn answers_have_the_same_headers_and_the_document_is_the_same() {
    let baseline = shapes_of_answers("monolith");
    for topology in ["microservices", "storefront"] {
        for (one, other) in baseline.iter().zip(shapes_of_answers(topology)) {
            assert_eq!(*one, other, "monolith and {topology}");
        }
    }
}

/// What the metrics of all services of a world tell of the same few requests.
struct Told {
    calls: BTreeSet<String>,
    links: BTreeSet<String>,
    /// The modules that have served peers.
    served: BTreeSet<String>,
}

fn calls_of_a_session(topology: Topology) -> Told {
    let world = World::on(Store::empty(), topology);
    let (admin, customer) = (world.admin(), world.visitor());
    let id = admin.bring_in("LAMP-1", 5);
    admin.update_product(&id, &json!({"name": "Harbour lantern"})).ok();
    customer.list_products("").ok();
    customer.get_product(&id).ok();
    customer.get_stock(&id).ok();
    let ada = customer.newcomer("ada@example.org");
    ada.send(&Request::get("/api/v1/accounts/me")).ok();
    ada.put_item(&id, 2).ok();
    ada.put_item(&id, 1).ok();
    ada.get_cart().ok();
    ada.place_order("tok_declined", "declined").problem(402, "payment_declined");
    let order = ada.place_order("tok_visa", "order").created()["id"].as_str().expect("an id").to_owned();
    ada.get_order(&order).ok();
    ada.cancel_order(&order).ok();
    ada.list_orders("").ok();
    let told = || ada.list_notifications("").ok()["items"].as_array().map_or(0, Vec::len);
    eventually("the customer is told", told, |told| *told == 3);

    let mut told = Told { calls: BTreeSet::new(), links: BTreeSet::new(), served: BTreeSet::new() };
    for service in world.services() {
        let answer = world.ask(service, "/metrics");
        assert_eq!(answer.status(), 200);
        for line in answer.response.text().lines() {
            if let Some(labels) = line.strip_prefix("cleave_call_duration_seconds_count{") {
                let of = |name| label(labels, name);
                // What is asked of the log, and how often, is a matter of time.
                if of("callee") != "events" {
                    told.calls.insert(format!("{} -> {}: {}", of("caller"), of("callee"), of("operation")));
                }
                told.links.insert(of("link"));
            } else if let Some(labels) = line.strip_prefix("cleave_served_duration_seconds_count{") {
                told.served.insert(label(labels, "module"));
            }
        }
    }
    told
}

fn label(labels: &str, name: &str) -> String {
    let (_, rest) =
        labels.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name} in {labels}"));
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Status and headers of answers of every kind, and the body where it is a document.
fn shapes_of_answers(topology: &str) -> Vec<(String, u16, Vec<String>, String)> {
    let world = World::start(topology);
    let (admin, customer) = (world.admin(), world.visitor());
    let created = admin.create_product(&lamp("LAMP-1"), "lamp");
    let id = created.created()["id"].as_str().expect("an id").to_owned();
    let receipt = admin.receive_stock(&id, 1, "one");
    let in_stock = || customer.get_product(&id).ok()["in_stock"].clone();
    eventually("the catalogue has heard of the goods", in_stock, |in_stock| *in_stock == true);
    let document = customer.send(&Request::get("/openapi.json"));
    assert_eq!(document.ok()["openapi"].as_str().map(|version| &version[..2]), Some("3."));
    let answers = [
        created,
        receipt,
        admin.update_product(&id, &json!({"name": "Harbour lantern"})),
        customer.list_products(""),
        customer.get_product(&id),
        customer.get_product("42"),
        customer.list_products("?limit=0"),
        customer.create_product(&lamp("LAMP-2"), "no-token"),
        customer.send(&Request::new("DELETE", "/api/v1/products")),
        customer.send(&Request::get("/api/v1/nothing")),
        customer.send(&Request::get("/health/live")),
        customer.send(&Request::get("/health/ready")),
        customer.send(&Request::get("/docs/")),
        document,
    ];
    answers.iter().map(|answer| shape(answer, &id)).collect()
}

fn shape(answer: &Answer, product_id: &str) -> (String, u16, Vec<String>, String) {
    let plain = |text: &str| text.replace(product_id, "ID");
    let mut headers = answer.response.headers.iter().map(|(name, value)| match name.to_ascii_lowercase() {
        // The fraction of a second in a receipt's time has one digit or six.
        name if ["content-length", "date", "x-request-id"].contains(&name.as_str()) => name,
        name => format!("{name}: {}", plain(value)),
    });
    let mut headers = headers.by_ref().collect::<Vec<_>>();
    headers.sort();
    let document = answer.asked == "GET /openapi.json";
    let body = if document { answer.response.text() } else { String::new() };
    (plain(&answer.asked), answer.status(), headers, body)
}
