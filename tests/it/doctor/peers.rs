//! Services that are run by hand, and call each other.

use std::fs;
use std::net::SocketAddr;

use serde_json::Value;

use super::doctor;
use crate::support::binary::{Binary, Running};
use crate::support::peers::{ScriptedPeer, SilentPeer};

/// Two services; the catalogue calls everything else over TCP, and the events over a socket file.
const TOPOLOGY: &str = "[services.shop]\nmodules = [\"catalog\", \"cart\"]\nroles = [\"gateway\"]\n\
                        [services.rest]\nroles = [\"events\", \"registry\"]\nmodules = [\"inventory\", \"accounts\", \"orders\", \"payments\", \"notifications\"]\n\
                        [links]\n\"catalog -> events\" = \"unix\"\n";

const SHOP: [&str; 4] = ["--profile", "own", "--service", "shop"];

/// Who is where is fixed.
const PROFILE: &str = "topology = \"two\"\n[discovery]\nsource = \"fixed\"\n[peers]\n";

/// A prepared store with these peers.
fn prepared(peers: &str) -> Binary {
    let binary = Binary::new()
        .with_file("topologies/two.toml", TOPOLOGY)
        .with_file("own.toml", &format!("{PROFILE}{peers}"));
    binary.succeed(&["data", "migrate"]);
    binary
}

/// The same peers, told to a store that is there already.
fn with_peers(binary: Binary, peers: &str) -> Binary {
    binary.with_file("own.toml", &format!("{PROFILE}{peers}"))
}

/// Runs a service by hand; answers where its peers find it.
fn serve(binary: &Binary, topology: &str, service: &str) -> (Running, SocketAddr) {
    let arguments = ["serve", "--topology", topology, "--service", service, "--log-format", "json"];
    let mut running = binary.start(&arguments);
    let line = running.until_it_prints("\"internal\":");
    let line = serde_json::from_str::<Value>(&line).expect("a log line is JSON");
    let address = line["internal"].as_str().and_then(|text| text.parse().ok());
    (running, address.unwrap_or_else(|| panic!("no address in {line}")))
}

#[test]
fn a_peer_that_answers_over_every_link_is_well() {
    let binary = prepared("");
    let (rest, address) = serve(&binary, "two", "rest");
    let socket = binary.data_dir().join("run/rest.sock");
    let peers = format!("rest = [\"tcp://{address}\", \"unix://{}\"]\n", socket.display());
    let binary = with_peers(binary, &peers);
    let told = doctor(&binary, &SHOP);
    told.ends_with(0).says("peers", "rest at tcp://", "ok", &["accepts the credential"]).says(
        "peers",
        "rest at unix://",
        "ok",
        &["accepts the credential"],
    );
    assert_eq!(rest.stop().code, Some(0));
    doctor(&binary, &SHOP)
        .ends_with(1)
        .says(
            "peers",
            "rest at tcp://",
            "wrong",
            &["it is away: nobody listens", "--service rest", "peers.rest"],
        )
        .says("peers", "rest at unix://", "wrong", &["it is away: nobody listens"]);
}

#[test]
fn a_peer_without_an_address_is_told_by_the_key_that_it_lacks() {
    let binary = prepared("rest = [\"tcp://127.0.0.1\"]\nrset = []\n");
    doctor(&binary, &SHOP)
        .ends_with(2)
        .says("topology", "peers.rest", "wrong", &["tcp://127.0.0.1", "tcp://IP:PORT"])
        .says("topology", "peers.rset", "wrong", &["no such service", "shop, rest"]);
    let binary = with_peers(binary, "rest = [\"tcp://127.0.0.1:1\"]\n");
    doctor(&binary, &SHOP)
        .ends_with(1)
        .says("peers", "rest at tcp://127.0.0.1:1", "wrong", &["it is away"])
        .says("peers", "rest", "wrong", &[]);
}

#[test]
fn a_wrong_credential_is_told_apart_from_a_peer_that_is_away() {
    let (binary, other) = (prepared(""), prepared(""));
    let (rest, address) = serve(&other, "two", "rest");
    let binary = with_peers(binary, &format!("rest = [\"tcp://{address}\"]\n"));
    let told = doctor(&binary, &SHOP);
    told.ends_with(1).says(
        "peers",
        "rest at tcp://",
        "wrong",
        &["refuses the service credential", "same keys"],
    );
    let secret = fs::read(other.data_dir().join("keys/service.credential")).expect("it is there");
    fs::write(binary.data_dir().join("keys/service.credential"), secret).expect("it can be written");
    doctor(&binary, &SHOP).says("peers", "rest at tcp://", "ok", &[]);
    assert_eq!(rest.stop().code, Some(0));
}

#[test]
fn another_service_or_a_stranger_at_the_address_of_a_peer_is_told() {
    let binary = prepared("").with_variable("CLEAVE__DISCOVERY__SOURCE", "fixed");
    let (catalog, address) = serve(&binary, "microservices", "catalog");
    let binary = with_peers(binary, &format!("rest = [\"tcp://{address}\"]\n"));
    doctor(&binary, &SHOP).ends_with(1).says(
        "peers",
        "rest at tcp://",
        "wrong",
        &["there is catalog of microservices", "does not host"],
    );
    assert_eq!(catalog.stop().code, Some(0));
    let mute = SilentPeer::new();
    let binary = with_peers(binary, &format!("rest = [\"tcp://{}\"]\n", mute.address()));
    doctor(&binary, &SHOP).ends_with(1).says("peers", "rest at tcp://", "wrong", &["no answer within 2 s"]);
    let stranger = ScriptedPeer::new(&[("/topology", 200, "<html>It works!</html>")]);
    let binary = with_peers(binary, &format!("rest = [\"tcp://{}\"]\n", stranger.address()));
    doctor(&binary, &SHOP).ends_with(1).says("peers", "rest at tcp://", "wrong", &["no internal listener"]);
}

/// What the peer `rest` of version 0.0.1 would say, but for the placement.
const OLDER: &str = r#"{"version": "0.0.1", "topology": "two", "service": "rest", "roles": ["events"], "calls": [],
    "modules": ["inventory", "accounts", "orders", "payments", "notifications"]}"#;

/// What one said before peers told their version.
const OLDEST: &str = r#"{"topology": "three", "service": "rest", "roles": ["events"], "calls": [],
    "modules": ["inventory", "accounts", "orders", "payments", "notifications"]}"#;

#[test]
fn a_peer_of_another_version_is_a_warning_and_one_that_does_not_say_all_is_not_checked() {
    let older = ScriptedPeer::new(&[("/topology", 200, OLDER), ("/peer", 204, "")]);
    let oldest = ScriptedPeer::new(&[("/topology", 200, OLDEST)]);
    let other = ScriptedPeer::new(&[("/topology", 200, OLDEST), ("/peer", 204, "")]);
    let addresses = [&older, &oldest, &other].map(|peer| format!("\"tcp://{}\"", peer.address())).join(", ");
    let binary = prepared(&format!("rest = [{addresses}]\n"));
    let at = |peer: &ScriptedPeer| format!("rest at tcp://{}", peer.address());
    doctor(&binary, &SHOP)
        .says("peers", &at(&older), "warning", &["it is 0.0.1", env!("CARGO_PKG_VERSION")])
        .says("peers", &at(&oldest), "not_checked", &["accepts the credential", "same version"])
        .says("peers", &at(&other), "warning", &["does not say its number"]);
}

#[test]
fn a_service_that_is_called_and_has_no_fixed_port_is_warned_about() {
    let binary = prepared("shop = [\"tcp://127.0.0.1:1\"]\n");
    let flags = ["--profile", "own", "--service", "rest"];
    doctor(&binary, &flags).says(
        "ports",
        "internal port",
        "warning",
        &["cannot know it", "CLEAVE__INTERNAL__PORT"],
    );
}

#[test]
fn a_service_that_runs_already_has_its_own_port() {
    let binary = prepared("");
    let (rest, address) = serve(&binary, "two", "rest");
    let binary = binary.with_variable("CLEAVE__INTERNAL__PORT", &address.port().to_string());
    let flags = |service| ["--profile", "own", "--service", service];
    doctor(&binary, &flags("rest")).says("ports", "internal port", "ok", &["rest which runs already"]);
    let pid = format!("cleave (pid {})", rest.pid());
    doctor(&binary, &flags("shop")).ends_with(1).says(
        "ports",
        "internal port",
        "wrong",
        &["in use by", &pid],
    );
    assert_eq!(rest.stop().code, Some(0));
}
