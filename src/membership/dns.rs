//! A process that finds the others by the name servers: whether that can be, and what it does with what they tell.

use std::collections::BTreeMap;
use std::sync::Arc;

use cleave_discovery_dns::{Names, NamesError, News};
use futures_util::future::join_all;
use tokio::sync::watch;

use super::called_services;
use crate::process::Process;
use crate::settings::{DiscoverySource, Settings};
use crate::topology::{Link, Service, Topology};

/// The processes of this configuration cannot find each other by name servers.
#[derive(Debug, thiserror::Error)]
pub enum DnsError {
    /// Nobody can know the port.
    #[error(
        "discovery.source = \"dns\" and internal.port = 0: the name servers tell no port, and any free one would be taken; write the one \
         at which all processes listen to internal.port, such as 9000, or have SRV records tell the ports, with discovery.dns.srv"
    )]
    AnyPort,
    /// A name server knows no files.
    #[error(
        "discovery.source = \"dns\", and {service} is called over unix: the name servers tell no socket files; take the link tcp, with \
         --link tcp or in the file of the topology"
    )]
    SocketFile {
        /// The service that is called.
        service: String,
    },
    /// Nobody can be asked.
    #[error(transparent)]
    Names(#[from] NamesError),
}

/// Whether the processes of this topology find each other by the name servers.
pub fn follows_dns(settings: &Settings, topology: &Topology) -> bool {
    settings.discovery.source == DiscoverySource::Dns && topology.services().len() > 1
}

/// Whom a process of this service asks where the others are; nobody is asked yet. Services at fixed addresses need no name server.
pub fn names(settings: &Settings, topology: &Topology, service: &Service) -> Result<Names, DnsError> {
    let mut dns = settings.discovery.dns.clone();
    if settings.internal.port == 0 && dns.srv.is_empty() {
        return Err(DnsError::AnyPort);
    }
    if dns.port == 0 {
        dns.port = settings.internal.port;
    }
    let calls = topology.edges().filter(|edge| edge.caller_service == service.name);
    let mut over_files = calls.filter(|edge| edge.link == Link::Unix).map(|edge| edge.callee_service);
    if let Some(callee) = over_files.find(|callee| !settings.peers.contains_key(*callee)) {
        return Err(DnsError::SocketFile { service: callee.to_owned() });
    }
    Ok(Names::new(&dns)?)
}

/// What a process waits for before it calls itself ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// An address of the service.
    Address,
    /// An answer: the service calls this one too, perhaps by others, and may have no address before this one is ready.
    Answer,
}

impl Need {
    fn is_met_by(self, news: &News) -> bool {
        match news {
            News::Addresses(_) => true,
            News::NoAddress => self == Self::Answer,
            News::NoAnswer => false,
        }
    }
}

/// The services that this process has to find, and what it needs to know of each before it is ready.
pub(super) fn needs(process: &Process) -> BTreeMap<String, Need> {
    let Process { topology, service, directory, .. } = process;
    let found_by_name =
        called_services(topology, service).into_iter().filter(|name| !directory.is_fixed(name));
    let need = |name: &str| if calls(topology, name, &service.name) { Need::Answer } else { Need::Address };
    found_by_name.map(|name| (name.to_owned(), need(name))).collect()
}

/// Whether a service calls another one, by others perhaps.
fn calls(topology: &Topology, caller: &str, wanted: &str) -> bool {
    let mut reached = vec![caller];
    let mut at = 0;
    while let Some(caller) = reached.get(at).copied() {
        for edge in topology.edges().filter(|edge| edge.caller_service == caller) {
            if edge.callee_service == wanted {
                return true;
            }
            if !reached.contains(&edge.callee_service) {
                reached.push(edge.callee_service);
            }
        }
        at += 1;
    }
    false
}

/// Asks for all called services, again and again, until told to stop; hands the addresses to the directory.
pub async fn follow_names(process: &Arc<Process>, names: &Names, mut stopped: watch::Receiver<bool>) {
    let needs = needs(process);
    let follow = join_all(needs.iter().map(|(service, need)| {
        let meter = process.metrics.resolutions(service);
        names.follow(service, move |news| {
            match &news {
                News::Addresses(addresses) => {
                    process.directory.learn_addresses(service, addresses);
                    meter.answered(process.clock.now().as_micros());
                }
                News::NoAddress | News::NoAnswer => meter.failed(),
            }
            // The directory first, or a process that calls itself ready would know nobody yet.
            if need.is_met_by(&news) {
                process
                    .membership
                    .unresolved
                    .send_if_modified(|unresolved| unresolved.remove(service).is_some());
            }
        })
    }));
    tokio::select! {
        _never = follow => {}
        // An error means that nobody could tell it any more.
        _stop = stopped.wait_for(|stopped| *stopped) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::HOUSE;

    #[test]
    fn services_that_call_each_other_do_not_wait_for_each_others_addresses() {
        let topology =
            Topology::from_notation("gateway+catalog | orders+inventory | payments+cart | *", &HOUSE);
        let topology = topology.expect("the notation is valid");
        let host = |part: &str| topology.host_of(part).expect("everything has its host").name.as_str();
        assert!(calls(&topology, host("catalog"), host("orders")));
        assert!(calls(&topology, host("orders"), host("catalog")));
        assert!(calls(&topology, host("cart"), host("orders")), "by way of the catalogue");
        assert!(!calls(&topology, host("events"), host("orders")));
        assert!(!calls(&topology, host("events"), host("events")));
    }
}
