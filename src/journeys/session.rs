//! A session with a store, noted step by step in words that two stores can share.

use std::time::{Duration, Instant};

use anyhow::bail;
use cleave_compare::{Client, Request, Response, Step};
use serde_json::Value;

use super::{Normaliser, Shelf};

/// How long a reaction may take to show.
const REACTION_DEADLINE: Duration = Duration::from_secs(20);

/// Sends requests one after the other, and notes each with its answer.
pub(super) struct Session<'run> {
    client: &'run mut Client,
    normaliser: Normaliser,
    steps: Vec<Step>,
}

impl<'run> Session<'run> {
    /// A session that calls what is on the shelf by its own ids.
    pub(super) fn new(client: &'run mut Client, shelf: &Shelf) -> Self {
        let mut normaliser = Normaliser::default();
        for id in &shelf.product_ids {
            normaliser.keep(id);
        }
        Self::with(client, normaliser)
    }

    /// A session whose answers are made equal so.
    pub(super) fn with(client: &'run mut Client, normaliser: Normaliser) -> Self {
        Self { client, normaliser, steps: Vec::new() }
    }

    /// What was asked and answered.
    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    pub(super) fn get(&mut self, path: &str) -> anyhow::Result<Value> {
        self.send(&Request::get(path))
    }

    pub(super) fn send(&mut self, request: &Request) -> anyhow::Result<Value> {
        let response = self.client.send(request)?;
        Ok(self.note(request, &response))
    }

    /// Asks again until `settled` says yes, and notes the last answer: for what follows a moment later.
    pub(super) fn wait_until(
        &mut self,
        request: &Request,
        settled: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<()> {
        let start = now();
        loop {
            let response = self.client.send(request)?;
            if settled(&serde_json::from_slice(&response.body).unwrap_or(Value::Null)) {
                self.note(request, &response);
                return Ok(());
            }
            if now() - start > REACTION_DEADLINE {
                bail!(
                    "{} did not settle within {} s: {}",
                    request.path,
                    REACTION_DEADLINE.as_secs(),
                    response.text()
                );
            }
            pause();
        }
    }

    fn note(&mut self, request: &Request, response: &Response) -> Value {
        let headers = ["content-type", "location", "retry-after", "allow"]
            .iter()
            .filter_map(|name| Some(format!("{name}: {}", response.header(name)?)))
            .collect::<Vec<_>>();
        let body = serde_json::from_slice(&response.body).unwrap_or_else(|_| Value::String(response.text()));
        let shown = self.normaliser.value(&body);
        let headers = self.normaliser.text(&headers.join("; "));
        let asked = self.normaliser.text(&format!("{} {}", request.method, request.path));
        self.steps.push(Step::new(asked, format!("{} [{headers}] {shown}", response.status)));
        body
    }
}

/// A command with this body.
pub(super) fn post(path: &str, body: &Value) -> Request {
    Request::new("POST", path).json(body.to_string())
}

#[expect(clippy::disallowed_methods, reason = "a real store is waited for in real time")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the session has a thread of its own, and a deadline")]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}
