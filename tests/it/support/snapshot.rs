//! Generated files that are checked in, so that a change of them is read by a person.

use std::path::Path;

/// Compares `actual` with the file at `path`, relative to the project. With the variable `UPDATE_SNAPSHOTS=1` the file
/// is written instead.
#[track_caller]
pub(crate) fn assert_snapshot(path: &str, actual: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if updates_are_wanted() {
        std::fs::write(&file, actual).unwrap_or_else(|error| panic!("{path} cannot be written: {error}"));
        return;
    }
    let expected =
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"));
    if let Some(difference) = first_difference(&expected, actual) {
        panic!(
            "{path} is out of date, {difference}\nrenew it with UPDATE_SNAPSHOTS=1 and read what has changed"
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests asks for new snapshots by this variable"
)]
fn updates_are_wanted() -> bool {
    std::env::var_os("UPDATE_SNAPSHOTS").is_some_and(|value| value == "1")
}

/// Where two texts part.
fn first_difference(expected: &str, actual: &str) -> Option<String> {
    if expected == actual {
        return None;
    }
    let lines = expected.lines().zip(actual.lines()).position(|(one, other)| one != other);
    let at = lines.unwrap_or_else(|| expected.lines().count().min(actual.lines().count()));
    let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
    Some(format!("line {}:\n  checked in: {}\n  generated:  {}", at + 1, line(expected), line(actual)))
}

#[test]
fn the_first_line_that_differs_is_shown() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    let difference = first_difference("a\nb\n", "a\nc\n").expect("they differ");
    assert!(difference.starts_with("line 2:") && difference.ends_with("generated:  c"), "{difference}");
    let difference = first_difference("a\n", "a\nb\n").expect("they differ");
    assert!(difference.contains("checked in: (the end)"), "{difference}");
}
