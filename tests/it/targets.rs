//! `cleave compare --target`: stores that run already, measured from outside.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::binary::{Binary, Ended};
use crate::support::comparison::{compare, public, results, until_a_round_is_complete};
use crate::support::waiting::eventually;

#[test]
fn stores_that_run_are_compared_from_outside_though_each_has_ids_of_its_own() {
    let (one, other, asking) = (Binary::new(), Binary::new(), Binary::new());
    let up = (one.up("monolith", &[]), other.up("storefront", &[]));
    let targets = [
        format!("one=http://{}", public(&one)),
        format!("other=http://localhost:{}/", public(&other).port()),
    ];
    let out = asking.data_dir().join("out").display().to_string();
    let mut run = asking.start(&compare(&targets, &out, &["--target-writes", "--workload", "read-only"]));
    run.until_it_prints("steps of the script are answered alike");
    until_a_round_is_complete(&mut run);
    run.signal(Signal::INT);
    let ended = run.ended();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    let results = results(&asking);
    assert_eq!(results["targets"]["other"], format!("http://localhost:{}", public(&other).port()));
    for journey in ["list", "product", "cart", "read-only"] {
        for target in ["one", "other"] {
            let cell = &results["journeys"][journey][target];
            assert!(cell["requests"].as_u64() > Some(0) && cell["errors"] == 0, "{journey}: {cell}");
            assert!(cell["capacity_rps"].as_f64() > Some(0.0), "{journey}: {cell}");
            assert_eq!(cell["cpu_us_per_request"], Value::Null, "what is not seen is not zero");
        }
    }
    assert_eq!(results["journeys"]["checkout"], Value::Null);
    assert_eq!(
        (&results["start_ms"]["one"], &results["memory_pss_kib"]["one"]),
        (&Value::Null, &Value::Null)
    );
    assert!(ended.stderr.contains("left out: checkout"), "{}", ended.stderr);
    assert!(ended.stdout.contains("seen from outside"), "{}", ended.stdout);
    assert_eq!((up.0.stop().code, up.1.stop().code), (Some(0), Some(0)), "nobody stopped them");
}

#[test]
fn a_target_that_goes_away_leaves_a_report_of_the_rounds_before_and_an_exit_code() {
    let (store, asking) = (Binary::new(), Binary::new());
    let up = store.up("monolith", &[]);
    let targets = [format!("shop=http://{}", public(&store))];
    let out = asking.data_dir().join("out").display().to_string();
    let mut run = asking.start(&compare(&targets, &out, &["--experiments", "latency"]));
    until_a_round_is_complete(&mut run);
    up.stop();
    let ended = run.ended();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("shop stopped answering in round"), "{}", ended.stdout);
    assert!(
        ended.stderr.contains("shop at http://") && ended.stderr.contains("has stopped"),
        "{}",
        ended.stderr
    );
    let results = results(&asking);
    assert!(results["rounds"].as_array().is_some_and(|rounds| !rounds.is_empty()));
    assert_eq!(results["journeys"]["list"]["shop"]["errors"], 0, "no failure of its end counts");
}

#[test]
fn visitors_buy_in_targets_where_that_is_allowed_and_never_what_is_not_there() {
    let (store, asking) = (Binary::new(), Binary::new());
    let _up = store.up("monolith", &[]);
    let targets = [format!("shop=http://{}", public(&store))];
    let out = asking.data_dir().join("out").display().to_string();
    let much =
        ["compare", "--target", &targets[0], "--workload", "checkout-heavy", "--allow-orders", "--out", &out];
    let refused = asking.run(&much);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    for word in ["buy about", "units in all", "POST /api/v1/stock/", "--experiments latency"] {
        assert!(refused.stderr.contains(word), "{word:?} is missing in:\n{}", refused.stderr);
    }
    let flags = ["--workload", "browse-heavy", "--allow-orders"];
    let mut run = asking.start(&compare(&targets, &out, &flags));
    run.until_it_prints("customers sign up at each target");
    until_a_round_is_complete(&mut run);
    run.signal(Signal::INT);
    let ended = run.ended();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    let results = results(&asking);
    for cell in [&results["journeys"]["browse-heavy"]["shop"], &results["twin"]["journeys"]["browse-heavy"]] {
        assert!(cell["requests"].as_u64() > Some(0) && cell["errors"] == 0, "{cell}");
    }
    let rounds = results["rounds"].as_array().expect("a round is complete");
    let capacity_errors =
        |label: &str| &rounds[0]["blocks"][label]["journeys"]["browse-heavy"]["capacity_errors"];
    assert_eq!(
        (capacity_errors("shop"), capacity_errors("shop (again)")),
        (&Value::from(0), &Value::from(0))
    );
    assert!(ended.stderr.contains("Orders and customers stay behind"), "{}", ended.stderr);
}

#[track_caller]
fn refuses(code: i32, arguments: &[&str], words: &[&str]) -> Ended {
    let ended = Binary::new().run(&[&["compare", "--quick"], arguments].concat());
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "{arguments:?}: {ended:?}");
    for word in words {
        assert!(ended.stderr.contains(word), "{word:?} is missing in the refusal:\n{}", ended.stderr);
    }
    ended
}

#[test]
fn targets_that_are_written_wrong_are_refused_with_how_to_write_them() {
    refuses(2, &["--target", "blue"], &["NAME=URL", "blue=http://"]);
    refuses(2, &["--target", "blue=ftp://shop.example"], &["write http://HOST:PORT, or https://"]);
    refuses(2, &["--target", "blue=http://shop.example/shop"], &["write http://shop.example"]);
    let one = "blue=http://127.0.0.1:9";
    refuses(2, &["--target", one, "--target", one], &["two targets are called blue"]);
    refuses(2, &["monolith", "--target", one], &["cannot be used with"]);
    refuses(2, &["--target", one, "--blast-radius"], &["cannot be used with"]);
    refuses(2, &["--target", one, "--experiments", "startup"], &["cannot be measured of targets"]);
    refuses(
        2,
        &["--target", one, "--workload", "browse-heavy"],
        &["buy", "--allow-orders", "--workload read-only"],
    );
    refuses(2, &["--target", one, "--allow-orders"], &["--workload"]);
    refuses(2, &["--workload", "browse-heavy", "--allow-orders"], &["--target"]);
    refuses(2, &["--target", one, "--workload", "nothing"], &["no workload \"nothing\"", "read-only"]);
    refuses(2, &["--target-writes"], &["--target"]);
}

/// Somebody who gives every visitor the same bytes, as long as the test runs.
fn answering(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            // Whoever does not read or write any more is done.
            let _asked = stream.read(&mut [0; 4096]);
            let _answered = stream.write_all(bytes);
        }
    });
    address
}

#[test]
fn what_is_no_store_or_away_is_named_with_what_to_do() {
    let unused = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("it was bound");
    let to = |address: SocketAddr| format!("blue=http://{address}");
    let public_one = "its public one, where customers ask";
    refuses(1, &["--target", &to(unused)], &["the target blue at http://", public_one, "no answer from"]);
    refuses(1, &["--target", "blue=http://nowhere.invalid"], &["the host nowhere.invalid", "not known here"]);
    let garbage = to(answering(b"220 mail.example ESMTP\r\n\r\n"));
    refuses(1, &["--target", &garbage], &["the target blue", "not HTTP/1.1"]);
    let elsewhere = to(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"));
    refuses(1, &["--target", &elsewhere], &["the target blue", "is no store", "hello"]);
    let empty =
        to(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 31\r\n\r\n{\"items\":[],\"next_cursor\":null}"));
    refuses(1, &["--target", &empty], &["the target blue", "sells nothing"]);

    let store = Binary::new();
    let _up = store.up("monolith", &[]);
    let internal = store.run_record().expect("it runs").services["monolith"][0].internal;
    refuses(1, &["--target", &to(internal)], &["is no store", public_one]);
    let goods = br#"{"items":[{"id":"1","sku":"A","category":"c"}],"next_cursor":null}"#;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", goods.len());
    let other = answering(Vec::leak([head.as_bytes(), goods].concat()));
    let (full, small) = (format!("full=http://{}", public(&store)), format!("small=http://{other}"));
    refuses(
        1,
        &["--target", &full, "--target", &small],
        &["full and small do not sell the same", "one sells 300 products and the other 1"],
    );
    eventually("the store is as it was", || store.run(&["health"]).code, |code| *code == Some(0));
}
