//! Ports, sockets, the clock, and where e-mails go.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, UNIX_EPOCH};

use super::{doctor, stocked};
use crate::support::binary::Binary;

#[test]
fn a_port_that_a_stranger_has_is_told_with_its_pid() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = taken.local_addr().expect("it is bound").port().to_string();
    let pid = format!("(pid {})", std::process::id());
    let binary = stocked();
    doctor(&binary, &["--port", &port])
        .ends_with(1)
        .says("ports", "public port", "wrong", &[&port, "in use by", &pid, "--port N", "public.port"])
        .counts("wrong", 1);
    // Only the gateway opens it.
    let binary = binary.with_variable("CLEAVE__DISCOVERY__SOURCE", "fixed");
    let catalog = ["--topology", "microservices", "--service", "payments", "--port", &port];
    doctor(&binary, &catalog).ends_with(0);
    let binary = binary.with_variable("CLEAVE__INTERNAL__PORT", &port);
    doctor(&binary, &catalog).ends_with(1).says("ports", "internal port", "wrong", &[&pid, "internal.port"]);
    drop(taken);
    doctor(&binary, &catalog).ends_with(0);
}

#[test]
fn an_address_of_another_machine_is_told_by_its_key() {
    // TEST-NET-1, which no machine has.
    let binary = stocked().with_variable("CLEAVE__PUBLIC__HOST", "192.0.2.1");
    doctor(&binary, &["--port", "8080"]).ends_with(1).says(
        "ports",
        "public port",
        "wrong",
        &["no address 192.0.2.1", "public.host"],
    );
}

#[test]
fn a_path_that_is_too_long_for_a_socket_is_told() {
    let own = "link = \"unix\"\n[services.edge]\nroles = [\"gateway\", \"events\", \"registry\"]\n[services.all-the-rest]\nmodules = \
               [\"catalog\", \"inventory\", \"accounts\", \"cart\", \"orders\", \"payments\", \"notifications\"]\n";
    let binary = Binary::new().with_file("topologies/own.toml", own);
    doctor(&binary, &["--topology", "own"]).ends_with(0).says("ports", "socket of all-the-rest", "ok", &[]);
    let binary = binary.with_data_dir(&"d".repeat(100));
    doctor(&binary, &["--topology", "own"])
        .ends_with(1)
        .says("ports", "socket of all-the-rest", "wrong", &["107", "shorter --data-dir"])
        .says("ports", "socket of edge", "wrong", &["107"]);
}

#[test]
fn a_file_from_the_future_is_a_warning_about_the_clock() {
    let binary = stocked();
    let key = fs::File::open(binary.data_dir().join("keys/tokens.key")).expect("the store has it");
    let days_to_2100 = 47_482;
    key.set_modified(UNIX_EPOCH + Duration::from_hours(24 * days_to_2100)).expect("it is ours");
    doctor(&binary, &[]).ends_with(0).says(
        "machine",
        "clock",
        "warning",
        &["tokens.key was changed at 2100-01-01", "touch"],
    );
}

#[test]
fn a_mail_server_that_is_away_and_a_folder_that_is_none_are_told() {
    let server = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let place = server.local_addr().expect("it is bound").to_string();
    let binary = stocked().with_variable("CLEAVE__NOTIFICATIONS__MAIL", &format!("smtp://{place}"));
    doctor(&binary, &[]).ends_with(0).says("mail", "notifications.mail", "ok", &[&place]);
    drop(server);
    doctor(&binary, &[]).ends_with(1).says(
        "mail",
        "notifications.mail",
        "wrong",
        &["no mail server answers", &place, "wait in the queue"],
    );
    let binary = binary.with_variable("CLEAVE__NOTIFICATIONS__MAIL", "file:{data_dir}/catalog.db/mail");
    doctor(&binary, &[]).ends_with(1).says(
        "mail",
        "notifications.mail",
        "wrong",
        &["catalog.db is a file", "notifications.mail"],
    );
}
