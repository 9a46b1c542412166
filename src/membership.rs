//! A process as a member of its topology: how it finds the others, what it registers, and what it has been told so far.

mod dns;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;

use cleave_auth::{KeyFileError, RegistrationKeys, load_secret};
use cleave_discovery::{Instance, Joined, Member, Registration};
use cleave_discovery_dns::Names;
use tokio::sync::watch;

use self::dns::Need;
use crate::compose::Cell;
use crate::process::Process;
use crate::settings::{DiscoverySource, Settings};
use crate::topology::{Service, Topology};

pub use self::dns::{DnsError, follow_names, follows_dns, names};

/// How a process finds the others.
#[derive(Debug)]
pub enum Discovery {
    /// Their addresses are fixed, or somebody tells them.
    Fixed,
    /// By the registry, where it has this place itself.
    Registry(OwnPlace),
    /// By the name servers.
    Dns(Box<Names>),
}

/// What a process has been told of the others so far.
#[derive(Debug, Default)]
pub struct Membership {
    /// What it has got of the registry; `None` as long as it follows none.
    joined: watch::Sender<Option<Joined>>,
    /// The services of which the name servers have yet to tell something.
    unresolved: watch::Sender<BTreeMap<String, Need>>,
}

impl Membership {
    /// From here on this process finds the others like this.
    pub(crate) fn begin(process: &Process, discovery: &Discovery) {
        match discovery {
            Discovery::Fixed => {}
            Discovery::Registry(_) => {
                process.membership.joined.send_replace(Some(Joined::default()));
            }
            Discovery::Dns(_) => {
                process.membership.unresolved.send_replace(dns::needs(process));
            }
        }
    }

    /// What this process has to hear of before it is ready: the registry, where it has never answered, and services that were never found.
    pub fn missing(&self) -> Vec<String> {
        let is_in_the_dark = self.joined.borrow().as_ref().is_some_and(|joined| joined.known.is_none());
        let registry = is_in_the_dark.then(|| "the registry".to_owned());
        let unresolved = self.unresolved.borrow();
        registry
            .into_iter()
            .chain(unresolved.keys().map(|service| format!("an address of {service}")))
            .collect()
    }

    /// Waits until the process is registered and knows where all the services are that it calls; at once where it has to find
    /// nobody.
    pub async fn complete(&self, process: &Process) {
        let called = called_services(&process.topology, &process.service);
        let is_complete = |joined: &Option<Joined>| {
            joined.as_ref().is_none_or(|joined| {
                let knows = |known: &cleave_discovery::Known| {
                    called.iter().all(|service| known.has(service) || process.directory.has(service))
                };
                joined.is_registered && joined.known.as_ref().is_some_and(knows)
            })
        };
        let mut changes = self.joined.subscribe();
        // The sender is here, so nothing ends the wait but its success.
        let _complete = changes.wait_for(is_complete).await;
        let mut unresolved = self.unresolved.subscribe();
        let _resolved = unresolved.wait_for(BTreeMap::is_empty).await;
    }
}

/// Whether a process of this topology finds the others by the registry.
pub fn follows_registry(settings: &Settings, topology: &Topology) -> bool {
    settings.discovery.source == DiscoverySource::Registry && topology.services().len() > 1
}

/// The services that this one calls.
pub fn called_services<'topology>(topology: &'topology Topology, service: &Service) -> Vec<&'topology str> {
    let edges = topology.edges().filter(|edge| edge.caller_service == service.name);
    let mut called =
        edges.map(|edge| edge.callee_service).filter(|it| *it != service.name).collect::<Vec<_>>();
    called.sort_unstable();
    called.dedup();
    called
}

/// The right of a service to register its processes. Where the secret of the registry is here too, as on a laptop, a missing key
/// follows from it.
pub fn registration_key(settings: &Settings, service: &str) -> Result<String, KeyFileError> {
    let (file, secret) = (settings.registration_key_file(service), settings.registry_secret_file());
    if !file.exists() && secret.exists() {
        RegistrationKeys::load(&secret)?.store_key_of(service, &file)?;
    }
    load_secret(&file)
}

/// What a process tells the registry of itself.
#[derive(Debug, Clone)]
pub struct OwnPlace {
    /// Which of the service's processes it is.
    pub instance: String,
    /// Where its internal listener is reached.
    pub tcp: SocketAddr,
    /// Its socket file, where it has one.
    pub unix: Option<PathBuf>,
    /// The registration key of its service.
    pub key: String,
}

/// Is a member of the store until told to stop, and hands what the registry tells to the directory. Belongs to the thread of this
/// cell.
pub async fn be_a_member(cell: &Rc<Cell>, place: OwnPlace, stopped: watch::Receiver<bool>) {
    let process = cell.process();
    let OwnPlace { instance: name, tcp, unix, key } = place;
    let service = process.service.name.clone();
    let registration = Registration { service, instance: Instance { name, tcp, unix }, key };
    let joined = watch::Sender::new(Joined::default());
    let mut changes = joined.subscribe();
    let pace = process.settings.discovery.registry.clone();
    let (clock, ids) = (process.clock.clone(), process.ids.clone());
    let member = Member::new(cell.registry(), registration, clock, ids, pace, joined);
    // The directory before the word that all is known, or a process that calls itself ready would know nobody yet.
    let hand_over = async {
        while changes.changed().await.is_ok() {
            let joined = changes.borrow_and_update().clone();
            if let Some(known) = &joined.known {
                process.directory.learn(known);
            }
            process.membership.joined.send_replace(Some(joined));
        }
    };
    tokio::select! {
        () = member.run(stopped) => {}
        () = hand_over => {}
    }
}
