//! What one call to a module in another process costs beside what it is made of: a bare HTTP round trip over the same kind of
//! socket, with blocking calls, bytes that are ready, and as long as the call's. `just bench-hop` runs it.
//!
//! Both ends have a thread each, all on one processor, so that the p50 contains the work of both and no wake-up across processors.

#[path = "support/bare.rs"]
mod bare;
#[path = "support/linked.rs"]
mod linked;
#[path = "support/slices.rs"]
mod slices;

use std::rc::Rc;
use std::time::{Duration, Instant};

use catalog_api::ProductId;
use cleave_compare::{CpuSets, ThreadTimes};
use cleave_core::Caller;
use inventory_api::Inventory;

use self::bare::BarePair;
use self::linked::{Bench, serve};
use self::slices::{Contender, Slice, Turns, take_turns, write_json};

fn main() {
    CpuSets::detect(false).on_servers(measure);
}

fn measure() {
    let bench = Bench::new();
    let product_id = ProductId::from(bench.ids.next());
    let (tcp, unix) = serve(&bench, &bench.folder.path().join("hop.sock"));
    // The head of a call carries id, deadline and credential; those of the bare pair are as long.
    let request =
        message(&format!("GET /internal/v1/stock/{product_id} HTTP/1.1\r\nhost: inventory\r\n"), 330, "");
    let body = format!(r#"{{"product_id":"{product_id}","available":1}}"#);
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\ncontent-type: application/json\r\n", body.len());
    let answer = message(&head, 130, &body);
    let mut over_tcp = BarePair::over_tcp(&request, &answer);
    let mut again = BarePair::over_tcp(&request, &answer);
    let mut over_unix = BarePair::over_unix(&bench.folder.path().join("bare.sock"), &request, &answer);
    let hop = |name, inventory: Rc<dyn Inventory>| {
        let bench = &bench;
        contender(bench, name, async move || {
            let context = bench.context(Caller::Anonymous);
            let stock = inventory.get_stock(&context, product_id).await;
            assert!(stock.is_ok(), "the callee answers from memory");
        })
    };
    let turns = Turns::of_the_command_line();
    let by_link = take_turns(
        "a hop over each link",
        turns,
        vec![
            hop("over tcp", bench.remote(bench.peer(tcp.clone()))),
            hop("over unix", bench.remote(bench.peer(unix.clone()))),
        ],
    );
    let beside_tcp = take_turns(
        "a hop over tcp beside a bare round trip",
        turns,
        vec![
            contender(&bench, "bare round trip", async || over_tcp.exchange()),
            contender(&bench, "the same again", async || again.exchange()),
            hop("hop", bench.remote(bench.peer(tcp))),
        ],
    );
    let beside_unix = take_turns(
        "a hop over unix beside a bare round trip",
        turns,
        vec![
            contender(&bench, "bare round trip", async || over_unix.exchange()),
            hop("hop", bench.remote(bench.peer(unix))),
        ],
    );
    write_json("hop.json", &[by_link, beside_tcp, beside_unix]);
}

/// The CPU time is that of all threads: whoever is not in turn sleeps.
fn contender<'a>(bench: &'a Bench, name: &'static str, mut act: impl AsyncFnMut() + 'a) -> Contender<'a> {
    let act = move |length: Duration| {
        let before = own_times();
        let latencies = bench.block_on(repeat(length, &mut act));
        Slice::of(latencies, own_times().since_us(&before), length)
    };
    Contender { name, act: Box::new(act) }
}

/// Does it again and again for so long; the latency of each.
#[expect(clippy::disallowed_methods, reason = "measuring is reading the clock")]
async fn repeat(length: Duration, mut act: impl AsyncFnMut()) -> Vec<Duration> {
    let (start, mut latencies) = (Instant::now(), Vec::new());
    while start.elapsed() < length {
        let began = Instant::now();
        act().await;
        latencies.push(began.elapsed());
    }
    latencies
}

fn own_times() -> ThreadTimes {
    // The kernel accounts a thread's time when it leaves the processor.
    std::thread::yield_now();
    ThreadTimes::read(std::process::id()).expect("CPU times by thread, as Linux has them")
}

/// A head, filled up to so many bytes, and a body.
fn message(head: &str, head_length: usize, body: &str) -> Vec<u8> {
    let missing = head_length.saturating_sub(head.len() + "x: \r\n\r\n".len());
    format!("{head}x: {}\r\n\r\n{body}", "x".repeat(missing)).into_bytes()
}
