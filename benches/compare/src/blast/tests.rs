use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::*;
use crate::dice::Dice;
use crate::http::{Request, Response};
use crate::subject::{Process, Running};
use crate::testing::Server;

/// A deployment of two processes: `/page` needs the front alone, `/stock` both. Whoever is gone is started again after a while.
struct Two;

struct RunningTwo {
    server: Server,
    front: Arc<Sleeper>,
    back: Arc<Sleeper>,
    is_over: Arc<AtomicBool>,
    tenders: Vec<JoinHandle<()>>,
}

/// A process that does nothing, and can be killed and paused as any other.
struct Sleeper(Mutex<Child>);

impl Sleeper {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Self::process())))
    }

    fn process() -> Child {
        let mut sleep = Command::new("sleep");
        sleep.arg("600").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        sleep.spawn().expect("it can be started")
    }

    fn pid(&self) -> u32 {
        self.0.lock().expect("nobody panics with it").id()
    }

    fn is_at_work(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|state| state.starts_with(['S', 'R']))
    }

    fn end(&self) {
        let mut child = self.0.lock().expect("nobody panics with it");
        let _dead = child.kill();
        let _reaped = child.wait();
    }

    fn start_again(&self) {
        self.end();
        *self.0.lock().expect("nobody panics with it") = Self::process();
    }
}

impl Subject for Two {
    fn label(&self) -> &'static str {
        "two"
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        let (front, back) = (Sleeper::new(), Sleeper::new());
        let (of_page, of_stock) = (Arc::clone(&front), Arc::clone(&back));
        let server = Server::start(move |path, _| {
            let is_fine = of_page.is_at_work() && (path == "/page" || of_stock.is_at_work());
            (if is_fine { 200 } else { 503 }, String::new())
        });
        Ok(Box::new(RunningTwo { server, front, back, is_over: Arc::default(), tenders: Vec::new() }))
    }
}

impl Running for RunningTwo {
    fn address(&self) -> SocketAddr {
        self.server.address
    }

    fn processes(&self) -> Vec<Process> {
        let process =
            |service: &str, sleeper: &Sleeper| Process { service: service.to_owned(), pid: sleeper.pid() };
        vec![process("front", &self.front), process("back", &self.back)]
    }

    fn start_ms(&self) -> f64 {
        0.0
    }

    fn tend(&mut self) {
        for sleeper in [&self.front, &self.back] {
            let (sleeper, is_over) = (Arc::clone(sleeper), Arc::clone(&self.is_over));
            self.tenders.push(std::thread::spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    let state = std::fs::read_to_string(format!("/proc/{}/stat", sleeper.pid()));
                    let is_dead = state.is_ok_and(|state| state.contains(") Z "));
                    std::thread::sleep(Duration::from_millis(150));
                    if is_dead {
                        sleeper.start_again();
                    }
                }
            }));
        }
    }

    fn stop(self: Box<Self>) -> anyhow::Result<()> {
        self.is_over.store(true, Ordering::SeqCst);
        for tender in self.tenders {
            tender.join().expect("it ends in peace");
        }
        self.front.end();
        self.back.end();
        Ok(())
    }
}

struct Get(&'static str);

impl Journey for Get {
    fn name(&self) -> &str {
        self.0
    }

    fn request(&self, _dice: &mut Dice) -> Request {
        Request::get(format!("/{}", self.0))
    }

    fn accepts(&self, response: &Response) -> bool {
        response.status == 200
    }
}

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
