//! Things that are to be compared take turns, so that a noisy moment of the machine meets all of them. What is told is the
//! p50 of each, and its ratio to the first, paired by round.

use std::time::Duration;

use cleave_compare::paired_ratio;

/// Something that is done again and again; each time it tells how long what counts of it took.
pub(crate) struct Contender<'a> {
    pub(crate) name: String,
    pub(crate) act: Box<dyn FnMut() -> Duration + 'a>,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(name: impl Into<String>, act: impl FnMut() -> Duration + 'a) -> Self {
        Self { name: name.into(), act: Box::new(act) }
    }
}

/// How often everything is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turns {
    /// How often each does it before anything counts.
    pub(crate) warm_up: usize,
    pub(crate) rounds: usize,
    pub(crate) times_a_round: usize,
}

/// Whether this is `cargo bench`, and not a test that the benchmark still works, for which once is enough.
pub(crate) fn is_measuring() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Whether the command line names this title, a part of it, or none at all.
fn is_wanted(title: &str) -> bool {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    filter.is_none_or(|filter| title.contains(&filter))
}

/// Lets all take turns, the order rotating from round to round, and prints what came of it.
pub(crate) fn take_turns(title: &str, turns: Turns, mut contenders: Vec<Contender<'_>>) {
    if !is_wanted(title) {
        return;
    }
    let mut by_round = vec![Vec::new(); contenders.len()];
    let mut all = vec![Vec::new(); contenders.len()];
    for contender in &mut contenders {
        for _ in 0..turns.warm_up {
            (contender.act)();
        }
    }
    for round in 0..turns.rounds {
        for turn in 0..contenders.len() {
            let who = (round + turn) % contenders.len();
            let mut times = (0..turns.times_a_round).map(|_| (contenders[who].act)()).collect::<Vec<_>>();
            by_round[who].push(quantile_us(&mut times, 0.5));
            all[who].append(&mut times);
        }
    }
    println!("\n{title}: {} rounds of {}", turns.rounds, turns.times_a_round);
    println!("  {:<44} {:>9} {:>9}  p50 to the first", "", "p50 µs", "p99 µs");
    for (who, contender) in contenders.iter().enumerate() {
        let pairs = by_round[who].iter().copied().zip(by_round[0].iter().copied()).collect::<Vec<_>>();
        let ratio = paired_ratio(&pairs);
        let ratio = match ratio {
            Some(ratio) if who > 0 => format!("{:.2} [{:.2}, {:.2}]", ratio.value, ratio.low, ratio.high),
            _ => String::new(),
        };
        let (p50, p99) = (quantile_us(&mut all[who], 0.5), quantile_us(&mut all[who], 0.99));
        println!("  {:<44} {p50:>9.1} {p99:>9.1}  {ratio}", contender.name);
    }
}

fn quantile_us(times: &mut [Duration], quantile: f64) -> f64 {
    times.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = ((times.len() - 1) as f64 * quantile).round() as usize;
    times.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
}
