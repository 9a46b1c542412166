//! `cleave settle`: waits until the running store has nothing left to do.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use clap::Args;

use super::print::say;
use super::running::{ask, running_store};
use super::{Common, Outcome, failed};
use crate::settled::Settled;
use crate::supervisor::RunRecord;

/// How long to wait between two rounds of questions.
const PAUSE: Duration = Duration::from_millis(50);

/// What `settle` takes.
#[derive(Debug, Args)]
pub(super) struct SettleArgs {
    /// Give up after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
}

pub(super) fn run(common: &Common, args: &SettleArgs) -> Outcome {
    let record = running_store(&common.settings(None)?)?;
    let on_terminal = std::io::stderr().is_terminal();
    let start = now();
    let mut quiet_rounds = 0;
    loop {
        let left = left(&record);
        // What one process has just done may be work for another that was asked before: only two quiet rounds tell.
        quiet_rounds = if left.is_empty() { quiet_rounds + 1 } else { 0 };
        if quiet_rounds == 2 {
            clear(on_terminal);
            return say!("settled after {} ms: nothing is left to do", start.elapsed_ms());
        }
        if on_terminal {
            eprint!("\r\x1b[K{} s: {}", start.elapsed_ms() / 1_000, left.join("; "));
        }
        if start.elapsed_ms() > u128::from(args.timeout) * 1_000 {
            clear(on_terminal);
            let left = left.join("\n  ");
            return Err(failed(anyhow!("not settled after {} s; left to do:\n  {left}", args.timeout)));
        }
        pause();
    }
}

/// What the processes have left to do, or why one does not say so.
fn left(record: &RunRecord) -> Vec<String> {
    let mut left = Vec::new();
    for (service, processes) in &record.services {
        for process in processes {
            match ask(process.internal, "/settled") {
                Ok(response) => match serde_json::from_slice::<Settled>(&response.body) {
                    Ok(settled) => left.extend(describe(service, &settled.left)),
                    Err(_) => left.push(format!("{service}: answers {} to /settled", response.status)),
                },
                Err(error) => left.push(format!("{service}: {error}")),
            }
        }
    }
    left
}

fn describe(service: &str, left: &BTreeMap<String, i64>) -> impl Iterator<Item = String> {
    left.iter().map(move |(what, count)| format!("{service}: {count} {what}"))
}

fn clear(on_terminal: bool) {
    if on_terminal {
        eprint!("\r\x1b[K");
    }
}

struct Start(Instant);

impl Start {
    #[expect(clippy::disallowed_methods, reason = "a running store is waited for in real time")]
    fn elapsed_ms(&self) -> u128 {
        self.0.elapsed().as_millis()
    }
}

#[expect(clippy::disallowed_methods, reason = "a running store is waited for in real time")]
fn now() -> Start {
    Start(Instant::now())
}

#[expect(clippy::disallowed_methods, reason = "this command has nothing else to do, and a deadline")]
fn pause() {
    std::thread::sleep(PAUSE);
}
