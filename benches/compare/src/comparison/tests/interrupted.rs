//! Runs that are interrupted while they wait for something.

use std::thread;

use super::*;

/// Whoever waits for it, at this place, waits until the run is interrupted.
struct Hanging {
    at: &'static str,
    interruption: Interruption,
}

impl Subject for Hanging {
    fn label(&self) -> &'static str {
        "hanging"
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        if self.at == "start" {
            self.interruption.want();
            anyhow::bail!("it was torn from its start");
        }
        let (at, interruption) = (self.at, self.interruption.clone());
        let server = Server::start(move |path, _| {
            if path == at {
                interruption.want();
                thread::park();
            }
            (200, if path == "/greeting" { "welcome" } else { "hello" }.to_owned())
        });
        Ok(Box::new(RunningFake { server, running: Rc::new(Cell::new(1)) }))
    }
}

fn interrupted_at(at: &'static str) -> Result<Results, CompareError> {
    let interruption = Interruption::default();
    let hanging = Hanging { at, interruption: interruption.clone() };
    let settings = Settings { request_timeout_seconds: 3_600.0, ..hasty() };
    let (topologies, journeys): ([&dyn Subject; 1], [&dyn Journey; 1]) = ([&hanging], [&Get("list")]);
    Comparison { interruption, ..comparison(&topologies, &journeys, settings) }.run(&mut Heard::default())
}

#[test]
fn whatever_is_waited_for_is_left_when_the_run_is_interrupted() {
    for at in ["start", "/greeting", "/list"] {
        let ended = interrupted_at(at);
        assert!(matches!(ended, Err(CompareError::Interrupted)), "{at}: {ended:?}");
    }
}

#[test]
fn who_is_interrupted_before_a_run_goes_on_has_what_there_was() {
    let settings = Settings { request_timeout_seconds: 3_600.0, rounds_target: 1, rounds_most: 1, ..hasty() };
    let interruption = Interruption::default();
    let (fine, hanging) = (Hanging { at: "nowhere", interruption: interruption.clone() }, "start");
    let (topologies, journeys): ([&dyn Subject; 1], [&dyn Journey; 1]) = ([&fine], [&Get("list")]);
    let earlier = comparison(&topologies, &journeys, settings.clone()).run(&mut Heard::default());
    let earlier = earlier.expect("a run");
    let again = Hanging { at: hanging, interruption: interruption.clone() };
    let topologies: [&dyn Subject; 1] = [&again];
    let going_on =
        Comparison { interruption, earlier: Some(&earlier), ..comparison(&topologies, &journeys, settings) };
    assert_eq!(going_on.run(&mut Heard::default()).expect("what there was"), earlier);
}
