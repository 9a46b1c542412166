//! `cleave compare report` and `diff`, as a person runs them, and the page in a browser.

mod browser;

use std::fs;
use std::path::PathBuf;

use crate::support::binary::{Binary, Ended};

/// Results of a real run, in the form of an older version, which is read too.
fn measured(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/measurements").join(name)
}

fn of_november_26() -> String {
    measured("2026-11-26.json").display().to_string()
}

#[track_caller]
fn refuses(arguments: &[&str], words: &[&str]) -> Ended {
    let ended = Binary::new().run(arguments);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}: {ended:?}");
    for word in words {
        assert!(ended.stderr.contains(word), "{word:?} is missing in the refusal:\n{}", ended.stderr);
    }
    ended
}

#[test]
fn a_page_and_its_pictures_are_written_where_they_are_wanted() {
    let folder = tempfile::tempdir().expect("a folder");
    let results = folder.path().join("results.json");
    fs::copy(measured("2026-11-26.json"), &results).expect("it can be copied");
    let pictures = folder.path().join("deep/pictures");
    let (results, pictures_named) = (results.display().to_string(), pictures.display().to_string());
    let said = Binary::new().succeed(&["compare", "report", &results, "--svg", &pictures_named]);
    let page = fs::read_to_string(folder.path().join("report.html")).expect("beside the results");
    assert!(said.contains("report.html") && page.starts_with("<!doctype html>"), "{said}");
    assert!(page.len() < 5_000_000);
    assert!(fs::read_to_string(pictures.join("ratio-p50.svg")).expect("a picture").starts_with("<svg"));

    let elsewhere = folder.path().join("elsewhere.html").display().to_string();
    Binary::new().succeed(&["compare", "report", &results, "--out", &elsewhere]);
    assert_eq!(fs::read_to_string(elsewhere).expect("elsewhere"), page, "the same results, the same bytes");
}

#[test]
fn two_results_are_compared_with_what_differed_said_first() {
    let (before, after) = (measured("2026-11-22-quick.json").display().to_string(), of_november_26());
    let text = Binary::new().succeed(&["compare", "diff", &before, &after]);
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words:?} is missing in {text}"));
    assert!(place("plan differs: quick | standard") < place("not paired"), "{text}");
    assert!(place("not paired") < place("p50 latency, relative"), "{text}");
    let json = Binary::new().succeed(&["compare", "diff", &before, &after, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["changes"][0]["journey"], "list");
    let itself = Binary::new().succeed(&["compare", "diff", &after, &after]);
    assert!(itself.contains(" 0 do not differ") || itself.contains("0 differ,"), "{itself}");
}

#[test]
fn a_build_that_watches_itself_ends_where_something_became_worse() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = fs::read_to_string(measured("2026-11-26.json")).expect("results");
    let mut slower: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for round in slower["rounds"].as_array_mut().expect("rounds") {
        let capacity =
            round.pointer_mut("/blocks/microservices/journeys/list/capacity_rps").expect("a figure");
        *capacity = (capacity.as_f64().expect("a number") / 3.0).into();
    }
    let file = folder.path().join("slower.json");
    fs::write(&file, slower.to_string()).expect("written");
    let (before, after) = (of_november_26(), file.display().to_string());
    let watch = |before: &str, after: &str, percent: &str| {
        Binary::new().run(&["compare", "diff", before, after, "--fail-on-regression", percent])
    };
    let ended = watch(&before, &after, "10");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("worse by more than 10 %: list: microservices: capacity"), "{ended:?}");
    assert_eq!(watch(&after, &before, "10").code, Some(0), "the other way round it became better");
    refuses(&["compare", "diff", &before, &after, "--fail-on-regression", "much"], &["from 0 to 1000"]);
}

#[test]
fn what_is_no_results_is_refused_with_what_where_and_how_to_mend_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("it can be written");
        path.display().to_string()
    };
    let whole = fs::read_to_string(of_november_26()).expect("it is there");
    let absent = folder.path().join("absent.json").display().to_string();
    let cut = file("cut.json", &whole[..1000]);
    let html = file("page.html", "<!doctype html>");
    let newer = file("newer.json", "{\"schema_version\": 3}");
    let other = file("other.json", "{\"name\": \"x\"}");
    let damaged = file("damaged.json", &whole.replacen("\"seed\":1", "\"seed\":\"one\"", 1));
    let mut no_rounds: serde_json::Value = serde_json::from_str(&whole).expect("JSON");
    no_rounds["rounds"] = serde_json::json!([]);
    let no_rounds = file("no-rounds.json", &no_rounds.to_string());
    for (path, words) in [
        (&absent, ["absent.json cannot be read", "No such file", "results.json"]),
        (&cut, ["cut.json is empty or ends in the middle", "line 1, column 1000", "measure anew"]),
        (&html, ["page.html is not JSON", "line 1 column 1", "not its report.html"]),
        (&newer, ["newer.json has schema_version 3", "reads 1 to 2", "measure anew"]),
        (&other, ["other.json is JSON without schema_version", "no results", "give its results.json"]),
        (&damaged, ["damaged.json is damaged", "invalid type: string \"one\"", "results.schema.json"]),
        (&no_rounds, ["no-rounds.json has neither rounds", "nor experiments", "measure anew"]),
    ] {
        refuses(&["compare", "report", path], &words);
        refuses(&["compare", "diff", &of_november_26(), path], &words);
    }
    let page = file("results.json", &whole);
    refuses(&["compare", "report", &page, "--out", &page], &["would replace", "another name"]);
    assert_eq!(fs::read_to_string(&page).expect("it is there"), whole, "nothing is lost");
}

#[test]
fn a_topology_cannot_be_called_like_a_command_about_results() {
    let binary = Binary::new().with_config(|config| {
        let monolith = config.join("topologies/monolith.toml");
        fs::copy(monolith, config.join("topologies/report.toml")).expect("it can be copied");
    });
    let ended = binary.run(&["topology", "check", "report"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for word in ["report.toml", "cannot be called \"report\"", "another name"] {
        assert!(ended.stderr.contains(word), "{word:?} is missing: {}", ended.stderr);
    }
}
