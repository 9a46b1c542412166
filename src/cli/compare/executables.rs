//! A file of its own for the program of each deployment that runs.
//!
//! Deployments run at the same time, and processes of one file share its pages in memory. The proportional set size of one would be the
//! smaller the more others there are.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;

/// Copies of this program, as many as are in use at the same time.
#[derive(Debug, Clone)]
pub(super) struct Executables {
    folder: PathBuf,
    pool: Arc<Mutex<Pool>>,
}

#[derive(Debug, Default)]
struct Pool {
    free: Vec<PathBuf>,
    made: usize,
}

/// A copy in use; it goes back when it is dropped.
#[derive(Debug)]
pub(super) struct Executable {
    path: PathBuf,
    pool: Arc<Mutex<Pool>>,
}

impl Executables {
    /// Copies are made in `folder` when they are needed.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), pool: Arc::default() }
    }

    /// A copy that nobody else runs.
    pub(super) fn take(&self) -> anyhow::Result<Executable> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let path = if let Some(path) = pool.free.pop() {
            path
        } else {
            pool.made += 1;
            let path = self.folder.join(format!("cleave-{}", pool.made));
            let original = std::env::current_exe().context("cannot find this program's own file")?;
            fs::copy(original, &path).context("the program cannot be copied")?;
            path
        };
        drop(pool);
        Ok(Executable { path, pool: Arc::clone(&self.pool) })
    }
}

impl Executable {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Executable {
    fn drop(&mut self) {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).free.push(std::mem::take(&mut self.path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_at_the_same_time_are_two_files_and_one_after_the_other_is_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let executables = Executables::new(folder.path());
        let (first, second) = (executables.take().expect("a copy"), executables.take().expect("a copy"));
        assert_ne!(first.path(), second.path());
        let path = first.path().to_owned();
        drop(first);
        assert_eq!(executables.take().expect("the same again").path(), path);
        assert_eq!(fs::read_dir(folder.path()).expect("its files").count(), 2);
    }
}
