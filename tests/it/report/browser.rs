//! The page in a real browser: nothing is wrong with it, it asks for nothing, and it fits a phone.

use std::fs;
use std::process::{Command, Stdio};

use cleave_compare::{Results, report};
use cleave_db::testing::skip;
use serde::Deserialize;

use super::measured;

/// As wide as a small phone.
const PHONE: u32 = 360;

/// What the page tells of itself from inside.
#[derive(Debug, Deserialize)]
struct Probed {
    /// How wide the window is for it, in CSS pixels.
    window: u32,
    /// How wide its content is; more than the window means that the whole page scrolls sideways.
    content: u32,
    pictures: usize,
    /// What it tried to load or to run, and was not let.
    refused: Vec<String>,
    /// Errors of scripts and of resources.
    errors: Vec<String>,
}

/// The policy of the report itself, and the one under which the probe may run in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
const PROBED_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

const EARS: &str = "<script>
    const refused = [], errors = [];
    addEventListener('securitypolicyviolation', event => refused.push(event.effectiveDirective + ' ' + event.blockedURI));
    addEventListener('error', event => errors.push(String(event.message || event.target.nodeName)), true);
</script>";

/// The window of a browser without a screen is never as narrow as a phone, but a frame in it can be; the page tells it from within.
const MOUTH: &str = "<script>
    addEventListener('load', () => parent.postMessage(JSON.stringify({
        window: innerWidth,
        content: document.documentElement.scrollWidth,
        pictures: document.querySelectorAll('svg').length,
        refused, errors,
    }), '*'));
</script>";

/// The name of the browser, where one is installed.
fn browser() -> Option<&'static str> {
    let is_there = |name: &&str| {
        let version =
            Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    };
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(is_there)
}

/// Loads the page from a file into a frame of that width, and hears what it tells.
fn probe(browser: &str, page: &str, width: u32) -> (Probed, String) {
    assert!(page.contains(POLICY), "the report forbids itself to load anything");
    let folder = tempfile::tempdir().expect("a folder");
    let probed = page
        .replace(POLICY, PROBED_POLICY)
        .replacen("</title>", &format!("</title>{EARS}"), 1)
        .replace("</body>", &format!("{MOUTH}</body>"));
    fs::write(folder.path().join("page.html"), probed).expect("it can be written");
    let frame = format!(
        "<!doctype html><script>addEventListener('message', event => {{ document.title = event.data }})</script>
         <iframe src='page.html' style='border: 0; width: {width}px; height: 800px'></iframe>"
    );
    let outer = folder.path().join("frame.html");
    fs::write(&outer, frame).expect("it can be written");
    let ended = Command::new(browser)
        // Root, as in CI, may not use the sandbox. What the browser itself would ask of the world finds no address.
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args([
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--enable-logging=stderr",
            "--virtual-time-budget=5000",
        ])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", outer.display()))
        .output()
        .expect("the browser can be started");
    let (dom, log) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    let title = dom.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    let title = title.unwrap_or_else(|| panic!("the page told nothing: {dom}\n{log}")).0;
    let probed = serde_json::from_str(title).unwrap_or_else(|error| panic!("{error}: {title}"));
    let console: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
    (probed, console.join("\n"))
}

#[test]
fn the_report_fits_a_phone_asks_for_nothing_and_has_no_errors() {
    let Some(browser) = browser() else {
        return skip("the report in a browser: chromium is not installed (apt-get install chromium)");
    };
    let results = Results::load(&measured("2026-11-26.json")).expect("it is read");
    let page = report::page(&results);
    for width in [PHONE, 800] {
        let (probed, console) = probe(browser, &page, width);
        assert_eq!(probed.window, width, "{probed:?}");
        assert!(probed.content <= width, "the whole page scrolls sideways: {probed:?}");
        assert_eq!(probed.pictures, page.matches("<svg").count());
        assert_eq!((probed.refused.len(), probed.errors.len()), (0, 0), "{probed:?}");
        assert_eq!(console, "");
    }

    // What is looked for would be seen.
    let spoilt = page.replace(
        "</main>",
        "<p style=\"width: 500px\">wide</p><img src=\"absent.png\"><script>nothing()</script></main>",
    );
    let (probed, console) = probe(browser, &spoilt, PHONE);
    assert!(probed.content >= 500, "{probed:?}");
    assert!(probed.refused.iter().any(|refused| refused.starts_with("img-src")), "{probed:?}");
    assert!(probed.errors.iter().any(|error| error.contains("nothing")), "{probed:?}");
    assert!(console.contains("nothing is not defined"), "{console}");
}
