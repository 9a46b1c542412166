//! What has to be asked before a load begins, by several clients at once, unmeasured.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::http::{Request, Response};
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::subject::Running;

/// How many ask at the same time.
const AT_ONCE: usize = 8;

/// How long one of them waits for an answer, and for what is away.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two looks whether what was away is there again.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks for whatever these requests need before them. A refusal is an error: a load on half a preparation would measure
/// something else.
pub(crate) fn ask(
    running: &dyn Running,
    journey: &dyn Journey,
    requests: &[Request],
    interruption: &Interruption,
) -> io::Result<()> {
    ask_as(&running.client(PATIENCE).heeding(interruption), journey, requests)
}

fn ask_as(client: &Client, journey: &dyn Journey, requests: &[Request]) -> io::Result<()> {
    let needed = requests.iter().filter_map(|request| journey.preparation(request)).collect::<Vec<_>>();
    if needed.is_empty() {
        return Ok(());
    }
    let share = needed.len().div_ceil(AT_ONCE);
    thread::scope(|scope| {
        let asking = needed.chunks(share).map(|share| scope.spawn(|| ask_one_by_one(client, share)));
        let asking = asking.collect::<Vec<_>>();
        asking
            .into_iter()
            .try_for_each(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn ask_one_by_one(client: &Client, requests: &[Request]) -> io::Result<()> {
    let mut client = client.clone();
    for request in requests {
        let response = ask_until_available(&mut client, request)?;
        if !(200..300).contains(&response.status) {
            let asked = format!("{} {}", request.method, request.path);
            let text =
                format!("the preparation {asked} was answered with {}: {}", response.status, response.text());
            return Err(io::Error::other(text));
        }
    }
    Ok(())
}

/// A deployment in which a part is away for a moment, as where many processes have just been started, is asked again.
fn ask_until_available(client: &mut Client, request: &Request) -> io::Result<Response> {
    let began = Instant::now();
    loop {
        let response = client.send(request).map_err(io::Error::other)?;
        if response.status != 503 || began.elapsed() > PATIENCE {
            return Ok(response);
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;
    use crate::testing::Server;

    struct Prepared;

    impl Journey for Prepared {
        fn name(&self) -> &'static str {
            "prepared"
        }

        fn request(&self, _dice: &mut Dice) -> Request {
            Request::get("/")
        }

        fn preparation(&self, _request: &Request) -> Option<Request> {
            Some(Request::get("/before"))
        }

        fn accepts(&self, _response: &Response) -> bool {
            true
        }
    }

    #[test]
    fn what_is_away_for_a_moment_is_asked_again_and_a_refusal_is_told() {
        let away = Server::start(|_, number| (if number < 3 { 503 } else { 200 }, String::new()));
        ask_as(&Client::new(away.address, PATIENCE), &Prepared, &[Request::get("/")]).expect("it comes back");
        let refusing = Server::start(|_, _| (401, "who are you?".to_owned()));
        let error = ask_as(&Client::new(refusing.address, PATIENCE), &Prepared, &[Request::get("/")])
            .expect_err("it is refused");
        assert!(error.to_string().contains("GET /before was answered with 401: who are you?"), "{error}");
    }
}
