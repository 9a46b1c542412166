//! `cleave health`: whether every process of the running store is well.

use anyhow::anyhow;

use super::print::say;
use super::running::{ask, running_store};
use super::{Common, Outcome, failed};

pub(super) fn run(common: &Common) -> Outcome {
    let record = running_store(&common.settings(None)?)?;
    let mut unwell = 0;
    for (service, processes) in &record.services {
        for process in processes {
            let (verdict, well) = match ask(process.internal, "/health/ready") {
                Ok(response) if response.status == 200 => ("ready".to_owned(), true),
                Ok(response) => (format!("{}: {}", response.status, response.text()), false),
                Err(error) => (error.to_string(), false),
            };
            // The exit code tells it also where nobody reads.
            let _nobody_reads = say!("{service:<16} {:<8} {:<22} {verdict}", process.pid, process.internal);
            unwell += u32::from(!well);
        }
    }
    if unwell == 0 { Ok(()) } else { Err(failed(anyhow!("not ready: {unwell} of the processes above"))) }
}
