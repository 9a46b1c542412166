//! Deployments with more processes: replicas of services, or a second copy of what is one process.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context as _, anyhow};
use cleave_compare::{Growth, Process, Running, Subject};

use super::deployment::{Deployment, FLOOR_JOURNEYS};
use crate::cli::{Failure, usage};
use crate::topology::{MAX_REPLICAS, Topology};

/// What gets replicas where nobody says what: it is asked by the journeys that read.
const HOT_MODULE: &str = "catalog";

/// How many processes it gets then, and how many copies a topology of one process.
const TWO: u32 = 2;

/// So many processes of a service, as `--replicas` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replicas {
    service: String,
    count: u32,
}

/// Reads `SERVICE=N`.
pub(super) fn replicas(text: &str) -> Result<Replicas, String> {
    let (service, count) = text.split_once('=').ok_or("write SERVICE=N, such as catalog=3")?;
    let count = count.parse().ok().filter(|count| (2..=MAX_REPLICAS).contains(count));
    let count = count.ok_or_else(|| format!("write SERVICE=N with N from 2 to {MAX_REPLICAS}"))?;
    Ok(Replicas { service: service.to_owned(), count })
}

/// A topology as it is, and with more processes.
pub(super) struct Pair {
    from: Reading<Deployment>,
    to: Box<dyn Subject>,
}

impl Pair {
    pub(super) fn growth(&self) -> Growth<'_> {
        Growth { from: &self.from, to: self.to.as_ref() }
    }
}

/// How each topology grows; `deployment` makes one with a label and these processes more.
pub(super) fn pairs(
    topologies: &[Topology],
    wanted: &[Replicas],
    deployment: impl Fn(String, &Topology, BTreeMap<String, u32>) -> Deployment,
) -> Result<Vec<Pair>, Failure> {
    refuse_unknown(topologies, wanted)?;
    let mut pairs = Vec::new();
    for topology in topologies {
        let plain = || Reading(deployment(topology.name().to_owned(), topology, BTreeMap::new()));
        if topology.services().len() == 1 {
            let label = format!("{TWO} × {}", topology.name());
            let one = plain().0;
            pairs.push(Pair { from: plain(), to: Box::new(Reading(Copies { label, one, count: TWO })) });
            continue;
        }
        let counts = counts(topology, wanted)?;
        if counts.is_empty() {
            continue;
        }
        let more = counts.iter().map(|(service, count)| format!("{service} × {count}"));
        let label = format!("{}, {}", topology.name(), more.collect::<Vec<_>>().join(", "));
        pairs.push(Pair { from: plain(), to: Box::new(Reading(deployment(label, topology, counts))) });
    }
    if pairs.is_empty() {
        return Err(usage(anyhow!(
            "no topology can have more processes of what hosts the module {HOT_MODULE}: say which services with --replicas SERVICE=N"
        )));
    }
    Ok(pairs)
}

/// Each topology of several processes with two of every service that can have them.
pub(super) fn doubled(
    topologies: &[Topology],
    deployment: impl Fn(String, &Topology, BTreeMap<String, u32>) -> Deployment,
) -> Vec<Deployment> {
    let split = topologies.iter().filter(|topology| topology.services().len() > 1);
    split
        .map(|topology| {
            let several = topology.services().iter().filter(|service| topology.singular(service).is_none());
            let counts = several.map(|service| (service.name.clone(), service.replicas.max(TWO))).collect();
            deployment(format!("{}, each × {TWO}", topology.name()), topology, counts)
        })
        .collect()
}

fn refuse_unknown(topologies: &[Topology], wanted: &[Replicas]) -> Result<(), Failure> {
    let split = || topologies.iter().filter(|topology| topology.services().len() > 1);
    let services = || split().flat_map(Topology::services).map(|service| service.name.as_str());
    let known = |replicas: &&Replicas| services().any(|name| name == replicas.service);
    let Some(unknown) = wanted.iter().find(|replicas| !known(replicas)) else { return Ok(()) };
    let mut names = services().collect::<Vec<_>>();
    names.sort_unstable();
    names.dedup();
    let hint = match names.as_slice() {
        [] => {
            "none of the topologies has several services: add one that has, such as microservices".to_owned()
        }
        names => format!("the topologies have {}", names.join(", ")),
    };
    Err(usage(anyhow!("--replicas: there is no service {:?}; {hint}", unknown.service)))
}

/// How many processes of which services; none where this topology cannot have more.
fn counts(topology: &Topology, wanted: &[Replicas]) -> Result<BTreeMap<String, u32>, Failure> {
    let mut counts = BTreeMap::new();
    for service in topology.services() {
        let asked = wanted.iter().rfind(|replicas| replicas.service == service.name);
        match (asked, topology.singular(service)) {
            (Some(Replicas { service, .. }), Some(reason)) => {
                return Err(usage(anyhow!(
                    "--replicas: {service} can have only one process, because it {reason}: leave it out"
                )));
            }
            (Some(Replicas { service, count }), None) => drop(counts.insert(service.clone(), *count)),
            (None, None) if wanted.is_empty() && service.hosts(HOT_MODULE) => {
                counts.insert(service.name.clone(), TWO);
            }
            _ => {}
        }
    }
    Ok(counts)
}

/// The same, asked for what leaves nothing behind: copies share no data, and each replica needs no customers of its own.
struct Reading<S>(S);

impl<S: Subject> Subject for Reading<S> {
    fn label(&self) -> &str {
        self.0.label()
    }

    fn answers(&self, journey: &str) -> bool {
        FLOOR_JOURNEYS.contains(&journey) && self.0.answers(journey)
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        self.0.start()
    }
}

/// A deployment several times, each with data of its own; whoever asks opens connections to each in turns.
struct Copies {
    label: String,
    one: Deployment,
    count: u32,
}

impl Subject for Copies {
    fn label(&self) -> &str {
        &self.label
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        let mut running = RunningCopies(Vec::new());
        for _ in 0..self.count {
            match self.one.start() {
                Ok(one) => running.0.push(one),
                Err(error) => {
                    let stopped = Box::new(running).stop();
                    return Err(error).context(match stopped {
                        Ok(()) => "one of several copies did not start",
                        Err(_) => "one of several copies did not start, and another one did not stop",
                    });
                }
            }
        }
        Ok(Box::new(running))
    }
}

/// Never empty.
struct RunningCopies(Vec<Box<dyn Running>>);

impl Running for RunningCopies {
    fn address(&self) -> SocketAddr {
        self.0[0].address()
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        self.0.iter().flat_map(|one| one.addresses()).collect()
    }

    fn processes(&self) -> Vec<Process> {
        self.0.iter().flat_map(|one| one.processes()).collect()
    }

    /// One after the other.
    fn start_ms(&self) -> Option<f64> {
        self.0.iter().map(|one| one.start_ms()).sum()
    }

    fn tend(&mut self) {
        self.0.iter_mut().for_each(|one| one.tend());
    }

    fn is_settled(&self) -> Option<bool> {
        self.0.iter().try_fold(true, |all, one| Some(one.is_settled()? && all))
    }

    fn stop(self: Box<Self>) -> anyhow::Result<()> {
        // Each is stopped, whatever becomes of the others.
        let stopped = self.0.into_iter().map(Running::stop).collect::<Vec<_>>();
        stopped.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_are_a_service_and_a_number() {
        assert_eq!(replicas("catalog=3"), Ok(Replicas { service: "catalog".to_owned(), count: 3 }));
        for text in ["catalog", "catalog=1", "catalog=0", "catalog=many", "catalog=100000"] {
            let refusal = replicas(text).expect_err(text);
            assert!(refusal.contains("SERVICE=N"), "{text}: {refusal}");
        }
    }
}
