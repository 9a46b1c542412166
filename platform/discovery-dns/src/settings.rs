//! Which names are asked for, whom, and how often.

use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::time::Duration;

use serde::Deserialize;

use crate::names::parse;

/// What stands in a template for the name of the service.
const SERVICE: &str = "{service}";

/// The section `discovery.dns` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The name of a service, with `{service}` in it. One that ends with a dot is asked for as it is; any other as the system's
    /// resolver would, by the search list of `/etc/resolv.conf`.
    pub names: String,
    /// The port at which all processes listen for peers; 0 where that is the one at which this process listens.
    pub port: u16,
    /// The name of a service's SRV records, with `{service}` in it, where they tell the ports; empty where `names` is asked for.
    pub srv: String,
    /// The name servers; none where `/etc/resolv.conf` names them.
    pub servers: Vec<SocketAddr>,
    /// The shortest time between two questions for the same name, in milliseconds.
    pub min_interval_ms: NonZeroU64,
    /// The longest time between two questions for the same name, in milliseconds: also where an answer says that it is good for longer.
    pub max_interval_ms: NonZeroU64,
    /// How long to wait for an answer, in milliseconds.
    pub timeout_ms: NonZeroU64,
    /// How often a question is asked again that nobody has answered in time.
    pub attempts: u8,
}

impl Settings {
    /// Refuses what cannot be, with the key and what would be right.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        for (key, template) in [("discovery.dns.names", &self.names), ("discovery.dns.srv", &self.srv)] {
            if key == "discovery.dns.srv" && template.is_empty() {
                continue;
            }
            if !template.contains(SERVICE) {
                return Err((
                    key,
                    format!(
                        "each service has a name of its own: put {SERVICE} into it, as in \"{SERVICE}.store.svc.cluster.local.\""
                    ),
                ));
            }
            if let Err(reason) = parse(&fill_in(template, "service")) {
                return Err((
                    key,
                    format!("it is no name of the DNS ({reason}); write one such as {SERVICE}.example."),
                ));
            }
        }
        if let Some(server) =
            self.servers.iter().find(|server| server.port() == 0 || server.ip().is_unspecified())
        {
            return Err((
                "discovery.dns.servers",
                format!("nobody answers at {server}; write IP:PORT, the port is mostly 53"),
            ));
        }
        if self.min_interval_ms > self.max_interval_ms {
            return Err((
                "discovery.dns.min_interval_ms",
                "write at most discovery.dns.max_interval_ms".to_owned(),
            ));
        }
        if self.attempts > 10 {
            return Err(("discovery.dns.attempts", "write 0 to 10".to_owned()));
        }
        Ok(())
    }

    /// The name that is asked for, and whether that is for SRV records.
    pub(crate) fn name_of(&self, service: &str) -> (String, bool) {
        let asks_srv = !self.srv.is_empty();
        (fill_in(if asks_srv { &self.srv } else { &self.names }, service), asks_srv)
    }

    /// When to ask again after an answer that is good for `ttl`.
    pub(crate) fn pause_after(&self, ttl: Duration) -> Duration {
        ttl.clamp(self.min_interval(), self.max_interval())
    }

    /// When to ask again after so many failures in a row: soon, then later and later.
    pub(crate) fn pause_after_failures(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.min_interval().saturating_mul(doubled).min(self.max_interval())
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.get())
    }

    fn min_interval(&self) -> Duration {
        Duration::from_millis(self.min_interval_ms.get())
    }

    fn max_interval(&self) -> Duration {
        Duration::from_millis(self.max_interval_ms.get())
    }
}

fn fill_in(template: &str, service: &str) -> String {
    template.replace(SERVICE, service)
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            names: SERVICE.to_owned(),
            port: 0,
            srv: String::new(),
            servers: Vec::new(),
            min_interval_ms: const { NonZeroU64::new(1_000).expect("not zero") },
            max_interval_ms: const { NonZeroU64::new(10_000).expect("not zero") },
            timeout_ms: const { NonZeroU64::new(2_000).expect("not zero") },
            attempts: 1,
        }
    }
}
