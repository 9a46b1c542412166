//! A deployment that is a tiny server inside this process.

use std::net::SocketAddr;

use super::Server;
use crate::overshoot::Overshoot;
use crate::subject::{Process, Running};

/// It has no process that could be looked at, and no call of it was delayed.
pub(crate) struct Served(pub(crate) Server);

impl Running for Served {
    fn address(&self) -> SocketAddr {
        self.0.address
    }

    fn processes(&self) -> Vec<Process> {
        Vec::new()
    }

    fn start_ms(&self) -> Option<f64> {
        Some(1.0)
    }

    fn delay_overshoot(&self) -> Option<Overshoot> {
        Some(Overshoot::default())
    }

    fn stop(self: Box<Self>) -> anyhow::Result<()> {
        Ok(())
    }
}
