//! Who hosts what, and whether the configuration fits it.

use std::collections::BTreeMap;
use std::path::Path;

use cleave_telemetry::Metrics;

use super::Check;
use super::check::in_two;
use super::scope::{Run, Scope, Wanted};
use crate::compose::placed;
use crate::directory::{AddressError, Directory};
use crate::house::HOUSE;
use crate::membership::follows_dns;
use crate::settings::Settings;
use crate::topology::{self, Topology, TopologyError};

/// What is meant, and whether it can be.
pub(super) fn resolve<'asked>(
    settings: &'asked Settings,
    topologies: &Path,
    service: Option<&str>,
) -> (Scope<'asked>, Vec<Check>) {
    let mut checks = Vec::new();
    let topology = match topology::resolve(&settings.topology, topologies, &HOUSE) {
        Ok(topology) => Some(placed(topology, settings).0),
        Err(error) => {
            checks.extend(refused(&error));
            None
        }
    };
    let wanted = match (service, &topology) {
        (None, _) => Wanted::Whole,
        (Some(_), None) => Wanted::Unknown,
        (Some(name), Some(topology)) => match topology.service(name) {
            Ok(service) => Wanted::One(service.clone()),
            Err(error) => {
                checks.extend(refused(&error));
                Wanted::Unknown
            }
        },
    };
    if let Some(topology) = &topology {
        checks.push(Check::ok(topology.name(), describe(topology, &wanted)));
        checks.extend(unfit_addresses(settings, topology));
        if matches!(wanted, Wanted::Whole) {
            checks.extend(unfit_for_up(settings, topology));
        }
    }
    (Scope { settings, topology, wanted, run: Run::of(settings) }, checks)
}

/// One check for each problem.
fn refused(error: &TopologyError) -> impl Iterator<Item = Check> {
    error.problems.iter().map(|problem| {
        let message = problem.to_string();
        let (found, mend) = in_two(&message);
        Check::wrong(&error.origin, found, mend.unwrap_or("correct it there"))
    })
}

fn describe(topology: &Topology, wanted: &Wanted) -> String {
    match wanted {
        Wanted::One(service) => {
            format!("{} hosts {}", service.name, service.parts().collect::<Vec<_>>().join(", "))
        }
        _ => format!("{}; every module and role has its host", topology.notation()),
    }
}

fn unfit_addresses(settings: &Settings, topology: &Topology) -> impl Iterator<Item = Check> {
    settings.peers.iter().filter_map(|(service, texts)| {
        let peers = BTreeMap::from([(service.clone(), texts.clone())]);
        let error = Directory::new(topology, &Metrics::default()).configure(topology, &peers).err()?;
        let key = format!("peers.{service}");
        Some(match &error {
            AddressError::Malformed { text, .. } => {
                Check::wrong(key, format!("{text:?} is no address"), "write `tcp://IP:PORT` or `unix://PATH`")
            }
            AddressError::UnknownService { topology, known, .. } => Check::wrong(
                key,
                format!("the topology {topology} has no such service"),
                format!("name one of its services: {known}"),
            ),
        })
    })
}

/// What `serve` can do and `up`, with all processes on one machine, cannot.
fn unfit_for_up(settings: &Settings, topology: &Topology) -> Vec<Check> {
    let mut checks = Vec::new();
    for service in topology.services().iter().filter(|service| service.replicas > 1) {
        if let Some(reason) = topology.singular(service) {
            let (name, replicas) = (&service.name, service.replicas);
            checks.push(Check::wrong(
                format!("services.{name}.replicas"),
                format!("{replicas} are wanted, and there can be one, because it {reason}"),
                "set it to 1",
            ));
        }
    }
    if follows_dns(settings, topology) {
        checks.push(Check::wrong(
            "discovery.source",
            "`up` gives its processes ports that no name server knows",
            "set it to \"registry\" for `up`; for `serve`, name the service with --service",
        ));
        return checks;
    }
    let processes = topology.services().iter().map(|service| service.replicas).sum::<u32>();
    let port = settings.internal.port;
    if port != 0 && processes > 1 {
        checks.push(Check::wrong(
            "internal.port",
            format!("{processes} processes would open port {port}, which only one can have"),
            "set it to 0 for `up`; with `serve` give each process its own",
        ));
    }
    checks
}
