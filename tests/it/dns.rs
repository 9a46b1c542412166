//! Services that find each other by the names that somebody else gives them, as in Kubernetes: each process has an address of its own and
//! all have one port. The name server changes its answers, and is away.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use cleave_compare::Request;
use cleave_discovery_dns::testing::{Mood, NameServer};

use crate::support::binary::{Binary, Ended, Running, ask};
use crate::support::crowd::{ask_during, more, served_by};
use crate::support::person::Person;
use crate::support::waiting::eventually;

/// `catalog` and `back` call each other, `front` calls both.
const TOPOLOGY: &str = "[services.front]\nroles = [\"gateway\"]\n\
                        [services.catalog]\nmodules = [\"catalog\"]\n\
                        [services.back]\nroles = [\"events\", \"registry\"]\n\
                        modules = [\"inventory\", \"cart\", \"accounts\", \"orders\", \"payments\", \"notifications\"]\n";

const PRODUCTS: &str = "/api/v1/products?limit=3";

/// Processes with addresses of their own at one port, and the name server that knows them.
struct Cluster {
    /// By the names of their profiles; they end before the name server does.
    processes: BTreeMap<&'static str, Running>,
    servers: NameServer,
    port: u16,
    binary: Binary,
    admin_token: String,
}

impl Cluster {
    fn new() -> Self {
        let servers = NameServer::start();
        let hosts = ["front", "back", "catalog", "catalog-2"];
        let port = common_port(hosts.map(host));
        let binary = Binary::new().with_file("topologies/named.toml", TOPOLOGY);
        let binary = hosts.into_iter().fold(binary, |binary, process| {
            binary.with_file(&format!("{process}.toml"), &profile(host(process), port, &servers))
        });
        let seeded = binary.succeed(&["data", "seed", "--products", "5"]);
        let admin_token = seeded.lines().last().expect("it ends with a token").to_owned();
        Self { processes: BTreeMap::new(), servers, port, binary, admin_token }
    }

    /// Starts a process, and waits until it listens; answers where everybody reaches it, where they do.
    fn start(&mut self, process: &'static str, service: &str) -> Option<SocketAddr> {
        let (running, _, public) = self.binary.serve(process, service);
        self.processes.insert(process, running);
        public
    }

    fn internal(&self, process: &str) -> SocketAddr {
        SocketAddr::new(host(process), self.port)
    }

    /// From now on the name of the service stands for these processes.
    fn name(&self, service: &str, processes: &[&str]) {
        let addresses = processes.iter().map(|process| host(process)).collect::<Vec<_>>();
        self.servers.set(&format!("{service}.test."), 0, &addresses);
    }

    fn readiness(&self, process: &str) -> (u16, String) {
        let answer = ask(self.internal(process), &Request::get("/health/ready"));
        (answer.status, answer.text())
    }

    #[track_caller]
    fn is_ready(&self, process: &str) {
        eventually(&format!("{process} is ready"), || self.readiness(process), |(status, _)| *status == 200);
    }

    fn lines(&self, process: &str, words: &str) -> Vec<String> {
        self.processes[process].lines_with(words)
    }

    fn stop(&mut self, process: &str) {
        let running = self.processes.remove(process).expect("it runs");
        assert_eq!(running.stop().code, Some(0));
    }

    fn close(mut self) {
        for process in self.processes.keys().copied().collect::<Vec<_>>() {
            self.stop(process);
        }
    }
}

/// An address of this machine that no other test of this program has.
fn host(process: &str) -> IpAddr {
    let last = match process {
        "front" => 2,
        "back" => 3,
        "catalog" => 4,
        _ => 5,
    };
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, high, low.max(1), last).into()
}

/// A port that is free at all of these addresses.
fn common_port<const N: usize>(hosts: [IpAddr; N]) -> u16 {
    loop {
        let first = TcpListener::bind((hosts[0], 0)).expect("a free port");
        let port = first.local_addr().expect("it is bound").port();
        if hosts[1..].iter().all(|host| TcpListener::bind((*host, port)).is_ok()) {
            return port;
        }
    }
}

fn profile(host: IpAddr, port: u16, servers: &NameServer) -> String {
    let server = servers.address();
    format!(
        "topology = \"named\"\n[internal]\nhost = \"{host}\"\nport = {port}\n[discovery]\nsource = \"dns\"\n\
         [discovery.dns]\nnames = \"{{service}}.test.\"\nservers = [\"{server}\"]\nmin_interval_ms = 10\nmax_interval_ms = 100\n\
         timeout_ms = 100\nattempts = 0\n"
    )
}

#[test]
fn a_process_is_ready_when_it_has_found_whom_it_calls_and_says_whom_it_has_not() {
    let mut cluster = Cluster::new();
    cluster.servers.take_on(Mood::Silent);
    for service in ["catalog", "back", "front"] {
        cluster.start(service, service);
    }
    for service in ["catalog", "back", "front"] {
        let missing = || cluster.lines(service, "it is not known yet where this service is");
        let lines = eventually("it says so", missing, |lines| !lines.is_empty());
        for expected in [".test.", "no answer within 100 ms", "discovery.dns.servers"] {
            assert!(lines[0].contains(expected), "{expected}: {lines:?}");
        }
        assert_eq!(cluster.readiness(service).0, 503);
    }
    // Neither of two that call each other has an address before it is ready; an answer is enough for both.
    cluster.servers.take_on(Mood::Truthful);
    cluster.is_ready("catalog");
    cluster.is_ready("back");
    let (status, body) = cluster.readiness("front");
    assert_eq!(status, 503);
    assert!(body.contains("an address of catalog") && body.contains("an address of back"), "{body}");
    cluster.name("catalog", &["catalog"]);
    let one_found =
        |(_, body): &(u16, String)| !body.contains("catalog") && body.contains("an address of back");
    eventually("one is found", || cluster.readiness("front"), one_found);
    cluster.name("back", &["back"]);
    cluster.is_ready("front");
    cluster.close();
}

#[test]
fn replicas_come_and_go_with_the_answers_of_the_name_server_and_no_request_fails() {
    let mut cluster = Cluster::new();
    for service in ["catalog", "back", "front"] {
        cluster.name(service, &[service]);
    }
    cluster.start("catalog", "catalog");
    cluster.start("back", "back");
    let public = cluster.start("front", "front").expect("it hosts the gateway");
    for service in ["catalog", "back", "front"] {
        cluster.is_ready(service);
    }
    let admin = Person::new(public, Some(cluster.admin_token.clone())).insisting();
    let product = admin.bring_in("lamp-1", 5);
    let buyer = Person::new(public, None).newcomer("ada@example.org");
    buyer.put_item(&product, 2).ok();
    let order = buyer.place_order("tok_visa", "first").created();
    assert_eq!(order["status"], "confirmed", "{order}");

    let listed = |cluster: &Cluster, process: &str| served_by(cluster.internal(process), "list_products");
    let outcomes = ask_during(public, PRODUCTS, |answers| {
        more(answers, 200);
        cluster.start("catalog-2", "catalog");
        cluster.is_ready("catalog-2");
        cluster.name("catalog", &["catalog", "catalog-2"]);
        eventually("the new one is asked", || listed(&cluster, "catalog-2"), |count| *count > 50);
        let before = listed(&cluster, "catalog");
        eventually("so is the old one", || listed(&cluster, "catalog"), |count| *count > before + 50);

        cluster.name("catalog", &["catalog"]);
        let mut asked = listed(&cluster, "catalog-2");
        let look = || {
            more(answers, 100);
            let now = listed(&cluster, "catalog-2");
            now - std::mem::replace(&mut asked, now)
        };
        eventually("who has no name any more is not asked", look, |more| *more == 0);
        cluster.stop("catalog-2");
        more(answers, 200);

        for mood in [Mood::NoSuchName, Mood::NoAddress, Mood::Fault, Mood::Garbled, Mood::Silent] {
            cluster.servers.take_on(mood);
            let failures = || resolution_failures(cluster.internal("front"), "catalog");
            let before = failures();
            eventually("the answer is noticed", failures, |now| *now > before + 1);
            more(answers, 100);
        }
    });
    assert_eq!(outcomes.keys().collect::<Vec<_>>(), ["200"], "{outcomes:?}");
    let told = cluster.lines("front", "the last good answer of the name servers has to do");
    assert_eq!(told.len(), 2, "once for each service: {told:?}");
    cluster.servers.take_on(Mood::Truthful);
    let again = || cluster.lines("front", "the name servers tell again where this service is").len();
    eventually("it says that they are back", again, |lines| *lines == 2);
    assert_eq!(buyer.get_cart().ok()["items"].as_array().map(Vec::len), Some(0));
    cluster.close();
}

/// How often the name servers have told a process no address of a service.
fn resolution_failures(internal: SocketAddr, service: &str) -> u64 {
    let metrics = ask(internal, &Request::get("/metrics"));
    let wanted = format!("cleave_name_resolution_failures_total{{service=\"{service}\"}}");
    let text = metrics.text();
    let line = text.lines().find(|line| line.starts_with(&wanted));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
}

#[test]
fn what_name_servers_cannot_tell_is_refused_before_anything_starts() {
    let binary =
        Binary::new().with_file("own.toml", "topology = \"microservices\"\n[discovery]\nsource = \"dns\"\n");
    binary.succeed(&["data", "migrate"]);
    let refused = |ended: Ended, words: &[&str]| {
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(words.iter().all(|word| ended.stderr.contains(word)), "{words:?}: {ended:?}");
    };
    let serve = ["serve", "--profile", "own", "--service", "cart"];
    refused(binary.run(&serve), &["internal.port = 0", "such as 9000", "discovery.dns.srv"]);
    refused(
        binary.run(&["up", "--profile", "own"]),
        &["discovery.source = \"dns\"", "Kubernetes", "\"registry\""],
    );
    refused(
        binary.run(&["compare", "--profile", "own", "--quick", "microservices"]),
        &["discovery.source = \"dns\""],
    );
    let binary = binary.with_variable("CLEAVE__INTERNAL__PORT", "9000");
    let over_files = [&serve[..], &["--link", "unix"]].concat();
    refused(binary.run(&over_files), &["called over unix", "--link tcp"]);
    for (name, value, words) in [
        (
            "CLEAVE__DISCOVERY__DNS__NAMES",
            "catalog",
            ["discovery.dns.names = catalog", "put {service} into it"],
        ),
        (
            "CLEAVE__DISCOVERY__DNS__NAMES",
            "{service}..local",
            ["discovery.dns.names = {service}..local", "no name"],
        ),
        ("CLEAVE__DISCOVERY__DNS__MIN_INTERVAL_MS", "20000", ["min_interval_ms = 20000", "max_interval_ms"]),
        ("CLEAVE__DISCOVERY__DNS__TIMEOUT_MS", "0", ["timeout_ms = 0", "nonzero"]),
        ("CLEAVE__DISCOVERY__SOURCE", "dnssd", ["discovery.source = dnssd", "write registry, dns or fixed"]),
    ] {
        let binary = Binary::new().with_variable(name, value);
        refused(binary.run(&["up"]), &words);
    }
    let servers = "[discovery.dns]\nservers = [\"10.0.0.10\"]\n";
    let binary = Binary::new().with_file("own.toml", servers);
    refused(binary.run(&["up", "--profile", "own"]), &["discovery.dns.servers", "socket address"]);
}

#[test]
fn a_topology_of_one_service_finds_nobody_and_needs_no_name_server() {
    let binary = Binary::new().with_variable("CLEAVE__DISCOVERY__SOURCE", "dns");
    let up = binary.up("monolith", &[]);
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn the_doctor_asks_the_name_servers_and_those_whom_they_name() {
    let mut cluster = Cluster::new();
    cluster.name("back", &["back"]);
    cluster.start("back", "back");
    let doctor = |cluster: &Cluster| {
        cluster.binary.run(&["doctor", "--profile", "front", "--service", "front"]).stdout
    };
    let told = doctor(&cluster);
    for words in
        ["no address of catalog.test.: there is no such name", "correct discovery.dns.names", "it hosts"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    cluster.name("catalog", &["catalog"]);
    let told = doctor(&cluster);
    let away = format!("catalog at tcp://{}", cluster.internal("catalog"));
    assert!(told.contains(&away) && told.contains("nobody listens there"), "{told}");
    let told = cluster.binary.run(&["doctor", "--profile", "front"]).stdout;
    assert!(told.contains("ports that no name server knows"), "{told}");
    cluster.close();
}
