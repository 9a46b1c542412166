use super::*;
use crate::subject::Running;
use crate::testing::{Get, Served, Server};

/// Answers after so many requests for the same page.
struct Rung {
    label: &'static str,
    answers: &'static [&'static str],
}

impl Subject for Rung {
    fn label(&self) -> &str {
        self.label
    }

    fn answers(&self, journey: &str) -> bool {
        self.answers.contains(&journey)
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        let answers = self.answers;
        Ok(Box::new(Served(Server::start(move |path, _| {
            let is_known = answers.contains(&path.trim_start_matches('/'));
            (if is_known { 200 } else { 404 }, String::new())
        }))))
    }
}

#[test]
fn subjects_take_turns_and_are_asked_only_for_what_they_answer() {
    let lower = Rung { label: "lower", answers: &["page"] };
    let upper = Rung { label: "upper", answers: &["page", "stock"] };
    let phases = Phases { warm_up_seconds: 0.0, paced_seconds: 0.05, capacity_seconds: 0.0 };
    let settings = Settings { late_us: 5_000_000, ..Settings::quick(1) };
    let cpu_sets = CpuSets { servers: Vec::new(), generator: None, shared: true };
    let mut heard = Vec::new();
    let series = Series::measure(
        &[&lower, &upper],
        &[&Get("page"), &Get("stock")],
        SeriesSettings { rounds: 3, phases },
        &settings,
        &cpu_sets,
        &Interruption::default(),
        |what, rounds| heard.push(format!("{rounds}: {what}")),
    )
    .expect("a series");
    assert_eq!(series.labels, ["lower", "upper"]);
    assert_eq!(series.rounds.len(), 3);
    assert!(series.rounds.iter().all(|round| round.order.len() == 2));
    assert_eq!(series.journeys["page"].len(), 2);
    assert_eq!(series.journeys["stock"].keys().collect::<Vec<_>>(), ["upper"]);
    let cell = &series.journeys["page"]["lower"];
    assert!(cell.requests > 0 && cell.errors == 0 && cell.p50_us.is_some(), "{cell:?}");
    assert_eq!(cell.capacity_rps, None, "a phase of no length measures nothing");
    assert!(series.ratios("page", "upper", "lower").p50.is_some());
    assert!(series.ratios("stock", "upper", "lower").p50.is_none());
    assert!(heard.iter().any(|line| line == "2: stock"), "{heard:?}");
}
