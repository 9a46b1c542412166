//! Where the services of the topology are.
//!
//! Who finds services feeds it: the configuration and the supervisor with addresses that stay as they are ([`Directory::configure`],
//! [`Directory::update`]), the registry ([`Directory::learn`]) or the name servers ([`Directory::learn_addresses`]) with all others. Every peer in every thread follows its own
//! [`AddressBook`], so that no call asks anybody.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cleave_discovery::{Instance, Known};
use cleave_rest::{AddressBook, Endpoint, PeerAddress};
use cleave_telemetry::{Ejections, Metrics};
use tokio::sync::watch;

use crate::supervisor::protocol::Peers;
use crate::topology::{Link, Topology};

/// The addresses of all services, by the kind of socket.
#[derive(Debug)]
pub struct Directory {
    books: BTreeMap<String, Books>,
}

/// Replicas at addresses of one kind.
#[derive(Debug)]
struct Book {
    endpoints: watch::Sender<Vec<Arc<Endpoint>>>,
    ejections: Ejections,
}

impl Book {
    fn new(ejections: Ejections) -> Self {
        Self { endpoints: watch::Sender::default(), ejections }
    }

    fn is_empty(&self) -> bool {
        self.endpoints.borrow().is_empty()
    }

    /// Takes over new addresses; what is known of those that stay is kept.
    fn replace(&self, addresses: Vec<PeerAddress>) {
        self.endpoints.send_if_modified(|known| {
            let is_same = known.iter().map(|endpoint| endpoint.address()).eq(&addresses);
            if is_same {
                return false;
            }
            let endpoint = |address: PeerAddress| {
                let kept = known.iter().find(|endpoint| *endpoint.address() == address);
                kept.cloned().unwrap_or_else(|| Arc::new(Endpoint::new(address, self.ejections.clone())))
            };
            *known = addresses.into_iter().map(endpoint).collect();
            true
        });
    }
}

#[derive(Debug)]
struct Books {
    tcp: Book,
    unix: Book,
    /// Whether somebody has told that it is there and nowhere else.
    is_fixed: AtomicBool,
}

impl Books {
    fn new(ejections: Ejections) -> Self {
        let (tcp, unix) = (Book::new(ejections.clone()), Book::new(ejections));
        Self { tcp, unix, is_fixed: AtomicBool::new(false) }
    }

    fn replace(&self, tcp: Vec<PeerAddress>, unix: Vec<PeerAddress>) {
        self.tcp.replace(tcp);
        self.unix.replace(unix);
    }

    fn fix(&self, tcp: Vec<PeerAddress>, unix: Vec<PeerAddress>) {
        self.is_fixed.store(true, Ordering::Relaxed);
        self.replace(tcp, unix);
    }
}

/// An address of the configuration cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// It has another form.
    #[error("peers.{service} = {text:?} is no address: write `tcp://IP:PORT` or `unix://PATH`")]
    Malformed {
        /// Whose address.
        service: String,
        /// The address as it was given.
        text: String,
    },
    /// The topology has no such service.
    #[error("peers.{service} names no service of the topology {topology}: it has {known}")]
    UnknownService {
        /// The name as it was given.
        service: String,
        /// The topology.
        topology: String,
        /// The names of its services.
        known: String,
    },
}

impl Directory {
    /// A directory of the services of `topology`, none of which has an address yet; it counts in `metrics` which of them fail.
    pub fn new(topology: &Topology, metrics: &Metrics) -> Self {
        let names = topology.services().iter().map(|service| service.name.clone());
        Self { books: names.map(|name| (name.clone(), Books::new(metrics.ejections(&name)))).collect() }
    }

    /// Takes over a new map of addresses; services that it leaves out keep theirs.
    pub fn update(&self, peers: &Peers) {
        for (service, addresses) in peers {
            let Some(books) = self.books.get(service) else { continue };
            let tcp = addresses.iter().map(|address| PeerAddress::Tcp(address.tcp)).collect();
            let unix = addresses.iter().filter_map(|address| address.unix.clone().map(PeerAddress::Unix));
            books.fix(tcp, unix.collect());
        }
    }

    /// Takes over what the registry tells, but for services at fixed addresses.
    pub fn learn(&self, known: &Known) {
        for (service, instances) in known.services() {
            let Some(books) = self.books.get(service) else { continue };
            if books.is_fixed.load(Ordering::Relaxed) {
                continue;
            }
            let instances = instances.collect::<Vec<&Instance>>();
            let tcp = instances.iter().map(|instance| PeerAddress::Tcp(instance.tcp)).collect();
            let unix = instances.iter().filter_map(|instance| instance.unix.clone().map(PeerAddress::Unix));
            books.replace(tcp, unix.collect());
        }
    }

    /// Takes over what the name servers tell of a service, but for one at fixed addresses.
    pub fn learn_addresses(&self, service: &str, addresses: &[SocketAddr]) {
        if let Some(books) = self.books.get(service).filter(|books| !books.is_fixed.load(Ordering::Relaxed)) {
            books.tcp.replace(addresses.iter().copied().map(PeerAddress::Tcp).collect());
        }
    }

    /// Whether a service is at the addresses that somebody has told, and nowhere else.
    pub fn is_fixed(&self, service: &str) -> bool {
        self.books.get(service).is_some_and(|books| books.is_fixed.load(Ordering::Relaxed))
    }

    /// Whether any address of a service is known.
    pub fn has(&self, service: &str) -> bool {
        self.books.get(service).is_some_and(|books| !books.tcp.is_empty() || !books.unix.is_empty())
    }

    /// Takes the addresses that the configuration gives.
    pub fn configure(
        &self,
        topology: &Topology,
        peers: &BTreeMap<String, Vec<String>>,
    ) -> Result<(), AddressError> {
        for (service, texts) in peers {
            let Some(books) = self.books.get(service) else {
                let known =
                    topology.services().iter().map(|service| service.name.as_str()).collect::<Vec<_>>();
                return Err(AddressError::UnknownService {
                    service: service.clone(),
                    topology: topology.name().to_owned(),
                    known: known.join(", "),
                });
            };
            let addresses = texts.iter().map(|text| parse(service, text)).collect::<Result<Vec<_>, _>>()?;
            let (tcp, unix) =
                addresses.into_iter().partition(|address| matches!(address, PeerAddress::Tcp(_)));
            books.fix(tcp, unix);
        }
        Ok(())
    }

    /// The addresses at which `service` is reached over `link`, now and later.
    ///
    /// # Panics
    /// When the topology has no such service: the composition root asks only for what it has read there.
    pub fn book(&self, service: &str, link: Link) -> AddressBook {
        let books = self.books.get(service).expect("the topology has this service");
        let book = if link == Link::Unix { &books.unix } else { &books.tcp };
        book.endpoints.subscribe()
    }
}

fn parse(service: &str, text: &str) -> Result<PeerAddress, AddressError> {
    let malformed = || AddressError::Malformed { service: service.to_owned(), text: text.to_owned() };
    match text.split_once("://") {
        Some(("tcp", address)) => address.parse().map(PeerAddress::Tcp).map_err(|_| malformed()),
        Some(("unix", path)) if !path.is_empty() => Ok(PeerAddress::Unix(path.into())),
        _ => Err(malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::HOUSE;

    #[test]
    fn a_service_that_is_told_of_is_there_and_nowhere_else() {
        let topology = Topology::from_notation("catalog | *", &HOUSE).expect("the notation is valid");
        let directory = Directory::new(&topology, &Metrics::default());
        let fixed = BTreeMap::from([("catalog".to_owned(), vec!["tcp://127.0.0.1:7001".to_owned()])]);
        directory.configure(&topology, &fixed).expect("the address can be read");
        for service in ["catalog", "events", "nobody"] {
            directory.learn_addresses(service, &[([127, 0, 0, 2], 7002).into()]);
        }
        let known = |service| {
            let book = directory.book(service, Link::Tcp);
            let known = book.borrow();
            known.iter().map(|endpoint| endpoint.address().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(known("catalog"), ["tcp://127.0.0.1:7001"]);
        assert_eq!(known("events"), ["tcp://127.0.0.2:7002"]);
        assert!(directory.is_fixed("catalog") && !directory.is_fixed("events"));
    }
}
