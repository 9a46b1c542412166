//! Processes die in the middle of checkouts: what was acknowledged stays, what was begun ends, nothing doubles.

use std::collections::BTreeMap;

use cleave_db::testing::{is_installed, throwaway_server};
use rustix::process::Signal;

use crate::support::binary::{Binary, signal};
use crate::support::shop::{Shop, until_done};
use crate::support::waiting::eventually;

/// Checkouts for each process that is killed.
const CHECKOUTS: usize = 200;

#[test]
fn the_monolith_is_killed_during_checkouts() {
    kill_each_process_during_checkouts("monolith", Binary::new());
}

#[test]
fn each_of_the_microservices_is_killed_during_checkouts() {
    kill_each_process_during_checkouts("microservices", Binary::new());
}

#[test]
fn each_service_is_killed_during_checkouts_while_its_replicas_on_postgres_go_on() {
    if is_installed() {
        let binary = Binary::new()
            .with_variable("CLEAVE__DATABASE__URL", &throwaway_server().new_database())
            .with_file("topologies/replicated.toml", REPLICATED);
        kill_each_process_during_checkouts("replicated", binary);
    }
}

/// Whatever has state of its own, twice, and those who listen to others three times.
const REPLICATED: &str = r#"
description = "gateway and registry in one process, two or three of everything else"
[services.edge]
roles = ["gateway", "registry"]
[services.log]
roles = ["events"]
replicas = 2
[services.goods]
modules = ["catalog", "inventory"]
replicas = 3
[services.sales]
modules = ["cart", "orders", "payments"]
replicas = 2
[services.people]
modules = ["accounts", "notifications"]
replicas = 3
"#;

fn kill_each_process_during_checkouts(topology: &str, binary: Binary) {
    // What was under way is taken over soon.
    let binary = binary
        .with_variable("CLEAVE__ORDERS__LEASE_MS", "2500")
        .with_variable("CLEAVE__ORDERS__STEP_TIMEOUT_MS", "2000")
        .with_variable("CLEAVE__ORDERS__RECOVERY_INTERVAL_MS", "200");
    let up = binary.up(topology, &[]);
    let record = binary.run_record().expect("the store is ready");
    let shop = Shop::open(&binary);
    for service in record.services.keys() {
        let outcomes = shop.sell_during(service, CHECKOUTS, |done| {
            until_done(done, CHECKOUTS / 2);
            let pid = binary.run_record().expect("it runs").services[service][0].pid;
            signal(pid, Signal::KILL);
            let back =
                || binary.run_record().and_then(|record| Some(record.services.get(service)?.first()?.pid));
            eventually("the process is back", back, |now| now.is_some_and(|now| now != pid));
        });
        let mut counts = BTreeMap::new();
        for outcome in &outcomes {
            *counts.entry(outcome.as_str()).or_insert(0) += 1;
        }
        // A checkout that could not be finished in time is refused, which is an end too.
        let ended = counts.get("confirmed").unwrap_or(&0) + counts.get("refused").unwrap_or(&0);
        assert_eq!(ended, CHECKOUTS, "{counts:?} when {service} was killed");
        assert!(counts.get("confirmed").is_some_and(|count| *count > CHECKOUTS / 2), "{counts:?}");
    }
    let settled = binary.succeed(&["settle"]);
    assert!(settled.contains("nothing is left to do"), "{settled}");
    let audited = binary.succeed(&["data", "audit"]);
    assert!(audited.contains("I1") && audited.contains("I11") && !audited.contains("BROKEN"), "{audited}");
    assert_eq!(up.stop().code, Some(0));
    binary.succeed(&["data", "audit"]);
}
