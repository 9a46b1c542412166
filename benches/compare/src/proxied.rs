//! A subject behind a plain proxy, which is part of what it costs.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;

use crate::nginx::{Nginx, PlainProxy};
use crate::overshoot::Overshoot;
use crate::subject::{Guard, Process, Running, Subject};

/// What the proxy's processes are called.
const SERVICE: &str = "nginx";

/// A subject whose clients ask nginx, which passes all on.
pub struct Proxied<S> {
    /// Its own name.
    pub label: String,
    /// What is behind the proxy.
    pub subject: S,
    /// The proxy.
    pub nginx: Nginx,
    /// Where each start makes a folder for it.
    pub work: PathBuf,
}

impl<S: Subject> Subject for Proxied<S> {
    fn label(&self) -> &str {
        &self.label
    }

    fn answers(&self, journey: &str) -> bool {
        self.subject.answers(journey)
    }

    /// The proxy gets half of the processors' worth of workers, as a process does that shares them with another one.
    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        let origin = Guard::new(self.subject.start()?);
        let began = Instant::now();
        let address = origin.running().address();
        let folder = self.work.join(format!("{SERVICE}-{}", address.port()));
        fs::create_dir_all(&folder)
            .with_context(|| format!("no folder for nginx in {}", self.work.display()))?;
        let workers = std::thread::available_parallelism().map_or(1, usize::from).div_ceil(2);
        let proxy = self.nginx.start(&folder, address, workers)?;
        let start_ms = began.elapsed().as_secs_f64() * 1_000.0;
        Ok(Box::new(RunningBehind { proxy, start_ms, origin, folder }))
    }

    fn adapted(&self, request: crate::http::Request) -> crate::http::Request {
        self.subject.adapted(request)
    }
}

/// Dropped in this order: the proxy first.
struct RunningBehind {
    proxy: PlainProxy,
    start_ms: f64,
    origin: Guard,
    folder: PathBuf,
}

impl Running for RunningBehind {
    fn address(&self) -> SocketAddr {
        self.proxy.address()
    }

    fn processes(&self) -> Vec<Process> {
        let proxies = self.proxy.pids().map(|pid| Process { service: SERVICE.to_owned(), pid });
        proxies.chain(self.origin.running().processes()).collect()
    }

    fn start_ms(&self) -> Option<f64> {
        Some(self.origin.running().start_ms()? + self.start_ms)
    }

    fn tend(&mut self) {
        self.origin.running_mut().tend();
    }

    fn is_settled(&self) -> Option<bool> {
        self.origin.running().is_settled()
    }

    fn delay_overshoot(&self) -> Option<Overshoot> {
        self.origin.running().delay_overshoot()
    }

    fn stop(self: Box<Self>) -> anyhow::Result<()> {
        let Self { proxy, origin, folder, .. } = *self;
        drop(proxy);
        origin.stop()?;
        fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be removed", folder.display()))
    }
}
