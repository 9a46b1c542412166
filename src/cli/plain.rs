//! `cleave plain`: the plain monolith that `compare` measures beside the topologies.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use cleave_db::DatabaseSettings;
use cleave_db::engine::Engine;
use cleave_plain::{Plain, PlainSettings};

use super::{Common, Failure, Outcome, failed, reference, usage};
use crate::settings::Settings;
use crate::supervisor::{FleetPlan, LogSink};

/// What its database is called among those of the modules.
const DATABASE: &str = "plain";

/// What `plain` takes: nothing but the common flags. It is started by `compare` and speaks to it like a service.
#[derive(Debug, Args)]
pub(super) struct PlainArgs {}

pub(super) fn run(common: &Common, _args: &PlainArgs) -> Outcome {
    let open = async |settings: &Settings| {
        let database = DatabaseSettings {
            url: settings.database_url(DATABASE),
            password: None,
            max_readers: settings.database.max_readers,
            acquire_timeout: Duration::from_millis(settings.database.acquire_timeout_ms),
        };
        Plain::open(&PlainSettings { database, keys: settings.keys_dir() }).await
    };
    reference::run(common, open, async |plain, place| plain.serve(place.listener, place.workers).await)
}

/// The plain monolith as one process.
pub(super) fn plain_plan(common: &Common, settings: &Settings, logs: LogSink) -> Result<FleetPlan, Failure> {
    reference::plan(common, settings, "plain", &[], logs)
}

/// Makes its database from those of a store that does not run.
pub(super) async fn fill(settings: &Settings) -> Outcome {
    let file = |name: &str| -> Result<PathBuf, Failure> {
        match Engine::of_url(&settings.database_url(name)).map_err(usage)? {
            Engine::Sqlite(file) => Ok(file.path().to_owned()),
            Engine::Postgres(_) => {
                Err(usage(anyhow::anyhow!("the plain monolith has a file of SQLite only")))
            }
        }
    };
    cleave_plain::fill(&file(DATABASE)?, &file("catalog")?, &file("inventory")?).await.map_err(failed)
}
