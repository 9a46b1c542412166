//! What the kernel knows of processes: CPU time, memory, threads. Nothing is guessed: what cannot be read is `None`.

use std::collections::BTreeMap;
use std::fs;

/// The CPU time of every thread of one process at one moment, in nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ThreadTimes(BTreeMap<u32, u64>);

impl ThreadTimes {
    /// Reads `/proc/<pid>/task/*/schedstat`; `/proc/<pid>/schedstat` would tell of the main thread only.
    pub(crate) fn read(pid: u32) -> Option<Self> {
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
    pub(crate) fn since_us(&self, before: &Self) -> f64 {
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

/// How many threads a process has.
pub(crate) fn threads(pid: u32) -> Option<usize> {
    Some(fs::read_dir(format!("/proc/{pid}/task")).ok()?.count())
}

/// All time of all processors since boot, and the part that the hypervisor gave to others ("steal"), in ticks.
pub(crate) fn steal_and_total_ticks() -> Option<(u64, u64)> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    // user nice system idle iowait irq softirq steal; guest time is contained in user.
    let ticks: Vec<u64> = text
        .lines()
        .next()?
        .split_whitespace()
        .skip(1)
        .take(8)
        .map_while(|field| field.parse().ok())
        .collect();
    Some((*ticks.get(7)?, ticks.iter().sum()))
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
        assert!(steal_and_total_ticks().is_some_and(|(steal, total)| steal < total));
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
