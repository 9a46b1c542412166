//! What has to be asked before a load begins, by several clients at once, unmeasured.

use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use crate::client::Client;
use crate::http::Request;
use crate::journey::Journey;

/// How many ask at the same time.
const AT_ONCE: usize = 8;

/// How long one of them waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks for whatever these requests need before them. A refusal is an error: a load on half a preparation would measure
/// something else.
pub(crate) fn ask(address: SocketAddr, journey: &dyn Journey, requests: &[Request]) -> io::Result<()> {
    let needed = requests.iter().filter_map(|request| journey.preparation(request)).collect::<Vec<_>>();
    if needed.is_empty() {
        return Ok(());
    }
    let share = needed.len().div_ceil(AT_ONCE);
    thread::scope(|scope| {
        let asking = needed.chunks(share).map(|share| scope.spawn(|| ask_one_by_one(address, share)));
        let asking = asking.collect::<Vec<_>>();
        asking
            .into_iter()
            .try_for_each(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn ask_one_by_one(address: SocketAddr, requests: &[Request]) -> io::Result<()> {
    let mut client = Client::new(address, PATIENCE);
    for request in requests {
        let response = client.send(request).map_err(io::Error::other)?;
        if !(200..300).contains(&response.status) {
            let asked = format!("{} {}", request.method, request.path);
            let text =
                format!("the preparation {asked} was answered with {}: {}", response.status, response.text());
            return Err(io::Error::other(text));
        }
    }
    Ok(())
}
