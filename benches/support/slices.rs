//! Things that are to be compared take turns in slices of a fraction of a second, so that a noisy moment of the machine meets
//! all of them. What is told are ratios, paired by round.

use std::path::Path;
use std::time::Duration;

use cleave_compare::{Ratio, paired_ratio};
use serde_json::{Value, json};

/// Something that is kept busy for a slice.
pub(crate) struct Contender<'a> {
    pub(crate) name: &'static str,
    pub(crate) act: Box<dyn FnMut(Duration) -> Slice + 'a>,
}

/// What came of one slice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice {
    /// The median latency, in microseconds.
    pub(crate) p50_us: f64,
    /// CPU time a request, in microseconds.
    pub(crate) cpu_us: f64,
    /// Answers a second.
    pub(crate) per_second: f64,
}

impl Slice {
    /// Of the latencies of all its requests, the CPU time of whoever answered them, and how long it was.
    #[expect(clippy::cast_precision_loss, reason = "far fewer requests than 2^52")]
    pub(crate) fn of(mut latencies: Vec<Duration>, cpu_us: f64, length: Duration) -> Self {
        assert!(!latencies.is_empty(), "not one request was answered within {length:?}");
        latencies.sort_unstable();
        Self {
            p50_us: latencies[latencies.len() / 2].as_secs_f64() * 1e6,
            cpu_us: cpu_us / latencies.len() as f64,
            per_second: latencies.len() as f64 / length.as_secs_f64(),
        }
    }
}

/// What a slice tells of.
#[derive(Debug, Clone, Copy)]
enum Quantity {
    P50,
    Cpu,
    PerSecond,
    Busy,
}

impl Quantity {
    const ALL: [Self; 4] = [Self::P50, Self::Cpu, Self::PerSecond, Self::Busy];

    fn name(self) -> &'static str {
        match self {
            Self::P50 => "p50 µs",
            Self::Cpu => "CPU µs a request",
            Self::PerSecond => "answers a second",
            Self::Busy => "% of a processor",
        }
    }

    fn of(self, slice: &Slice) -> f64 {
        match self {
            Self::P50 => slice.p50_us,
            Self::Cpu => slice.cpu_us,
            Self::PerSecond => slice.per_second,
            Self::Busy => slice.cpu_us * slice.per_second / 1e4,
        }
    }
}

/// How often, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turns {
    pub(crate) rounds: usize,
    pub(crate) length: Duration,
}

impl Turns {
    /// Those of `cargo bench`, and of a test that the benchmark still works, for which two short ones are enough.
    pub(crate) fn of_the_command_line() -> Self {
        let is_measuring = std::env::args().any(|argument| argument == "--bench");
        if is_measuring {
            Self { rounds: 40, length: Duration::from_millis(100) }
        } else {
            Self { rounds: 2, length: Duration::from_millis(5) }
        }
    }
}

/// Lets all take turns, prints the quantities of each and its ratio to the first one's, and gives them as JSON.
pub(crate) fn take_turns(title: &str, turns: Turns, mut contenders: Vec<Contender<'_>>) -> Value {
    let mut slices = vec![Vec::new(); contenders.len()];
    for contender in &mut contenders {
        (contender.act)(turns.length);
    }
    for round in 0..turns.rounds {
        for turn in 0..contenders.len() {
            let who = (round + turn) % contenders.len();
            slices[who].push((contenders[who].act)(turns.length));
        }
    }
    println!("\n{title}: {} rounds of {} ms each", turns.rounds, turns.length.as_millis());
    let mut rows = Vec::new();
    for quantity in Quantity::ALL {
        println!("  {:<36} {:>12}  to the first", quantity.name(), "median");
        for (contender, own) in contenders.iter().zip(&slices) {
            let pairs = own.iter().zip(&slices[0]).map(|(own, first)| (quantity.of(own), quantity.of(first)));
            let ratio = paired_ratio(&pairs.collect::<Vec<_>>());
            let median = median(own.iter().map(|slice| quantity.of(slice)).collect());
            println!("    {:<34} {median:>12.1}  {}", contender.name, in_words(ratio.as_ref()));
            let ratio = ratio.map(|Ratio { value, low, high, .. }| json!([value, low, high]));
            rows.push(json!({ "quantity": quantity.name(), "of": contender.name, "median": median, "to_first": ratio }));
        }
    }
    json!({ "title": title, "rounds": turns.rounds, "rows": rows })
}

/// Writes what was measured where other results of the build are.
pub(crate) fn write_json(name: &str, measured: &[Value]) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let text = serde_json::to_vec_pretty(measured).expect("it is JSON");
    std::fs::write(&path, text).expect("the build's folder can be written");
    println!("\nthe same as JSON: {}", path.display());
}

fn in_words(ratio: Option<&Ratio>) -> String {
    ratio.map_or_else(
        || "not measured".to_owned(),
        |Ratio { value, low, high, .. }| format!("{value:.2} [{low:.2}, {high:.2}]"),
    )
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
