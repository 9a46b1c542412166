//! The store that runs on this machine, as `cleave up` wrote it down.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use cleave_compare::{Client, ClientError, Request, Response};

use super::{Failure, failed};
use crate::settings::Settings;
use crate::supervisor::RunRecord;

/// How long a process may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The record of the running store.
pub(super) fn running_store(settings: &Settings) -> Result<RunRecord, Failure> {
    let file = settings.run_file();
    let record =
        RunRecord::read(&file).with_context(|| format!("{} cannot be read", file.display()))?.ok_or_else(
            || anyhow!("there is no {}: nothing runs here; start it with `cleave up`", file.display()),
        )?;
    if record.is_alive() {
        return Ok(record);
    }
    Err(failed(anyhow!(
        "{} is left over from `cleave up` with pid {}, which has ended without a clean stop; start it again",
        file.display(),
        record.pid
    )))
}

/// Asks the internal listener of a process.
pub(super) fn ask(internal: SocketAddr, path: &str) -> Result<Response, ClientError> {
    Client::new(internal, PATIENCE).send(&Request::get(path))
}
