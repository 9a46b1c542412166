//! `cleave compare --target`, as the tests run it.

use std::fs;
use std::net::SocketAddr;

use serde_json::Value;

use super::binary::{Binary, Running};

/// Where customers ask this store.
pub(crate) fn public(store: &Binary) -> SocketAddr {
    store.run_record().expect("it runs").public
}

/// The command line of a short comparison of these targets.
pub(crate) fn compare<'a>(targets: &'a [String], out: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    let named = targets.iter().flat_map(|target| ["--target", target]);
    ["compare", "--quick", "--out", out].into_iter().chain(named).chain(flags.iter().copied()).collect()
}

/// What has been written so far, however the run ended.
pub(crate) fn results(asking: &Binary) -> Value {
    let text = fs::read(asking.data_dir().join("out/results.json")).expect("it was written");
    serde_json::from_slice(&text).expect("it is JSON")
}

/// Progress is told now and then, so that no round in particular is named.
pub(crate) fn until_a_round_is_complete(run: &mut Running) {
    let is_later = |line: &str| {
        let round = line.split_once("round ").and_then(|(_, rest)| rest.split_once(" of "));
        round.is_some_and(|(number, _)| number.parse().is_ok_and(|number: usize| number > 1))
    };
    run.until("has a complete round", |run| run.stderr().lines().any(is_later).then_some(()));
}
