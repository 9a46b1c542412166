//! Scratch.
#[path = "it/contracts/mod.rs"] mod contracts;
#[path = "it/divergence.rs"] mod divergence;
#[path = "it/http_input.rs"] mod http_input;
#[path = "it/journeys.rs"] mod journeys;
#[path = "it/outages.rs"] mod outages;
#[path = "it/parity.rs"] mod parity;
mod support {
    #[path = "/work/main/tests/it/support/answer.rs"] pub(crate) mod answer;
    #[path = "/work/main/tests/it/support/audit.rs"] pub(crate) mod audit;
    #[path = "/work/main/tests/it/support/peers.rs"] pub(crate) mod peers;
    #[path = "/work/main/tests/it/support/person.rs"] pub(crate) mod person;
    #[path = "/work/main/tests/it/support/raw.rs"] pub(crate) mod raw;
    #[path = "/work/main/tests/it/support/store.rs"] pub(crate) mod store;
    #[path = "/work/main/tests/it/support/topologies.rs"] pub(crate) mod topologies;
    #[path = "/work/main/tests/it/support/waiting.rs"] pub(crate) mod waiting;
    #[path = "/work/main/tests/it/support/world.rs"] pub(crate) mod world;
}
