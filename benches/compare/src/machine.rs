//! What the comparison ran on.

use std::fs;

use serde::{Deserialize, Serialize};

/// The machine, as far as it tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Processors that this process may use.
    pub cores: usize,
    /// The processor's name; none where the system does not tell.
    pub cpu_model: Option<String>,
    /// The kernel's release; none where the system does not tell.
    pub kernel: Option<String>,
    /// The operating system: linux, macos, ...
    pub os: String,
    /// The version of the program that was measured.
    pub version: String,
    /// Whether the program was built without optimisation, so that its figures say little; none where nobody noted it.
    pub unoptimised: Option<bool>,
    /// The share of all CPU time during the run that a hypervisor gave to others, 0 to 1; none where not measured.
    pub steal_share: Option<f64>,
    /// The share of the processors that other programs used just before anything was measured, 0 to 1; none where not measured.
    #[serde(default)]
    pub busy_share_before: Option<f64>,
}

impl Machine {
    /// Looks at the machine; `version` is the measured program's.
    pub fn detect(version: &str) -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            cpu_model: fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| cpu_model(&text)),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|text| text.trim().to_owned()),
            os: std::env::consts::OS.to_owned(),
            version: version.to_owned(),
            // The instrument is built with what it measures.
            unoptimised: Some(cfg!(debug_assertions)),
            steal_share: None,
            busy_share_before: None,
        }
    }
}

fn cpu_model(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named_where_the_system_names_it() {
        assert_eq!(cpu_model("processor\t: 0\nmodel name\t: Fast One\n"), Some("Fast One".to_owned()));
        assert_eq!(cpu_model("processor\t: 0\n"), None);
        assert!(Machine::detect("1.2.3").cores >= 1);
    }
}
