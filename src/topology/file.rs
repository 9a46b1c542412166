//! Topologies in files: one TOML file each, named as the topology.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

use serde::Deserialize;
use toml::Spanned;

use super::check::{Draft, DraftService, Placed, check};
use super::error::{Fault, TopologyError};
use super::nearest::hint;
use super::notation::{example, looks_like_notation};
use super::{House, Topology};

/// Finds the topology that a person means: a file of that name in `folder`, or else the one-line notation.
pub fn resolve(text: &str, folder: &Path, house: &House) -> Result<Topology, TopologyError> {
    let text = text.trim();
    let is_bare_name = matches!(Path::new(text).components().collect::<Vec<_>>()[..], [Component::Normal(_)]);
    let path = folder.join(format!("{text}.toml"));
    if is_bare_name && path.is_file() {
        return load(&path, house);
    }
    if looks_like_notation(text, house) {
        return Topology::from_notation(text, house);
    }
    let existing = names_in(folder)?;
    let fault = Fault::UnknownTopology {
        folder: folder.display().to_string(),
        hint: hint(file_stem(Path::new(text)).as_str(), existing.iter().map(String::as_str)),
        existing: if existing.is_empty() { "none".to_owned() } else { existing.join(", ") },
        example: example(house),
    };
    Err(TopologyError::single(format!("topology {text:?}"), fault))
}

/// Reads one file.
pub fn load(path: &Path, house: &House) -> Result<Topology, TopologyError> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    Topology::from_toml(&file_stem(path), &path.display().to_string(), &text, house)
}

/// One file of a folder, read or refused.
#[derive(Debug)]
pub struct Listed {
    /// The name of the file without its ending, which is what `--topology` takes.
    pub name: String,
    /// The topology, or why it was refused.
    pub outcome: Result<Topology, TopologyError>,
}

/// Every topology in a folder, from few services to many; those that are broken come last, with their errors.
pub fn list(folder: &Path, house: &House) -> Result<Vec<Listed>, TopologyError> {
    let mut listed = names_in(folder)?
        .into_iter()
        .map(|name| Listed { outcome: load(&folder.join(format!("{name}.toml")), house), name })
        .collect::<Vec<_>>();
    listed.sort_by_key(|item| item.outcome.as_ref().map_or(usize::MAX, |topology| topology.services().len()));
    Ok(listed)
}

impl Topology {
    /// Reads the text of a file. `origin` is what errors call it.
    pub fn from_toml(name: &str, origin: &str, text: &str, house: &House) -> Result<Self, TopologyError> {
        let form: FileForm = toml::from_str(text).map_err(|error| {
            let fault = Fault::Toml { message: error.to_string().trim_end().to_owned() };
            TopologyError::single(origin, fault)
        })?;
        check(form.into_draft(name, origin, text), house)
    }
}

/// What a file may say. Everything that can be wrong in more than one place is text here and is judged by `check`, so
/// that one reading reports it all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    description: Option<String>,
    link: Option<Spanned<String>>,
    #[serde(default)]
    services: BTreeMap<Spanned<String>, ServiceForm>,
    #[serde(default)]
    links: BTreeMap<Spanned<String>, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceForm {
    #[serde(default)]
    modules: Vec<Spanned<String>>,
    #[serde(default)]
    roles: Vec<Spanned<String>>,
    replicas: Option<Spanned<i64>>,
}

impl FileForm {
    fn into_draft(self, name: &str, origin: &str, text: &str) -> Draft {
        let description =
            self.description.map(|words| words.split_whitespace().collect::<Vec<_>>().join(" "));
        let edge = |(key, word): (Spanned<String>, Spanned<String>)| {
            (placed(key, text, "links"), placed(word, text, "links"))
        };
        Draft {
            origin: origin.to_owned(),
            name: Some(name.to_owned()),
            description: description.filter(|words| !words.is_empty()),
            services: self.services.into_iter().map(|(key, form)| form.into_draft(key, text)).collect(),
            link: self.link.map(|word| placed(word, text, "link")),
            edges: self.links.into_iter().map(edge).collect(),
            mend_missing: "add it to the `modules` of one service",
            problems: Vec::new(),
        }
    }
}

impl ServiceForm {
    fn into_draft(self, name: Spanned<String>, text: &str) -> DraftService {
        let key = format!("services.{}", name.get_ref());
        let placed_under = |names: Vec<Spanned<String>>, list: &str| {
            names.into_iter().map(|part| placed(part, text, &format!("{key}.{list}"))).collect()
        };
        DraftService {
            modules: placed_under(self.modules, "modules"),
            roles: placed_under(self.roles, "roles"),
            replicas: self.replicas.map_or_else(
                || Placed { value: 1, place: key.clone() },
                |replicas| placed(replicas, text, &format!("{key}.replicas")),
            ),
            name: placed(name, text, "services"),
        }
    }
}

/// Lines and columns count from 1, columns in characters, as editors do.
fn placed<T>(spanned: Spanned<T>, text: &str, key: &str) -> Placed<T> {
    let before = &text[..spanned.span().start];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    Placed { place: format!("line {line}, column {column}, {key}"), value: spanned.into_inner() }
}

fn names_in(folder: &Path) -> Result<Vec<String>, TopologyError> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut names = entries
        .map_err(|error| unreadable(folder, &error))?
        .iter()
        .map(fs::DirEntry::path)
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml") && path.is_file())
        .map(|path| file_stem(&path))
        .collect::<Vec<_>>();
    names.sort();
    Ok(names)
}

fn file_stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn unreadable(path: &Path, error: &std::io::Error) -> TopologyError {
    TopologyError::single(path.display().to_string(), Fault::Unreadable { reason: error.to_string() })
}
