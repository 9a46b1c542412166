//! `cleave health`: whether every process of the running store is well.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use cleave_compare::{Client, Request};

use super::{Common, Outcome, failed};
use crate::supervisor::RunRecord;

/// How long a process may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn run(common: &Common) -> Outcome {
    let settings = common.settings(None)?;
    let file = settings.run_file();
    let record =
        RunRecord::read(&file).with_context(|| format!("{} cannot be read", file.display()))?.ok_or_else(
            || anyhow!("there is no {}: nothing runs here; start it with `cleave up`", file.display()),
        )?;
    if !record.is_alive() {
        return Err(failed(anyhow!(
            "{} is left over from `cleave up` with pid {}, which has ended without a clean stop; start it again",
            file.display(),
            record.pid
        )));
    }
    let mut unwell = 0;
    for (service, processes) in &record.services {
        for process in processes {
            let answer = Client::new(process.internal, PATIENCE).send(&Request::get("/health/ready"));
            let (verdict, well) = match answer {
                Ok(response) if response.status == 200 => ("ready".to_owned(), true),
                Ok(response) => (format!("{}: {}", response.status, response.text()), false),
                Err(error) => (error.to_string(), false),
            };
            println!("{service:<16} {:<8} {:<22} {verdict}", process.pid, process.internal);
            unwell += u32::from(!well);
        }
    }
    if unwell == 0 { Ok(()) } else { Err(failed(anyhow!("not ready: {unwell} of the processes above"))) }
}
