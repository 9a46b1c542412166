//! Reading `results.json`: what is no results, or of another form, is refused with what, where and how to mend it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use thiserror::Error;

use crate::comparison::Findings;
use crate::pairing;
use crate::results::{Results, SCHEMA_ID, SCHEMA_VERSION};

/// Why a file gives no results.
#[derive(Debug, Error)]
pub enum LoadError {
    /// It cannot be read.
    #[error("{path} cannot be read (give the results.json that `cleave compare` wrote)")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It ends in the middle.
    #[error(
        "{path} is empty or ends in the middle, at line {line}, column {column}: copy it anew, or measure anew"
    )]
    CutOff {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It is not JSON.
    #[error("{path} is not JSON (give the results.json that `cleave compare` wrote, not its report.html)")]
    NotJson {
        /// The file.
        path: PathBuf,
        /// What is wrong, and at which line and column.
        source: serde_json::Error,
    },
    /// It is JSON, but nothing that a comparison wrote.
    #[error(
        "{path} is JSON without schema_version, so no results of `cleave compare`: give its results.json"
    )]
    NotResults {
        /// The file.
        path: PathBuf,
    },
    /// It has a form that this version does not read.
    #[error(
        "{path} has schema_version {found}, and this version reads 1 to {SCHEMA_VERSION}: use the version of cleave that \
         wrote it, or measure anew"
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// The version that it has.
        found: String,
    },
    /// It says that it is results, and something is missing or of the wrong type.
    #[error(
        "{path} is damaged (docs/results/results.schema.json has the form, `cleave compare` writes it anew)"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is missing or wrong.
        source: serde_json::Error,
    },
    /// It fits the form and does not fit together.
    #[error("{path} {what}, so nothing can be told from it: measure anew")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
}

impl Results {
    /// Reads results from a file. Those of the first form are brought into today's, and their intervals computed anew.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let text = fs::read_to_string(path)
            .map_err(|source| LoadError::Unreadable { path: path.to_owned(), source })?;
        Self::from_text(&text, path)
    }

    fn from_text(text: &str, path: &Path) -> Result<Self, LoadError> {
        let path = || path.to_owned();
        let value: Value = serde_json::from_str(text).map_err(|error| {
            if error.is_eof() {
                LoadError::CutOff { path: path(), line: error.line(), column: error.column() }
            } else {
                LoadError::NotJson { path: path(), source: error }
            }
        })?;
        let damaged = |source| LoadError::Damaged { path: path(), source };
        let results = match value.get("schema_version").or_else(|| value.get("schema")) {
            None => return Err(LoadError::NotResults { path: path() }),
            // From the text and not from the value: then an error says at which line and column.
            Some(version) if *version == SCHEMA_VERSION => serde_json::from_str(text).map_err(damaged)?,
            Some(version) if *version == 1 => {
                pairing::with_ratios(serde_json::from_value(renewed(value)).map_err(damaged)?)
            }
            Some(other) => return Err(LoadError::OtherVersion { path: path(), found: other.to_string() }),
        };
        match unusable(&results) {
            Some(what) => Err(LoadError::Unusable { path: path(), what }),
            None => Ok(results),
        }
    }
}

/// The first form had one name for the version, and lacked what may be missing today.
fn renewed(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.remove("schema");
        fields.insert("$schema".to_owned(), SCHEMA_ID.into());
        fields.insert("schema_version".to_owned(), SCHEMA_VERSION.into());
    }
    value
}

/// What makes well-formed results useless; the names of what is measured must be those of the rounds.
fn unusable(results: &Results) -> Option<String> {
    if results.topologies.is_empty() {
        return Some("names no topology".to_owned());
    }
    if results.journey_order.is_empty() {
        return Some("names no journey".to_owned());
    }
    if results.rounds.is_empty() {
        let has_others = !Findings::of(results).is_empty();
        return (!has_others).then(|| "has neither rounds nor experiments beside them".to_owned());
    }
    let is_measured = |label: &&String| results.rounds.iter().any(|round| round.blocks.contains_key(*label));
    let absent = results.topologies.iter().find(|label| !is_measured(label))?;
    Some(format!("has no round in which {absent} was measured, though it names it as a topology"))
}

#[cfg(test)]
mod tests;
