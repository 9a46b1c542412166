use std::collections::HashSet;
use std::os::unix::fs::symlink;

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::*;

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).expect("a file in a temporary directory");
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("it is our own file");
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).expect("the file is there").permissions().mode() & 0o777
}

#[test]
fn a_new_secret_is_for_its_owner_alone_and_stays_the_same() {
    let directory = directory();
    let path = directory.path().join("deep/down/secret");
    let created = load_or_create_private(&path, &mut StdRng::seed_from_u64(1)).expect("created");
    assert_eq!(mode_of(&path), 0o600);
    assert_eq!(load_or_create_private(&path, &mut StdRng::seed_from_u64(2)).expect("loaded"), created);
    assert_eq!(load_private(&path).expect("loaded"), created);
    let names = fs::read_dir(directory.path().join("deep/down")).expect("it was made");
    assert_eq!(names.count(), 1, "no temporary file may stay behind");
}

#[test]
fn a_public_key_may_be_read_by_all_and_is_not_written_twice() {
    let directory = directory();
    let path = directory.path().join("key.pub");
    store_public(&path, &[1; KEY_BYTES]).expect("stored");
    store_public(&path, &[2; KEY_BYTES]).expect("left alone");
    assert_eq!(load_public(&path).expect("loaded"), [1; KEY_BYTES]);
    assert_eq!(mode_of(&path) & 0o400, 0o400);
    assert_eq!(mode_of(&path) & 0o022, 0);
}

#[test]
fn all_who_create_at_once_end_with_one_secret() {
    let directory = directory();
    let path = directory.path().join("secret");
    let secrets: HashSet<[u8; KEY_BYTES]> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|seed| {
                let path = &path;
                scope.spawn(move || load_or_create_private(path, &mut StdRng::seed_from_u64(seed)))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic").expect("created or loaded"))
            .collect()
    });
    assert_eq!(secrets.len(), 1);
}

#[test]
fn a_secret_that_others_may_open_is_refused_with_the_remedy() {
    let directory = directory();
    let path = directory.path().join("secret");
    for mode in [0o644, 0o640, 0o604, 0o620, 0o601] {
        load_or_create_private(&path, &mut StdRng::seed_from_u64(1)).expect("created");
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("it is our own file");
        for refusal in [load_private(&path), load_or_create_private(&path, &mut StdRng::seed_from_u64(2))] {
            let error = refusal.expect_err("others may open it");
            assert!(matches!(error, KeyFileError::Exposed { mode: found, .. } if found == mode));
            let message = error.to_string();
            assert!(message.contains(&format!("mode {mode:o}")), "{message}");
            assert!(message.contains(&format!("chmod 600 {}", path.display())), "{message}");
        }
        fs::remove_file(&path).expect("it is our own file");
    }
}

#[test]
fn the_mode_that_counts_is_that_of_the_file_behind_a_link() {
    let directory = directory();
    let (target, link) = (directory.path().join("target"), directory.path().join("link"));
    write(&target, &LENIENT_BASE64URL.encode([1; KEY_BYTES]), 0o400);
    symlink(&target, &link).expect("a link in a temporary directory");
    assert_eq!(load_private(&link).expect("only its owner may read it"), [1; KEY_BYTES]);
}

#[test]
fn what_is_not_a_key_is_refused_and_not_shown() {
    let directory = directory();
    let path = directory.path().join("secret");
    let long = "QUFB".repeat(1_000);
    for (text, problem) in [
        ("", "is empty"),
        (" \n", "is empty"),
        ("aHVudGVyMg", "is too short"),
        (long.as_str(), "is too long"),
        ("correct horse battery staple", "is not base64url"),
    ] {
        write(&path, text, 0o600);
        for refusal in [load_private(&path), load_or_create_private(&path, &mut StdRng::seed_from_u64(1))] {
            let message = refusal.expect_err(problem).to_string();
            assert!(message.starts_with(&format!("{} {problem}", path.display())), "{message}");
            assert!(text.trim().is_empty() || !message.contains(text), "{message}");
        }
        assert_eq!(fs::read_to_string(&path).expect("it was left alone"), text);
    }
}

#[test]
fn a_padded_key_with_a_line_end_is_read() {
    let directory = directory();
    let path = directory.path().join("secret");
    write(&path, "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n", 0o600);
    assert_eq!(load_private(&path).expect("43 characters and one of padding")[..3], [0x9d, 0x61, 0xb1]);
}

#[test]
fn an_absent_secret_is_an_error_where_none_may_be_made() {
    let directory = directory();
    let path = directory.path().join("absent");
    let error = load_private(&path).expect_err("there is none");
    assert!(matches!(error, KeyFileError::Unreadable { .. }));
    assert!(error.to_string().contains("absent"));
    assert!(!path.exists());
}

#[test]
fn a_place_that_cannot_be_written_is_an_error() {
    let directory = directory();
    let file = directory.path().join("file");
    write(&file, "", 0o600);
    let error = store_public(&file.join("key.pub"), &[1; KEY_BYTES]).expect_err("a file is no directory");
    assert!(matches!(error, KeyFileError::Unwritable { .. }));
}
