//! What is refused, and with which words.

use super::{HOUSE, from_notation};
use crate::topology::Topology;

/// A valid file to spoil.
const VALID: &str = "\
[services.front]
roles = ['gateway', 'ledger']
modules = ['alpha']
[services.back]
modules = ['beta', 'gamma', 'delta']
replicas = 2
[links]
'gateway -> beta' = 'unix'
";

/// The error of a file in which one text stands in the place of another.
fn spoilt(valid: &str, broken: &str) -> String {
    assert!(VALID.contains(valid), "{valid:?} is not in the file");
    refused(&VALID.replace(valid, broken))
}

fn refused(text: &str) -> String {
    Topology::from_toml("sample", "sample.toml", text, &HOUSE).expect_err("the file is broken").to_string()
}

fn notation_refused(text: &str) -> String {
    Topology::from_notation(text, &HOUSE).expect_err("the notation is broken").to_string()
}

#[test]
fn the_file_that_these_tests_spoil_is_valid() {
    Topology::from_toml("sample", "sample.toml", VALID, &HOUSE).expect("the file is valid");
}

#[test]
fn a_name_that_is_a_command_behind_compare_is_refused() {
    let named = |name| Topology::from_toml(name, "sample.toml", VALID, &HOUSE);
    for name in ["diff", "help", "report"] {
        let error = named(name).expect_err("the name is a command").to_string();
        assert!(
            error.contains(&format!("cannot be called {name:?}")) && error.contains("another name"),
            "{error}"
        );
    }
    named("reports").expect("only the word itself is refused");
}

#[test]
fn an_unknown_key_is_refused_with_line_and_column_and_the_known_keys() {
    let error = spoilt("replicas = 2", "replcas = 2");
    assert!(error.starts_with("sample.toml: TOML parse error at line 6, column 1\n"), "{error}");
    assert!(
        error.ends_with("unknown field `replcas`, expected one of `modules`, `roles`, `replicas`"),
        "{error}"
    );
    assert!(spoilt("[links]", "[edges]").contains("unknown field `edges`"));
}

#[test]
fn a_value_of_the_wrong_type_is_refused_with_line_and_column() {
    let error = spoilt("replicas = 2", "replicas = 'two'");
    assert!(error.starts_with("sample.toml: TOML parse error at line 6, column 12\n"), "{error}");
}

#[test]
fn a_module_named_twice_is_refused_at_both_places() {
    assert_eq!(
        spoilt("['alpha']", "['alpha', 'beta']"),
        "sample.toml: line 3, column 21, services.front.modules: module \"beta\" is already hosted by service \
         \"back\" (line 5, column 12, services.back.modules); keep one of the two"
    );
    assert_eq!(
        notation_refused("alpha | beta+alpha+*"),
        "topology \"alpha | beta+alpha+*\": column 14: module \"alpha\" is already hosted by service \"alpha\" \
         (column 1); keep one of the two"
    );
}

#[test]
fn a_module_that_nobody_hosts_is_refused() {
    assert_eq!(
        spoilt("'gamma', ", ""),
        "sample.toml: module \"gamma\" is hosted by no service; add it to the `modules` of one service"
    );
    assert_eq!(
        notation_refused("alpha+gamma+delta"),
        "topology \"alpha+gamma+delta\": module \"beta\" is hosted by no service; name it in a group, or write * for \
         all that is not named"
    );
}

#[test]
fn a_mistyped_module_is_reported_once_with_what_was_meant() {
    assert_eq!(
        spoilt("'gamma'", "'gama'"),
        "sample.toml: line 5, column 20, services.back.modules: unknown module \"gama\"; did you mean \"gamma\"? the \
         modules are: alpha, beta, gamma, delta"
    );
    assert_eq!(
        notation_refused("alpha | gatway + *"),
        "topology \"alpha | gatway + *\": column 9: unknown module \"gatway\"; did you mean \"gateway\"? the modules \
         are: alpha, beta, gamma, delta"
    );
    assert_eq!(
        notation_refused("alpha | warehouse | *"),
        "topology \"alpha | warehouse | *\": column 9: unknown module \"warehouse\"; the modules are: alpha, beta, \
         gamma, delta"
    );
}

#[test]
fn a_role_that_is_unknown_or_hosted_twice_or_not_at_all_is_refused() {
    assert_eq!(
        spoilt("'ledger'", "'legder'"),
        "sample.toml: line 2, column 21, services.front.roles: unknown role \"legder\"; did you mean \"ledger\"? the \
         roles are: gateway, ledger"
    );
    assert_eq!(
        spoilt("replicas = 2", "roles = ['gateway']"),
        "sample.toml: line 2, column 10, services.front.roles: role \"gateway\" is already hosted by service \"back\" \
         (line 6, column 10, services.back.roles); keep one of the two"
    );
    assert_eq!(
        spoilt("'gateway', ", ""),
        "sample.toml: role \"gateway\" is hosted by no service; add it to the `roles` of one service"
    );
}

#[test]
fn a_role_among_modules_is_sent_to_the_roles() {
    assert_eq!(
        spoilt("['gateway', 'ledger']\nmodules = ['alpha']", "['ledger']\nmodules = ['alpha', 'gateway']"),
        "sample.toml: line 3, column 21, services.front.modules: \"gateway\" is not a module; list it under `roles`"
    );
}

#[test]
fn a_service_that_hosts_nothing_is_refused() {
    assert_eq!(
        spoilt("[links]", "[services.idle]\n[links]"),
        "sample.toml: line 7, column 11, services: service \"idle\" hosts nothing; give it `modules` or `roles`, or \
         take it away"
    );
}

#[test]
fn an_empty_group_or_member_is_refused() {
    let empty_group = "a group is empty; name a module in it, or take a bar away";
    assert_eq!(notation_refused("alpha || *"), format!("topology \"alpha || *\": column 8: {empty_group}"));
    assert_eq!(notation_refused("* |"), format!("topology \"* |\": column 4: {empty_group}"));
    assert_eq!(
        notation_refused("alpha++beta | *"),
        "topology \"alpha++beta | *\": column 7: a name is missing beside +; name a module, or take the + away"
    );
    assert!(notation_refused("").contains(empty_group));
}

#[test]
fn a_second_star_is_refused() {
    assert_eq!(
        notation_refused("* | alpha+*"),
        "topology \"* | alpha+*\": column 11: a second *; the rest can go to one group only, so name the modules of \
         the other"
    );
}

#[test]
fn a_number_of_replicas_outside_the_limits_is_refused() {
    for (replicas, is_valid) in [("0", false), ("-1", false), ("1", true), ("64", true), ("65", false)] {
        let text = VALID.replace("replicas = 2", &format!("replicas = {replicas}"));
        let outcome = Topology::from_toml("sample", "sample.toml", &text, &HOUSE);
        assert_eq!(outcome.is_ok(), is_valid, "{replicas}");
    }
    assert_eq!(
        spoilt("replicas = 2", "replicas = 4294967297"),
        "sample.toml: line 6, column 12, services.back.replicas: 4294967297 replicas of service \"back\"; there can be \
         1 to 64"
    );
}

#[test]
fn a_name_that_is_no_host_name_is_refused() {
    let long = "a".repeat(41);
    for name in
        ["Front", "'front end'", "'../front'", "front_end", "front-", "-front", "1front", "''", long.as_str()]
    {
        let error = spoilt("services.front", &format!("services.{name}"));
        assert!(error.contains("cannot be the name of a service"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn an_unknown_link_is_refused() {
    assert_eq!(
        spoilt("'unix'", "'unx'"),
        "sample.toml: line 8, column 21, links: unknown link \"unx\"; did you mean \"unix\"? the links are: direct, \
         memory, thread, unix, tcp"
    );
}

#[test]
fn a_link_within_a_process_cannot_be_the_link_between_processes() {
    for link in ["direct", "memory", "thread"] {
        let error = refused(&format!("link = '{link}'\n{VALID}"));
        let expected =
            format!("sample.toml: line 1, column 8, link: {link} cannot be the link between processes,");
        assert!(error.starts_with(&expected), "{error}");
    }
}

#[test]
fn a_link_within_a_process_cannot_join_two_services() {
    for link in ["direct", "memory", "thread"] {
        assert_eq!(
            spoilt("'unix'", &format!("'{link}'")),
            format!(
                "sample.toml: line 8, column 21, links: \"gateway -> beta\" cannot be {link}, since \"front\" and \
                 \"back\" are different processes and {link} needs both ends in one; use \"tcp\" or \"unix\", or put \
                 both into one service"
            )
        );
    }
}

#[test]
fn an_edge_that_nobody_calls_is_refused() {
    let calls = "gateway -> alpha, gateway -> beta, alpha -> beta, gamma -> delta";
    assert_eq!(
        spoilt("gateway -> beta", "beta -> alpha"),
        format!(
            "sample.toml: line 8, column 1, links: \"beta -> alpha\" sets a call that nobody makes; did you mean \
             \"alpha -> beta\"? the calls are: {calls}"
        )
    );
    assert_eq!(
        spoilt("gateway -> beta", "gateway.beta"),
        "sample.toml: line 8, column 1, links: \"gateway.beta\" is not an edge; write \"caller -> callee\""
    );
}

#[test]
fn an_edge_that_is_set_twice_is_refused() {
    let error = refused(&format!("{VALID}'gateway->beta' = 'tcp'\n"));
    assert!(error.contains("\"gateway -> beta\" is set twice; keep one of the two"), "{error}");
}

#[test]
fn all_problems_are_reported_at_once() {
    let error = refused(
        "link = 'direct'\n[services.Front]\nroles = ['gateway', 'ledger']\nmodules = ['alpha', 'alpha']\n\
         replicas = 0\n[services.idle]\n[links]\n'alpha -> gamma' = 'tpc'\n",
    );
    assert_eq!(error.lines().next(), Some("sample.toml: 10 problems"), "{error}");
    assert_eq!(error.lines().count(), 11, "{error}");
    let error = notation_refused("alpha+alpha | | * | *");
    assert_eq!(
        error,
        "topology \"alpha+alpha | | * | *\": 3 problems\n\
         \x20 column 15: a group is empty; name a module in it, or take a bar away\n\
         \x20 column 21: a second *; the rest can go to one group only, so name the modules of the other\n\
         \x20 column 7: module \"alpha\" is already hosted by service \"alpha\" (column 1); keep one of the two"
    );
}

#[test]
fn a_service_that_a_topology_lacks_is_answered_with_those_that_it_has() {
    let topology = from_notation("alpha | *");
    assert_eq!(
        topology.service("gatway").expect_err("it does not exist").to_string(),
        "topology \"alpha | beta+gamma+delta\": no service \"gatway\"; did you mean \"gateway\"? the services are: \
         gateway, ledger, alpha, beta-gamma-delta"
    );
}
