//! Who runs where: the deployment on one set of processors, the load generator on another.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The processors of a comparison, by their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuSets {
    /// Where each deployment runs, whole. Empty where processes cannot be pinned on this system.
    pub servers: Vec<usize>,
    /// Where the generator runs. None where threads cannot be pinned on this system.
    pub generator: Option<usize>,
    /// Whether the generator's processor is one of the servers': latencies then contain the generator's work.
    pub shared: bool,
}

impl CpuSets {
    /// Gives the last processor that this process may use to the generator and the others to the servers; or, where
    /// they shall share, all processors to the servers.
    pub fn detect(share: bool) -> Self {
        let allowed = system::allowed();
        if share { Self::share(allowed) } else { Self::divide(allowed) }
    }

    fn share(allowed: Vec<usize>) -> Self {
        Self { generator: allowed.last().copied(), servers: allowed, shared: true }
    }

    fn divide(mut allowed: Vec<usize>) -> Self {
        match allowed.pop() {
            None => Self { servers: Vec::new(), generator: None, shared: true },
            Some(only) if allowed.is_empty() => {
                Self { servers: vec![only], generator: Some(only), shared: true }
            }
            Some(last) => Self { servers: allowed, generator: Some(last), shared: false },
        }
    }

    /// Gives the last processor that this process may use to the generator. The deployments run already, wherever that is.
    pub fn of_generator() -> Self {
        let divided = Self::divide(system::allowed());
        Self { servers: Vec::new(), ..divided }
    }

    /// Runs `work` with the calling thread, and every process and thread that it starts, on the servers' processors.
    pub fn on_servers<T>(&self, work: impl FnOnce() -> T) -> T {
        let _restore = system::Pinned::to(&self.servers);
        work()
    }

    /// Runs `work` with the calling thread on the generator's processor.
    pub(crate) fn on_generator<T>(&self, work: impl FnOnce() -> T) -> T {
        let _restore = system::Pinned::to(self.generator.as_slice());
        work()
    }

    /// Pins the calling thread to the generator's processor for the rest of its life.
    pub(crate) fn pin_generator(&self) {
        if let Some(generator) = self.generator {
            system::pin(&[generator]);
        }
    }
}

impl fmt::Display for CpuSets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.generator {
            None => write!(formatter, "nothing is pinned on this system"),
            Some(cpu) if self.servers.is_empty() => {
                write!(formatter, "load generator on processor {cpu}, what it loads is not pinned")
            }
            Some(cpu) if self.shared => write!(formatter, "servers and load generator share processor {cpu}"),
            Some(cpu) => {
                write!(formatter, "servers on processors {:?}, load generator on {cpu}", self.servers)
            }
        }
    }
}

#[cfg(target_os = "linux")]
mod system {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    pub(super) fn allowed() -> Vec<usize> {
        let Ok(set) = sched_getaffinity(None) else { return Vec::new() };
        (0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect()
    }

    pub(super) fn pin(cpus: &[usize]) {
        let mut set = CpuSet::new();
        for cpu in cpus {
            set.set(*cpu);
        }
        // A processor can go offline between detection and use; the run is then merely not pinned.
        let _ = sched_setaffinity(None, &set);
    }

    /// The calling thread's pinning, undone when dropped.
    pub(super) struct Pinned(Option<CpuSet>);

    impl Pinned {
        pub(super) fn to(cpus: &[usize]) -> Self {
            if cpus.is_empty() {
                return Self(None);
            }
            let before = sched_getaffinity(None).ok();
            pin(cpus);
            Self(before)
        }
    }

    impl Drop for Pinned {
        fn drop(&mut self) {
            if let Some(before) = &self.0 {
                let _ = sched_setaffinity(None, before);
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn allowed() -> Vec<usize> {
        Vec::new()
    }

    pub(super) fn pin(_cpus: &[usize]) {}

    pub(super) struct Pinned;

    impl Pinned {
        pub(super) fn to(_cpus: &[usize]) -> Self {
            Self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gets_the_last_processor_and_shares_only_where_there_is_one() {
        let sets = CpuSets::divide(vec![0, 1, 5]);
        assert_eq!((sets.servers, sets.generator, sets.shared), (vec![0, 1], Some(5), false));
        let one = CpuSets::divide(vec![3]);
        assert_eq!((one.servers, one.generator, one.shared), (vec![3], Some(3), true));
        let share = CpuSets::share(vec![0, 1]);
        assert_eq!((share.servers, share.generator, share.shared), (vec![0, 1], Some(1), true));
        let none = CpuSets::divide(Vec::new());
        assert_eq!((none.servers, none.generator), (Vec::new(), None));
    }

    #[test]
    fn pinning_ends_with_the_work() {
        let before = system::allowed();
        let sets = CpuSets::detect(false);
        let during = sets.on_servers(system::allowed);
        assert_eq!(during, sets.servers);
        assert_eq!(system::allowed(), before);
    }
}
