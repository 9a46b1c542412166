//! `cleave doctor`: each fault, planted into a real store, is found by its name with how to mend it; and nothing changes.

mod data;
mod input;
mod machine;
mod peers;
mod running;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::binary::{Binary, Ended};

/// What the doctor said.
#[derive(Debug)]
struct Told {
    ended: Ended,
    report: Value,
}

/// Asks the doctor as a machine would. It changes nothing, whatever it finds.
#[track_caller]
fn doctor(binary: &Binary, arguments: &[&str]) -> Told {
    let before = files(&binary.data_dir());
    let told = tell(binary, arguments);
    assert_eq!(files(&binary.data_dir()), before, "the doctor changed the data directory");
    told
}

/// The same where others change the data directory meanwhile.
#[track_caller]
fn tell(binary: &Binary, arguments: &[&str]) -> Told {
    let ended = binary.run(&[&["doctor", "--json"], arguments].concat());
    let report = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("the report is no JSON ({error}): {ended:?}"));
    Told { ended, report }
}

impl Told {
    fn checks(&self) -> impl Iterator<Item = &Value> {
        self.report["checks"].as_array().into_iter().flatten()
    }

    /// The one check of this subject that is named `what`, or begins with it, has this verdict, and all of these words in
    /// what was found and how to mend it.
    #[track_caller]
    fn says(&self, subject: &str, what: &str, verdict: &str, words: &[&str]) -> &Self {
        let text = |check: &Value, field: &str| check[field].as_str().unwrap_or_default().to_owned();
        let of_subject = || self.checks().filter(|check| check["subject"] == subject);
        let named = of_subject().filter(|check| check["what"] == what).collect::<Vec<_>>();
        let all = if named.is_empty() {
            of_subject().filter(|check| text(check, "what").starts_with(what)).collect()
        } else {
            named
        };
        let [check] = all[..] else {
            panic!("{} checks of {subject} begin with {what:?}:\n{:#}", all.len(), self.report)
        };
        assert_eq!(check["verdict"], verdict, "{check:#}");
        let said = format!("{}\n{}", text(check, "found"), text(check, "mend"));
        for word in words {
            assert!(said.contains(word), "{word:?} is missing in {check:#}");
        }
        assert_eq!(check.get("mend").is_none(), verdict == "ok", "{check:#}");
        self
    }

    /// So many checks have this verdict.
    #[track_caller]
    fn counts(&self, verdict: &str, count: usize) -> &Self {
        let found = self.checks().filter(|check| check["verdict"] == verdict).count();
        assert_eq!(found, count, "{:#}", self.report);
        assert_eq!(self.report[verdict], count, "{:#}", self.report);
        self
    }

    #[track_caller]
    fn ends_with(&self, code: i32) -> &Self {
        assert_eq!(self.ended.code, Some(code), "{:#}", self.report);
        self
    }
}

/// Every file, with its size.
fn files(folder: &Path) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("a folder can be read").path();
        if path.is_dir() {
            found.insert(path.display().to_string(), 0);
            found.extend(files(&path));
        } else {
            // A running store may take a file away meanwhile.
            let bytes = path.metadata().map_or(0, |file| file.len());
            // What its processes write is not the doctor's work.
            let is_written_by_store = path.extension().is_some_and(|ending| ending == "db-wal");
            found.insert(path.display().to_string(), if is_written_by_store { 0 } else { bytes });
        }
    }
    found
}

/// A store with tables, keys and goods.
fn stocked() -> Binary {
    let binary = Binary::new();
    binary.succeed(&["data", "seed", "--products", "5"]);
    binary
}
