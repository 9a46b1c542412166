//! What is left out of a configuration, so that the rest of it can be read and its other mistakes be found.

use std::path::{Path, PathBuf};

use super::SettingsError;

/// Values and files that were refused.
#[derive(Debug, Default)]
pub(super) struct Omissions {
    /// Each with the file or variable that says it.
    keys: Vec<(String, String)>,
    files: Vec<PathBuf>,
    needs_every_key: bool,
}

impl Omissions {
    /// Leaves out what this refusal is about. Tells whether that helps: what was left out already is refused for another
    /// reason.
    pub(super) fn add(&mut self, refusal: &SettingsError) -> bool {
        // Who leaves something out may miss a key that only stood there.
        let lacked_keys = std::mem::replace(&mut self.needs_every_key, true);
        match refusal {
            SettingsError::Refused { key, place, .. } => {
                let omitted = (key.clone(), place.clone());
                let is_new = !self.keys.contains(&omitted);
                self.keys.push(omitted);
                is_new
            }
            SettingsError::NoDefaults { file }
            | SettingsError::NoProfile { file }
            | SettingsError::Unreadable { file, .. }
            | SettingsError::NotToml { file, .. } => {
                let is_new = !self.files.contains(file);
                self.files.push(file.clone());
                is_new
            }
            SettingsError::Missing { .. } => !lacked_keys,
            SettingsError::Config(_) => false,
        }
    }

    /// Whether the value of this key is left out, or the section that it stands in.
    pub(super) fn cover(&self, key: &str, place: &str) -> bool {
        let within = |omitted: &str| key == omitted || key.starts_with(&format!("{omitted}."));
        self.keys.iter().any(|(omitted, at)| at == place && within(omitted))
    }

    /// Whether this file is left out.
    pub(super) fn cover_file(&self, file: &Path) -> bool {
        self.files.iter().any(|omitted| omitted == file)
    }

    /// Whether the values that come with the program stand in for those that are left out.
    pub(super) fn need_every_key(&self) -> bool {
        self.needs_every_key
    }
}
