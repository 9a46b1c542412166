//! A target as the instrument sees it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::ensure;
use cleave_compare::{Client, Process, Request, Running, Subject, Tls};

use super::PATIENCE;
use crate::journeys::{Goods, renamed};

/// A store that runs, wherever that is.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) label: String,
    pub(super) authority: String,
    pub(super) url: String,
    pub(super) socket: SocketAddr,
    pub(super) tls: Option<Tls>,
    pub(super) goods: Goods,
    /// From what the first target says to what this one says.
    pub(super) words: HashMap<String, String>,
}

impl Subject for Target {
    fn label(&self) -> &str {
        &self.label
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        let (authority, tls) = (self.authority.clone(), self.tls.clone());
        let seen = SeenFromOutside { socket: self.socket, authority, tls };
        seen.look_for()?;
        Ok(Box::new(seen))
    }

    fn runs_at(&self) -> Option<String> {
        Some(self.url.clone())
    }

    fn adapted(&self, request: Request) -> Request {
        let own = |word: &str| self.words.get(word).map(String::as_str);
        renamed(request, own).header("host", self.authority.as_str())
    }
}

struct SeenFromOutside {
    socket: SocketAddr,
    authority: String,
    tls: Option<Tls>,
}

impl SeenFromOutside {
    /// Makes sure that it is still there.
    fn look_for(&self) -> anyhow::Result<()> {
        let response = self.client(PATIENCE).send(&Request::get("/api/v1/products?limit=1"))?;
        ensure!(response.status == 200, "it answers with {}: {}", response.status, response.text());
        Ok(())
    }
}

impl Running for SeenFromOutside {
    fn address(&self) -> SocketAddr {
        self.socket
    }

    fn client(&self, timeout: Duration) -> Client {
        Client::new(self.socket, timeout).naming(self.authority.as_str()).over(self.tls())
    }

    fn tls(&self) -> Option<Tls> {
        self.tls.clone()
    }

    fn processes(&self) -> Vec<Process> {
        Vec::new()
    }

    fn start_ms(&self) -> Option<f64> {
        None
    }

    fn stop(self: Box<Self>) -> anyhow::Result<()> {
        self.look_for()
    }
}
