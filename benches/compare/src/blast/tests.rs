use super::*;
use crate::dice::Dice;
use crate::http::{Request, Response};
use crate::testing::{Get, Two};

#[test]
fn each_process_is_killed_paused_and_restarted_and_what_needs_it_is_down_until_it_is_back() {
    let settings = BlastSettings {
        before_seconds: 0.3,
        pause_seconds: 0.4,
        after_seconds: 1.5,
        patience_seconds: 0.5,
        rate_per_second: 100.0,
    };
    let cpu_sets = CpuSets { servers: Vec::new(), generator: None, shared: true };
    let journeys: [&dyn Journey; 2] = [&Get("page"), &Get("stock")];
    let services = ["front", "back"].map(str::to_owned).to_vec();
    let targets = [(&Two as &dyn Subject, &services)];
    let mut heard = Vec::new();
    let blast = BlastRadius::measure(
        &settings,
        targets.into_iter(),
        &journeys,
        &cpu_sets,
        1,
        &Interruption::default(),
        |what, done, of_all| {
            heard.push(format!("{done} of {of_all}: {what}"));
        },
    );
    let strikes = blast.expect("all trials can be made").topologies.remove("two").expect("it was measured");
    // How many of them get no answer depends on how long a new process takes, which a busy machine decides.
    let seen = strikes.iter().map(|strike| {
        let is_hit = |journey: &str| strike.journeys[journey].extent != Extent::Unaffected;
        (strike.service.as_str(), strike.fault, is_hit("page"), is_hit("stock"))
    });
    let (down, fine) = (true, false);
    let expected = [
        ("front", Fault::Kill, down, down),
        ("front", Fault::Pause, down, down),
        ("front", Fault::Restart, down, down),
        ("back", Fault::Kill, fine, down),
        ("back", Fault::Pause, fine, down),
        ("back", Fault::Restart, fine, down),
    ];
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    for strike in &strikes {
        let recovered = strike.journeys["stock"].recovered_ms;
        assert!(recovered.is_some_and(|ms| (50.0..1_400.0).contains(&ms)), "{strike:?}");
    }
    assert_eq!(heard[4], "4 of 6: two: back is paused");
}

/// Next to nobody asks for it.
struct Seldom(Get);

impl Journey for Seldom {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn request(&self, dice: &mut Dice) -> Request {
        self.0.request(dice)
    }

    fn rate_per_second(&self, plan: f64) -> f64 {
        plan / 10_000.0
    }

    fn accepts(&self, response: &Response) -> bool {
        self.0.accepts(response)
    }
}

#[test]
fn a_journey_that_is_asked_seldom_does_not_miss_an_outage() {
    let cpu_sets = CpuSets { servers: Vec::new(), generator: None, shared: true };
    let services = vec!["front".to_owned()];
    let blast = BlastRadius::measure(
        &BlastSettings { before_seconds: 0.3, after_seconds: 1.5, ..BlastSettings::default() },
        [(&Two as &dyn Subject, &services)].into_iter(),
        &[&Seldom(Get("page")) as &dyn Journey],
        &cpu_sets,
        1,
        &Interruption::default(),
        |_, _, _| {},
    );
    let blast = blast.expect("all trials can be made");
    let killed = &blast.topologies["two"][0];
    assert_eq!((killed.fault, killed.journeys["page"].requests), (Fault::Kill, 10));
    assert_ne!(killed.journeys["page"].extent, Extent::Unaffected, "{killed:?}");
}

#[test]
fn a_trial_that_is_interrupted_ends_at_once_and_is_none() {
    let settings = BlastSettings { before_seconds: 600.0, ..BlastSettings::default() };
    let cpu_sets = CpuSets { servers: Vec::new(), generator: None, shared: true };
    let services = vec!["back".to_owned()];
    let targets = [(&Two as &dyn Subject, &services)];
    let interruption = Interruption::default();
    let blast = BlastRadius::measure(
        &settings,
        targets.into_iter(),
        &[&Get("page") as &dyn Journey],
        &cpu_sets,
        1,
        &interruption,
        |_, _, _| {
            let interruption = interruption.clone();
            // It comes once the trial is under way, or before: either way nobody waits for ten minutes.
            std::thread::spawn(move || interruption.want());
        },
    );
    assert!(blast.expect("it ends in order").topologies["two"].is_empty());
}
