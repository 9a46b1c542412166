//! The same question again and again.

use std::net::SocketAddr;
use std::time::Duration;

use rand::RngExt as _;

use crate::error::Unresolved;
use crate::names::{Answer, Names};

/// What a question has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The service is there.
    Addresses(Vec<SocketAddr>),
    /// The name servers answer, and know of no address. Where addresses are known, they stay.
    NoAddress,
    /// The name servers do not answer, or make no sense. Where addresses are known, they stay.
    NoAnswer,
}

impl Names {
    /// Asks for ever where a service is, and says each time what that has brought. The log hears when it begins to fail, when it works
    /// again, and when the addresses change.
    pub async fn follow(&self, service: &str, mut tell: impl FnMut(News)) {
        let mut known = Vec::new();
        let mut failures = 0;
        loop {
            let pause = match self.ask(service).await {
                Ok(Answer { addresses, ttl }) => {
                    if failures > 0 {
                        tracing::info!(service, "the name servers tell again where this service is");
                    }
                    failures = 0;
                    if known != addresses {
                        tracing::info!(service, ?addresses, "the name servers tell where this service is");
                        known.clone_from(&addresses);
                    }
                    tell(News::Addresses(addresses));
                    self.settings.pause_after(ttl)
                }
                Err(error) => {
                    if failures == 0 {
                        warn(service, &error, !known.is_empty());
                    }
                    failures += 1;
                    tell(if error.cause.is_answer() { News::NoAddress } else { News::NoAnswer });
                    self.settings.pause_after_failures(failures)
                }
            };
            tokio::time::sleep(shortened(pause)).await;
        }
    }
}

fn warn(service: &str, error: &Unresolved, is_known: bool) {
    if is_known {
        tracing::warn!(service, %error, "the last good answer of the name servers has to do");
    } else {
        tracing::warn!(service, %error, "it is not known yet where this service is");
    }
}

/// A little less, so that processes that began together do not ask together for ever.
#[expect(
    clippy::disallowed_methods,
    reason = "jitter must differ between processes; no result depends on it"
)]
fn shortened(pause: Duration) -> Duration {
    pause.mul_f64(rand::rng().random_range(0.9..1.0))
}
