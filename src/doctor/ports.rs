//! Listeners and socket files: whether they can be opened, and who has them already.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use super::Check;
use super::asking::introduced;
use super::scope::{Run, Scope};
use super::system::{listener_at, program_of};
use crate::membership::follows_registry;
use crate::server::is_called_over_unix;
use crate::settings::FIRST_INSTANCE;
use crate::topology::{Link, Service};

/// The longest path that a socket can have.
const MAX_SOCKET_PATH_BYTES: usize = 107;

pub(super) fn check(scope: &Scope<'_>) -> Vec<Check> {
    if let Some(unknown) = scope.unknown("listeners") {
        return vec![unknown];
    }
    let mut checks = Vec::new();
    let settings = scope.settings;
    if scope.hosts("gateway") {
        let port = Port { what: "public port", key: "public.port", flag: "--port N" };
        checks.push(port.check(scope, settings.public.address()));
    }
    let port = Port { what: "internal port", key: "internal.port", flag: "CLEAVE__INTERNAL__PORT=N" };
    let internal = settings.internal.address();
    if internal.port() == 0 && scope.one().is_some_and(|service| is_called(scope, service)) {
        checks.push(unknown_to_peers(scope));
    } else {
        checks.push(port.check(scope, internal));
    }
    checks.extend(socket_files(scope));
    checks
}

/// Whether other services call this one over TCP, and nobody tells them where it is.
fn is_called(scope: &Scope<'_>, service: &Service) -> bool {
    let Some(topology) = &scope.topology else { return false };
    if follows_registry(scope.settings, topology) {
        return service.hosts("registry") && topology.link_between_processes() == Link::Tcp;
    }
    topology.edges().any(|edge| {
        edge.link == Link::Tcp && edge.callee_service == service.name && edge.caller_service != service.name
    })
}

/// Only `up` can tell others of a port that was not known before.
fn unknown_to_peers(scope: &Scope<'_>) -> Check {
    const WHAT: &str = "internal port";
    match scope.run {
        Run::Alive(_) => Check::ok(WHAT, "`up` tells the others which one was taken"),
        _ => Check::warning(
            WHAT,
            "any free one will be taken, and the services that call this one cannot know it",
            "give it one with CLEAVE__INTERNAL__PORT=N, and write it under [peers] of the others; `cleave up` needs neither",
        ),
    }
}

/// A listener of the configuration.
struct Port {
    what: &'static str,
    key: &'static str,
    flag: &'static str,
}

impl Port {
    fn check(&self, scope: &Scope<'_>, address: SocketAddr) -> Check {
        let Self { what, key, flag } = *self;
        if address.port() == 0 {
            return Check::ok(what, format!("any free one of {} will be taken", address.ip()));
        }
        let Err(error) = TcpListener::bind(address) else {
            return Check::ok(what, format!("{address} is free"));
        };
        let other = format!("take another port with {flag} or the key {key}");
        match error.kind() {
            ErrorKind::AddrInUse => self.in_use(scope, address, &other),
            ErrorKind::PermissionDenied => Check::wrong(
                what,
                format!("this user may not open {address}: ports below 1024 need a right of their own"),
                format!("{other}, 1024 or more"),
            ),
            ErrorKind::AddrNotAvailable => Check::wrong(
                what,
                format!("this machine has no address {}", address.ip()),
                format!("correct the key {}", key.replace("port", "host")),
            ),
            _ => Check::wrong(what, format!("{address} cannot be opened: {error}"), other),
        }
    }

    fn in_use(&self, scope: &Scope<'_>, address: SocketAddr, other: &str) -> Check {
        let holder = listener_at(address);
        if scope.run.public() == Some(address) || holder.is_some_and(|pid| scope.run.has(pid)) {
            return Check::ok(self.what, format!("{address} is open, by the running store"));
        }
        if let Some(service) =
            scope.one().filter(|service| holder.is_some() && holder == own_pid(scope, service))
        {
            return Check::ok(
                self.what,
                format!("{address} is open, by {} which runs already", service.name),
            );
        }
        match holder {
            Some(pid) => Check::wrong(
                self.what,
                format!("{address} is in use by {} (pid {pid})", program_of(pid)),
                format!("end it with `kill {pid}`, or {other}"),
            ),
            None => Check::wrong(
                self.what,
                format!("{address} is in use by a process that this user may not see"),
                format!("find it with `ss -ltnp`, or {other}"),
            ),
        }
    }
}

/// The process that runs this service already, told by its internal listener.
fn own_pid(scope: &Scope<'_>, service: &Service) -> Option<u32> {
    let internal = scope.settings.internal.address();
    let peer = introduced(&cleave_rest::PeerAddress::Tcp(internal)).ok()?;
    if peer.service == service.name { listener_at(internal) } else { None }
}

fn socket_files(scope: &Scope<'_>) -> Vec<Check> {
    let Some(topology) = &scope.topology else { return Vec::new() };
    let is_called_over_unix = |service: &&Service| is_called_over_unix(topology, service);
    let is_meant = |service: &&Service| scope.one().is_none_or(|one| one.name == service.name);
    let services = topology.services().iter().filter(is_called_over_unix).filter(is_meant);
    let checks = services.map(|service| {
        let file = scope.settings.socket_files(&service.name).of(FIRST_INSTANCE);
        let what = format!("socket of {}", service.name);
        match file.as_os_str().len() {
            ..=MAX_SOCKET_PATH_BYTES => Check::ok(what, file.display().to_string()),
            bytes => Check::wrong(
                what,
                format!(
                    "{} has {bytes} bytes, and a socket can have {MAX_SOCKET_PATH_BYTES}",
                    file.display()
                ),
                "choose a shorter --data-dir, or the link \"tcp\"",
            ),
        }
    });
    checks.collect()
}
