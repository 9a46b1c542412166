use std::io::{self, Write as _};

use super::*;
use crate::client::Client;
use crate::http::Request;
use crate::proc::{ThreadTimes, pss_kib};
use crate::proxied::Proxied;
use crate::subject::{Running, Subject};
use crate::testing::{Served, Server};

struct Hello;

impl Subject for Hello {
    fn label(&self) -> &'static str {
        "hello"
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        Ok(Box::new(Served(Server::start(|path, _| (200, format!("hello from {path}"))))))
    }
}

/// The one that is installed; where none is, tests of it are skipped, unless the project's own checks demand that nothing is.
fn nginx() -> Option<Nginx> {
    let nginx = Nginx::installed();
    if let Err(missing) = &nginx {
        let is_demanded = std::env::var_os("CLEAVE_REQUIRE_ALL").is_some_and(|value| value == "1");
        assert!(!is_demanded, "not to be skipped: {missing}");
        // Not by a macro, which the test harness would keep to itself.
        let _nobody_reads = writeln!(io::stderr(), "skipped: {missing}");
    }
    nginx.ok()
}

#[test]
fn where_it_is_not_installed_that_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let found = Nginx::among(std::iter::once(folder.path().to_owned()));
    assert_eq!(found.expect_err("nothing is there").to_string(), "nginx is not installed");
    fs::write(folder.path().join("nginx"), "no program").expect("a file");
    let found = Nginx::among(std::iter::once(folder.path().to_owned()));
    let error = found.expect_err("that is no program").to_string();
    assert!(error.contains("does not tell its version") && error.contains("denied"), "{error}");
}

#[test]
fn it_passes_requests_on_and_all_of_its_processes_count_and_end() {
    let Some(nginx) = nginx() else { return };
    let work = tempfile::tempdir().expect("a folder");
    let label = "hello behind nginx".to_owned();
    let proxied = Proxied { label, subject: Hello, nginx, work: work.path().to_owned() };
    let running = proxied.start().expect("both start");
    let mut client = Client::new(running.address(), Duration::from_secs(5));
    let answer = client.send(&Request::get("/there")).expect("an answer");
    assert_eq!((answer.status, answer.text()), (200, "hello from /there".to_owned()));

    let pids = running.processes().iter().map(|process| process.pid).collect::<Vec<_>>();
    assert!(pids.len() >= 2, "who watches and who works: {pids:?}");
    for pid in &pids {
        assert!(ThreadTimes::read(*pid).is_some() && pss_kib(*pid).is_some_and(|kib| kib > 0), "{pid}");
    }
    running.stop().expect("both stop");
    assert!(pids.iter().all(|pid| ThreadTimes::read(*pid).is_none()), "one of {pids:?} is left");
    assert_eq!(fs::read_dir(work.path()).expect("the folder").count(), 0, "nothing is left");
}

#[test]
fn one_that_cannot_start_tells_what_it_complains_of() {
    let Some(nginx) = nginx() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let origin = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let Err(error) = nginx.start(folder.path(), origin, 1) else { panic!("no origin has port 0") };
    assert!(error.to_string().contains("invalid port"), "{error}");
}
