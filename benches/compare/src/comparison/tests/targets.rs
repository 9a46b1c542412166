//! Deployments that run already.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

/// A deployment that runs already, until it has been looked for so many times: the last time it is found as it ends.
struct FakeTarget {
    server: Server,
    looked_for: Cell<usize>,
    ends_after: usize,
    has_ended: Arc<AtomicBool>,
}

struct SeenFromOutside(SocketAddr);

impl Subject for FakeTarget {
    fn label(&self) -> &'static str {
        "target"
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        self.looked_for.set(self.looked_for.get() + 1);
        anyhow::ensure!(self.looked_for.get() <= self.ends_after, "connection refused");
        self.has_ended.store(self.looked_for.get() == self.ends_after, Ordering::SeqCst);
        Ok(Box::new(SeenFromOutside(self.server.address)))
    }

    fn runs_at(&self) -> Option<String> {
        Some("http://shop.example:80".to_owned())
    }

    fn adapted(&self, request: Request) -> Request {
        Request { path: format!("/own{}", request.path), ..request }
    }
}

impl Running for SeenFromOutside {
    fn address(&self) -> SocketAddr {
        self.0
    }

    fn processes(&self) -> Vec<Process> {
        Vec::new()
    }

    fn start_ms(&self) -> Option<f64> {
        None
    }

    fn stop(self: Box<Self>) -> anyhow::Result<()> {
        Ok(())
    }
}

/// It knows nothing but what is called by its own names.
fn target(ends_after: usize) -> FakeTarget {
    let has_ended = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&has_ended);
    let answer = move |path: &str, _| match path {
        _ if ended.load(Ordering::SeqCst) => (503, String::new()),
        "/greeting" => (200, "welcome".to_owned()),
        own if own.starts_with("/own/") => (200, "hello".to_owned()),
        _ => (404, String::new()),
    };
    FakeTarget { server: Server::start(answer), looked_for: Cell::new(0), ends_after, has_ended }
}

#[test]
fn what_runs_already_is_asked_in_its_own_words_and_what_cannot_be_seen_of_it_is_not_measured() {
    let results = run(&[&target(usize::MAX)], None, hasty()).expect("it answers");
    assert_eq!(results.rounds.len(), 3);
    let cell = &results.journeys["list"]["target"];
    assert!(cell.requests > 0 && cell.errors == 0 && cell.p50_us.is_some() && cell.capacity_rps.is_some());
    assert_eq!((cell.cpu_us_per_request, cell.settled_ms), (None, None));
    assert_eq!((results.memory_pss_kib["target"], results.start_ms["target"]), (None, None));
    assert!(results.control["list"].p50.is_some(), "it is measured twice, as the first always is");
    assert!(results.cpu_sets.servers.is_empty() && results.machine.unoptimised.is_none());
    let text = render::table(&results, false);
    assert!(text.contains("target at http://shop.example:80") && text.contains("not measured"), "{text}");
    let row = text.lines().find(|line| line.starts_with("target    ")).expect("a row of deployments");
    assert_eq!(row.matches("not measured").count(), 5, "no zero stands for what is not known: {row}");
}

#[test]
fn a_target_that_goes_away_leaves_the_rounds_before_and_says_so() {
    // The preflight and two rounds, in each of which the baseline is measured twice.
    let results = run(&[&target(6)], None, hasty()).expect("two rounds are complete");
    assert_eq!(results.rounds.len(), 2);
    assert_eq!(results.ended_because, "target stopped answering in round 3, which does not count");
}

#[test]
fn a_round_is_not_finished_with_a_target_that_has_gone() {
    for ends_after in [2, 3] {
        let error = run(&[&target(ends_after)], None, hasty()).expect_err("the first round is not complete");
        assert!(matches!(&error, CompareError::Gone { label, .. } if label == "target"), "{error}");
    }
}
