//! Data directories, keys and databases.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use cleave::house::MIGRATIONS;
use cleave_db::{Database, DatabaseSettings, Migration, Migrations};
use rustix::process::Signal;
use sqlx::Connection as _;

use super::{doctor, stocked};
use crate::support::binary::Binary;

#[test]
fn a_store_that_is_well_and_stopped_has_nothing_to_mend() {
    let binary = stocked();
    for topology in ["monolith", "microservices", "storefront", "catalog+inventory | *"] {
        doctor(&binary, &["--topology", topology]).ends_with(0).counts("wrong", 0).counts("not_checked", 0);
    }
}

#[test]
fn a_data_directory_that_is_not_there_is_made_by_up_and_missed_by_serve() {
    let binary = Binary::new();
    let path = binary.data_dir().display().to_string();
    doctor(&binary, &[]).ends_with(0).says("data directory", &path, "warning", &["`cleave up` makes it"]);
    doctor(&binary, &["--service", "monolith"])
        .ends_with(1)
        .says("data directory", &path, "wrong", &["`cleave data migrate`", "--data-dir"])
        .says("databases", "catalog", "wrong", &["catalog.db is not there", "`cleave data migrate`"]);
    fs::write(binary.data_dir(), "a file").expect("the folder can be written");
    doctor(&binary, &[]).ends_with(1).says("data directory", &path, "wrong", &["a file, not a folder"]);
}

#[test]
fn a_run_file_that_was_left_behind_is_a_warning_and_so_is_one_that_is_none() {
    let binary = stocked();
    let up = binary.up("monolith", &[]);
    let pid = format!("pid {}", up.pid());
    up.signal(Signal::KILL);
    up.ended();
    crate::support::waiting::eventually("its processes have ended", || binary.processes(), Vec::is_empty);
    // What the killed processes left beside the databases is no fault.
    doctor(&binary, &[])
        .ends_with(0)
        .says("data directory", "run.json", "warning", &[&pid, "without a clean stop", "cleave up"])
        .says("databases", "catalog", "ok", &["whole and up to date"])
        .says("running store", "processes", "ok", &[]);
    // A copy that forgot the index of a journal: only a start may make it.
    let beside = |ending: &str| binary.data_dir().join(format!("catalog.db-{ending}"));
    let _there_may_be_none = fs::remove_file(beside("shm"));
    fs::write(beside("wal"), "a journal").expect("it can be written");
    let words = ["cannot be read without writing", "start the store"];
    doctor(&binary, &[]).ends_with(0).says("databases", "catalog", "not_checked", &words);
    fs::write(binary.data_dir().join("run.json"), "{\"topology\":").expect("it can be written");
    doctor(&binary, &[]).ends_with(0).says(
        "data directory",
        "run.json",
        "warning",
        &["cannot be read", "remove"],
    );
}

#[test]
fn a_database_that_is_gone_is_not_made_anew() {
    let binary = stocked().with_variable("CLEAVE__DISCOVERY__SOURCE", "fixed");
    fs::remove_file(binary.data_dir().join("orders.db")).expect("it can be removed");
    let words = ["orders.db is not there", "restore", "`cleave data migrate` for an empty one"];
    doctor(&binary, &[]).ends_with(1).says("databases", "orders", "wrong", &words).counts("wrong", 1);
    let serve = ["--topology", "microservices", "--service"];
    doctor(&binary, &[&serve[..], &["orders"]].concat()).says("databases", "orders", "wrong", &words);
    let elsewhere = doctor(&binary, &[&serve[..], &["payments"]].concat());
    elsewhere.ends_with(0).says("databases", "payments", "ok", &[]);
}

#[test]
fn a_file_that_is_no_database_and_one_that_is_damaged_are_told_apart_from_the_others() {
    let binary = stocked();
    fs::write(binary.data_dir().join("cart.db"), "not a database, and long. ".repeat(200))
        .expect("it can be written");
    let damaged = binary.data_dir().join("inventory.db");
    let mut bytes = fs::read(&damaged).expect("the store has it");
    // The first pages, with the schema, are as they were.
    let last_page = bytes.len() - 4096;
    bytes[last_page..].fill(0xAA);
    fs::write(&damaged, bytes).expect("it can be written");
    doctor(&binary, &[])
        .ends_with(1)
        .says("databases", "cart", "wrong", &["cart.db", "file is not a database"])
        .says("databases", "inventory", "wrong", &["inventory.db is damaged", "restore"])
        .counts("wrong", 2);
}

#[test]
fn a_database_that_is_too_large_to_read_is_said_not_to_be_read() {
    let binary = stocked();
    let file = fs::File::options().write(true).open(binary.data_dir().join("cart.db")).expect("it is there");
    file.set_len(300 << 20).expect("a file can have a hole");
    doctor(&binary, &[]).ends_with(0).says(
        "databases",
        "cart",
        "not_checked",
        &["up to date", "300 MiB", "PRAGMA quick_check"],
    );
}

#[test]
fn tables_of_another_age_are_told_with_the_way_out() {
    let binary = stocked();
    let (module, known) = MIGRATIONS[0];
    let newer = Migration { version: 9999, name: "of_the_future", sql: "CREATE TABLE future (id TEXT)" };
    migrate(&binary, module, Migrations(Box::leak([known.0, &[newer]].concat().into_boxed_slice())));
    let (older, history) = MIGRATIONS[1];
    fs::remove_file(binary.data_dir().join(format!("{older}.db"))).expect("it can be removed");
    migrate(&binary, older, Migrations(&history.0[..1]));
    let words = ["has migration 9999", "run the newer binary"];
    doctor(&binary, &[]).ends_with(1).says("databases", module, "wrong", &words).says(
        "databases",
        older,
        "warning",
        &["older than this binary", "`cleave up`", "`cleave data migrate`"],
    );
    let serve = ["--topology", "microservices", "--service", older];
    doctor(&binary, &serve).ends_with(1).says("databases", older, "wrong", &["run `cleave data migrate`"]);
}

/// Makes or changes a database as another version of the program would.
fn migrate(binary: &Binary, module: &'static str, migrations: Migrations) {
    runtime().block_on(async {
        let database = open(binary, module).await;
        database.migrate(&migrations).await.expect("it can be migrated");
        database.close().await;
    });
}

/// Changes a row behind the store's back.
pub(super) fn change(binary: &Binary, module: &'static str, statement: &'static str) {
    runtime().block_on(async {
        let database = open(binary, module).await;
        sqlx::query(statement).execute(database.writer()).await.expect("the tables take it");
        database.close().await;
    });
}

async fn open(binary: &Binary, module: &'static str) -> Database {
    let url = format!("sqlite:{}", binary.data_dir().join(format!("{module}.db")).display());
    let acquire_timeout = std::time::Duration::from_secs(10);
    let settings = DatabaseSettings { url, password: None, max_readers: 1, acquire_timeout };
    Database::open(module, &settings).await.expect("the database can be opened")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

#[test]
fn a_stranger_that_keeps_writers_out_is_named() {
    let binary = stocked();
    let pid = std::process::id().to_string();
    runtime().block_on(async {
        let database = open(&binary, "payments").await;
        let mut connection = database.writer().acquire().await.expect("nobody else has it");
        let transaction = connection.begin_with("BEGIN IMMEDIATE").await.expect("it can be begun");
        doctor(&binary, &[]).ends_with(1).says("databases", "payments", "ok", &[]).says(
            "databases",
            "writers of payments",
            "wrong",
            &["keeps other writers out", &pid, "kill"],
        );
        transaction.rollback().await.expect("it can be undone");
        connection.release();
        doctor(&binary, &[]).ends_with(0);
        database.close().await;
    });
}

#[test]
fn another_currency_than_that_of_the_prices_is_wrong() {
    let binary = stocked().with_variable("CLEAVE__CATALOG__CURRENCY", "CHF");
    doctor(&binary, &[])
        .ends_with(1)
        .says("databases", "catalog", "wrong", &["EUR", "CHF", "catalog.currency"])
        .counts("wrong", 1);
}

#[test]
fn keys_that_are_missing_open_to_others_or_broken_are_named() {
    let binary = stocked();
    let keys = binary.data_dir().join("keys");
    let serve = ["--service", "monolith"];
    for name in ["tokens.key", "service.credential"] {
        let file = keys.join(name);
        let secret = fs::read(&file).expect("the store has it");
        set_mode(&file, 0o644);
        doctor(&binary, &[]).ends_with(1).says("keys", name, "wrong", &[name, "mode 644", "chmod 600"]);
        set_mode(&file, 0o600);
        fs::write(&file, "short").expect("it can be written");
        doctor(&binary, &[]).ends_with(1).says("keys", name, "wrong", &["32 bytes in base64url"]);
        fs::remove_file(&file).expect("it can be removed");
        let words = ["is not there", "bring it from"];
        doctor(&binary, &[]).ends_with(0).says(
            "keys",
            name,
            "warning",
            &[&words[..], &["`cleave up`"]].concat(),
        );
        let words = [&words[..], &["cleave data migrate", "restarted"]].concat();
        doctor(&binary, &serve).ends_with(1).says("keys", name, "wrong", &words).counts("wrong", 1);
        fs::write(&file, secret).expect("it can be written");
        set_mode(&file, 0o600);
    }
    doctor(&binary, &serve).ends_with(0);
    fs::remove_file(public_key(&keys)).expect("it can be removed");
    doctor(&binary, &[]).ends_with(0).says("keys", "public keys", "warning", &["`cleave up` makes it"]);
    doctor(&binary, &serve)
        .ends_with(1)
        .says("keys", "public keys", "wrong", &["there are none in", "cleave data migrate"])
        .says("keys", "tokens.key", "not_checked", &["mend the public keys first"]);
    // What the warning promises.
    assert_eq!(binary.up("monolith", &[]).stop().code, Some(0));
    doctor(&binary, &serve).ends_with(0);
}

#[test]
fn keys_that_do_not_belong_together_are_told() {
    let (binary, other) = (stocked(), stocked());
    let keys = binary.data_dir().join("keys");
    let own = public_key(&keys);
    let foreign = public_key(&other.data_dir().join("keys"));
    // The name of the right key, and the content of another.
    fs::copy(&foreign, &own).expect("it can be written");
    doctor(&binary, &[]).ends_with(1).says(
        "keys",
        "tokens.key",
        "wrong",
        &["no public key belongs to it", "remove", "cleave data migrate"],
    );
    fs::remove_file(&own).expect("it can be removed");
    fs::copy(&foreign, keys.join(foreign.file_name().expect("a key has a name"))).expect("it can be written");
    doctor(&binary, &[]).ends_with(0).says("keys", "tokens.key", "warning", &["`cleave up` writes"]);
    let serve = ["--topology", "microservices", "--service"];
    doctor(&binary, &[&serve[..], &["accounts"]].concat()).says("keys", "tokens.key", "wrong", &["migrate"]);
    // Who does not sign needs no private key; who is at a fixed address needs no registry.
    fs::remove_file(keys.join("tokens.key")).expect("it can be removed");
    let binary = binary.with_variable("CLEAVE__DISCOVERY__SOURCE", "fixed");
    doctor(&binary, &[&serve[..], &["payments"]].concat()).ends_with(0);
}

fn public_key(keys: &Path) -> PathBuf {
    let entries =
        fs::read_dir(keys).expect("the store has keys").filter_map(|entry| Some(entry.ok()?.path()));
    let mut public = entries.filter(|path| path.extension().is_some_and(|ending| ending == "pub"));
    public.next().expect("the store has a public key")
}

fn set_mode(file: &Path, mode: u32) {
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("it is ours");
}
