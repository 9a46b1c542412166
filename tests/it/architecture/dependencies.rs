//! Who may depend on whom, from the manifests.

use std::collections::BTreeSet;

use super::rule::Rule;
use super::workspace::{Crate, Dependency};

/// What a contract may use of others' crates.
const LIBRARIES_OF_CONTRACTS: &[&str] =
    &["actix-web", "async-trait", "mockall", "serde", "serde_json", "thiserror", "utoipa", "uuid"];

/// Where sqlx may be a dependency, beside the implementations.
const SQL_FOLDERS: &[&str] = &["platform/db", "platform/events", "benches/floor", "benches/plain"];

/// What only who speaks HTTP needs.
const HTTP_LIBRARIES: &[&str] =
    &["actix-web", "actix-http", "http", "hyper", "hyper-util", "reqwest", "utoipa"];

pub(super) const FOLDERS_ARE_CRATES: Rule = Rule {
    says: "folder = crate: each folder of platform, modules and benches is a member named as its folder, each module \
           has its contract, and the house lists each module",
    mend: "name package and folder alike (platform and benches with cleave- before it), give NAME its NAME-api, and \
           list it in src/house.rs",
    check: |workspace, findings| {
        let members = workspace.crates.iter().filter(|one| !one.is_root());
        let member_folders = members.clone().map(|one| one.folder.clone()).collect::<BTreeSet<_>>();
        for folder in workspace.crate_folders.difference(&member_folders) {
            findings.breach(format!("{folder}/Cargo.toml"), "is no member of the workspace");
        }
        for one in members {
            findings.examine();
            let of_the_project = !one.folder.starts_with("modules/");
            let wanted = if of_the_project {
                format!("cleave-{}", one.folder_name())
            } else {
                one.folder_name().to_owned()
            };
            if one.name != wanted {
                findings
                    .breach(one.manifest_path(), format!("the package is called {}, not {wanted}", one.name));
            }
        }
        for one in workspace.implementations() {
            findings.examine();
            if workspace.crate_at(&format!("{}-api", one.folder)).is_none() {
                findings.breach(one.manifest_path(), format!("there is no contract {}-api", one.folder));
            }
            if !workspace.house.modules.iter().any(|module| module == one.folder_name()) {
                findings.breach(one.manifest_path(), "the house does not list this module");
            }
        }
        for one in workspace.contracts() {
            let implementation = one.folder.trim_end_matches("-api");
            if workspace.crate_at(implementation).is_none() {
                findings.breach(
                    one.manifest_path(),
                    format!("nothing implements it: there is no {implementation}"),
                );
            }
        }
        for module in &workspace.house.modules {
            if workspace.crate_at(&format!("modules/{module}")).is_none() {
                findings.breach(
                    "src/house.rs",
                    format!("lists {module}, and there is no folder modules/{module}"),
                );
            }
        }
    },
};

pub(super) const LINTS_ARE_INHERITED: Rule = Rule {
    says: "every crate inherits the lints and the edition of the workspace",
    mend: "write `[lints] workspace = true`, and `edition.workspace = true` in [package]",
    check: |workspace, findings| {
        for one in &workspace.crates {
            findings.examine();
            let inherits = |section: Option<&toml::Value>| {
                section.and_then(|section| section.get("workspace")).and_then(toml::Value::as_bool)
                    == Some(true)
            };
            if !inherits(one.manifest.get("lints")) {
                findings.breach(one.manifest_path(), "does not inherit the lints of the workspace");
            }
            let package = one.manifest.get("package");
            for key in ["edition", "version", "rust-version", "license", "publish"] {
                if !inherits(package.and_then(|package| package.get(key))) {
                    findings
                        .breach(one.manifest_path(), format!("does not inherit `{key}` of the workspace"));
                }
            }
        }
    },
};

pub(super) const PLATFORM_STANDS_ALONE: Rule = Rule {
    says: "platform depends on no module, and platform/core on nothing of ours",
    mend: "hand the platform what it needs as a parameter, or move the code up into the module",
    check: |workspace, findings| {
        for one in workspace.crates.iter().filter(|one| one.is_platform()) {
            findings.examine();
            for dependency in one.dependencies.iter().filter(|dependency| dependency.own) {
                let is_platform = has_folder(&workspace.crates, dependency, Crate::is_platform);
                if !is_platform || one.folder == "platform/core" {
                    findings.breach(one.manifest_path(), format!("depends on {}", dependency.name));
                }
            }
        }
    },
};

pub(super) const CONTRACTS_STAND_ON_CORE_AND_REST: Rule = Rule {
    says: "a contract depends on platform/core, platform/rest, the ids of other contracts, and the few libraries of its \
           adapter",
    mend: "move what needs the dependency into the implementation, or into platform/rest if every adapter needs it",
    check: |workspace, findings| {
        for one in workspace.contracts() {
            for dependency in &one.dependencies {
                findings.examine();
                let allowed = if dependency.own {
                    has_folder(&workspace.crates, dependency, |other| {
                        ["platform/core", "platform/rest"].contains(&other.folder.as_str())
                            || other.is_contract()
                    })
                } else {
                    dependency.for_tests || LIBRARIES_OF_CONTRACTS.contains(&dependency.name.as_str())
                };
                if !allowed {
                    findings.breach(one.manifest_path(), format!("depends on {}", dependency.name));
                }
            }
        }
    },
};

pub(super) const IMPLEMENTATIONS_KNOW_CONTRACTS: Rule = Rule {
    says: "a module's implementation depends on its own contract, on platform and on other contracts, never on another \
           implementation and never on HTTP",
    mend: "ask the other module through its contract (NAME-api); HTTP belongs into the contract's rest/",
    check: |workspace, findings| {
        for one in workspace.implementations() {
            let own_contract = format!("{}-api", one.name);
            if !one.dependencies.iter().any(|dependency| dependency.name == own_contract) {
                findings.breach(
                    one.manifest_path(),
                    format!("does not depend on its own contract {own_contract}"),
                );
            }
            for dependency in &one.dependencies {
                findings.examine();
                let allowed = if dependency.own {
                    has_folder(&workspace.crates, dependency, |other| {
                        other.is_platform() || other.is_contract()
                    })
                } else {
                    !HTTP_LIBRARIES.contains(&dependency.name.as_str())
                };
                if !allowed {
                    findings.breach(one.manifest_path(), format!("depends on {}", dependency.name));
                }
            }
        }
    },
};

pub(super) const ONLY_THE_ROOT_KNOWS_IMPLEMENTATIONS: Rule = Rule {
    says: "only the root package names implementations",
    mend: "depend on the contract (NAME-api) and let src/compose.rs hand over what implements it",
    check: |workspace, findings| {
        let is_implementation =
            |dependency: &Dependency| has_folder(&workspace.crates, dependency, Crate::is_implementation);
        for one in &workspace.crates {
            findings.examine();
            for dependency in one.dependencies.iter().filter(|dependency| is_implementation(dependency)) {
                if !one.is_root() {
                    findings.breach(one.manifest_path(), format!("depends on {}", dependency.name));
                }
            }
        }
        let root = workspace.crate_at("");
        for one in workspace.implementations() {
            if !root
                .is_some_and(|root| root.dependencies.iter().any(|dependency| dependency.name == one.name))
            {
                findings.breach(
                    "Cargo.toml",
                    format!("nothing runs the module {}: the root leaves it out", one.name),
                );
            }
        }
    },
};

pub(super) const SQL_STAYS_IN_IMPLEMENTATIONS: Rule = Rule {
    says: "sqlx is a dependency of platform/db, of implementations, of the bare handlers and of the plain monolith only",
    mend: "put the query into the module's store.rs, and what all stores need into platform/db",
    check: |workspace, findings| {
        for one in &workspace.crates {
            for dependency in one.dependencies.iter().filter(|dependency| dependency.name == "sqlx") {
                findings.examine();
                let allowed = one.is_implementation() || SQL_FOLDERS.contains(&one.folder.as_str());
                if !allowed && !dependency.for_tests {
                    findings.breach(one.manifest_path(), "depends on sqlx");
                }
            }
        }
    },
};

/// Whether the dependency is a crate of ours for which `is_wanted` holds.
fn has_folder(crates: &[Crate], dependency: &Dependency, is_wanted: impl Fn(&Crate) -> bool) -> bool {
    dependency.own && crates.iter().any(|other| other.name == dependency.name && is_wanted(other))
}
