//! `cleave floor`: the bare handlers that `compare` measures beside the topologies.

use clap::Args;
use cleave_floor::{Floor, FloorSettings, Stage};

use super::{Common, Failure, Outcome, reference};
use crate::settings::Settings;
use crate::supervisor::{FleetPlan, LogSink};

/// What `floor` takes. It is started by `compare` and speaks to it like a service.
#[derive(Debug, Args)]
pub(super) struct FloorArgs {
    /// How much there is of it: echo, answers or queries
    #[arg(long, value_name = "STAGE", default_value = Stage::Queries.as_str(), value_parser = stage)]
    stage: Stage,
}

fn stage(text: &str) -> Result<Stage, String> {
    let stage = Stage::ALL.into_iter().find(|stage| stage.as_str() == text);
    stage.ok_or_else(|| format!("write {}", Stage::ALL.map(Stage::as_str).join(", ")))
}

pub(super) fn run(common: &Common, args: &FloorArgs) -> Outcome {
    let open = async |settings: &Settings| {
        let floor = FloorSettings {
            catalog_url: settings.database_url("catalog"),
            inventory_url: settings.database_url("inventory"),
            max_readers: settings.database.max_readers,
        };
        Floor::open(args.stage, &floor).await
    };
    reference::run(common, open, async |floor, place| floor.serve(place.listener, place.workers).await)
}

/// The bare handlers as one process.
pub(super) fn floor_plan(
    common: &Common,
    settings: &Settings,
    stage: Stage,
    logs: LogSink,
) -> Result<FleetPlan, Failure> {
    reference::plan(common, settings, "floor", &["--stage", stage.as_str()], logs)
}
