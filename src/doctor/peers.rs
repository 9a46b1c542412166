//! The services that a service calls: there, the right ones, of the same version, and of the same secret.

use std::collections::BTreeMap;

use cleave_auth::ServiceCredential;
use cleave_discovery_dns::Names;
use cleave_rest::PeerAddress;
use cleave_telemetry::Metrics;

use super::Check;
use super::asking::{Introduction, OWN_VERSION, Silence, accepts, introduced};
use super::scope::{Run, Scope};
use crate::directory::Directory;
use crate::membership::{self, follows_dns, follows_registry};
use crate::topology::{Link, Service, Topology};

pub(super) async fn check(scope: &Scope<'_>) -> Vec<Check> {
    if let Some(unknown) = scope.unknown("peers") {
        return vec![unknown];
    }
    let (Some(topology), Some(service)) = (&scope.topology, scope.one()) else {
        return vec![Check::ok("peers", "`up` introduces the processes to each other")];
    };
    let follows_registry = follows_registry(scope.settings, topology);
    let keeper =
        topology.host_of("registry").filter(|keeper| follows_registry && keeper.name != service.name);
    let mut called = called_by(topology, service);
    if let Some(keeper) = keeper {
        let asked = called.entry((&keeper.name, topology.link_between_processes())).or_default();
        asked.push("registry");
    }
    if called.is_empty() {
        return vec![Check::ok("peers", format!("{} calls no other service", service.name))];
    }
    let follows_dns = follows_dns(scope.settings, topology);
    let names = follows_dns.then(|| membership::names(scope.settings, topology, service)).transpose();
    let names = match names {
        Ok(names) => names,
        Err(error) => return vec![Check::refused("discovery.dns", &error)],
    };
    let credential = ServiceCredential::load(&scope.settings.credential_file()).ok();
    let directory = directory(scope, topology);
    let mut checks = Vec::new();
    for ((name, link), parts) in called {
        let book = directory.book(name, link);
        let mut addresses =
            book.borrow().iter().map(|endpoint| endpoint.address().clone()).collect::<Vec<_>>();
        let mut told_by = format!("peers.{name}");
        if let Some(names) = names.as_ref().filter(|_| !directory.is_fixed(name)) {
            match resolved(names, name).await {
                Ok(told) => addresses = told,
                Err(unresolved) => {
                    checks.push(unresolved);
                    continue;
                }
            }
            "what the name servers say of it, or discovery.dns".clone_into(&mut told_by);
        }
        if addresses.is_empty() {
            let is_told = follows_registry && keeper.is_none_or(|keeper| keeper.name != name);
            checks.push(if is_told {
                Check::ok(name, format!("the registry tells where it is; it hosts {}", parts.join(", ")))
            } else {
                without_address(scope, name, link, &parts)
            });
        }
        let peer = Peer { name, parts: &parts, topology, told_by: &told_by };
        checks.extend(addresses.iter().map(|address| peer.check(address, credential.as_ref())));
    }
    checks
}

/// The addresses that the name servers tell.
async fn resolved(names: &Names, service: &str) -> Result<Vec<PeerAddress>, Check> {
    match names.ask(service).await {
        Ok(answer) => Ok(answer.addresses.into_iter().map(PeerAddress::Tcp).collect()),
        Err(error) => Err(Check::refused(service, &error)),
    }
}

/// The services that this one calls, over which links, and what it wants of them.
fn called_by<'topology>(
    topology: &'topology Topology,
    service: &Service,
) -> BTreeMap<(&'topology str, Link), Vec<&'static str>> {
    let mut called = BTreeMap::<_, Vec<_>>::new();
    let is_call_to_peer = |caller: &str, callee: &str| caller == service.name && callee != service.name;
    for edge in topology.edges().filter(|edge| is_call_to_peer(edge.caller_service, edge.callee_service)) {
        let parts = called.entry((edge.callee_service, edge.link)).or_default();
        if !parts.contains(&edge.callee) {
            parts.push(edge.callee);
        }
    }
    called
}

/// The addresses of the configuration; those that cannot be read were told of with the topology.
fn directory(scope: &Scope<'_>, topology: &Topology) -> Directory {
    let directory = Directory::new(topology, &Metrics::default());
    for (service, texts) in &scope.settings.peers {
        let _told_of = directory.configure(topology, &BTreeMap::from([(service.clone(), texts.clone())]));
    }
    directory
}

fn without_address(scope: &Scope<'_>, name: &str, link: Link, parts: &[&str]) -> Check {
    let parts = parts.join(", ");
    if matches!(scope.run, Run::Alive(_)) {
        return Check::ok(name, format!("`up` tells where it is; it hosts {parts}"));
    }
    let form = if link == Link::Unix { "unix://PATH" } else { "tcp://IP:PORT" };
    Check::wrong(
        name,
        format!("it hosts {parts}, is called over {link}, and no address of it is known"),
        format!("write {name} = [\"{form}\"] under [peers] in a profile of the configuration"),
    )
}

/// A service that is called.
struct Peer<'topology> {
    name: &'topology str,
    parts: &'topology [&'static str],
    topology: &'topology Topology,
    /// Where its address was told.
    told_by: &'topology str,
}

impl Peer<'_> {
    fn check(&self, address: &PeerAddress, credential: Option<&ServiceCredential>) -> Check {
        let Self { name, parts, topology, told_by } = *self;
        let what = format!("{name} at {address}");
        let key = format!("correct {told_by}");
        let told = match introduced(address) {
            Ok(told) => told,
            Err(Silence::Away(reason)) => {
                let start =
                    format!("start it with `cleave serve --topology {:?} --service {name}`", topology.name());
                return Check::wrong(what, format!("it is away: {reason}"), format!("{start}, or {key}"));
            }
            Err(Silence::Stranger) => {
                return Check::wrong(what, "who answers there is no internal listener of a store", key);
            }
        };
        if let Some(missing) = parts.iter().find(|part| !told.hosts(part)) {
            let Introduction { service, topology, .. } = told;
            return Check::wrong(
                what,
                format!("there is {service} of {topology}, which does not host {missing}"),
                key,
            );
        }
        match credential.map(|credential| accepts(address, credential)) {
            Some(Some(false)) => {
                let mend = "give both the same keys/service.credential, and restart both";
                return Check::wrong(what, "it answers, and refuses the service credential", mend);
            }
            Some(Some(true)) => {}
            Some(None) => {
                let mend = "use the same version of the program everywhere";
                return Check::not_checked(what, "it does not say whether it accepts the credential", mend);
            }
            None => {
                let mend = "mend the service credential first";
                return Check::not_checked(what, "it answers; there is no credential to show it", mend);
            }
        }
        if let Some(version) = told.other_version() {
            let found = format!("it is {version}, and this is {OWN_VERSION}");
            return Check::warning(what, found, "use the same version of the program everywhere");
        }
        if told.topology != topology.name() {
            let found =
                format!("it runs the topology {}, and {} is meant here", told.topology, topology.name());
            return Check::warning(what, found, "start both with the same topology");
        }
        Check::ok(what, format!("it hosts {}, and accepts the credential", parts.join(", ")))
    }
}
