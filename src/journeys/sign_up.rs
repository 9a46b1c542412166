//! Customers of a store whose keys nobody here has: they sign up and log in as everybody does.

use std::panic::resume_unwind;
use std::thread;

use anyhow::{Context as _, ensure};
use cleave_compare::{Client, Request, Response};
use cleave_core::Ids;
use serde_json::{Value, json};

use super::session::post;

/// How many sign up at the same time: hashing their passwords is most of the work, and a store does not hash many at once.
const AT_ONCE: usize = 4;

/// Signs up so many customers, each with a password of its own that nobody learns, and tells what each writes into the header
/// `authorization`.
///
/// # Errors
/// The store does not take them.
pub fn sign_up(client: &Client, ids: &Ids, count: usize) -> anyhow::Result<Vec<String>> {
    let some = |count: usize| {
        let mut client = client.clone();
        move || (0..count).map(|_| newcomer(&mut client, ids)).collect::<anyhow::Result<Vec<_>>>()
    };
    thread::scope(|scope| {
        let shares = (0..AT_ONCE).map(|number| count * (number + 1) / AT_ONCE - count * number / AT_ONCE);
        let all = shares.map(|share| scope.spawn(some(share))).collect::<Vec<_>>();
        let all = all.into_iter().map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic)));
        Ok(all.collect::<anyhow::Result<Vec<_>>>()?.concat())
    })
}

fn newcomer(client: &mut Client, ids: &Ids) -> anyhow::Result<String> {
    let (email, password) = (format!("measuring-{}@example.org", ids.next()), ids.next().to_string());
    let person = json!({"email": email, "password": password, "name": "Measuring instrument"});
    expect(client, &post("/api/v1/accounts", &person), 201)?;
    let opened =
        expect(client, &post("/api/v1/sessions", &json!({"email": email, "password": password})), 201)?;
    let opened: Value = serde_json::from_slice(&opened.body).unwrap_or_default();
    let token = opened["access_token"].as_str().context("a new session has no access_token")?;
    Ok(format!("Bearer {token}"))
}

fn expect(client: &mut Client, request: &Request, status: u16) -> anyhow::Result<Response> {
    let response = client.send(request)?;
    let (method, path) = (&request.method, &request.path);
    ensure!(response.status == status, "{method} {path} gave {}: {}", response.status, response.text());
    Ok(response)
}
