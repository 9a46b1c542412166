//! Which topology a word means, and what a folder holds.

use std::fs;

use tempfile::TempDir;

use super::HOUSE;
use crate::topology::{Fault, Listed, list, list_text, resolve};

const WHOLE: &str = "description = 'all in one'\n[services.whole]\nroles = ['gateway', 'ledger']\n\
                     modules = ['alpha', 'beta', 'gamma', 'delta']";

fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file can be written");
    }
    folder
}

#[test]
fn a_file_is_found_by_its_name() {
    let folder = folder_with(&[("whole.toml", WHOLE)]);
    let topology = resolve(" whole ", folder.path(), &HOUSE).expect("it exists");
    assert_eq!((topology.name(), topology.description()), ("whole", "all in one"));
}

#[test]
fn a_file_wins_over_a_notation_that_reads_the_same() {
    let folder = folder_with(&[("alpha.toml", WHOLE)]);
    assert_eq!(resolve("alpha", folder.path(), &HOUSE).expect("it exists").name(), "alpha");
}

#[test]
fn a_notation_needs_no_folder() {
    let folder = folder_with(&[]);
    let missing = folder.path().join("missing");
    let topology = resolve("alpha | *", &missing, &HOUSE).expect("the notation is valid");
    assert_eq!(topology.name(), "alpha | beta+gamma+delta");
}

#[test]
fn a_single_module_is_a_notation_that_lacks_the_others() {
    let folder = folder_with(&[]);
    let error = resolve("alpha", folder.path(), &HOUSE).expect_err("three modules are missing");
    assert_eq!(error.problems.len(), 3);
    assert!(error.to_string().contains("write * for all that is not named"), "{error}");
}

#[test]
fn an_unknown_name_is_answered_with_what_exists_and_with_the_notation() {
    let folder = folder_with(&[("whole.toml", WHOLE), ("other.toml", WHOLE), ("notes.txt", "")]);
    let error = resolve("whoel", folder.path(), &HOUSE).expect_err("there is no such file").to_string();
    let expected = format!(
        "topology \"whoel\": no file of that name in {}; did you mean \"whole\"? there are: other, whole; or write a \
         topology in one line, such as \"alpha+beta | *\": groups between bars, + inside a group, * for the rest",
        folder.path().display()
    );
    assert_eq!(error, expected);
}

#[test]
fn a_path_does_not_leave_the_folder_and_is_told_the_name() {
    let folder = folder_with(&[("whole.toml", WHOLE)]);
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).expect("a folder can be made");
    assert!(resolve("../whole", &inner, &HOUSE).is_err());
    let error = resolve("topologies/whole.toml", folder.path(), &HOUSE).expect_err("this is a path");
    assert!(error.to_string().contains("did you mean \"whole\"?"), "{error}");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = folder_with(&[]);
    let missing = folder.path().join("missing");
    let error = resolve("whole", &missing, &HOUSE).expect_err("there is no folder");
    assert!(matches!(error.problems[0].fault, Fault::Unreadable { .. }), "{error}");
    assert!(error.to_string().starts_with(&missing.display().to_string()), "{error}");
}

#[test]
fn a_broken_file_is_listed_last_with_its_error() {
    let apart = WHOLE.replace("'ledger'", "").replace(", ]", "]") + "\n[services.ledger]\nroles = ['ledger']";
    let folder = folder_with(&[("apart.toml", &apart), ("bad.toml", "nonsense"), ("whole.toml", WHOLE)]);
    let listed = list(folder.path(), &HOUSE).expect("the folder can be read");
    assert_eq!(
        listed.iter().map(|item: &Listed| item.name.as_str()).collect::<Vec<_>>(),
        ["whole", "apart", "bad"]
    );
    assert!(listed[2].outcome.is_err());
    let text = list_text(&listed);
    let table = "TOPOLOGY  SERVICES  DESCRIPTION\nwhole     1         all in one\napart     2         all in one\n\
                 bad       -         broken, see below\n\n";
    assert!(text.starts_with(table), "{text}");
    assert!(text.contains("bad.toml: TOML parse error at line 1"), "{text}");
}
