//! The list of migrations against the folder of their files, and the settings against each other.

use std::num::NonZeroU64;
use std::path::Path;

use crate::{MIGRATIONS, Settings};

#[test]
fn the_migrations_are_the_files_of_the_folder_and_the_outbox() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/orders");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the folder exists")
        .map(|entry| {
            let path = entry.expect("it can be listed").path();
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).expect("it can be read"))
        })
        .collect();
    files.sort();
    let listed: Vec<(String, String)> = MIGRATIONS
        .0
        .iter()
        .filter(|step| step.name != "outbox")
        .map(|step| (format!("{:04}_{}.sql", step.version, step.name), step.sql.to_owned()))
        .collect();
    assert!(!files.is_empty());
    assert_eq!(listed, files);
    assert_eq!(MIGRATIONS.0.len(), listed.len() + 1, "the outbox is among them");
}

#[test]
fn a_lease_that_a_step_could_outlive_is_refused_by_name() {
    assert_eq!(Settings::default().check(), Ok(()));
    let short = Settings { lease_ms: NonZeroU64::new(10_000).expect("not zero"), ..Settings::default() };
    let (key, reason) = short.check().expect_err("a step takes as long");
    assert_eq!(key, "orders.lease_ms");
    assert!(reason.contains("10000"), "{reason}");
}
