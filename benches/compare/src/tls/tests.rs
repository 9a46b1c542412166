use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use tempfile::TempDir;

use super::*;
use crate::client::{Client, ClientError};
use crate::dice::Dice;
use crate::generator::{Generator, Limits, Load};
use crate::http::Request;
use crate::interruption::Interruption;
use crate::schedule::poisson;
use crate::testing::{Certificates, Get, Server};

/// Longer than a busy machine takes for anything here.
const PATIENCE: Duration = Duration::from_mins(1);

/// An authority of this test alone, and its file.
struct Trusted {
    certificates: Certificates,
    _folder: TempDir,
    file: PathBuf,
}

fn trusted() -> Trusted {
    let certificates = Certificates::of("the test");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("authority.pem");
    fs::write(&file, certificates.authority_pem()).expect("it can be written");
    Trusted { certificates, _folder: folder, file }
}

impl Trusted {
    fn authorities(&self) -> Authorities {
        Authorities::of_system_and(Some(&self.file)).expect("an authority")
    }

    fn tls(&self, host: &str) -> Tls {
        self.authorities().for_host(host).expect("a name")
    }
}

fn limits() -> Limits {
    Limits {
        connections: 4,
        connections_most: 64,
        request_timeout: PATIENCE,
        late: Duration::from_millis(1),
        spin: false,
    }
}

#[test]
fn a_script_and_loads_are_answered_over_tls() {
    const LENGTH: Duration = Duration::from_millis(300);
    let trusted = trusted();
    let server = Server::start_over_tls(trusted.certificates.server_for("localhost"), |path, _| {
        (200, path.repeat(50_000))
    });
    let tls = trusted.tls("localhost");
    let response = Client::new(server.address, PATIENCE).over(Some(tls.clone())).send(&Request::get("/"));
    assert_eq!(response.expect("an answer").body.len(), 50_000);

    let mut generator = Generator::new(vec![server.address], Some(tls), limits(), &Interruption::default())
        .expect("connections");
    assert_eq!(generator.shaking_hands(), 0, "no request waits for the connections that are there");
    let journey = Get("");
    let schedule = poisson(&mut Dice::new(1, &[]), 300.0, LENGTH);
    let short = generator.prepare(schedule.iter().map(|_| Request::get("/")));
    let load = Load { journey: &journey, requests: &short };
    let phase = generator.open_loop(load, &schedule, LENGTH).expect("a phase");
    assert_eq!((phase.accepted, phase.errors), (phase.requests, 0));
    let phase = generator.closed_loop(load, Duration::ZERO, LENGTH).expect("a phase");
    assert!(phase.accepted > 0 && phase.errors == 0, "{phase:?}");

    // All at once, so that connections are opened meanwhile, and more than a socket takes at a time.
    let at_once = [Duration::ZERO; 6];
    let long = Request::get("/").header("x", "y".repeat(1_500_000));
    let long = generator.prepare(vec![long; at_once.len()]);
    let phase = generator.open_loop(Load { journey: &journey, requests: &long }, &at_once, LENGTH);
    let phase = phase.expect("a phase");
    assert_eq!((phase.accepted, phase.errors), (6, 0));
}

/// Somebody who gives everybody the same bytes and hangs up, as long as the test runs.
fn answering(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _asked = stream.read(&mut [0; 4096]);
            let _answered = stream.write_all(bytes);
        }
    });
    address
}

#[test]
fn whoever_does_not_prove_to_be_the_host_is_refused_with_what_to_do() {
    let trusted = trusted();
    let ok = |_: &str, _| (200, String::new());
    let server = Server::start_over_tls(trusted.certificates.server_for("localhost"), ok);
    let by = |name| Server::start_over_tls(Certificates::of(name).server_for("localhost"), ok);
    let (stranger, renewed) = (by("a stranger"), by("the test"));
    let mut vouching = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    vouching.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let vouching = Server::start_over_tls(trusted.certificates.server(&vouching), ok);
    let dated = |from, until| {
        let mut certificate = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        (certificate.not_before, certificate.not_after) = (from, until);
        Server::start_over_tls(trusted.certificates.server(&certificate), ok)
    };
    let past = dated(date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    let future = dated(date_time_ymd(2901, 1, 1), date_time_ymd(2902, 1, 1));
    let plain = answering(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let hangs_up = answering(b"");
    for (address, host, words) in [
        (server.address, "127.0.0.1", ["is not for that name, but for", "ask by a name that is in it"]),
        (stranger.address, "localhost", ["signed by nobody who is trusted here", "--authority"]),
        (renewed.address, "localhost", ["signed by nobody who is trusted here", "--authority"]),
        (vouching.address, "localhost", ["that of an authority", "CA:FALSE"]),
        (past.address, "localhost", ["has expired", "renewed"]),
        (future.address, "localhost", ["not valid yet", "clock"]),
        (plain, "localhost", ["does not speak TLS", "http://"]),
        (hangs_up, "localhost", ["hung up", "does it speak TLS"]),
    ] {
        let tls = trusted.tls(host);
        let refusal = match Client::new(address, PATIENCE).over(Some(tls.clone())).send(&Request::get("/")) {
            Err(ClientError::Handshake { source, .. }) => source.to_string(),
            other => panic!("{words:?}: it is not refused for its handshake: {other:?}"),
        };
        assert!(words.iter().all(|word| refusal.contains(word)), "{words:?}: {refusal}");
        assert!(refusal.contains(host), "{refusal}");
        let failure = Generator::new(vec![address], Some(tls), limits(), &Interruption::default())
            .err()
            .expect("no connection");
        assert_eq!(failure.to_string(), refusal, "the load is told the same");
    }
}

#[test]
fn whoever_says_nothing_is_not_waited_for_longer_than_for_an_answer() {
    let silent = Server::start(|_, _| (200, String::new()));
    let tls = trusted().tls("localhost");
    let patience = Duration::from_millis(50);
    let failure = Client::new(silent.address, patience).over(Some(tls.clone())).send(&Request::get("/"));
    assert!(
        matches!(&failure, Err(ClientError::Handshake { source: HandshakeError::Silent(_), .. })),
        "{failure:?}"
    );
    let limits = Limits { request_timeout: patience, ..limits() };
    let failure = Generator::new(vec![silent.address], Some(tls), limits, &Interruption::default())
        .err()
        .expect("no connection");
    assert!(failure.to_string().contains("did not finish the TLS handshake in time"), "{failure}");
}

#[test]
fn a_file_that_holds_no_authority_is_named_with_what_it_should_hold() {
    let trusted = trusted();
    let key = KeyPair::generate().expect("a key").serialize_pem();
    for (text, word) in [("", "none in it"), ("hello", "none in it"), (&*key, "none in it")] {
        fs::write(&trusted.file, text).expect("it can be written");
        let refusal = Authorities::of_system_and(Some(&trusted.file)).expect_err(text).to_string();
        assert!(refusal.contains("authority.pem") && refusal.contains(word), "{refusal}");
    }
    let missing = trusted.file.with_file_name("nowhere.pem");
    let refusal = Authorities::of_system_and(Some(&missing)).expect_err("it is missing").to_string();
    assert!(refusal.contains("nowhere.pem") && refusal.contains("No such file"), "{refusal}");
}

#[test]
fn what_no_certificate_can_be_for_is_no_host() {
    let authorities = trusted().authorities();
    assert!(authorities.for_host("::1").is_ok() && authorities.for_host("shop.example").is_ok());
    let refusal = authorities.for_host("a b").expect_err("it has a space").to_string();
    assert!(refusal.contains("\"a b\"") && refusal.contains("host name or an IP address"), "{refusal}");
}
