//! Who said what: the files and variables of one configuration, so that a refusal can name the place. Flags are
//! checked where the command line is parsed.

use std::collections::HashMap;
use std::path::Path;

use cleave_db::engine::without_password;
use toml::{Table, Value};

use super::SettingsError;
use super::omissions::Omissions;

/// The file that comes with the program: it lists every key that there is.
const EVERY_KEY: &str = include_str!("../../config/default.toml");

/// Everything that was said, in the order in which the later wins.
#[derive(Debug)]
pub(super) struct Sources<'omissions> {
    said: Vec<Said>,
    omissions: &'omissions Omissions,
}

/// The values that come with the program.
pub(super) fn every_key() -> Table {
    EVERY_KEY.parse().unwrap_or_default()
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

impl<'omissions> Sources<'omissions> {
    /// Nothing was said yet, and these will not have been said.
    pub(super) fn without(omissions: &'omissions Omissions) -> Self {
        Self { said: Vec::new(), omissions }
    }

    /// Takes the keys of a file, and gives what is left of it.
    pub(super) fn file(&mut self, file: &Path) -> Result<Table, SettingsError> {
        let place = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|source| SettingsError::Unreadable { file: file.to_owned(), source })?;
        let mut table = text.parse::<Table>().map_err(|error| SettingsError::NotToml {
            file: file.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
        })?;
        omit(&mut table, "", &|key| self.omissions.cover(key, &place));
        self.said.extend(leaves(&table).into_iter().map(|(key, value)| Said {
            key,
            value,
            place: place.clone(),
        }));
        Ok(table)
    }

    /// Takes the variables `CLEAVE__SECTION__KEY` among these, and gives them.
    pub(super) fn variables(
        &mut self,
        variables: impl Iterator<Item = (String, String)>,
    ) -> HashMap<String, String> {
        let mut taken = HashMap::new();
        for (name, value) in variables {
            let lower = name.to_lowercase();
            let Some(key) = lower.strip_prefix("cleave__") else { continue };
            let (key, place) = (key.replace("__", "."), format!("the variable {name}"));
            if !self.omissions.cover(&key, &place) {
                self.said.push(Said { key, value: value.clone(), place });
                taken.insert(name, value);
            }
        }
        taken
    }

    /// Refuses the first key that there is not.
    pub(super) fn check_keys(&self) -> Result<(), SettingsError> {
        let every_key = every_key();
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
        value: said.map_or_else(|| "?".to_owned(), |said| without_password(&said.value)),
        place: said.map_or_else(|| "the configuration".to_owned(), |said| said.place.clone()),
        reason,
    }
}

/// Takes the keys away that `is_omitted`, which are given whole.
fn omit(table: &mut Table, section: &str, is_omitted: &impl Fn(&str) -> bool) {
    table.retain(|key, value| {
        let key = format!("{section}{key}");
        if let Value::Table(inner) = value {
            omit(inner, &format!("{key}."), is_omitted);
        }
        !is_omitted(&key)
    });
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
