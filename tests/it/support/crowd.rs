//! Customers who ask without a pause while something happens, and who of the processes has answered them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use cleave_compare::{Client, Request, Response};

use super::binary::ask;
use super::waiting::{eventually, pause};

/// Customers who ask at the same time.
pub(crate) const CUSTOMERS: usize = 6;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Answers of each status, and requests without one, of customers with connections that stay, while something happens.
pub(crate) fn ask_during(
    public: SocketAddr,
    path: &str,
    happens: impl FnOnce(&AtomicUsize),
) -> BTreeMap<String, usize> {
    let customer = || {
        let client = Client::new(public, PATIENCE);
        let mut connection = client.connect().expect("the gateway is there");
        move || match connection.send(&Request::get(path)) {
            Ok(answer) => answer.status.to_string(),
            Err(error) => {
                connection = client.connect().expect("the gateway is there");
                error.to_string()
            }
        }
    };
    during(&customer, happens)
}

/// The same of customers who make a connection for each request; `outcome` says what to think of an answer.
pub(crate) fn visit_during(
    address: SocketAddr,
    path: &str,
    outcome: impl Fn(&Response) -> String + Sync,
    happens: impl FnOnce(&AtomicUsize),
) -> BTreeMap<String, usize> {
    let customer = || {
        let (mut client, outcome) = (Client::new(address, PATIENCE), &outcome);
        move || {
            pause();
            let answer = client.send(&Request::get(path));
            answer.map_or_else(|error| error.to_string(), |answer| outcome(&answer))
        }
    };
    during(&customer, happens)
}

/// What became of the requests of all customers, each of whom asks by what `customer` makes.
fn during<Asks: FnMut() -> String>(
    customer: &(impl Fn() -> Asks + Sync),
    happens: impl FnOnce(&AtomicUsize),
) -> BTreeMap<String, usize> {
    let (is_over, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let customers = (0..CUSTOMERS).map(|_| {
            scope.spawn(|| {
                let mut ask = customer();
                let mut outcomes = BTreeMap::<String, usize>::new();
                while !is_over.load(Ordering::Relaxed) {
                    *outcomes.entry(ask()).or_default() += 1;
                    answers.fetch_add(1, Ordering::Relaxed);
                }
                outcomes
            })
        });
        let customers = customers.collect::<Vec<_>>();
        // Also where something is not as it should be, or the customers would ask for ever.
        let happened = catch_unwind(AssertUnwindSafe(|| happens(&answers)));
        is_over.store(true, Ordering::Relaxed);
        let mut outcomes = BTreeMap::new();
        for customer in customers {
            for (outcome, count) in customer.join().expect("a customer ends in peace") {
                *outcomes.entry(outcome).or_default() += count;
            }
        }
        if let Err(panic) = happened {
            println!("{outcomes:?}");
            resume_unwind(panic);
        }
        outcomes
    })
}

/// Waits until so many more answers have come.
pub(crate) fn more(answers: &AtomicUsize, count: usize) {
    let before = answers.load(Ordering::Relaxed);
    eventually("customers get answers", || answers.load(Ordering::Relaxed), |now| *now >= before + count);
}

/// How often the process with this internal listener has served an operation.
pub(crate) fn served_by(internal: SocketAddr, operation: &str) -> u64 {
    let metrics = ask(internal, &Request::get("/metrics"));
    let text = String::from_utf8(metrics.body).expect("metrics are text");
    let wanted = format!("operation=\"{operation}\"");
    let mut lines = text.lines().filter(|line| line.starts_with("cleave_served_duration_seconds_count"));
    let line = lines.find(|line| line.contains(&wanted));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
}
