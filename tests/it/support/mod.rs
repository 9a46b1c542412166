//! What the tests stand on.
//!
//! * [`world`]: all services of a topology inside this process; [`store`] is the data that they work on, [`audit`]
//!   looks into its tables, [`topologies`] names what can run.
//! * [`person`]: somebody who uses the public API, with one method an action; [`answer`] is what they get.
//! * [`raw`]: requests that no proper client would send; [`peers`]: peers that misbehave.
//! * [`waiting`]: for what becomes true a moment later; [`patience`]: with a command that takes its time.
//! * [`shop`]: customers of the program who buy whatever happens to it; [`crowd`]: customers who ask without a pause.
//! * [`binary`]: the program itself; [`deployment`]: its services as processes with a [`proxy`] on every link;
//!   [`ingress`] speaks TLS before a store; [`comparison`] is how running stores are compared;
//!   [`small_disk`]: the program with a data directory that can be filled up.

pub(crate) mod answer;
pub(crate) mod audit;
pub(crate) mod binary;
pub(crate) mod comparison;
pub(crate) mod crowd;
pub(crate) mod deployment;
pub(crate) mod ingress;
pub(crate) mod patience;
pub(crate) mod peers;
pub(crate) mod person;
pub(crate) mod proxy;
pub(crate) mod raw;
pub(crate) mod shop;
pub(crate) mod small_disk;
pub(crate) mod snapshot;
pub(crate) mod store;
pub(crate) mod topologies;
pub(crate) mod waiting;
pub(crate) mod world;
