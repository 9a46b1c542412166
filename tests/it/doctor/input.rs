//! Configurations, topologies and command lines.

use super::{doctor, stocked};
use crate::support::binary::Binary;

#[test]
fn every_mistake_of_the_configuration_is_named_and_the_rest_is_looked_at() {
    let own = "sever = 3\n[server]\nworker = 3\nworkers = 300\n[public]\nhost = \"nowhere\"\n";
    let binary = stocked()
        .with_file("own.toml", own)
        .with_variable("CLEAVE__REQUESTS__DEADLINE_MS", "0")
        .with_variable("CLEAVE__CATALOG__CURRENCY", "EURO");
    let told = doctor(&binary, &["--profile", "own"]);
    told.ends_with(2)
        .says("configuration", "sever", "wrong", &["config/own.toml", "sever = 3", "write one of", "server"])
        .says("configuration", "server.worker", "wrong", &["config/own.toml", "worker = 3", "drain_seconds"])
        .says("configuration", "server.workers", "wrong", &["workers = 300", "write 0 to 256"])
        .says("configuration", "public.host", "wrong", &["\"nowhere\"", "IP address"])
        .says("configuration", "requests.deadline_ms", "wrong", &["CLEAVE__REQUESTS__DEADLINE_MS", "600000"])
        .says("configuration", "catalog.currency", "wrong", &["EURO", "three capital letters"])
        .says("configuration", "the values that were refused", "not_checked", &["without them"])
        .says("databases", "catalog", "ok", &[])
        .counts("wrong", 6);
}

#[test]
fn what_is_said_twice_is_refused_at_both_places() {
    let binary = stocked()
        .with_file("own.toml", "[requests]\ndeadline_ms = 0\n")
        .with_variable("CLEAVE__REQUESTS__DEADLINE_MS", "many");
    let told = doctor(&binary, &["--profile", "own"]);
    told.ends_with(2).counts("wrong", 2).says("databases", "catalog", "ok", &[]);
    for place in ["the variable CLEAVE__REQUESTS__DEADLINE_MS", "config/own.toml"] {
        assert!(told.ended.stdout.contains(place), "{:#}", told.report);
    }
}

#[test]
fn a_file_of_the_configuration_that_is_none_keeps_nothing_else_from_being_looked_at() {
    let binary = stocked().with_file("default.toml", "[public\n");
    doctor(&binary, &[])
        .ends_with(2)
        .says("configuration", "keys and values", "wrong", &["config/default.toml", "line 1"])
        .says("databases", "catalog", "ok", &[])
        .counts("wrong", 1);
    doctor(&binary, &["--profile", "absent"]).ends_with(2).counts("wrong", 2);
}

#[test]
fn every_problem_of_a_topology_is_named_with_its_place() {
    let own = "[services.a]\nroles = [\"gateway\", \"evnts\", \"registry\"]\nmodules = [\"catalog\", \"invntory\"]\n\
               [services.b]\nmodules = [\"accounts\", \"cart\", \"orders\", \"payments\", \"notifications\", \"catalog\"]\n";
    let binary = stocked().with_file("topologies/own.toml", own);
    let told = doctor(&binary, &["--topology", "own"]);
    told.ends_with(2).counts("wrong", 3).says("databases", "catalog", "ok", &[]);
    for words in
        ["line 2", "did you mean \\\"events\\\"?", "did you mean \\\"inventory\\\"?", "already hosted"]
    {
        assert!(told.ended.stdout.contains(words), "{words}: {:#}", told.report);
    }
}

#[test]
fn an_unknown_topology_or_service_is_named_with_those_that_there_are() {
    let binary = stocked();
    doctor(&binary, &["--topology", "microservice"]).ends_with(2).says(
        "topology",
        "topology \"microservice\"",
        "wrong",
        &["no file of that name", "microservices"],
    );
    doctor(&binary, &["--topology", "microservices", "--service", "catalgo"])
        .ends_with(2)
        .says(
            "topology",
            "topology \"microservices\"",
            "wrong",
            &["\"catalgo\"", "did you mean \"catalog\"?"],
        )
        .says("databases", "the databases", "not_checked", &["mend the topology first"])
        .says("keys", "service.credential", "ok", &[]);
}

#[test]
fn what_up_cannot_do_with_a_topology_is_told() {
    let own = "[services.edge]\nroles = [\"gateway\", \"events\", \"registry\"]\nreplicas = 2\n[services.rest]\nmodules = \
               [\"catalog\", \"inventory\", \"accounts\", \"cart\", \"orders\", \"payments\", \"notifications\"]\n";
    let binary =
        stocked().with_file("topologies/own.toml", own).with_variable("CLEAVE__INTERNAL__PORT", "7101");
    let told = doctor(&binary, &["--topology", "own"]);
    told.ends_with(2)
        .says("topology", "services.edge.replicas", "wrong", &["public port", "set it to 1"])
        .says("topology", "internal.port", "wrong", &["7101", "set it to 0"]);
}

#[test]
fn a_report_for_people_has_a_line_to_mend_and_a_summary_at_its_end() {
    let binary = Binary::new();
    let ended = binary.run(&["doctor"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "");
    assert!(!binary.data_dir().exists(), "the doctor made the data directory");
    assert!(ended.stdout.contains("  warning      databases: there are none yet\n"), "{}", ended.stdout);
    assert!(ended.stdout.contains("               mend: `cleave up` makes them"), "{}", ended.stdout);
    let last = ended.stdout.lines().last().unwrap_or_default();
    assert!(last.starts_with("nothing is wrong: ") && last.contains(" 3 with a warning, 0 wrong"), "{last}");
}
