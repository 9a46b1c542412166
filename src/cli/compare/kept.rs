//! Where results are kept while a run goes on, and found again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use cleave_compare::Results;

use crate::cli::{Failure, usage};

/// The file of the results in a folder.
pub(super) fn file(out: &Path) -> PathBuf {
    out.join("results.json")
}

/// Replaces what is kept by results that have more: whoever reads meanwhile, or after a crash, finds the one or the other whole.
pub(super) fn keep(out: &Path, results: &Results) -> anyhow::Result<()> {
    let (file, next) = (file(out), out.join("results.json.next"));
    let text = serde_json::to_vec(results)?;
    let written = fs::write(&next, text).and_then(|()| fs::rename(&next, &file));
    written.with_context(|| {
        format!("{} cannot be written; is the disk full? --out names another folder", file.display())
    })
}

/// The results that a run left which this one is to go on with.
pub(super) fn earlier(out: &Path) -> Result<Results, Failure> {
    let file = file(out);
    if !file.exists() {
        return Err(usage(anyhow!(
            "there is nothing to go on with: {} is not there (--out names the folder; without --resume a run begins)",
            file.display()
        )));
    }
    Results::load(&file).map_err(usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nothing_was_kept_the_error_names_the_file_and_the_way_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let Err(Failure::Usage(error)) = earlier(folder.path()) else { panic!("it went on with nothing") };
        let error = error.to_string();
        assert!(error.contains("results.json") && error.contains("--out"), "{error}");
    }
}
