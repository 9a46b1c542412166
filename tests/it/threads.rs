//! Calls over links of the kind `thread`: the callee has a thread for itself, for as long as its process runs.

use std::thread;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use catalog_api::ProductId;
use cleave::compose::Cell;
use cleave::topology::Link;
use cleave_auth::ServiceCredential;
use cleave_core::{CallFailure, Clock as _, Context};
use cleave_rest::{MemoryServer, Outgoing, Peer, PipeAddress, PipeListener, Request};
use inventory_api::InventoryError;
use inventory_api::rest::InventoryAdapter;
use tokio::task::LocalSet;

use crate::support::store::{Store, runtime};
use crate::support::topologies::{named, relinked};
use crate::support::world::World;

/// A call that nobody answers ends by its deadline; those of these tests end before.
const DEADLINE: Duration = Duration::from_secs(30);

fn context(store: &Store) -> Context {
    Context::background(&store.ids, store.clock.instant() + DEADLINE)
}

/// What the other end says, or why it says nothing.
fn ask(store: &Store, address: PipeAddress, path: &str) -> Result<String, CallFailure> {
    let credential = ServiceCredential::load(&store.settings.credential_file()).expect("there is one");
    let peer = Peer::thread("other", address, store.clock.clone(), &credential);
    LocalSet::new().block_on(&runtime(), async {
        let request = Request::new(Method::GET, path, Outgoing::empty()).expect("a path");
        let mut body = peer.forward(&context(store), None, request).await?.body;
        let mut text = Vec::new();
        while let Some(piece) = std::future::poll_fn(|waker| body.poll_data(waker)).await {
            text.extend_from_slice(&piece.expect("the answer does not break off"));
        }
        Ok(String::from_utf8(text).expect("text"))
    })
}

#[test]
fn the_answer_comes_from_the_thread_that_serves_and_nothing_comes_when_it_has_ended() {
    let store = Store::empty();
    let (address, listener) = PipeListener::bind();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let serving = thread::Builder::new().name("serving".to_owned()).spawn(move || {
        let name = async || thread::current().name().unwrap_or_default().to_owned();
        let routes = move |config: &mut ServiceConfig| {
            config.route("/name", web::get().to(name));
        };
        let server = MemoryServer::new(routes, None);
        LocalSet::new().block_on(&runtime(), async {
            tokio::select! {
                () = listener.serve(server) => {}
                _ended = ended => {}
            }
        });
    });
    let serving = serving.expect("a thread");
    assert_eq!(ask(&store, address.clone(), "/name").expect("an answer"), "serving");
    drop(end);
    serving.join().expect("it ends in peace");
    let failure = ask(&store, address, "/name").expect_err("nobody is there");
    assert_eq!(failure, CallFailure::Unavailable("other".to_owned()), "at once, not by the deadline");
}

#[test]
fn the_threads_of_callees_end_with_their_process() {
    let world = World::on(Store::empty(), relinked(&named("monolith"), Link::Tcp, Link::Thread));
    let id = world.admin().bring_in("LAMP-1", 5);
    world.visitor().get_product(&id).ok();
    let process = world.process_of("inventory");
    let called =
        ["catalog", "inventory", "cart", "orders", "payments", "accounts", "notifications", "events"];
    let addresses = called.map(|part| process.callees.address(part));
    assert_eq!(process.callees.take_listeners().count(), 0, "each is served");
    let store = world.close();
    for address in addresses {
        let failure = ask(&store, address, "/health/live").expect_err("nobody is there");
        assert_eq!(failure, CallFailure::Unavailable("other".to_owned()));
    }
}

#[test]
fn a_caller_that_is_left_when_the_threads_have_ended_is_refused_in_time() {
    let world = World::on(Store::empty(), relinked(&named("monolith"), Link::Tcp, Link::Thread));
    let process = world.process_of("catalog");
    let store = world.close();
    let cell = Cell::build(&process);
    LocalSet::new().block_on(&runtime(), async {
        let inventory = cell.reach::<InventoryAdapter>("catalog");
        let failure = inventory.get_stock(&context(&store), ProductId::from(store.ids.next())).await;
        assert!(matches!(failure, Err(InventoryError::Unavailable { .. })), "{failure:?}");
    });
}
