//! A deployment of real processes that do nothing but be there, or not.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Server;
use crate::subject::{Process, Running, Subject};

/// A deployment of two processes: `/page` needs the front alone, `/stock` both. Whoever is gone is started again after a while.
pub(crate) struct Two;

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

    fn start_ms(&self) -> Option<f64> {
        Some(0.0)
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
