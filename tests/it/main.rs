//! The tests of the whole store, as one binary.
//!
//! * `architecture`: the rules of dependency, from the manifests, the folders and the names on disk.
//! * `bad_input`: the command line, the configuration, topologies and databases that are wrong.
//! * `commits`: how many durable commits a checkout takes.
//! * `contracts`: every contract over every link, each command sent twice; every error through the wire.
//! * `crashes`: processes killed in the middle of checkouts.
//! * `divergence`: what may differ between placements, and nothing else.
//! * `dns`: services that find each other by name servers, which change, hide and lie.
//! * `doctor`: faults planted into real stores, and what `cleave doctor` says of them.
//! * `events`: `cleave events` beside the running store and on a stopped one; logs that are damaged, lost and cut.
//! * `full_disk`: the disk is full while customers buy.
//! * `handover`: processes are replaced while visitors come, and nobody is turned away.
//! * `http_input`: requests that are wrong.
//! * `journeys`: what customers and admins do, under every preset.
//! * `lost_answers`: answers between processes get lost after the commit.
//! * `moving`: a store's data go to another engine and back, while it changes its topology.
//! * `nats`: the event log in NATS, which is killed, wrong, lost and damaged.
//! * `openapi`: the document of the public API.
//! * `outages`: a part of the store is away.
//! * `parity`: the same session in every partition of the modules.
//! * `plain`: the plain monolith beside the store: the same answers to what it has.
//! * `postgres`: a PostgreSQL of a test's own crashes, hangs and runs out of room while customers buy.
//! * `processes`: real processes, started, killed and stopped.
//! * `registry`: a registry that is away, or answers what makes no sense, and the processes that follow it.
//! * `report`: what is told of results that are there already, and the page in a browser.
//! * `round_trip`: calls between processes that are far away from each other.
//! * `scaling`: services get more processes and fewer, replicas die and hang, the registry is away.
//! * `shopping`: carts, orders and notifications, under every preset.
//! * `stopping`: how a process ends.
//! * `targets`: stores that run already, measured from outside.
//! * `threads`: calls to another thread of the same process.
//! * `timing`: where a request's time went, as its answer tells.
//!
//! Two harnesses carry them: `support::World` runs all services of a topology inside this process, on real
//! sockets; `support::Binary` runs the program itself.

mod architecture;
mod bad_input;
mod commits;
mod contracts;
mod crashes;
mod divergence;
mod dns;
mod doctor;
mod events;
mod full_disk;
mod handover;
mod http_input;
mod interrupting;
mod journeys;
mod lost_answers;
mod moving;
mod nats;
mod openapi;
mod outages;
mod parity;
mod plain;
mod postgres;
mod processes;
mod registry;
mod report;
mod round_trip;
mod scaling;
mod shopping;
mod stopping;
mod support;
mod targets;
mod targets_over_tls;
mod threads;
mod timing;
