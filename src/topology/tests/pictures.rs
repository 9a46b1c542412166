//! What people and programs are shown.

use super::{from_notation, from_toml};
use crate::topology::{mermaid, show_text};

const MIXED: &str = "description = 'front and back'\n\
                     [services.front]\nroles = ['gateway', 'ledger']\nmodules = ['alpha']\n\
                     [services.back-office]\nmodules = ['beta', 'gamma', 'delta']\nreplicas = 2\n\
                     [links]\n'gateway -> beta' = 'unix'";

#[test]
fn a_topology_is_shown_as_two_tables() {
    let expected = "\
sample: front and back
gateway+ledger+alpha | beta+gamma+delta

SERVICE      MODULES             ROLES            REPLICAS
front        alpha               gateway, ledger  1
back-office  beta, gamma, delta  -                2

CALL              LINK    SERVICES
gateway -> alpha  direct  within front
gateway -> beta   unix    front to back-office
alpha -> beta     tcp     front to back-office
gamma -> delta    direct  within back-office
";
    assert_eq!(show_text(&from_toml(MIXED)), expected);
}

#[test]
fn a_notation_is_not_repeated_below_itself() {
    assert!(show_text(&from_notation("alpha | *")).starts_with("alpha | beta+gamma+delta\n\nSERVICE"));
}

#[test]
fn mermaid_draws_a_box_a_service_and_a_thick_arrow_between_processes() {
    let expected = r#"flowchart LR
    subgraph service_front["front"]
        part_gateway{{"gateway"}}
        part_ledger{{"ledger"}}
        part_alpha["alpha"]
    end
    subgraph service_back_office["back-office ×2"]
        part_beta["beta"]
        part_gamma["gamma"]
        part_delta["delta"]
    end
    part_gateway -->|direct| part_alpha
    part_gateway ==>|unix| part_beta
    part_alpha ==>|tcp| part_beta
    part_gamma -->|direct| part_delta
"#;
    assert_eq!(mermaid(&from_toml(MIXED)), expected);
}

#[test]
fn json_holds_services_and_calls() {
    let json = serde_json::to_value(from_toml(MIXED)).expect("a topology is plain data");
    assert_eq!(json["name"], "sample");
    assert_eq!(json["link"], "tcp");
    assert_eq!(
        json["services"][1],
        serde_json::json!({"name": "back-office", "modules": ["beta", "gamma", "delta"], "roles": [], "replicas": 2})
    );
    assert_eq!(
        json["calls"][1],
        serde_json::json!({
            "caller": "gateway", "callee": "beta", "link": "unix",
            "caller_service": "front", "callee_service": "back-office"
        })
    );
}
