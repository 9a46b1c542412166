//! The gateway beside nginx as a plain proxy, before the same origin. `just bench-proxy` runs it; the executable of an earlier
//! build, given as an argument, takes turns with this one's.
//!
//! Each proxy has one worker, connections that stay open on both sides, and no log of requests. Proxies have one processor;
//! client and origin, which are one thread, have another. *At capacity* tells how busy a proxy was: below 100 %, the others held it up.

#[path = "support/between.rs"]
mod between;
#[path = "support/proxies.rs"]
mod proxies;
#[path = "support/slices.rs"]
mod slices;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cleave_compare::{CpuSets, ThreadTimes};

use self::between::Ends;
use self::proxies::Proxy;
use self::slices::{Contender, Slice, Turns, take_turns, write_json};

/// What a client asks for, as one of a browser's kind would.
const REQUEST: &[u8] =
    b"GET /api/v1/products/019ab000-0000-7000-8000-000000000001 HTTP/1.1\r\nhost: localhost\r\n\
    accept: application/json\r\naccept-encoding: gzip\r\nuser-agent: bench\r\n\r\n";

/// As long as a product's answer.
const BODY_BYTES: usize = 360;

/// So many at the same time keep a proxy busy.
const AT_CAPACITY: usize = 32;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let sets = CpuSets::detect(false);
    let ends = RefCell::new(Ends::new(&[b'x'; BODY_BYTES]));
    let origin = ends.borrow().origin();
    let earlier = std::env::args_os().skip(1).map(PathBuf::from).find(|argument| argument.is_file());
    let this = Path::new(env!("CARGO_BIN_EXE_cleave"));
    let (nginx, gateway, second) = sets.on_servers(|| {
        let folder_of = |name: &str| {
            let own = folder.path().join(name);
            std::fs::create_dir(&own).expect("a folder");
            own
        };
        let nginx = Proxy::nginx(&folder_of("nginx"), origin);
        let gateway = |name, executable| Proxy::gateway(executable, &folder_of(name), origin);
        (nginx, gateway("gateway", this), gateway("second", earlier.as_deref().unwrap_or(this)))
    });
    let mut proxies = Vec::new();
    match &nginx {
        Ok(nginx) => proxies.push(("nginx", nginx)),
        Err(missing) => println!("{missing}: the gateway is measured beside itself only"),
    }
    let second_name = if earlier.is_some() { "earlier gateway" } else { "gateway again" };
    proxies.extend([("gateway", &gateway), (second_name, &second)]);
    let turns = Turns::of_the_command_line();
    let measure = |title, at_once| {
        let contenders = proxies.iter().map(|(name, proxy)| contender(&ends, name, proxy, at_once));
        take_turns(title, turns, contenders.collect())
    };
    let ends_set = CpuSets { servers: sets.generator.into_iter().collect(), ..sets.clone() };
    ends_set.on_servers(|| {
        let one = measure("one request at a time", 1);
        let many = measure("at capacity", AT_CAPACITY);
        write_json("proxy.json", &[one, many]);
    });
}

fn contender<'a>(
    ends: &'a RefCell<Ends>,
    name: &'static str,
    proxy: &Proxy,
    at_once: usize,
) -> Contender<'a> {
    let (pids, clients) = (proxy.pids(), ends.borrow_mut().connect(proxy.address(), at_once));
    let act = move |length: Duration| {
        let times = || pids.iter().map(|pid| ThreadTimes::read(*pid).expect("CPU times, as Linux has them"));
        let before = times().collect::<Vec<_>>();
        let latencies = ends.borrow_mut().load(&clients, REQUEST, length);
        let spent = times().zip(&before).map(|(now, before)| now.since_us(before)).sum();
        Slice::of(latencies, spent, length)
    };
    Contender { name, act: Box::new(act) }
}
