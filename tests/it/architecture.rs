//! The rules of dependency that cargo does not enforce: each holds in this workspace, and each finds a breach that is
//! planted into it.
//!
//! The lists of crates, modules, tables and presets come from disk. A rule that finds nothing to look at fails. What is
//! planted goes the way of what is read: through the same scanner, and in one test through a workspace on disk.

mod dependencies;
mod graph;
mod names;
mod rule;
mod tables;
mod tokens;
mod workspace;

use std::path::Path;
use std::sync::LazyLock;

use self::dependencies::{
    CONTRACTS_STAND_ON_CORE_AND_REST, FOLDERS_ARE_CRATES, IMPLEMENTATIONS_KNOW_CONTRACTS,
    LINTS_ARE_INHERITED, ONLY_THE_ROOT_KNOWS_IMPLEMENTATIONS, PLATFORM_STANDS_ALONE,
    SQL_STAYS_IN_IMPLEMENTATIONS,
};
use self::graph::{CALLS_ARE_DECLARED, CALLS_HAVE_NO_CYCLE, CONTRACTS_SHARE_IDS_ONLY, page};
use self::names::{
    BONES_KNOW_NO_WORD_OF_THE_STORE, CONTRACTS_ARE_OWNED, HTTP_STANDS_AT_THE_EDGE,
    NOBODY_ASKS_FOR_THE_TOPOLOGY, SQL_IS_NAMED_IN_STORES,
};
use self::rule::{Breach, Rule};
use self::tables::{MIGRATIONS_HAVE_OWNERS, STATEMENTS_NAME_OWN_TABLES};
use self::workspace::{HouseModel, Workspace, declared_house};
use crate::support::snapshot::assert_snapshot;

static WORKSPACE: LazyLock<Workspace> =
    LazyLock::new(|| Workspace::read(Path::new(env!("CARGO_MANIFEST_DIR")), declared_house()));

/// The rule holds in this workspace.
#[track_caller]
fn holds(rule: &Rule) {
    let breaches = rule.breaches(&WORKSPACE);
    assert!(breaches.is_empty(), "\n{}\n", list(&breaches));
}

/// The rule finds what `plant` does to this workspace: one breach, whose message has these words and says the rule and
/// how to mend it.
#[track_caller]
fn finds(rule: &Rule, plant: impl FnOnce(&mut Workspace), words: &[&str]) {
    let before = rule.breaches(&WORKSPACE).len();
    let mut planted = WORKSPACE.clone();
    plant(&mut planted);
    let breaches = rule.breaches(&planted);
    assert_eq!(breaches.len(), before + 1, "one breach was planted, found are\n{}", list(&breaches));
    let has = |text: &str, word: &&str| text.contains(*word);
    let message =
        breaches.iter().map(ToString::to_string).find(|text| words.iter().all(|word| has(text, word)));
    let message = message.unwrap_or_else(|| panic!("no message has all of {words:?}:\n{}", list(&breaches)));
    assert!(message.contains(rule.says) && message.contains(rule.mend), "{message}");
}

fn list(breaches: &[Breach]) -> String {
    breaches.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_folder_is_a_crate_of_its_name_and_each_module_has_a_contract() {
    holds(&FOLDERS_ARE_CRATES);
}

#[test]
fn a_folder_outside_the_workspace_is_found() {
    let plant =
        |workspace: &mut Workspace| assert!(workspace.crate_folders.insert("modules/forgotten".to_owned()));
    finds(&FOLDERS_ARE_CRATES, plant, &["modules/forgotten/Cargo.toml", "no member"]);
}

#[test]
fn a_package_with_another_name_than_its_folder_is_found() {
    let plant =
        |workspace: &mut Workspace| "cleave-database".clone_into(&mut workspace.crate_mut("cleave-db").name);
    finds(&FOLDERS_ARE_CRATES, plant, &["platform/db/Cargo.toml", "cleave-database", "not cleave-db"]);
}

#[test]
fn a_module_that_the_house_forgot_is_found() {
    let plant = |workspace: &mut Workspace| workspace.house.modules.retain(|module| module != "inventory");
    finds(&FOLDERS_ARE_CRATES, plant, &["modules/inventory/Cargo.toml", "does not list"]);
}

#[test]
fn every_crate_inherits_the_lints_of_the_workspace() {
    holds(&LINTS_ARE_INHERITED);
}

#[test]
fn a_crate_with_its_own_lints_is_found() {
    let plant = |workspace: &mut Workspace| drop(workspace.crate_mut("catalog").manifest.remove("lints"));
    finds(&LINTS_ARE_INHERITED, plant, &["modules/catalog/Cargo.toml", "lints"]);
}

#[test]
fn platform_depends_on_no_module_and_core_on_nothing_of_ours() {
    holds(&PLATFORM_STANDS_ALONE);
}

#[test]
fn a_platform_crate_that_depends_on_a_contract_is_found() {
    let plant = |workspace: &mut Workspace| workspace.crate_mut("cleave-rest").depend_on("catalog-api", true);
    finds(&PLATFORM_STANDS_ALONE, plant, &["platform/rest/Cargo.toml", "depends on catalog-api"]);
}

#[test]
fn a_core_that_depends_on_its_neighbour_is_found() {
    let plant = |workspace: &mut Workspace| workspace.crate_mut("cleave-core").depend_on("cleave-db", true);
    finds(&PLATFORM_STANDS_ALONE, plant, &["platform/core/Cargo.toml", "depends on cleave-db"]);
}

#[test]
fn contracts_stand_on_core_rest_and_few_libraries() {
    holds(&CONTRACTS_STAND_ON_CORE_AND_REST);
}

#[test]
fn a_contract_with_a_database_is_found() {
    let plant = |workspace: &mut Workspace| workspace.crate_mut("inventory-api").depend_on("cleave-db", true);
    finds(
        &CONTRACTS_STAND_ON_CORE_AND_REST,
        plant,
        &["modules/inventory-api/Cargo.toml", "depends on cleave-db"],
    );
}

#[test]
fn a_contract_with_a_library_of_its_own_is_found() {
    let plant = |workspace: &mut Workspace| workspace.crate_mut("catalog-api").depend_on("tokio", false);
    finds(&CONTRACTS_STAND_ON_CORE_AND_REST, plant, &["modules/catalog-api/Cargo.toml", "depends on tokio"]);
}

#[test]
fn implementations_know_contracts_and_no_http() {
    holds(&IMPLEMENTATIONS_KNOW_CONTRACTS);
}

#[test]
fn an_implementation_that_depends_on_another_is_found() {
    let plant = |workspace: &mut Workspace| workspace.crate_mut("catalog").depend_on("inventory", true);
    finds(&IMPLEMENTATIONS_KNOW_CONTRACTS, plant, &["modules/catalog/Cargo.toml", "depends on inventory"]);
}

#[test]
fn an_implementation_that_speaks_http_is_found() {
    let plant = |workspace: &mut Workspace| workspace.crate_mut("inventory").depend_on("actix-web", false);
    finds(&IMPLEMENTATIONS_KNOW_CONTRACTS, plant, &["modules/inventory/Cargo.toml", "depends on actix-web"]);
}

#[test]
fn only_the_root_package_names_implementations() {
    holds(&ONLY_THE_ROOT_KNOWS_IMPLEMENTATIONS);
}

#[test]
fn an_instrument_that_depends_on_a_module_is_found() {
    let plant = |workspace: &mut Workspace| workspace.crate_mut("cleave-compare").depend_on("catalog", true);
    finds(&ONLY_THE_ROOT_KNOWS_IMPLEMENTATIONS, plant, &["benches/compare/Cargo.toml", "depends on catalog"]);
}

#[test]
fn sqlx_is_a_dependency_of_databases_and_implementations_only() {
    holds(&SQL_STAYS_IN_IMPLEMENTATIONS);
}

#[test]
fn a_root_package_that_depends_on_sqlx_is_found() {
    let plant = |workspace: &mut Workspace| workspace.crate_mut("cleave").depend_on("sqlx", false);
    finds(&SQL_STAYS_IN_IMPLEMENTATIONS, plant, &["Cargo.toml", "depends on sqlx"]);
}

#[test]
fn http_is_named_at_the_edge_only() {
    holds(&HTTP_STANDS_AT_THE_EDGE);
}

#[test]
fn a_handler_inside_an_implementation_is_found() {
    let plant = |workspace: &mut Workspace| {
        workspace.add_source("modules/catalog/src/handler.rs", "// actix_web\nuse actix_web::HttpResponse;");
    };
    finds(&HTTP_STANDS_AT_THE_EDGE, plant, &["modules/catalog/src/handler.rs:2", "names actix_web"]);
}

#[test]
fn a_schema_outside_a_model_is_found() {
    let plant = |workspace: &mut Workspace| {
        workspace.add_source("modules/catalog-api/src/extra.rs", "#[derive(utoipa::ToSchema)] struct Extra;");
    };
    finds(&HTTP_STANDS_AT_THE_EDGE, plant, &["modules/catalog-api/src/extra.rs:1", "names utoipa"]);
}

#[test]
fn sqlx_is_named_in_stores_only() {
    holds(&SQL_IS_NAMED_IN_STORES);
}

#[test]
fn a_query_in_the_composition_root_is_found() {
    let plant = |workspace: &mut Workspace| {
        workspace.add_source("src/shortcut.rs", "fn count() { sqlx::query(\"SELECT 1\"); }");
    };
    finds(&SQL_IS_NAMED_IN_STORES, plant, &["src/shortcut.rs:1", "names sqlx"]);
}

#[test]
fn nothing_borrowed_and_no_transaction_crosses_a_contract() {
    holds(&CONTRACTS_ARE_OWNED);
}

#[test]
fn a_contract_that_borrows_a_request_is_found() {
    let plant = |workspace: &mut Workspace| {
        let text = "pub trait Planted { async fn get_it(&self, context: &Context, name: &str) -> u8; }";
        workspace.add_source("modules/catalog-api/src/lib.rs", text);
    };
    finds(&CONTRACTS_ARE_OWNED, plant, &["modules/catalog-api/src/lib.rs:1", "borrows str"]);
}

#[test]
fn a_contract_that_hands_out_a_transaction_is_found() {
    let plant = |workspace: &mut Workspace| {
        workspace.add_source("modules/catalog-api/src/extra.rs", "pub fn join(work: Transaction) {}");
    };
    finds(&CONTRACTS_ARE_OWNED, plant, &["modules/catalog-api/src/extra.rs:1", "names Transaction"]);
}

#[test]
fn contracts_share_nothing_but_ids() {
    holds(&CONTRACTS_SHARE_IDS_ONLY);
}

#[test]
fn a_contract_that_takes_a_type_of_another_is_found() {
    let plant = |workspace: &mut Workspace| {
        let text = "use catalog_api::{ProductId, Product as Goods};";
        workspace.add_source("modules/inventory-api/src/extra.rs", text);
    };
    finds(
        &CONTRACTS_SHARE_IDS_ONLY,
        plant,
        &["modules/inventory-api/src/extra.rs:1", "uses Product of catalog-api"],
    );
}

#[test]
fn the_house_declares_the_calls_that_modules_make() {
    holds(&CALLS_ARE_DECLARED);
}

#[test]
fn a_call_that_the_house_does_not_declare_is_found() {
    let plant = |workspace: &mut Workspace| {
        workspace
            .add_source("modules/inventory/src/extra.rs", "fn ask(catalog: &dyn catalog_api::Catalog) {}");
    };
    finds(&CALLS_ARE_DECLARED, plant, &["src/house.rs", "inventory -> catalog"]);
}

#[test]
fn a_declared_call_that_nobody_makes_is_found() {
    let plant = |workspace: &mut Workspace| {
        workspace.house.calls.insert(("inventory".to_owned(), "catalog".to_owned()));
    };
    finds(&CALLS_ARE_DECLARED, plant, &["src/house.rs", "declares inventory -> catalog"]);
}

#[test]
fn modules_call_each_other_in_no_circle() {
    holds(&CALLS_HAVE_NO_CYCLE);
}

#[test]
fn a_circle_of_calls_is_found() {
    let plant = |workspace: &mut Workspace| {
        workspace.house.modules.push("echo".to_owned());
        workspace.house.calls.insert(("echo".to_owned(), "echo".to_owned()));
    };
    finds(&CALLS_HAVE_NO_CYCLE, plant, &["src/house.rs", "echo calls itself"]);
}

#[test]
fn the_picture_of_the_modules_is_up_to_date() {
    assert_snapshot("docs/module-graph.md", &page(&WORKSPACE.house));
}

#[test]
fn each_module_owns_its_migrations() {
    holds(&MIGRATIONS_HAVE_OWNERS);
}

#[test]
fn a_migration_that_nobody_owns_is_found() {
    let plant =
        |workspace: &mut Workspace| drop(workspace.migrations.insert("orphan".to_owned(), Vec::new()));
    finds(&MIGRATIONS_HAVE_OWNERS, plant, &["migrations/orphan", "there is no module orphan"]);
}

#[test]
fn a_migration_that_names_the_table_of_another_module_is_found() {
    let plant = |workspace: &mut Workspace| {
        let files = workspace.migrations.get_mut("catalog").expect("the catalogue has migrations");
        files[0].1.push_str("\n-- a comment\nCREATE INDEX stolen ON stock_levels (product_id);");
    };
    finds(&MIGRATIONS_HAVE_OWNERS, plant, &["migrations/catalog/", "stock_levels"]);
}

#[test]
fn a_migration_that_is_never_applied_is_found() {
    let plant = |workspace: &mut Workspace| {
        let files = workspace.migrations.get_mut("catalog").expect("the catalogue has migrations");
        files.push(("migrations/catalog/0009_forgotten.sql".to_owned(), String::new()));
    };
    finds(&MIGRATIONS_HAVE_OWNERS, plant, &["migrations/catalog/0009_forgotten.sql", "does not apply"]);
}

#[test]
fn statements_name_the_tables_of_their_own_module() {
    holds(&STATEMENTS_NAME_OWN_TABLES);
}

#[test]
fn a_join_with_the_table_of_another_module_is_found() {
    let plant = |workspace: &mut Workspace| {
        let text =
            "const SQL: &str = \"SELECT * FROM products p \\\n JOIN stock_levels s ON s.product_id = p.id\";";
        workspace.add_source("modules/catalog/src/store/stolen.rs", text);
    };
    finds(&STATEMENTS_NAME_OWN_TABLES, plant, &["modules/catalog/src/store/stolen.rs:1", "stock_levels"]);
}

#[test]
fn nobody_asks_which_topology_is_running() {
    holds(&NOBODY_ASKS_FOR_THE_TOPOLOGY);
}

#[test]
fn a_module_that_asks_for_the_topology_is_found() {
    let plant = |workspace: &mut Workspace| {
        let text = "fn is_alone(topology: u8) -> bool { true }";
        workspace.add_source("modules/inventory/src/extra.rs", text);
    };
    finds(&NOBODY_ASKS_FOR_THE_TOPOLOGY, plant, &["modules/inventory/src/extra.rs:1", "topology"]);
}

#[test]
fn code_that_names_a_preset_is_found() {
    let plant = |workspace: &mut Workspace| {
        workspace.add_source("src/extra.rs", "fn fast(name: &str) -> bool { name == \"microservices\" }");
    };
    finds(&NOBODY_ASKS_FOR_THE_TOPOLOGY, plant, &["src/extra.rs:1", "microservices"]);
}

#[test]
fn the_bones_know_no_word_of_the_store() {
    holds(&BONES_KNOW_NO_WORD_OF_THE_STORE);
}

#[test]
fn a_platform_that_knows_a_module_is_found() {
    let plant = |workspace: &mut Workspace| {
        workspace.add_source("platform/rest/src/extra.rs", "fn isInventoryAway() {}");
    };
    finds(&BONES_KNOW_NO_WORD_OF_THE_STORE, plant, &["platform/rest/src/extra.rs:1", "inventory"]);
}

#[test]
fn a_gateway_that_knows_a_path_of_the_store_is_found() {
    let plant = |workspace: &mut Workspace| {
        workspace.add_source("src/gateway/extra.rs", "const PATH: &str = \"/api/v1/products\";");
    };
    finds(&BONES_KNOW_NO_WORD_OF_THE_STORE, plant, &["src/gateway/extra.rs:1", "products"]);
}

#[test]
fn breaches_are_found_in_a_workspace_on_disk() {
    let folder = tempfile::tempdir().expect("a folder for a workspace");
    let write = |path: &str, text: &str| {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a file has a folder")).expect("a folder can be made");
        std::fs::write(file, text).expect("a file can be written");
    };
    let manifest =
        |name: &str, rest: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\n{rest}");
    write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"platform/*\", \"modules/*\"]\nresolver = \"3\"\n[workspace.lints]\n",
    );
    let thief = "[dependencies]\nshop = { path = \"../../modules/shop\" }\nsqlx = \"0.9\"\n";
    write("platform/base/Cargo.toml", &manifest("cleave-base", thief));
    write(
        "platform/base/src/lib.rs",
        "#[cfg(test)]\nmod tests;\npub fn ask() { sqlx::query(\"SELECT 1\"); }\n",
    );
    write("platform/base/src/tests.rs", "use sqlx::query;\nuse actix_web::test;\n");
    write("modules/shop/Cargo.toml", &manifest("shop", "[lints]\nworkspace = true\n"));
    write("modules/shop/src/lib.rs", "// nothing yet\n");
    let house = HouseModel { modules: vec!["shop".to_owned()], ..HouseModel::default() };
    let workspace = Workspace::read(folder.path(), house);

    let expect = |rule: &Rule, places: &[&str]| {
        let breaches = rule.breaches(&workspace);
        let found = breaches.iter().map(ToString::to_string).collect::<Vec<_>>();
        let found = found.iter().filter_map(|text| text.split(": ").next()).collect::<Vec<_>>();
        assert_eq!(found, places, "{}", list(&breaches));
    };
    expect(&PLATFORM_STANDS_ALONE, &["platform/base/Cargo.toml"]);
    expect(&ONLY_THE_ROOT_KNOWS_IMPLEMENTATIONS, &["platform/base/Cargo.toml", "Cargo.toml"]);
    expect(&SQL_STAYS_IN_IMPLEMENTATIONS, &["platform/base/Cargo.toml"]);
    expect(&SQL_IS_NAMED_IN_STORES, &["platform/base/src/lib.rs:3"]);
    expect(&FOLDERS_ARE_CRATES, &["modules/shop/Cargo.toml"]);
}

#[test]
#[should_panic(expected = "finds nothing to look at")]
fn a_rule_that_finds_nothing_to_look_at_fails() {
    let mut workspace = WORKSPACE.clone();
    workspace.sources.clear();
    let _fails_first = BONES_KNOW_NO_WORD_OF_THE_STORE.breaches(&workspace);
}
