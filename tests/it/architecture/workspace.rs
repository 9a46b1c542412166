//! The workspace as it stands on disk: its crates, their manifests, the names in their sources, and their tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::tokens::{Token, shipped};

/// What the rules look at. Paths are relative to the workspace, with slashes.
#[derive(Debug, Clone)]
pub(super) struct Workspace {
    /// The root package first.
    pub(super) crates: Vec<Crate>,
    /// Every folder that could be a crate: it lies in `platform`, `modules` or `benches` and has a manifest.
    pub(super) crate_folders: BTreeSet<String>,
    pub(super) sources: Vec<Source>,
    /// The folders of `migrations`, each with its files: path and text.
    pub(super) migrations: BTreeMap<String, Vec<(String, String)>>,
    /// The names of the files in `config/topologies`.
    pub(super) presets: BTreeSet<String>,
    /// What the composition root says of the store.
    pub(super) house: HouseModel,
}

#[derive(Debug, Clone)]
pub(super) struct Crate {
    pub(super) name: String,
    /// Empty for the root package.
    pub(super) folder: String,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) manifest: toml::Table,
}

#[derive(Debug, Clone)]
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) for_tests: bool,
    /// Whether it is a crate of this workspace.
    pub(super) own: bool,
}

/// One file of a crate's `src`, without the code of its tests.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) tokens: Vec<Token>,
}

/// The part of [`cleave::house`] that rules compare with the crates.
#[derive(Debug, Clone, Default)]
pub(super) struct HouseModel {
    pub(super) modules: Vec<String>,
    pub(super) roles: Vec<String>,
    pub(super) calls: BTreeSet<(String, String)>,
    /// The modules that show something to the public.
    pub(super) published: BTreeSet<String>,
    /// The public paths of all modules.
    pub(super) prefixes: Vec<String>,
}

impl Crate {
    pub(super) fn is_root(&self) -> bool {
        self.folder.is_empty()
    }

    pub(super) fn is_platform(&self) -> bool {
        self.folder.starts_with("platform/")
    }

    pub(super) fn is_contract(&self) -> bool {
        self.folder.starts_with("modules/") && self.folder.ends_with("-api")
    }

    pub(super) fn is_implementation(&self) -> bool {
        self.folder.starts_with("modules/") && !self.folder.ends_with("-api")
    }

    /// The last part of its folder.
    pub(super) fn folder_name(&self) -> &str {
        self.folder.rsplit('/').next().unwrap_or_default()
    }

    pub(super) fn manifest_path(&self) -> String {
        join(&self.folder, "Cargo.toml")
    }

    /// Plants a dependency.
    pub(super) fn depend_on(&mut self, name: &str, own: bool) {
        self.dependencies.push(Dependency { name: name.to_owned(), for_tests: false, own });
    }
}

impl Workspace {
    /// Reads the workspace at `root`.
    pub(super) fn read(root: &Path, house: HouseModel) -> Self {
        let mut crates = crates(root);
        crates.sort_by(|one, other| one.folder.cmp(&other.folder));
        let mut workspace = Self {
            crate_folders: crate_folders(root),
            sources: Vec::new(),
            migrations: migrations(root),
            presets: presets(root),
            house,
            crates,
        };
        for folder in workspace.crates.iter().map(|one| join(&one.folder, "src")).collect::<Vec<_>>() {
            let files = files_below(root, &folder, "rs");
            let texts = files.into_iter().map(|path| (read(&root.join(&path)), path)).collect::<Vec<_>>();
            let test_files =
                texts.iter().flat_map(|(text, path)| test_files_of(path, text)).collect::<Vec<_>>();
            for (text, path) in texts {
                if !test_files
                    .iter()
                    .any(|test| path == format!("{test}.rs") || path.starts_with(&format!("{test}/")))
                {
                    workspace.add_source(&path, &text);
                }
            }
        }
        workspace
    }

    /// Takes a source into the workspace: one that was read, or one that is planted.
    pub(super) fn add_source(&mut self, path: &str, text: &str) {
        self.sources.push(Source { path: path.to_owned(), tokens: shipped(text).tokens });
    }

    /// The crate with this package name.
    pub(super) fn crate_mut(&mut self, name: &str) -> &mut Crate {
        let found = self.crates.iter_mut().find(|one| one.name == name);
        found.unwrap_or_else(|| panic!("there is no crate {name}"))
    }

    pub(super) fn contracts(&self) -> impl Iterator<Item = &Crate> {
        self.crates.iter().filter(|one| one.is_contract())
    }

    pub(super) fn implementations(&self) -> impl Iterator<Item = &Crate> {
        self.crates.iter().filter(|one| one.is_implementation())
    }

    pub(super) fn crate_at(&self, folder: &str) -> Option<&Crate> {
        self.crates.iter().find(|one| one.folder == folder)
    }

    /// The sources of a crate.
    pub(super) fn sources_of(&self, one: &Crate) -> impl Iterator<Item = &Source> + use<'_> {
        let folder = join(&one.folder, "src/");
        self.sources.iter().filter(move |source| source.path.starts_with(&folder))
    }
}

/// The store as the composition root declares it.
pub(super) fn declared_house() -> HouseModel {
    use cleave::house::{HOUSE, PUBLISHED};
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    HouseModel {
        modules: own(HOUSE.modules),
        roles: own(HOUSE.roles),
        calls: HOUSE.calls.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect(),
        published: PUBLISHED.iter().map(|published| published.module.to_owned()).collect(),
        prefixes: PUBLISHED.iter().flat_map(|published| own(published.prefixes)).collect(),
    }
}

fn crates(root: &Path) -> Vec<Crate> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(root.join("Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata = serde_json::from_slice::<Value>(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("metadata lists packages");
    let root = Path::new(text(&metadata["workspace_root"]));
    let read_package = |package: &Value| {
        let manifest_path = Path::new(text(&package["manifest_path"]));
        let folder = manifest_path.parent().and_then(|folder| folder.strip_prefix(root).ok());
        let dependencies =
            package["dependencies"].as_array().into_iter().flatten().map(|dependency| Dependency {
                name: text(&dependency["name"]).to_owned(),
                for_tests: dependency["kind"] == "dev",
                own: dependency["path"].is_string(),
            });
        Crate {
            name: text(&package["name"]).to_owned(),
            folder: folder.expect("a member lies in the workspace").to_string_lossy().replace('\\', "/"),
            dependencies: dependencies.collect(),
            manifest: toml::from_str(&read(manifest_path)).expect("a manifest is TOML"),
        }
    };
    packages.iter().map(read_package).collect()
}

fn crate_folders(root: &Path) -> BTreeSet<String> {
    let folders = ["platform", "modules", "benches"].into_iter().flat_map(|parent| {
        names_in(&root.join(parent)).into_iter().map(move |name| format!("{parent}/{name}"))
    });
    folders.filter(|folder| root.join(folder).join("Cargo.toml").is_file()).collect()
}

fn migrations(root: &Path) -> BTreeMap<String, Vec<(String, String)>> {
    let folders = names_in(&root.join("migrations")).into_iter();
    let with_files = folders.map(|folder| {
        let files = files_below(root, &format!("migrations/{folder}"), "sql");
        let texts = files.into_iter().map(|path| (path.clone(), read(&root.join(path))));
        (folder, texts.collect())
    });
    with_files.collect()
}

fn presets(root: &Path) -> BTreeSet<String> {
    let files = names_in(&root.join("config/topologies"));
    files.iter().filter_map(|file| Some(file.strip_suffix(".toml")?.to_owned())).collect()
}

/// Where the modules lie that this file declares for tests only, without their ending.
fn test_files_of(path: &str, text: &str) -> Vec<String> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = match file {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        _ => join(folder, file.trim_end_matches(".rs")),
    };
    shipped(text).test_modules.iter().map(|module| join(&folder, module)).collect()
}

/// Every file below a folder with this ending, relative to `root`.
fn files_below(root: &Path, folder: &str, ending: &str) -> Vec<String> {
    let mut files = Vec::new();
    for name in names_in(&root.join(folder)) {
        let path = join(folder, &name);
        if root.join(&path).is_dir() {
            files.extend(files_below(root, &path, ending));
        } else if Path::new(&name).extension().is_some_and(|found| found == ending) {
            files.push(path);
        }
    }
    files
}

/// The names in a folder, sorted; none where there is no such folder.
fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("a folder can be read").file_name();
    let mut names = entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect::<Vec<_>>();
    names.sort();
    names
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()))
}

fn text(value: &Value) -> &str {
    value.as_str().expect("metadata has text here")
}
