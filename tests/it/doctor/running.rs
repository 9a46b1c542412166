//! Stores that run.

use std::fs;

use rustix::process::Signal;

use super::{doctor, tell};
use crate::support::binary::{Binary, signal};
use crate::support::waiting::eventually;

#[test]
fn a_store_that_is_well_and_runs_has_nothing_to_mend() {
    let binary = Binary::new();
    for topology in ["monolith", "microservices"] {
        let up = binary.up(topology, &[]);
        let record = binary.run_record().expect("it runs");
        let told = doctor(&binary, &["--topology", topology, "--port", &record.public.port().to_string()]);
        told.ends_with(0)
            .counts("wrong", 0)
            .counts("warning", 0)
            .counts("not_checked", 0)
            .says("data directory", "run.json", "ok", &[&format!("pid {}", up.pid())])
            .says("ports", "public port", "ok", &["by the running store"]);
        for (service, processes) in &record.services {
            let what = format!("{service} (pid {})", processes[0].pid);
            told.says("running store", &what, "ok", &["ready at", &processes[0].internal.to_string()]);
        }
        assert_eq!(up.stop().code, Some(0));
    }
}

#[test]
fn a_process_that_is_stopped_or_dead_is_named() {
    let binary = Binary::new();
    let up = binary.up("microservices", &[]);
    let record = binary.run_record().expect("it runs");
    let flags = ["--topology", "microservices"];
    let [paused, killed] = ["inventory", "payments"].map(|service| record.services[service][0].pid);
    signal(paused, Signal::STOP);
    // Else it would start the dead one again.
    up.signal(Signal::STOP);
    let status = |pid: u32| fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let are_stopped = || [paused, up.pid()].map(status).iter().all(|status| status.contains(") T"));
    eventually("both are stopped", are_stopped, |stopped| *stopped);
    signal(killed, Signal::KILL);
    let is_dead = || status(killed).is_empty() || status(killed).contains(") Z");
    eventually("the killed process is dead", is_dead, |dead| *dead);
    let told = doctor(&binary, &flags);
    signal(paused, Signal::CONT);
    up.signal(Signal::CONT);
    let resume = format!("kill -CONT {paused}");
    told.ends_with(1)
        .says("running store", "up", "wrong", &["is stopped", &format!("kill -CONT {}", up.pid())])
        .says("running store", "inventory", "wrong", &["is stopped", &resume])
        .says("running store", "payments", "wrong", &["it is gone", "log of `up`"])
        .says("running store", "catalog", "ok", &["ready"])
        .says("running store", "work", "not_checked", &["mend the processes first"])
        .counts("wrong", 3);
    let well = || tell(&binary, &flags).ended.code;
    eventually("the dead one was started again", well, |code| *code == Some(0));
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn a_store_that_runs_with_another_topology_or_secret_is_told() {
    let binary = Binary::new();
    let up = binary.up("monolith", &[]);
    doctor(&binary, &["--topology", "microservices"]).ends_with(0).says(
        "running store",
        "topology",
        "warning",
        &["monolith runs, and microservices is meant"],
    );
    let credential = binary.data_dir().join("keys/service.credential");
    let secret = fs::read_to_string(&credential).expect("the store has it");
    fs::write(&credential, "A".repeat(43)).expect("it can be written");
    let told = doctor(&binary, &[]);
    fs::write(&credential, secret).expect("it can be written");
    told.ends_with(1).says("running store", "monolith", "wrong", &["another service.credential"]);
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn a_database_that_is_gone_under_a_running_store_is_told() {
    let binary = Binary::new();
    let up = binary.up("monolith", &[]);
    fs::remove_file(binary.data_dir().join("orders.db")).expect("it can be removed");
    // The store may make an empty file in its place.
    tell(&binary, &[]).ends_with(1).says("databases", "orders", "wrong", &["not there, or empty", "restore"]);
    up.stop();
}

#[test]
fn a_process_says_its_version_and_whether_it_knows_who_asks() {
    use cleave_compare::Request;

    let binary = Binary::new();
    let up = binary.up("monolith", &[]);
    let internal = binary.run_record().expect("it runs").services["monolith"][0].internal;
    let ask = |request: &Request| crate::support::binary::ask(internal, request);
    let placement = ask(&Request::get("/topology")).text();
    assert!(placement.contains(&format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"))), "{placement}");
    assert_eq!(ask(&Request::get("/peer")).status, 401);
    let secret = fs::read_to_string(binary.data_dir().join("keys/service.credential")).expect("it is there");
    let known = Request::get("/peer").header("x-cleave-credential", secret.trim());
    assert_eq!(ask(&known).status, 204);
    let stranger = Request::get("/peer").header("x-cleave-credential", "nonsense");
    assert_eq!(ask(&stranger).status, 401);
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn events_that_were_put_aside_are_a_warning_with_the_command_to_look_at_them() {
    let binary = Binary::new();
    binary.succeed(&["data", "migrate"]);
    let put_aside = "INSERT INTO dead_letters VALUES ('orders', 1, 'failed', 'no', 1, 'order_confirmed', 1, 'one', '{}', \
                     'system', 'request', 0)";
    super::data::change(&binary, "notifications", put_aside);
    let up = binary.up("monolith", &[]);
    doctor(&binary, &[]).ends_with(0).says(
        "running store",
        "work of monolith",
        "warning",
        &["1 notifications of orders", "`cleave events dead-letters`"],
    );
    assert_eq!(up.stop().code, Some(0));
}
