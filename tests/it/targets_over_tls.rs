//! `cleave compare --target NAME=https://...`: stores behind an ingress.

use rustix::process::Signal;

use crate::support::binary::Binary;
use crate::support::comparison::{compare, public, results, until_a_round_is_complete};
use crate::support::ingress::Ingress;

#[test]
fn a_store_behind_tls_is_compared_with_the_same_without_it() {
    let (store, asking) = (Binary::new(), Binary::new());
    let _up = store.up("monolith", &[]);
    let ingress = Ingress::before(public(&store));
    let url = format!("https://localhost:{}", ingress.address.port());
    let targets = [format!("bare=http://{}", public(&store)), format!("safe={url}")];
    let out = asking.data_dir().join("out").display().to_string();
    let authority = ingress.authority().display().to_string();
    let flags = ["--authority", &authority, "--target-writes"];
    let mut run = asking.start(&compare(&targets, &out, &flags));
    until_a_round_is_complete(&mut run);
    run.signal(Signal::INT);
    let ended = run.ended();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    let results = results(&asking);
    assert_eq!(results["targets"]["safe"], url);
    for journey in ["list", "product", "cart"] {
        let cell = &results["journeys"][journey]["safe"];
        assert!(cell["requests"].as_u64() > Some(0) && cell["errors"] == 0, "{journey}: {cell}");
        assert_eq!(cell["capacity_errors"], 0, "{journey}: {cell}");
    }
}

#[track_caller]
fn refuses(code: i32, arguments: &[&str], words: &[&str]) {
    let ended = Binary::new().run(&[&["compare", "--quick"], arguments].concat());
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "{arguments:?}: {ended:?}");
    for word in words {
        assert!(ended.stderr.contains(word), "{word:?} is missing in the refusal:\n{}", ended.stderr);
    }
}

#[test]
fn a_target_that_is_not_what_it_says_is_refused_with_what_to_do() {
    let store = Binary::new();
    let _up = store.up("monolith", &[]);
    let ingress = Ingress::before(public(&store));
    let authority = ingress.authority().display().to_string();
    let (safe, bare) = (ingress.address.port(), public(&store).port());
    let to = |url: String| format!("blue={url}");
    refuses(
        1,
        &["--target", &to(format!("https://localhost:{safe}"))],
        &["the target blue at https://localhost", "signed by nobody who is trusted here", "--authority"],
    );
    refuses(
        1,
        &["--target", &to(format!("https://127.0.0.1:{safe}")), "--authority", &authority],
        &["the certificate of 127.0.0.1 is not for that name", "localhost"],
    );
    refuses(
        1,
        &["--target", &to(format!("https://localhost:{bare}")), "--authority", &authority],
        &["localhost does not speak TLS on that port", "write http://"],
    );
    refuses(1, &["--target", &to(format!("http://localhost:{safe}"))], &["speaks TLS", "write https://"]);
    refuses(
        2,
        &["--target", &to(format!("https://localhost:{safe}")), "--authority", "/nowhere.pem"],
        &["/nowhere.pem holds no certificates", "PEM"],
    );
    refuses(
        2,
        &["--target", &to(format!("http://localhost:{bare}")), "--authority", &authority],
        &["no target speaks TLS", "leave it out"],
    );
    refuses(2, &["--authority", &authority], &["--target"]);
}
