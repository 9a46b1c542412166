//! Real processes: started, walked, killed and stopped as a person would.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use cleave::house::HOUSE;
use cleave_compare::{Request, Response};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::binary::{Binary, ask, signal};
use crate::support::waiting::eventually;

/// How long the processes of a killed `up` may live on.
const ORPHANS_LIVE_AT_MOST: Duration = Duration::from_secs(15);

#[test]
fn the_monolith_starts_answers_and_stops() {
    walk("monolith", &["monolith"]);
}

#[test]
fn the_microservices_start_answer_and_stop() {
    walk(
        "microservices",
        &[
            "accounts",
            "cart",
            "catalog",
            "events",
            "gateway",
            "inventory",
            "notifications",
            "orders",
            "payments",
            "registry",
        ],
    );
}

#[test]
fn a_topology_in_one_line_starts_answers_and_stops() {
    walk(
        "catalog+inventory | orders+payments | *",
        &[
            "accounts-cart-notifications",
            "catalog-inventory",
            "events",
            "gateway",
            "orders-payments",
            "registry",
        ],
    );
}

/// Starts a topology, looks at all that a person sees of it, and stops it.
#[track_caller]
fn walk(topology: &str, services: &[&str]) {
    let binary = Binary::new();
    let up = binary.up(topology, &[]);
    let record = binary.run_record().expect("run.json is there when the store is ready");
    assert_eq!(record.pid, up.pid());
    assert_eq!(record.services.keys().collect::<Vec<_>>(), services);
    assert_run_file_has_its_form(&binary, services);

    let table = up.stdout();
    for (service, processes) in &record.services {
        let [process] = processes.as_slice() else { panic!("{service} has {processes:?}") };
        let internal = process.internal.to_string();
        let row = table.lines().find(|line| line.contains(&internal)).unwrap_or_default();
        let has = |word: &str| row.split_whitespace().any(|cell| cell == word);
        assert!(
            has(service) && has(&process.pid.to_string()),
            "no row of {service} at {internal} in\n{table}"
        );
        assert_eq!(ask(process.internal, &Request::get("/health/live")).status, 200, "{service}");
        let placement = json(&ask(process.internal, &Request::get("/topology")));
        assert_eq!(placement["service"], *service.as_str(), "{placement}");
    }
    let public = format!("http://{}", record.public);
    assert!(table.contains("hosts"), "the table has no headings:\n{table}");
    assert!(table.contains(&public), "the table does not say {public}:\n{table}");

    assert_eq!(ask(record.public, &Request::get("/health/ready")).status, 200);
    let products = ask(record.public, &Request::get("/api/v1/products?limit=5"));
    assert_eq!(products.status, 200, "{}", products.text());
    assert_eq!(json(&products)["items"].as_array().map(Vec::len), Some(5), "the empty store got its goods");
    let document = ask(record.public, &Request::get("/openapi.json"));
    assert_eq!(document.text(), binary.succeed(&["openapi"]), "the served document is the printed one");
    assert_docs_need_no_other_host(record.public);

    let ended = up.stop();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!binary.data_dir().join("run.json").exists(), "run.json outlives the store");
    assert_eq!(binary.processes(), Vec::<u32>::new(), "processes outlive the store");
}

/// The documented form: `{topology, pid, public, control, services: {name: [{pid, internal, public?}]}}`.
fn assert_run_file_has_its_form(binary: &Binary, services: &[&str]) {
    let text = std::fs::read_to_string(binary.data_dir().join("run.json")).expect("run.json can be read");
    let record = serde_json::from_str::<Value>(&text).expect("run.json is JSON");
    let keys = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<BTreeSet<_>>());
    let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>());
    assert_eq!(keys(&record), names(&["topology", "pid", "public", "control", "services"]), "{record}");
    assert_eq!(keys(&record["services"]), names(services), "{record}");
    let mut with_public = 0;
    let processes = record["services"].as_object().into_iter().flatten();
    for process in processes.filter_map(|(_, processes)| processes.as_array()).flatten() {
        let is_public = process.get("public").is_some();
        let wanted =
            if is_public { names(&["pid", "internal", "public"]) } else { names(&["pid", "internal"]) };
        assert_eq!(keys(process), wanted, "{record}");
        assert!(process["pid"].is_u64(), "{record}");
        assert!(
            process["internal"].as_str().is_some_and(|text| text.parse::<SocketAddr>().is_ok()),
            "{record}"
        );
        if is_public {
            with_public += 1;
            assert_eq!(process["public"], record["public"], "{record}");
        }
    }
    assert_eq!(with_public, 1, "one process opens the public listener: {record}");
}

/// The page of the API and everything that it loads come from the store itself.
fn assert_docs_need_no_other_host(public: SocketAddr) {
    let mut page = ask(public, &Request::get("/docs"));
    if (300..400).contains(&page.status) {
        let location = page.header("location").expect("a redirect says where to").to_owned();
        assert!(location.starts_with('/'), "/docs leads to {location}");
        page = ask(public, &Request::get(location));
    }
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")),
        "{:?}",
        page.headers
    );
    let html = page.text();
    assert!(!html.contains("http://") && !html.contains("https://"), "the page names another host:\n{html}");
    let loaded = ["src=\"", "href=\""].iter().flat_map(|start| html.split(start).skip(1));
    let loaded = loaded.filter_map(|rest| rest.split('"').next()).collect::<Vec<_>>();
    assert!(!loaded.is_empty(), "the page loads nothing:\n{html}");
    for path in loaded {
        let path = format!("/docs/{}", path.trim_start_matches("./"));
        assert_eq!(ask(public, &Request::get(path.as_str())).status, 200, "{path}");
    }
    let start = ask(public, &Request::get("/docs/swagger-initializer.js")).text();
    assert!(
        start.contains("/openapi.json") && !start.contains("://"),
        "the page shows another document:\n{start}"
    );
}

#[test]
fn a_killed_service_is_reported_and_restarted_and_the_store_answers_again() {
    let binary = Binary::new();
    let mut up = binary.up("microservices", &[]);
    let record = binary.run_record().expect("the store is ready");
    let product = format!("/api/v1/products/{}", first_product_id(record.public));
    assert!(json(&ask(record.public, &Request::get(&product)))["available"].is_number());

    let killed = record.services["inventory"][0].pid;
    signal(killed, Signal::KILL);
    let report = up.until_it_prints(&format!("service `inventory` (pid {killed}) died"));
    assert!(report.contains("signal: 9") && report.contains("restarting it in"), "{report}");
    let back = up.until_it_prints("is back at");
    assert!(back.contains("service `inventory`"), "{back}");

    let restarted = eventually(
        "run.json names the new process",
        || binary.run_record().and_then(|record| Some(record.services.get("inventory")?.first()?.pid)),
        |pid| pid.is_some_and(|pid| pid != killed),
    );
    assert!(binary.processes().contains(&restarted.expect("it was waited for")));
    let answers = || ask(record.public, &Request::get(&product));
    let answer = eventually("the product shows its stock again", answers, |answer| {
        json(answer)["available"].is_number()
    });
    assert_eq!(answer.status, 200);
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn a_killed_up_leaves_no_process() {
    let binary = Binary::new();
    let up = binary.up("microservices", &[]);
    assert_eq!(binary.processes().len(), 11, "up and ten services: {:?}", binary.processes());
    let start = now();
    up.signal(Signal::KILL);
    let ended = up.ended();
    assert_eq!(ended.code, None, "a signal ended it: {ended:?}");
    eventually("the services have noticed and ended", || binary.processes(), Vec::is_empty);
    let lived_on = now() - start;
    assert!(lived_on < ORPHANS_LIVE_AT_MOST, "they lived on for {lived_on:?}");

    // What the killed one left behind is no obstacle.
    let up = binary.up("monolith", &[]);
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn a_public_service_that_others_keep_calling_stops_by_itself() {
    let binary = Binary::new();
    let up = binary.up("gateway+inventory | *", &[]);
    let ended = up.stop();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let left =
        ["catalog", "inventory"].map(|module| binary.data_dir().join(format!("{module}.db-wal")).exists());
    assert_eq!(left, [false, false], "a database was not closed:\n{}", ended.stderr);
}

#[test]
fn each_replica_listens_on_a_socket_file_of_its_own() {
    let replicated = "link = \"unix\"\n[services.edge]\nroles = [\"gateway\"]\nmodules = [\"inventory\"]\n\
                      [services.catalog]\nmodules = [\"catalog\"]\nreplicas = 2\n[services.rest]\nroles = [\"events\", \"registry\"]\n\
                      modules = [\"accounts\", \"cart\", \"orders\", \"payments\", \"notifications\"]\n";
    let binary = Binary::new().with_file("topologies/replicated.toml", replicated);
    let up = binary.up("replicated", &[]);
    let sockets =
        std::fs::read_dir(binary.data_dir().join("run")).expect("the folder of the sockets").count();
    assert_eq!(sockets, 5, "one of the edge, two of the catalogue, one of the rest, and that of `up` itself");
    let public = binary.run_record().expect("it runs").public;
    for _ in 0..10 {
        assert_eq!(ask(public, &Request::get("/api/v1/products?limit=1")).status, 200);
    }
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn a_whole_topology_runs_over_socket_files() {
    let binary = Binary::new();
    let ended = binary.run(&["up", "--topology", "microservices", "--link", "direct"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("write tcp or unix"), "{ended:?}");
    let up = binary.up("microservices", &["--link", "unix"]);
    let record = binary.run_record().expect("it runs");
    first_product_id(record.public);
    for processes in record.services.values() {
        let placement = json(&ask(processes[0].internal, &Request::get("/topology")));
        for call in placement["calls"].as_array().expect("a list of calls") {
            assert_eq!(call["link"], "unix", "{placement}");
        }
    }
    binary.succeed(&["scale", "catalog", "2"]);
    for _ in 0..20 {
        assert_eq!(ask(record.public, &Request::get("/api/v1/products?limit=1")).status, 200);
    }
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn a_process_opens_the_databases_of_its_own_modules_only() {
    let binary = Binary::new();
    let up = binary.up("microservices", &[]);
    let record = binary.run_record().expect("the store is ready");
    // Each module has been at work.
    first_product_id(record.public);
    let mut with_database = BTreeSet::new();
    for (service, processes) in &record.services {
        let placement = json(&ask(processes[0].internal, &Request::get("/topology")));
        let hosted = ["modules", "roles"].iter().filter_map(|parts| placement[parts].as_array()).flatten();
        // The gateway and the registry keep nothing.
        let hosted = hosted.filter_map(Value::as_str).filter(|part| !["gateway", "registry"].contains(part));
        let opened = databases_open_in(processes[0].pid, &binary.data_dir());
        assert_eq!(opened, hosted.map(str::to_owned).collect(), "the databases that {service} has open");
        with_database.extend(opened);
    }
    let all = HOUSE.modules.iter().chain(&["events"]).map(|part| (*part).to_owned());
    assert_eq!(with_database, all.collect());
    assert_eq!(up.stop().code, Some(0));
}

/// The names of the databases of which a process has a file open.
fn databases_open_in(pid: u32, data_dir: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("the process lives and is ours");
    let targets = entries.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    let names = targets.filter_map(|target| Some(target.strip_prefix(data_dir).ok()?.to_str()?.to_owned()));
    names.filter_map(|name| Some(name.split_once(".db")?.0.to_owned())).collect()
}

#[test]
fn one_request_id_goes_through_all_processes() {
    let binary = Binary::new().with_variable("CLEAVE__LOG__FILTER", "debug");
    let up = binary.up("microservices", &["--log-format", "json"]);
    let record = binary.run_record().expect("the store is ready");
    let product = format!("/api/v1/products/{}", first_product_id(record.public));
    let request_id = "one-id-through-all-processes";
    let answer = ask(record.public, &Request::get(product).header("x-request-id", request_id));
    assert_eq!(answer.header("x-request-id"), Some(request_id));

    // Modules that have logged something about the request.
    let heard_of_it = || {
        let log = up.stderr();
        let lines = log
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("no JSON: {line}")));
        let spans = lines.flat_map(|line| line["spans"].as_array().cloned().unwrap_or_default());
        let own = spans.filter(|span| span["request_id"] == request_id);
        own.filter_map(|span| Some(span["module"].as_str()?.to_owned())).collect::<BTreeSet<_>>()
    };
    eventually("catalog and inventory log the request", heard_of_it, |modules| {
        ["catalog", "inventory"].iter().all(|module| modules.contains(*module))
    });
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn health_tells_a_store_that_is_well_from_one_that_is_not() {
    let binary = Binary::new();
    let nothing = binary.run(&["health"]);
    assert_eq!(nothing.code, Some(1), "{nothing:?}");
    assert!(nothing.stderr.contains("run.json") && nothing.stderr.contains("cleave up"), "{nothing:?}");

    let up = binary.up("microservices", &[]);
    let record = binary.run_record().expect("the store is ready");
    let well = binary.succeed(&["health"]);
    let ready_lines = well.lines().filter(|line| line.ends_with("ready")).count();
    assert_eq!(ready_lines, record.services.len(), "{well}");

    let paused = record.services["inventory"][0].pid;
    signal(paused, Signal::STOP);
    let unwell = binary.run(&["health"]);
    signal(paused, Signal::CONT);
    assert_eq!(unwell.code, Some(1), "{unwell:?}");
    let line = unwell.stdout.lines().find(|line| line.starts_with("inventory")).unwrap_or_default();
    assert!(!line.ends_with("ready"), "{unwell:?}");
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn a_second_up_on_the_same_data_is_refused() {
    let binary = Binary::new();
    let up = binary.up("monolith", &[]);
    // It is refused before it looks at the data, which belongs to the first one: the currency is not even asked for.
    let binary = binary.with_variable("CLEAVE__CATALOG__CURRENCY", "CHF");
    let second = binary.run(&["up"]);
    assert_eq!(second.code, Some(2), "{second:?}");
    for word in [&format!("pid {}", up.pid()), "--data-dir", binary.data_dir().to_str().unwrap_or_default()] {
        assert!(second.stderr.contains(word), "{word:?} is missing in {second:?}");
    }
    let record = binary.run_record().expect("the record of the first one stands");
    assert_eq!(record.pid, up.pid());
    assert_eq!(ask(record.public, &Request::get("/health/ready")).status, 200);
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn a_port_in_use_is_refused_by_its_number() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = taken.local_addr().expect("it is bound").port().to_string();
    let binary = Binary::new();
    for topology in ["monolith", "microservices"] {
        let refused = binary.run(&["up", "--topology", topology, "--port", &port]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        for word in [port.as_str(), "public.port", "--port"] {
            assert!(refused.stderr.contains(word), "{word:?} is missing in {refused:?}");
        }
        assert_eq!(binary.processes(), Vec::<u32>::new());
        assert!(binary.run_record().is_none(), "nothing runs, and run.json says otherwise");
    }
    let refused = binary.run(&["serve", "--port", &port]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains(&port) && refused.stderr.contains("--port"), "{refused:?}");
}

#[test]
fn a_monolith_is_served_by_itself_after_its_data_is_prepared() {
    let binary = Binary::new();
    binary.succeed(&["data", "migrate"]);
    let printed = binary.succeed(&["data", "seed"]);
    let token = printed.lines().last().unwrap_or_default().to_owned();
    assert!(printed.contains("for development only"), "{printed}");

    let mut serve = binary.start(&["serve", "--topology", "monolith", "--log-format", "json"]);
    let line = serve.until_it_prints("\"public\":");
    let listening = serde_json::from_str::<Value>(&line).expect("a log line is JSON");
    let public = listening["public"].as_str().and_then(|text| text.parse().ok());
    let public: SocketAddr = public.unwrap_or_else(|| panic!("no public address in {line}"));
    let ready = || Some(ask(public, &Request::get("/health/ready")).status);
    eventually("the store is ready", ready, |status| *status == Some(200));

    let body = r#"{"sku": "TEST-1", "name": "A thing", "description": "", "category": "things",
                   "price": {"amount": 100, "currency": "EUR"}}"#;
    let create = Request::new("POST", "/api/v1/products").json(body);
    assert_eq!(ask(public, &create).status, 401, "nobody adds a product without a token");
    let bearer = create.header("authorization", format!("Bearer {token}"));
    let created = ask(public, &bearer);
    assert_eq!(created.status, 201, "{}", created.text());

    let ended = serve.stop();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[track_caller]
fn first_product_id(public: SocketAddr) -> String {
    let page = json(&ask(public, &Request::get("/api/v1/products?limit=1")));
    page["items"][0]["id"].as_str().unwrap_or_else(|| panic!("no product in {page}")).to_owned()
}

#[track_caller]
fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_else(|error| panic!("{error}: {}", response.text()))
}

#[expect(clippy::disallowed_methods, reason = "processes end in real time")]
fn now() -> Instant {
    Instant::now()
}
