//! Services that get more processes and fewer while customers ask, and the registry by which all find each other.

use cleave_compare::Request;
use rustix::process::Signal;

use crate::support::binary::{Binary, ask, signal};
use crate::support::crowd::{CUSTOMERS, ask_during, more, served_by};
use crate::support::waiting::eventually;

/// How often each process of a service has served an operation.
fn served(binary: &Binary, service: &str, operation: &str) -> Vec<u64> {
    let record = binary.run_record().expect("it runs");
    record.services[service].iter().map(|process| served_by(process.internal, operation)).collect()
}

#[test]
fn a_service_gets_more_processes_and_fewer_and_no_request_fails() {
    let binary = Binary::new();
    let up = binary.up("microservices", &[]);
    let public = binary.run_record().expect("it runs").public;
    let outcomes = ask_during(public, "/api/v1/products?limit=3", |answers| {
        more(answers, 200);
        let told = binary.succeed(&["scale", "catalog", "3"]);
        assert!(told.contains("catalog has 3 processes"), "{told}");
        let each = eventually(
            "the traffic spreads",
            || served(&binary, "catalog", "list_products"),
            |each| each.len() == 3 && each.iter().all(|count| *count > 20),
        );
        assert_eq!(each.len(), 3);
        let told = binary.succeed(&["scale", "catalog", "1"]);
        assert!(told.contains("catalog has 1 process"), "{told}");
        assert_eq!(binary.run_record().expect("it runs").services["catalog"].len(), 1);
        more(answers, 200);
    });
    assert_eq!(outcomes.keys().collect::<Vec<_>>(), ["200"], "{outcomes:?}");
    assert_eq!(binary.succeed(&["health"]).lines().count(), 10, "one line a process");
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn replicas_of_a_service_that_writes_share_its_files_on_one_machine() {
    let binary = Binary::new();
    let up = binary.up("microservices", &[]);
    for service in ["orders", "inventory", "cart", "payments", "notifications", "events", "accounts"] {
        binary.succeed(&["scale", service, "2"]);
    }
    let shop = crate::support::shop::Shop::open(&binary);
    let outcomes = std::thread::scope(|scope| {
        let buyers = (0..4).map(|buyer| {
            let shop = &shop;
            scope.spawn(move || {
                (0..10).map(|number| shop.buy("files", buyer * 10 + number)).collect::<Vec<_>>()
            })
        });
        let buyers = buyers.collect::<Vec<_>>();
        buyers.into_iter().flat_map(|buyer| buyer.join().expect("a buyer ends in peace")).collect::<Vec<_>>()
    });
    assert_eq!(outcomes, vec!["confirmed"; 40]);
    binary.succeed(&["settle"]);
    let audited = binary.succeed(&["data", "audit"]);
    assert!(!audited.contains("BROKEN"), "{audited}");
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn replicas_that_are_killed_one_after_the_other_cost_their_customers_nothing() {
    let binary = Binary::new();
    let up = binary.up("microservices", &[]);
    binary.succeed(&["scale", "catalog", "3"]);
    let public = binary.run_record().expect("it runs").public;
    let outcomes = ask_during(public, "/api/v1/products?limit=3", |answers| {
        for round in 0..9 {
            more(answers, 100);
            let victim = binary.run_record().expect("it runs").services["catalog"][round % 3].pid;
            signal(victim, Signal::KILL);
            let others = || binary.run_record().map(|it| it.services["catalog"].clone());
            eventually("another one has taken its place", others, |others| {
                let others = others.as_deref().unwrap_or_default();
                others.len() == 3 && others.iter().all(|process| process.pid != victim)
            });
        }
        more(answers, 100);
    });
    // Who was asking one of them when it died is answered by another one.
    assert_eq!(outcomes.keys().collect::<Vec<_>>(), ["200"], "{outcomes:?}");
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn a_replica_that_hangs_is_avoided_and_the_others_go_on() {
    let binary = Binary::new().with_variable("CLEAVE__REQUESTS__DEADLINE_MS", "1000");
    let up = binary.up("microservices", &[]);
    binary.succeed(&["scale", "catalog", "3"]);
    let record = binary.run_record().expect("it runs");
    let victim = record.services["catalog"][2].pid;
    let outcomes = ask_during(record.public, "/api/v1/products?limit=3", |answers| {
        more(answers, 100);
        signal(victim, Signal::STOP);
        more(answers, 1_000);
        signal(victim, Signal::CONT);
    });
    // Each customer can have been waiting there when it began to hang, and one more tries it now and then.
    let failed =
        outcomes.iter().filter(|(outcome, _)| *outcome != "200").map(|(_, count)| count).sum::<usize>();
    assert!(failed <= 3 * CUSTOMERS, "{outcomes:?}");
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn while_the_registry_is_away_everybody_goes_on_with_its_last_answer() {
    let binary = Binary::new();
    let up = binary.up("microservices", &[]);
    let record = binary.run_record().expect("it runs");
    let registry = record.services["registry"][0].pid;
    let outcomes = ask_during(record.public, "/api/v1/products?limit=3", |answers| {
        signal(registry, Signal::KILL);
        let back =
            || binary.run_record().and_then(|record| Some(record.services.get("registry")?.first()?.pid));
        eventually("the registry is back", back, |now| now.is_some_and(|now| now != registry));
        more(answers, 200);
        // It has forgotten everything, and learns it again.
        binary.succeed(&["scale", "catalog", "2"]);
        eventually(
            "the traffic spreads",
            || served(&binary, "catalog", "list_products"),
            |each| each.len() == 2 && each.iter().all(|count| *count > 20),
        );
    });
    assert_eq!(outcomes.keys().collect::<Vec<_>>(), ["200"], "{outcomes:?}");
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn what_cannot_be_scaled_is_told_with_the_reason() {
    let binary = Binary::new();
    let ended = binary.run(&["scale", "catalog", "2"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("nothing runs here; start it with `cleave up`"), "{ended:?}");
    let up = binary.up("microservices", &[]);
    for (arguments, code, words) in [
        (["catlog", "2"], 2, "did you mean \"catalog\"?"),
        (["gateway", "2"], 1, "opens the public port"),
        (["registry", "2"], 1, "keeps the registry"),
        (["catalog", "0"], 2, "1..=64"),
        (["catalog", "65"], 2, "1..=64"),
        (["catalog", "many"], 2, "many"),
    ] {
        let ended = binary.run(&["scale", arguments[0], arguments[1]]);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(ended.stderr.contains(words), "{words}: {ended:?}");
    }
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn processes_by_hand_find_each_other_by_the_registry_with_the_keys_of_their_own_services() {
    const TOPOLOGY: &str = "topology = \"storefront\"\n[public]\nport = 0\n[peers]\n";
    let binary = Binary::new().with_file("own.toml", TOPOLOGY);
    binary.succeed(&["data", "seed", "--profile", "own", "--products", "3"]);
    let ended = binary.run(&["serve", "--profile", "own", "--service", "people"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("nothing says where the registry is: write trade ="), "{ended:?}");

    let (trade, registry, _) = binary.serve("own", "trade");
    let binary = binary.with_file("own.toml", &format!("{TOPOLOGY}trade = [\"tcp://{registry}\"]\n"));
    // What is needed elsewhere is a service's own key, and not the secret that all follow from.
    std::fs::remove_file(binary.data_dir().join("keys/registry.secret")).expect("data seed has made it");
    let (people, people_internal, _) = binary.serve("own", "people");
    let (storefront, internal, public) = binary.serve("own", "storefront");
    for address in [internal, people_internal] {
        let ready = || ask(address, &Request::get("/health/ready")).status;
        eventually("it is ready", ready, |status| *status == 200);
    }
    let public = public.expect("it hosts the gateway");
    let body = br#"{"email": "ada@example.org", "password": "wrong, and long"}"#;
    let log_in = Request::new("POST", "/api/v1/sessions").json(body.to_vec());
    let status = || ask(public, &log_in).status;
    eventually("the storefront has found the people", status, |status| *status == 401);

    let stolen = binary.data_dir().join("keys/services");
    std::fs::copy(stolen.join("storefront.key"), stolen.join("people.key")).expect("it can be copied");
    let (stranger, ..) = binary.serve("own", "people");
    let mut trade = trade;
    let refused = trade.until_it_prints("not the registration key of this service");
    assert!(refused.contains("people"), "{refused}");
    for running in [storefront, people, stranger, trade] {
        assert_eq!(running.stop().code, Some(0));
    }
}
