//! The page in a real browser: nothing is wrong with it, it asks for nothing, and it is whole on a phone, in the dark and on
//! paper. Pictures of it are left in `target/tmp/report`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cleave_compare::{Results, report};
use cleave_db::testing::skip;
use serde::Deserialize;

/// A way to look at the page.
struct View {
    name: &'static str,
    /// Of the window, in CSS pixels.
    width: u32,
    is_dark: bool,
    /// Whether the rules for paper hold.
    is_print: bool,
}

/// As wide as a small phone.
const PHONE: u32 = 360;
/// As wide as paper is within its margins.
const PAPER: u32 = 700;

const VIEWS: [View; 5] = [
    View { name: "phone", width: PHONE, is_dark: false, is_print: false },
    View { name: "phone-dark", width: PHONE, is_dark: true, is_print: false },
    View { name: "desk", width: 1_000, is_dark: false, is_print: false },
    View { name: "desk-dark", width: 1_000, is_dark: true, is_print: false },
    // Whoever reads in the dark does not want black paper.
    View { name: "print", width: PAPER, is_dark: true, is_print: true },
];

/// What the page tells of itself from inside.
#[derive(Debug, Deserialize)]
struct Probed {
    /// How wide the window is for it, in CSS pixels.
    window: u32,
    /// How wide its content is; more than the window means that the whole page scrolls sideways.
    content: u32,
    /// How high it is.
    height: u32,
    pictures: usize,
    /// Texts of pictures that go beyond the picture's edge.
    cut: Vec<String>,
    /// Parts that scroll by themselves and cannot be reached by keys.
    unreachable: usize,
    /// The colour of the ground, from 0 for black to 255.
    ground: f64,
    /// The least contrast of a text with the ground; 4.5 is what eyes need (WCAG 1.4.3).
    contrast: f64,
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
    const colours = text => text.match(/[0-9.]+/g).slice(0, 3).map(Number);
    const light = text => {
        const [r, g, b] = colours(text).map(it => it / 255).map(it => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one, other) => {
        const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    };
    addEventListener('load', () => {
        const ground = getComputedStyle(document.body).backgroundColor;
        const words = [...document.querySelectorAll('p, li, h1, h2, h3, td, th, caption, svg text:not(.on-part)')];
        const colour = it => { const style = getComputedStyle(it); return it.closest('svg') ? style.fill : style.color; };
        const cut = [...document.querySelectorAll('svg')].flatMap(svg => [...svg.querySelectorAll('text')].filter(text => {
            const box = text.getBBox(), view = svg.viewBox.baseVal;
            return box.x < -2 || box.x + box.width > view.width + 2 || box.y + box.height > view.height + 2;
        }).map(text => svg.querySelector('title').textContent + ': ' + text.textContent));
        const scrolling = [...document.querySelectorAll('main *')]
            .filter(it => !it.closest('svg') && ['auto', 'scroll'].includes(getComputedStyle(it).overflowX));
        parent.postMessage(JSON.stringify({
            window: innerWidth,
            content: document.documentElement.scrollWidth,
            height: document.documentElement.scrollHeight,
            pictures: document.querySelectorAll('svg').length,
            cut,
            unreachable: scrolling.filter(it => it.tabIndex < 0).length,
            ground: Math.max(...colours(ground)),
            contrast: Math.min(...words.map(it => contrast(colour(it), ground))),
            refused, errors,
        }), '*');
    });
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

/// A browser without a screen and without a network, which keeps nothing.
fn start(browser: &str, folder: &Path, view: &View) -> Command {
    let mut command = Command::new(browser);
    command
        // Root, as in CI, may not use the sandbox. What the browser itself would ask of the world finds no address.
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr"])
        .args(["--virtual-time-budget=5000", "--hide-scrollbars"])
        .arg(format!("--blink-settings=preferredColorScheme={}", u8::from(!view.is_dark)))
        .arg(format!("--user-data-dir={}", folder.join("profile").display()));
    command
}

/// Loads the page from a file into a frame as wide as the view, hears what it tells, and takes a picture of it.
fn probe(browser: &str, page: &str, view: &View) -> (Probed, String) {
    assert!(page.contains(POLICY), "the report forbids itself to load anything");
    let folder = tempfile::tempdir().expect("a folder");
    let mut probed = page
        .replace(POLICY, PROBED_POLICY)
        .replacen("</title>", &format!("</title>{EARS}"), 1)
        .replace("</body>", &format!("{MOUTH}</body>"));
    if view.is_print {
        assert!(probed.contains("@media print"), "it has rules for paper");
        probed = probed.replace("@media print", "@media all");
    }
    fs::write(folder.path().join("page.html"), probed).expect("it can be written");
    let outer = folder.path().join("frame.html");
    let frame = |height: u32| {
        let frame = format!(
            "<!doctype html><body style='margin: 0'><script>addEventListener('message', event => {{ document.title = event.data }})</script>
             <iframe src='page.html' style='border: 0; display: block; width: {}px; height: {height}px'></iframe>",
            view.width
        );
        fs::write(&outer, frame).expect("it can be written");
    };
    frame(800);
    let address = format!("file://{}", outer.display());
    let ended = start(browser, folder.path(), view).args(["--dump-dom", &address]).output();
    let ended = ended.expect("the browser can be started");
    let (dom, log) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    let title = dom.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    let title = title.unwrap_or_else(|| panic!("the page told nothing: {dom}\n{log}")).0;
    let title = title.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    let probed: Probed = serde_json::from_str(&title).unwrap_or_else(|error| panic!("{error}: {title}"));
    let console: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();

    frame(probed.height);
    let picture = pictures().join(format!("{}.png", view.name));
    let taken = start(browser, folder.path(), view)
        .arg(format!("--window-size={},{}", view.width.max(500), probed.height))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(&address)
        .output()
        .expect("the browser can be started");
    assert!(picture.exists(), "{}: {}", picture.display(), String::from_utf8_lossy(&taken.stderr));
    (probed, console.join("\n"))
}

/// Where pictures of the page are left, to be looked at.
fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The report of the results that stand in the documentation.
fn page() -> String {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/results/results.json");
    report::page(&Results::load(&results).expect("it is read"))
}

#[test]
fn the_report_is_whole_on_a_phone_in_the_dark_and_on_paper_asks_for_nothing_and_has_no_errors() {
    let Some(browser) = browser() else {
        return skip("the report in a browser: chromium is not installed (apt-get install chromium)");
    };
    let page = page();
    for view in &VIEWS {
        let (probed, console) = probe(browser, &page, view);
        let name = view.name;
        assert_eq!(probed.window, view.width, "{name}");
        assert!(probed.content <= view.width, "{name}: the whole page scrolls sideways: {}", probed.content);
        assert_eq!(probed.pictures, page.matches("<svg").count(), "{name}");
        assert_eq!(probed.cut, Vec::<String>::new(), "{name}: texts that go over the edge of their picture");
        assert_eq!(probed.unreachable, 0, "{name}: what scrolls is reached by keys");
        let is_dark = view.is_dark && !view.is_print;
        assert_eq!(probed.ground < 128.0, is_dark, "{name}: the ground is {}", probed.ground);
        assert!(probed.contrast >= 4.5, "{name}: a text has a contrast of {:.1}", probed.contrast);
        assert_eq!((probed.refused.len(), probed.errors.len()), (0, 0), "{name}: {probed:?}");
        assert_eq!(console, "", "{name}");
    }
}

#[test]
fn the_report_can_be_printed() {
    let Some(browser) = browser() else {
        return skip("the report on paper: chromium is not installed (apt-get install chromium)");
    };
    let folder = tempfile::tempdir().expect("a folder");
    let (file, paper) = (folder.path().join("page.html"), pictures().join("print.pdf"));
    fs::write(&file, page()).expect("it can be written");
    let ended = start(browser, folder.path(), &VIEWS[4])
        .arg(format!("--print-to-pdf={}", paper.display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .expect("the browser can be started");
    let printed = fs::read(&paper).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    assert!(printed.starts_with(b"%PDF") && printed.len() > 100_000, "{} bytes", printed.len());
}

#[test]
fn what_is_looked_for_in_the_report_would_be_seen() {
    let Some(browser) = browser() else {
        return skip("the report in a browser: chromium is not installed (apt-get install chromium)");
    };
    let spoilt = page().replace(
        "</main>",
        "<p style=\"width: 500px; color: #999\">wide and pale</p><img src=\"absent.png\"><script>nothing()</script>\
         <div style=\"overflow-x: scroll\"></div>\
         <svg viewBox=\"0 0 400 30\"><title>cut</title><text x=\"390\" y=\"20\">over the edge</text></svg></main>",
    );
    let view = View { name: "spoilt", width: PHONE, is_dark: false, is_print: false };
    let (probed, console) = probe(browser, &spoilt, &view);
    assert!(probed.content >= 500, "{probed:?}");
    assert!(probed.contrast < 4.5, "{probed:?}");
    assert_eq!((probed.unreachable, probed.cut), (1, vec!["cut: over the edge".to_owned()]));
    assert!(probed.refused.iter().any(|refused| refused.starts_with("img-src")), "{:?}", probed.refused);
    assert!(probed.errors.iter().any(|error| error.contains("nothing")), "{:?}", probed.errors);
    assert!(console.contains("nothing is not defined"), "{console}");
}
