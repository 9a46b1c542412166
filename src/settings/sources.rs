//! Who said what: the files and variables of one configuration, so that a refusal can name the place. Flags are
//! checked where the command line is parsed.

use std::path::Path;

use toml::{Table, Value};

use super::SettingsError;

/// The file that comes with the program: it lists every key that there is.
const EVERY_KEY: &str = include_str!("../../config/default.toml");

/// Everything that was said, in the order in which the later wins.
#[derive(Debug, Default)]
pub(super) struct Sources {
    said: Vec<Said>,
}

/// One value of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    /// With its section: `public.port`.
    key: String,
    value: String,
    /// A file or a variable.
    place: String,
}

impl Sources {
    /// Takes the keys of a file.
    pub(super) fn file(&mut self, file: &Path) -> Result<(), SettingsError> {
        let place = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|source| SettingsError::Unreadable { file: file.to_owned(), source })?;
        let table = text.parse::<Table>().map_err(|error| SettingsError::NotToml {
            file: file.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
        })?;
        self.said.extend(leaves(&table).into_iter().map(|(key, value)| Said {
            key,
            value,
            place: place.clone(),
        }));
        Ok(())
    }

    /// Takes the variables `CLEAVE__SECTION__KEY` among these.
    pub(super) fn variables(&mut self, variables: impl Iterator<Item = (String, String)>) {
        for (name, value) in variables {
            let lower = name.to_lowercase();
            if let Some(key) = lower.strip_prefix("cleave__") {
                self.said.push(Said {
                    key: key.replace("__", "."),
                    value,
                    place: format!("the variable {name}"),
                });
            }
        }
    }

    /// Refuses the first key that there is not.
    pub(super) fn check_keys(&self) -> Result<(), SettingsError> {
        let every_key = EVERY_KEY.parse::<Table>().unwrap_or_default();
        let objection = self.said.iter().find_map(|said| Some((said, objection_to(&said.key, &every_key)?)));
        match objection {
            Some((said, reason)) => Err(refusal(&said.key, Some(said), reason)),
            None => Ok(()),
        }
    }

    /// The refusal of what was said last of a key.
    pub(super) fn refuse(&self, key: &str, reason: impl Into<String>) -> SettingsError {
        let in_section = |said: &&Said| said.key == key || said.key.starts_with(&format!("{key}."));
        refusal(key, self.said.iter().rev().find(in_section), reason.into())
    }
}

fn refusal(key: &str, said: Option<&Said>, reason: String) -> SettingsError {
    SettingsError::Refused {
        key: key.to_owned(),
        value: said.map_or_else(|| "?".to_owned(), |said| said.value.clone()),
        place: said.map_or_else(|| "the configuration".to_owned(), |said| said.place.clone()),
        reason,
    }
}

/// Every value of a table with its whole key.
fn leaves(table: &Table) -> Vec<(String, String)> {
    let below = |(key, value): (&String, &Value)| match value {
        Value::Table(inner) => {
            leaves(inner).into_iter().map(|(rest, value)| (format!("{key}.{rest}"), value)).collect()
        }
        Value::String(text) => vec![(key.clone(), format!("{text:?}"))],
        other => vec![(key.clone(), other.to_string())],
    };
    table.iter().flat_map(below).collect()
}

/// What is wrong with a key; `None` where it is known. A section without keys of its own takes any.
fn objection_to(key: &str, every_key: &Table) -> Option<String> {
    let names_in = |section: &Table| section.keys().cloned().collect::<Vec<_>>().join(", ");
    let mut section = every_key;
    for name in key.split('.') {
        match section.get(name) {
            Some(Value::Table(inner)) if !inner.is_empty() => section = inner,
            Some(_) => return None,
            None => return Some(format!("there is no such key; there are {}", names_in(section))),
        }
    }
    Some(format!("it is a section and has no value; its keys are {}", names_in(section)))
}
