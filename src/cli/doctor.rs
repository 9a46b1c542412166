//! `cleave doctor`: what is wrong with a store, and how to mend it.

use std::io::Write as _;

use clap::Args;
use cleave_core::SystemClock;

use super::{Common, Failure, Outcome, block_on, failed};
use crate::doctor::{Examination, examine};

/// What `doctor` takes.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// A topology's name, or one line such as "catalog | *" [default: the configuration's]
    #[arg(long, value_name = "T")]
    topology: Option<String>,
    /// Look at what `serve --service S` needs, and at the peers that it calls; without it, at what `up` runs
    #[arg(long, value_name = "S")]
    service: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(common: &Common, args: &DoctorArgs) -> Outcome {
    let (settings, refusals) = common.settings_that_hold(args.topology.as_deref());
    let asked = Examination {
        topologies: &common.topologies(),
        settings,
        refusals,
        service: args.service.as_deref(),
        clock: &SystemClock,
    };
    let report = block_on(async { Ok(examine(asked).await) })?;
    let text =
        if args.json { serde_json::to_string_pretty(&report).map_err(failed)? } else { report.to_string() };
    // Nobody may be reading to the end, which changes nothing about what was found.
    let _nobody_reads = writeln!(std::io::stdout(), "{text}");
    match report.exit_code() {
        0 => Ok(()),
        code => Err(Failure::Told(code)),
    }
}
