//! A part of the store is away: what does not need it goes on, and what needs it is refused in time, never with a
//! hang, never as a fault.

use cleave::topology::Link;
use cleave_compare::Request;
use cleave_core::{CallFailure, Context, ContractError as _, IdempotencyKey, RequestId};
use inventory_api::rest::InventoryAdapter;
use inventory_api::{InventoryError, ReceiveStock};
use orders_api::OrdersError;
use orders_api::rest::OrdersAdapter;
use serde_json::{Value, json};
use tokio::task::LocalSet;

use crate::support::peers::{HangingUpPeer, SilentPeer};
use crate::support::person::{Person, lamp, post};
use crate::support::store::{Store, runtime};
use crate::support::topologies::{named, relinked};
use crate::support::world::World;

#[test]
fn the_shop_window_stays_open_while_the_inventory_is_away() {
    let mut world = World::start("microservices");
    let id = world.admin().bring_in("LAMP-1", 5);
    let before = world.records();
    world.stop_service("inventory");
    let customer = world.visitor();

    let shown = customer.get_product(&id).ok();
    assert_eq!((&shown["sku"], &shown["available"]), (&json!("LAMP-1"), &Value::Null));
    assert_eq!(customer.list_products("").ok()["items"][0]["id"], json!(id));
    assert_eq!(customer.list_products("?q=lighthouse").ok()["items"][0]["id"], json!(id));
    refuses_what_needs_the_inventory(&world.admin(), &id);
    let renamed = world.admin().update_product(&id, &json!({"name": "Lighthouse"})).ok();
    assert_eq!(renamed["name"], "Lighthouse");
    world.admin().update_product(&id, &json!({"name": "Lighthouse reading lamp"})).ok();
    assert_eq!(world.records().counts, before.counts, "nothing is half made");
    for service in ["gateway", "catalog"] {
        assert_eq!(world.ask(service, "/health/ready").status(), 200, "{service} is not drawn in");
    }
}

#[test]
fn nobody_has_to_be_restarted_when_the_inventory_is_back() {
    let unix = relinked(&named("microservices"), Link::Unix, Link::Direct);
    for topology in [named("microservices"), unix] {
        let mut world = World::on(Store::empty(), topology);
        let id = world.admin().bring_in("LAMP-1", 5);
        world.stop_service("inventory");
        world.visitor().get_stock(&id).come_again(503, "unavailable");
        let refused = world.admin().create_product(&lamp("LAMP-2"), "lamp-2");
        refused.come_again(503, "unavailable");

        world.restart_service("inventory");
        assert_eq!(world.visitor().get_stock(&id).ok()["available"], 5);
        assert_eq!(world.visitor().get_product(&id).ok()["available"], 5);
        // The refused command, as its sender repeats it.
        world.admin().create_product(&lamp("LAMP-2"), "lamp-2").created();
        // Its list hears of the goods too, or this does not end.
        world.admin().bring_in("LAMP-3", 1);
    }
}

#[test]
fn a_service_without_any_address_is_away() {
    let mut world = World::start("microservices");
    let id = world.admin().bring_in("LAMP-1", 5);
    world.move_service("inventory", &[]);
    assert_eq!(world.visitor().get_product(&id).ok()["available"], Value::Null);
    refuses_what_needs_the_inventory(&world.admin(), &id);
}

#[test]
fn a_catalogue_that_is_away_does_not_take_the_inventory_with_it() {
    let mut world = World::start("microservices");
    let id = world.admin().bring_in("LAMP-1", 5);
    world.stop_service("catalog");
    world.visitor().list_products("").come_again(503, "unavailable");
    world.visitor().get_product(&id).come_again(503, "unavailable");
    world.admin().create_product(&lamp("LAMP-2"), "lamp-2").come_again(503, "unavailable");
    assert_eq!(world.visitor().get_stock(&id).ok()["available"], 5);
    assert_eq!(world.admin().receive_stock(&id, 1, "one-more").created()["available"], 6);
    assert_eq!(world.visitor().send(&cleave_compare::Request::get("/health/live")).status(), 200);
}

#[test]
fn a_peer_that_never_answers_costs_no_more_than_the_deadline() {
    let settings = [("requests.deadline_ms", "2000"), ("catalog.stock_timeout_ms", "100")];
    let mut world = World::on(Store::with_settings(&settings), named("microservices"));
    let id = world.admin().bring_in("LAMP-1", 5);
    let before = world.records();
    world.stop_service("inventory");
    let silent = SilentPeer::new();
    world.move_service("inventory", &[silent.address()]);

    assert_eq!(world.visitor().get_product(&id).ok()["available"], Value::Null);
    world.visitor().get_stock(&id).come_again(504, "timeout");
    world.admin().receive_stock(&id, 1, "key").come_again(504, "timeout");
    world.admin().create_product(&lamp("LAMP-2"), "lamp-2").come_again(504, "timeout");
    assert_eq!(world.records(), before, "nothing is half made");
}

#[test]
fn a_lost_answer_is_asked_for_again_only_where_that_is_safe() {
    let mut world = World::start("microservices");
    let id = world.admin().bring_in("LAMP-1", 5);
    world.stop_service("inventory");
    let peer = HangingUpPeer::new();
    world.move_service("inventory", &[peer.address()]);

    world.visitor().get_stock(&id).come_again(503, "unavailable");
    let reads = peer.take_requests().into_iter().filter(|it| *it == format!("GET /api/v1/stock/{id}"));
    assert_eq!(reads.count(), 3, "a read is tried three times");

    let receipts = format!("/api/v1/stock/{id}/receipts");
    let without_key = post(&receipts, &json!({"quantity": 1}));
    world.admin().send(&without_key).come_again(503, "unavailable");
    let writes = peer.take_requests().into_iter().filter(|it| *it == format!("POST {receipts}"));
    assert_eq!(writes.count(), 1, "a command without a key is sent once");

    let product_id = id.parse().expect("a product's id");
    let cell = world.cell_of("gateway");
    LocalSet::new().block_on(&runtime(), async {
        let inventory = cell.reach::<InventoryAdapter>("gateway");
        let context = || {
            let process = cell.process();
            let request_id = RequestId::from_uuid(process.ids.next());
            let deadline = process.clock.instant() + std::time::Duration::from_secs(10);
            Context { request_id, ..Context::background(&process.ids, deadline) }
        };
        let request = ReceiveStock { product_id, quantity: 1 };
        let away = InventoryError::from_failure(CallFailure::Unavailable("inventory".to_owned()));
        let keyed = context().with_key(IdempotencyKey::parse("key").expect("a key"));
        for (context, tries) in [(context(), 1), (keyed, 3)] {
            let outcome = inventory.receive_stock(&context, request.clone()).await;
            assert_eq!(outcome, Err(away.clone()));
            let heard = peer.take_requests().into_iter().filter(|it| it.starts_with("POST"));
            assert_eq!(heard.count(), tries, "with the key {:?}", context.idempotency_key);
        }
    });
}

#[test]
fn what_the_gateway_asks_again_is_what_it_asked_first_and_says_nothing_that_only_peers_may_say() {
    let mut world = World::start("microservices");
    let id = world.admin().bring_in("LAMP-1", 5);
    world.stop_service("inventory");
    let peer = HangingUpPeer::new();
    world.move_service("inventory", &[peer.address()]);
    let request = Request::get(format!("/api/v1/stock/{id}?some=query"))
        .header("x-kept", "one")
        .header("x-kept", "two")
        .header("connection", "x-of-this-hop")
        .header("x-of-this-hop", "planted")
        .header("x-forwarded-for", "planted")
        .header("x-cleave-timing", "planted")
        .header("x-cleave-credential", "planted")
        .header("x-cleave-caller", "planted")
        .header("x-cleave-errors", "planted")
        .header("x-cleave-deadline-ms", "planted")
        .header("x-request-id", "my-own_id-1");

    world.visitor().send(&request).come_again(503, "unavailable");
    let heads = peer.take_heads();
    assert_eq!(heads.len(), 3, "a read is tried three times: {heads:?}");
    let mut told = heads.iter().map(|head| {
        let mut lines = head.lines().collect::<Vec<_>>();
        lines.retain(|line| !line.starts_with("x-cleave-deadline-ms: "));
        lines
    });
    let first = told.next().expect("there are three");
    assert!(told.all(|lines| lines == first), "{heads:?}");
    assert_eq!(first[0], format!("GET /api/v1/stock/{id}?some=query HTTP/1.1"));
    let values = |name: &str| {
        let of_name = first.iter().filter_map(|line| line.split_once(": ")).filter(|(own, _)| *own == name);
        of_name.map(|(_, value)| value).collect::<Vec<_>>()
    };
    assert_eq!(values("x-kept"), ["one", "two"]);
    assert_eq!(values("x-request-id"), ["my-own_id-1"]);
    assert_eq!(values("host"), ["inventory"]);
    assert_eq!(values("x-cleave-credential"), [world.credential().header_value()]);
    assert!(!heads.concat().contains("planted"), "{heads:?}");
}

#[test]
fn a_cancellation_whose_answer_is_lost_is_asked_for_again_because_a_second_one_changes_nothing() {
    let mut world = World::start("microservices");
    world.stop_service("orders");
    let peer = HangingUpPeer::new();
    world.move_service("orders", &[peer.address()]);
    let cancelled = || peer.take_requests().into_iter().filter(|it| it.starts_with("POST")).count();
    let order_id = "0198c0de-0000-7000-8000-00000000000a";

    world.user().cancel_order(order_id).come_again(503, "unavailable");
    assert_eq!(cancelled(), 3, "by the gateway");

    let cell = world.cell_of("gateway");
    LocalSet::new().block_on(&runtime(), async {
        let orders = cell.reach::<OrdersAdapter>("gateway");
        let process = cell.process();
        let deadline = process.clock.instant() + std::time::Duration::from_secs(10);
        let context = Context::background(&process.ids, deadline);
        let outcome = orders.cancel_order(&context, order_id.parse().expect("an order's id")).await;
        assert_eq!(outcome, Err(OrdersError::from_failure(CallFailure::Unavailable("orders".to_owned()))));
    });
    assert_eq!(cancelled(), 3, "by the client half");
}

/// Every request that needs the inventory is refused as one to ask again later, and nothing has happened.
fn refuses_what_needs_the_inventory(admin: &Person, product_id: &str) {
    admin.get_stock(product_id).come_again(503, "unavailable");
    admin.receive_stock(product_id, 1, "while-away").come_again(503, "unavailable");
    admin.create_product(&lamp("LAMP-AWAY"), "while-away").come_again(503, "unavailable");
    admin.create_product(&lamp("LAMP-AWAY"), "while-away-again").come_again(503, "unavailable");
    let list = admin.list_products("?q=lamp-away").ok();
    assert_eq!(list["items"], json!([]), "nothing is half made");
}
