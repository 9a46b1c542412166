//! What the kernel knows of processes: CPU time, memory, threads. Nothing is guessed: what cannot be read is `None`.

use std::collections::BTreeMap;
use std::fs;

/// The CPU time of every thread of one process at one moment, in nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThreadTimes(BTreeMap<u32, u64>);

impl ThreadTimes {
    /// Reads `/proc/<pid>/task/*/schedstat`; `/proc/<pid>/schedstat` would tell of the main thread only.
    pub fn read(pid: u32) -> Option<Self> {
        let mut times = BTreeMap::new();
        for entry in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
            let path = entry.ok()?.path();
            let Some(thread) = path.file_name().and_then(|name| name.to_str()?.parse().ok()) else {
                continue;
            };
            // A thread may end between the listing and the reading.
            let Ok(text) = fs::read_to_string(path.join("schedstat")) else { continue };
            times.insert(thread, text.split_whitespace().next()?.parse().ok()?);
        }
        (!times.is_empty()).then_some(Self(times))
    }

    /// The CPU time spent since `before`, in microseconds. What threads spent that have ended since is lost.
    pub fn since_us(&self, before: &Self) -> f64 {
        let spent_ns: u64 = self
            .0
            .iter()
            .map(|(thread, now_ns)| now_ns.saturating_sub(before.0.get(thread).copied().unwrap_or(0)))
            .sum();
        spent_ns as f64 / 1000.0
    }
}

/// The proportional set size of a process in KiB: its own pages, and its share of those that others map too.
pub(crate) fn pss_kib(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("Pss:")?.split_whitespace().next()?.parse().ok())
}

/// The processes whose parent is this one, in the order of their ids.
pub(crate) fn children(pid: u32) -> Option<Vec<u32>> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let pids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    let mut children = pids.filter(|child| parent(*child) == Some(pid)).collect::<Vec<_>>();
    children.sort_unstable();
    Some(children)
}

fn parent(pid: u32) -> Option<u32> {
    stat(pid, 1)?.parse().ok()
}

/// Whether it has ended and waits for its parent to look.
pub(crate) fn is_zombie(pid: u32) -> bool {
    stat(pid, 0).is_some_and(|state| state == "Z")
}

/// What stands behind the name, which may have blanks and brackets in it: the state, the parent, ...
fn stat(pid: u32, place: usize) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.rsplit_once(')')?.1.split_whitespace().nth(place).map(str::to_owned)
}

/// How many threads a process has.
pub(crate) fn threads(pid: u32) -> Option<usize> {
    Some(fs::read_dir(format!("/proc/{pid}/task")).ok()?.count())
}

/// The time of all processors since boot, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticks {
    all: u64,
    /// Nothing was there to do, or it waited for a disk.
    idle: u64,
    /// The hypervisor gave it to others ("steal").
    stolen: u64,
}

impl Ticks {
    /// Now.
    pub(crate) fn read() -> Option<Self> {
        Self::of(&fs::read_to_string("/proc/stat").ok()?)
    }

    fn of(text: &str) -> Option<Self> {
        // user nice system idle iowait irq softirq steal; guest time is contained in user.
        let fields = text.lines().next()?.split_whitespace().skip(1).take(8);
        let ticks: Vec<u64> = fields.map_while(|field| field.parse().ok()).collect();
        let [.., idle, waiting, _, _, stolen] = ticks[..] else { return None };
        Some(Self { all: ticks.iter().sum(), idle: idle + waiting, stolen })
    }

    /// The share since `before` that was stolen.
    pub(crate) fn stolen_share(self, before: Self) -> Option<f64> {
        self.share(before, self.stolen.saturating_sub(before.stolen))
    }

    /// The share since `before` in which somebody here had something to do.
    pub(crate) fn busy_share(self, before: Self) -> Option<f64> {
        let idle = self.share(before, self.idle.saturating_sub(before.idle))?;
        Some(1.0 - idle)
    }

    fn share(self, before: Self, part: u64) -> Option<f64> {
        let all = self.all.checked_sub(before.all).filter(|all| *all > 0)?;
        Some(part as f64 / all as f64)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_can_be_read() {
        let pid = std::process::id();
        let before = ThreadTimes::read(pid).expect("schedstat");
        let mut sum = 0_u64;
        for number in 0..3_000_000_u64 {
            sum = std::hint::black_box(sum.wrapping_add(number));
        }
        std::thread::yield_now();
        let after = ThreadTimes::read(pid).expect("schedstat");
        assert!(after.since_us(&before) > 0.0, "work costs time");
        assert!(pss_kib(pid).expect("smaps_rollup") > 100);
        assert!(threads(pid).expect("task") >= 1);
        assert_eq!(parent(pid), Some(std::os::unix::process::parent_id()));
        assert!(!is_zombie(pid));
        assert!(Ticks::read().is_some_and(|ticks| ticks.stolen + ticks.idle < ticks.all));
    }

    #[test]
    fn shares_are_those_of_the_time_between_two_readings() {
        let before = Ticks::of("cpu  100 0 50 800 40 5 5 0 7 0\ncpu0 1").expect("a line of the kernel");
        let after = Ticks::of("cpu  110 0 60 860 50 5 5 10 9 0").expect("a line of the kernel");
        assert!((after.stolen_share(before).expect("100 ticks later") - 0.1).abs() < 1e-9);
        assert!((after.busy_share(before).expect("100 ticks later") - 0.3).abs() < 1e-9);
        assert_eq!(before.busy_share(before), None, "no time has passed");
        assert_eq!(Ticks::of("cpu 1 2 3"), None);
    }

    #[test]
    fn a_thread_that_started_later_counts_from_zero() {
        let before = ThreadTimes(BTreeMap::from([(1, 1_000), (2, 5_000)]));
        let after = ThreadTimes(BTreeMap::from([(1, 3_000), (3, 4_000)]));
        assert!((after.since_us(&before) - 6.0).abs() < 1e-9);
    }

    #[test]
    fn a_process_that_is_gone_is_not_measured() {
        assert_eq!(ThreadTimes::read(u32::MAX), None);
        assert_eq!(pss_kib(u32::MAX), None);
        assert_eq!(threads(u32::MAX), None);
    }
}
