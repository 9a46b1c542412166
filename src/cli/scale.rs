//! `cleave scale`: more processes of a service, or fewer, while the store runs.

use anyhow::{Context as _, anyhow};
use clap::Args;

use super::print::say;
use super::running::running_store;
use super::{Common, Outcome, failed, usage};
use crate::compose::placed;
use crate::supervisor::control::{Answer, Request, ask};
use crate::topology::MAX_REPLICAS;

/// What `scale` takes.
#[derive(Debug, Args)]
pub(super) struct ScaleArgs {
    /// A service of the running topology
    #[arg(value_name = "SERVICE")]
    service: String,
    /// How many processes it shall have
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_REPLICAS)))]
    replicas: u32,
}

pub(super) fn run(common: &Common, args: &ScaleArgs) -> Outcome {
    let settings = common.settings(None)?;
    let record = running_store(&settings)?;
    // The supervisor would refuse the name too; the topology knows what may have been meant.
    let (topology, _) = placed(common.topology(&record.topology)?, &settings);
    topology.service(&args.service).map_err(usage)?;
    let socket = record.control.ok_or_else(|| {
        anyhow!("the running `up` has no control socket: its log says why (a --data-dir with a shorter path helps)")
    })?;
    let (service, replicas) = (args.service.clone(), args.replicas as usize);
    let answer = ask(&socket, &Request::Scale { service, replicas })
        .with_context(|| format!("`up` with pid {} does not answer at {}", record.pid, socket.display()))?;
    match answer {
        Answer::Done => say!("{} has {}", args.service, processes(args.replicas)),
        Answer::Refused { reason } => Err(failed(anyhow!(reason))),
    }
}

fn processes(count: u32) -> String {
    if count == 1 { "1 process".to_owned() } else { format!("{count} processes") }
}
