//! What a person types while `up` runs.

use std::io::{BufRead as _, Write as _};

use tokio::sync::mpsc;

use crate::supervisor::{FleetHandle, address_table};
use crate::topology::{MAX_REPLICAS, Topology};

const HELP: &str = "\
scale SERVICE N   give a service N processes
status            the processes that run
help              this
Ctrl-C            stop everything";

/// A line, understood.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Nothing,
    Help,
    Status,
    Scale { service: String, replicas: usize },
    Unknown(String),
}

/// Does what is typed on standard input, for as long as the fleet runs. The end of the input ends nothing.
pub(super) async fn attend(fleet: &FleetHandle, topology: &Topology) {
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        let answer = match parse(&line) {
            Line::Nothing => continue,
            Line::Help => HELP.to_owned(),
            Line::Status => address_table(&fleet.processes().await, |service| hosts(topology, service)),
            Line::Scale { service, replicas } => scale(fleet, topology, &service, replicas).await,
            Line::Unknown(problem) => format!("{problem}; `help` lists what there is"),
        };
        // Nobody may be reading, which is no reason to stop.
        let _nobody_reads = writeln!(std::io::stdout(), "{}", answer.trim_end());
    }
    std::future::pending::<()>().await;
}

/// What a service hosts, for people.
pub(super) fn hosts(topology: &Topology, service: &str) -> String {
    let service = topology.service(service);
    service.map(|service| service.parts().collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

async fn scale(fleet: &FleetHandle, topology: &Topology, service: &str, replicas: usize) -> String {
    if let Err(unknown) = topology.service(service) {
        return unknown.to_string();
    }
    match fleet.scale(service, replicas).await {
        Ok(()) => format!("{service} is at {replicas}"),
        Err(error) => error.to_string(),
    }
}

fn parse(line: &str) -> Line {
    match line.split_whitespace().collect::<Vec<_>>()[..] {
        [] => Line::Nothing,
        ["help" | "?"] => Line::Help,
        ["status"] => Line::Status,
        ["scale", service, replicas] => match replicas.parse() {
            Ok(replicas @ 1..=MAX_REPLICAS) => {
                Line::Scale { service: service.to_owned(), replicas: replicas as usize }
            }
            _ => Line::Unknown(format!("{replicas:?} is no number from 1 to {MAX_REPLICAS}")),
        },
        ["scale", ..] => Line::Unknown("write `scale SERVICE N`".to_owned()),
        [first, ..] => Line::Unknown(format!("there is no command {first:?}")),
    }
}

/// The lines of standard input. They are read on a thread of their own: a read that tokio has begun would keep its runtime from
/// shutting down.
fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(16);
    let reading = std::thread::Builder::new().name("console".to_owned()).spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    if let Err(error) = reading {
        tracing::warn!(%error, "what is typed here is not heard");
    }
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_command_or_says_what_is_wrong_with_it() {
        let scale = Line::Scale { service: "goods".to_owned(), replicas: 3 };
        assert_eq!(parse("  scale goods 3 "), scale);
        assert_eq!((parse(""), parse("status"), parse("help")), (Line::Nothing, Line::Status, Line::Help));
        for (line, said) in [
            ("scale goods 0", "\"0\" is no number from 1 to 64"),
            ("scale goods 65", "\"65\""),
            ("scale goods many", "\"many\""),
            ("scale goods", "scale SERVICE N"),
            ("sclae goods 3", "\"sclae\""),
        ] {
            match parse(line) {
                Line::Unknown(problem) => assert!(problem.contains(said), "{line}: {problem}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }
}
