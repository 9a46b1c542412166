//! PostgreSQL fails while customers buy: what was acknowledged stays, who asks is answered in time, nobody has to restart anything, and
//! when it is back everything comes to its end.

use std::sync::atomic::{AtomicUsize, Ordering};

use cleave_compare::{Client, Request};
use cleave_db::testing::{ServerOptions, ThrowawayServer, is_installed, skip};
use rustix::process::Signal;

use crate::support::binary::Binary;
use crate::support::shop::{Shop, until_done};
use crate::support::waiting::eventually;

/// Checkouts of one test.
const CHECKOUTS: usize = 80;

/// How long the store lets anybody wait, in milliseconds, and how long a visitor does.
const DEADLINE_MS: &str = "4000";
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(8);

#[test]
fn a_server_that_crashes_during_checkouts_costs_nobody_an_order() {
    if is_installed() {
        fails_during_checkouts(ServerOptions::default(), |server, until_refused| {
            server.crash();
            until_refused();
            server.restart();
        });
    }
}

#[test]
fn while_a_server_hangs_nobody_waits_for_longer_than_the_deadline() {
    if is_installed() {
        fails_during_checkouts(ServerOptions::default(), |server, until_refused| {
            server.signal(Signal::STOP);
            until_refused();
            server.signal(Signal::CONT);
        });
    }
}

#[test]
fn a_server_whose_disk_is_full_during_checkouts_costs_nobody_an_order() {
    if !is_installed() {
        return;
    }
    if !rustix::process::geteuid().is_root() {
        return skip(
            "a full disk of PostgreSQL, because only an administrator makes a disk for another user",
        );
    }
    let options = ServerOptions { disk_mib: Some(160), ..ServerOptions::default() };
    fails_during_checkouts(options, |server, until_refused| {
        let filler = server.data().join("filler");
        fill(&filler);
        until_refused();
        std::fs::remove_file(&filler).expect("it was full");
        // One that has no room for its journal gives up.
        if !server.is_running() {
            server.restart();
        }
    });
}

/// Writes until there is no room for another byte.
fn fill(filler: &std::path::Path) {
    let mut file = std::fs::File::create(filler).expect("an empty file takes no room");
    while std::io::Write::write(&mut file, &[1; 4_096]).is_ok() {}
}

/// Lets `fails` happen to the server of microservices in the middle of checkouts; it gets what waits until a visitor was refused.
fn fails_during_checkouts(options: ServerOptions, fails: impl FnOnce(&ThrowawayServer, &dyn Fn())) {
    let server = ThrowawayServer::with(options);
    let binary = Binary::new()
        .with_variable("CLEAVE__DATABASE__URL", &server.new_database())
        .with_variable("CLEAVE__ORDERS__LEASE_MS", "2500")
        .with_variable("CLEAVE__ORDERS__STEP_TIMEOUT_MS", "2000")
        .with_variable("CLEAVE__ORDERS__RECOVERY_INTERVAL_MS", "200")
        .with_variable("CLEAVE__REQUESTS__DEADLINE_MS", DEADLINE_MS);
    let up = binary.up("microservices", &[]);
    let record = binary.run_record().expect("the store is ready");
    let shop = Shop::open(&binary);
    let outcomes = shop.sell_during("postgres", CHECKOUTS, |done| {
        until_done(done, CHECKOUTS / 4);
        let register = |number: usize| {
            let account =
                format!(r#"{{"email":"v{number}@example.org","password":"correct horse","name":"V"}}"#);
            Request::new("POST", "/api/v1/accounts").json(account)
        };
        let asked = AtomicUsize::new(0);
        let until_refused = || {
            let status = || {
                let request = register(asked.fetch_add(1, Ordering::Relaxed));
                let answer = Client::new(record.public, PATIENCE).send(&request);
                answer.expect("whatever happens, who asks is answered in time").status
            };
            eventually("a visitor is refused", status, |status| matches!(status, 503 | 504));
        };
        fails(&server, &until_refused);
    });
    // One that could not be finished in time is refused, which is an end too.
    let confirmed = outcomes.iter().filter(|outcome| *outcome == "confirmed").count();
    let refused = outcomes.iter().filter(|outcome| *outcome == "refused").count();
    assert_eq!(confirmed + refused, CHECKOUTS, "{outcomes:?}");
    assert!(confirmed > CHECKOUTS / 2, "{outcomes:?}");
    let settled = binary.succeed(&["settle"]);
    assert!(settled.contains("nothing is left to do"), "{settled}");
    let audited = binary.succeed(&["data", "audit"]);
    assert!(audited.contains("I1") && audited.contains("I11") && !audited.contains("BROKEN"), "{audited}");
    assert_eq!(binary.run_record(), Some(record), "no process was restarted");
    assert_eq!(up.stop().code, Some(0));
}
