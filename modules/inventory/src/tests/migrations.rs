//! The list of migrations against the folder of their files.

use std::path::Path;

use crate::MIGRATIONS;

#[test]
fn the_migrations_are_the_files_of_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/inventory");
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
        .map(|step| (format!("{:04}_{}.sql", step.version, step.name), step.sql.to_owned()))
        .collect();
    assert!(!files.is_empty());
    assert_eq!(listed, files);
}
