//! The running store: whether each process lives, works and is of this version, and what is left to do.

use std::collections::BTreeMap;

use cleave_auth::ServiceCredential;
use cleave_rest::PeerAddress;

use super::asking::{OWN_VERSION, accepts, ask, introduced};
use super::scope::{Run, Scope};
use super::system::{is_stopped, runs_replaced_file};
use super::{Check, Verdict};
use crate::settled::Settled;
use crate::supervisor::{RunProcess, RunRecord};

const RESTART: &str = "stop `up` and start it again";

const SEE_LOG: &str = "see why in the log of `up`, which starts it again";

pub(super) fn check(scope: &Scope<'_>) -> Vec<Check> {
    match &scope.run {
        Run::Alive(record) => of_fleet(scope, record),
        Run::Stale(record) => left_behind(record),
        Run::Nothing | Run::Unreadable(_) => vec![Check::ok("processes", "`up` runs none here")],
    }
}

fn of_fleet(scope: &Scope<'_>, record: &RunRecord) -> Vec<Check> {
    let mut checks = vec![supervisor(record)];
    checks.extend(agreement(scope, record));
    let credential = ServiceCredential::load(&scope.settings.credential_file()).ok();
    let ask_after = |(service, process)| of_process(service, process, record, credential.as_ref());
    checks.extend(scope.run.processes().map(ask_after));
    if checks.iter().any(|check| check.verdict == Verdict::Wrong) {
        // Who waits for a process that does not answer does not answer either.
        let reason = "a process is not well, and the others may wait for it";
        checks.push(Check::not_checked("work", reason, "mend the processes first"));
    } else {
        checks.extend(scope.run.processes().filter_map(|(service, process)| unsettled(service, process)));
    }
    checks
}

fn supervisor(record: &RunRecord) -> Check {
    let pid = record.pid;
    if is_stopped(pid) {
        let mend = format!("let it go on: `kill -CONT {pid}`");
        return Check::wrong("up", format!("pid {pid} is stopped, and restarts nobody"), mend);
    }
    Check::ok("up", format!("pid {pid} runs {} at {}", record.topology, record.public))
}

/// The store that runs may be another one than the one that is meant.
fn agreement(scope: &Scope<'_>, record: &RunRecord) -> Option<Check> {
    let meant = scope.topology.as_ref()?.name();
    (record.topology != meant).then(|| {
        Check::warning(
            "topology",
            format!("{} runs, and {meant} is meant", record.topology),
            format!("name it with --topology, or {RESTART} with --topology {meant:?}"),
        )
    })
}

fn of_process(
    service: &str,
    process: &RunProcess,
    record: &RunRecord,
    credential: Option<&ServiceCredential>,
) -> Check {
    let what = format!("{service} (pid {})", process.pid);
    let address = PeerAddress::Tcp(process.internal);
    lifeless(&what, process)
        .or_else(|| unready(&what, process, &address))
        .or_else(|| estranged(&what, &address, credential))
        .or_else(|| unfitting(&what, service, process, record))
        .unwrap_or_else(|| Check::ok(what, format!("ready at {}", process.internal)))
}

fn lifeless(what: &str, process: &RunProcess) -> Option<Check> {
    if !process.is_alive() {
        return Some(Check::wrong(what, "it is gone", SEE_LOG));
    }
    let resume = format!("let it go on: `kill -CONT {}`", process.pid);
    is_stopped(process.pid).then(|| Check::wrong(what, "it is stopped", resume))
}

fn unready(what: &str, process: &RunProcess, address: &PeerAddress) -> Option<Check> {
    let RunProcess { pid, internal, .. } = process;
    if let Err(reason) = ask(address, "/health/live", None) {
        let mend = format!("see its log; if it hangs, `kill -KILL {pid}`, after which `up` starts it again");
        return Some(Check::wrong(what, format!("it does not answer at {internal}: {reason}"), mend));
    }
    match ask(address, "/health/ready", None) {
        Ok(answer) if answer.status == 200 => None,
        Ok(answer) => {
            let mend = "mend what is missing; it is looked for again with every call";
            Some(Check::wrong(what, format!("it is not ready: {}", answer.text()), mend))
        }
        Err(reason) => {
            Some(Check::wrong(what, format!("it does not say whether it is ready: {reason}"), SEE_LOG))
        }
    }
}

/// Another process than the one of run.json, or one of another version.
fn unfitting(what: &str, service: &str, process: &RunProcess, record: &RunRecord) -> Option<Check> {
    let Ok(told) = introduced(&PeerAddress::Tcp(process.internal)) else {
        return Some(Check::wrong(what, format!("another program answers at {}", process.internal), RESTART));
    };
    if told.service != service || told.topology != record.topology {
        let found =
            format!("it says that it is {} of {}, and run.json says otherwise", told.service, told.topology);
        return Some(Check::wrong(what, found, RESTART));
    }
    if let Some(version) = told.other_version() {
        let found = format!("it is {version}, and this is {OWN_VERSION}");
        return Some(Check::warning(
            what,
            found,
            format!("{RESTART} with this binary, or use the other one"),
        ));
    }
    runs_replaced_file(process.pid)
        .then(|| Check::warning(what, "its binary has been replaced since it started", RESTART))
}

/// One whose secret is no longer that of the file.
fn estranged(what: &str, address: &PeerAddress, credential: Option<&ServiceCredential>) -> Option<Check> {
    let is_refused = accepts(address, credential?) == Some(false);
    is_refused.then(|| {
        let found = "it started with another service.credential than the one that lies there now";
        Check::wrong(what, found, format!("put the old file back, or {RESTART}"))
    })
}

/// What a process has left to do is no fault; what only a person can do is.
fn unsettled(service: &str, process: &RunProcess) -> Option<Check> {
    let what = format!("work of {service}");
    let answer = ask(&PeerAddress::Tcp(process.internal), "/settled", None);
    let settled = answer.and_then(|answer| {
        serde_json::from_slice::<Settled>(&answer.body).map_err(|error| error.to_string())
    });
    let settled = match settled {
        Ok(settled) => settled,
        Err(reason) => {
            let reason = format!("it does not say what is left to do: {reason}");
            return Some(Check::not_checked(what, reason, "ask again, or use `cleave settle`"));
        }
    };
    let list = |counts: &BTreeMap<String, i64>| {
        counts.iter().map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
    };
    if !settled.dead_letters.is_empty() {
        let found = format!("events were put aside: {}", list(&settled.dead_letters));
        let mend = "look at them with `cleave events dead-letters`, try them with `cleave events retry`";
        return Some(Check::warning(what, found, mend));
    }
    (!settled.left.is_empty()).then(|| Check::ok(what, format!("under way: {}", list(&settled.left))))
}

/// Processes end with the `up` that started them; one that has not is in the way of the next.
fn left_behind(record: &RunRecord) -> Vec<Check> {
    let processes = record.services.iter().flat_map(|(service, processes)| {
        processes.iter().filter(|process| process.is_alive()).map(move |process| (service, process.pid))
    });
    let mut checks = processes
        .map(|(service, pid)| {
            let found = "it lives, and the `up` that started it does not";
            Check::wrong(format!("{service} (pid {pid})"), found, format!("end it: `kill {pid}`"))
        })
        .collect::<Vec<_>>();
    if checks.is_empty() {
        checks.push(Check::ok("processes", "none is left of the `up` that wrote run.json"));
    }
    checks
}
