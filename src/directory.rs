//! Where the services of the topology are.
//!
//! Who finds services feeds it: the configuration and the supervisor with addresses that stay as they are ([`Directory::configure`],
//! [`Directory::update`]), the registry with all others ([`Directory::learn`]). Every peer in every thread follows its own
//! [`AddressBook`], so that no call asks anybody.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use cleave_discovery::{Instance, Known};
use cleave_rest::{AddressBook, PeerAddress};
use tokio::sync::watch;

use crate::supervisor::protocol::Peers;
use crate::topology::{Link, Topology};

/// The addresses of all services, by the kind of socket.
#[derive(Debug)]
pub struct Directory {
    books: BTreeMap<String, Books>,
}

#[derive(Debug, Default)]
struct Books {
    tcp: watch::Sender<Vec<PeerAddress>>,
    unix: watch::Sender<Vec<PeerAddress>>,
    /// Whether somebody has told that it is there and nowhere else.
    is_fixed: AtomicBool,
}

impl Books {
    fn replace(&self, tcp: Vec<PeerAddress>, unix: Vec<PeerAddress>) {
        replace(&self.tcp, tcp);
        replace(&self.unix, unix);
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
    /// A directory of the services of `topology`, none of which has an address yet.
    pub fn new(topology: &Topology) -> Self {
        let books = topology.services().iter().map(|service| (service.name.clone(), Books::default()));
        Self { books: books.collect() }
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

    /// Whether any address of a service is known.
    pub fn has(&self, service: &str) -> bool {
        self.books.get(service).is_some_and(|books| !books.tcp.borrow().is_empty() || !books.unix.borrow().is_empty())
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
        if link == Link::Unix { books.unix.subscribe() } else { books.tcp.subscribe() }
    }
}

fn replace(book: &watch::Sender<Vec<PeerAddress>>, addresses: Vec<PeerAddress>) {
    book.send_if_modified(|known| {
        let modified = *known != addresses;
        *known = addresses;
        modified
    });
}

fn parse(service: &str, text: &str) -> Result<PeerAddress, AddressError> {
    let malformed = || AddressError::Malformed { service: service.to_owned(), text: text.to_owned() };
    match text.split_once("://") {
        Some(("tcp", address)) => address.parse().map(PeerAddress::Tcp).map_err(|_| malformed()),
        Some(("unix", path)) if !path.is_empty() => Ok(PeerAddress::Unix(path.into())),
        _ => Err(malformed()),
    }
}
