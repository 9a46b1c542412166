//! Runs that end before their time, and runs that go on with them.

use super::*;

/// Wishes for the end at the given line of progress.
struct Impatient {
    interruption: Interruption,
    at: &'static str,
}

impl Progress for Impatient {
    fn note(&mut self, _text: &str) {}

    fn advance(&mut self, _done_seconds: f64, _total_seconds: f64, what: &str) {
        if what.starts_with(self.at) {
            self.interruption.want();
        }
    }
}

fn interrupted_at(at: &'static str) -> Result<Results, CompareError> {
    let (one, two) = (fake("one"), fake("two"));
    let interruption = Interruption::default();
    let (topologies, journeys): ([&dyn Subject; 2], [&dyn Journey; 1]) = ([&one, &two], [&Get("list")]);
    let comparison =
        Comparison { interruption: interruption.clone(), ..comparison(&topologies, &journeys, hasty()) };
    let ended = comparison.run(&mut Impatient { interruption, at });
    assert_eq!((one.running.get(), two.running.get()), (0, 0), "all were stopped");
    ended
}

#[test]
fn an_interrupted_run_has_its_complete_rounds_and_says_that_it_was_interrupted() {
    let results = interrupted_at("round 2").expect("one round was complete");
    assert_eq!(results.rounds.len(), 1);
    assert!(results.ended_because.contains("interrupted"), "{}", results.ended_because);
    assert!(render::table(&results, false).contains("interrupted"));
}

/// Two subjects in one journey, going on with an earlier run.
fn go_on(
    earlier: Option<&Results>,
    settings: Settings,
    keep: &dyn Fn(&Results) -> anyhow::Result<()>,
) -> Result<Results, CompareError> {
    let (one, two) = (fake("one"), fake("two"));
    let (topologies, journeys): ([&dyn Subject; 2], [&dyn Journey; 1]) = ([&one, &two], [&Get("list")]);
    Comparison { earlier, keep, ..comparison(&topologies, &journeys, settings) }.run(&mut Heard::default())
}

#[test]
fn a_later_run_goes_on_where_an_interrupted_one_ended() {
    let earlier = interrupted_at("round 2").expect("one round was complete");
    let results = go_on(Some(&earlier), hasty(), &|_| Ok(())).expect("the rest");
    assert_eq!(results.rounds.len(), 3, "the plan's rounds, and not three more");
    assert_eq!(results.rounds[0], earlier.rounds[0], "what was measured stays");
    assert_eq!(results.phases, earlier.phases);
    assert_eq!(results.began_at, earlier.began_at);
    assert!(results.elapsed_seconds > earlier.elapsed_seconds);
    let began = |round: usize| results.rounds[round].blocks["one"].began_seconds;
    assert!(began(1) > began(0), "the clock goes on too");
    let counted =
        |results: &Results| results.histograms["list"]["one"].iter().map(|(_, count)| count).sum::<u64>();
    let asked = results.rounds.iter().map(|round| round.blocks["one"].journeys["list"].requests);
    assert_eq!(counted(&results), asked.sum::<u64>(), "the latencies of all rounds are there");
}

#[test]
fn rounds_of_another_plan_are_not_mixed_with_these() {
    let earlier = interrupted_at("round 2").expect("one round was complete");
    let error =
        go_on(Some(&earlier), Settings { seed: 8, ..hasty() }, &|_| Ok(())).expect_err("another seed");
    assert!(error.to_string().contains("seed: 7 there, 8 now"), "{error}");
}

#[test]
fn each_round_is_kept_as_soon_as_it_is_complete() {
    let kept = RefCell::new(Vec::new());
    let keep = |results: &Results| {
        kept.borrow_mut().push((results.rounds.len(), results.ended_because.clone()));
        Ok(())
    };
    go_on(None, hasty(), &keep).expect("a run");
    let kept = kept.into_inner();
    assert_eq!(kept.iter().map(|(rounds, _)| *rounds).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(kept.iter().all(|(_, why)| why.contains("not finished")), "{kept:?}");
}

#[test]
fn a_run_whose_results_cannot_be_kept_ends() {
    let error = go_on(None, hasty(), &|_| anyhow::bail!("the disk is full")).expect_err("nothing is kept");
    assert!(matches!(&error, CompareError::Keep(source) if source.to_string().contains("full")), "{error}");
}

#[test]
fn a_run_that_is_interrupted_in_its_first_round_has_no_results() {
    assert!(matches!(interrupted_at("round 1"), Err(CompareError::Interrupted)));
}
