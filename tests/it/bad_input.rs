//! Command lines, configurations, topologies, keys and databases that are wrong: each is refused with exit code 2 and a
//! message that names what is wrong, where, and how to mend it; and nothing is lost.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use cleave::house::MIGRATIONS;
use cleave_db::{Database, DatabaseSettings, Migration, Migrations};

use crate::support::binary::{Binary, Ended};

/// The command is refused: exit code 2, nothing on the standard output, and a message with these words.
#[track_caller]
fn refuses(binary: &Binary, arguments: &[&str], words: &[&str]) -> Ended {
    let ended = binary.run(arguments);
    assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:?}");
    assert_eq!(ended.stdout, "", "{arguments:?}");
    for word in words {
        assert!(
            ended.stderr.contains(word),
            "{word:?} is missing in the refusal of {arguments:?}:\n{}",
            ended.stderr
        );
    }
    ended
}

/// The same, and the data directory is as before, or still absent.
#[track_caller]
fn refuses_and_changes_nothing(binary: &Binary, arguments: &[&str], words: &[&str]) {
    let before = databases_and_keys(&binary.data_dir());
    refuses(binary, arguments, words);
    assert_eq!(databases_and_keys(&binary.data_dir()), before, "{arguments:?} changed the data directory");
}

/// What must not be lost: databases and keys, byte by byte.
fn databases_and_keys(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("a folder can be read").path();
        if path.is_dir() {
            files.extend(databases_and_keys(&path));
        } else if path
            .extension()
            .is_some_and(|ending| ["db", "key", "pub", "credential"].iter().any(|own| ending == *own))
        {
            files.insert(path.display().to_string(), fs::read(&path).expect("a file can be read"));
        }
    }
    files
}

/// A store with tables, keys and goods.
fn stocked() -> Binary {
    let binary = Binary::new();
    binary.succeed(&["data", "seed", "--products", "5"]);
    binary
}

#[test]
fn an_unknown_key_in_a_file_is_refused_by_its_name_value_and_file() {
    let binary = Binary::new().with_file("own.toml", "[server]\nworker = 3\n");
    let words = ["config/own.toml", "server.worker = 3", "there is no such key", "workers"];
    refuses_and_changes_nothing(&binary, &["up", "--profile", "own"], &words);
    let binary = Binary::new().with_file("own.toml", "sever = 3\n");
    refuses_and_changes_nothing(
        &binary,
        &["up", "--profile", "own"],
        &["config/own.toml", "sever = 3", "server"],
    );
    let binary = Binary::new().with_file("own.toml", "server = 3\n");
    refuses_and_changes_nothing(
        &binary,
        &["up", "--profile", "own"],
        &["config/own.toml", "server = 3", "a section", "workers"],
    );
    let binary = Binary::new().with_file("own.toml", "[catalog]\ncolour = \"red\"\n");
    let words = ["config/own.toml", "catalog.colour = \"red\"", "currency"];
    refuses_and_changes_nothing(&binary, &["data", "migrate", "--profile", "own"], &words);
}

#[test]
fn an_unknown_key_in_a_variable_is_refused_by_the_name_of_the_variable() {
    let binary = Binary::new().with_variable("CLEAVE__SERVER__WORKER", "3");
    let words = ["CLEAVE__SERVER__WORKER", "server.worker = 3", "there is no such key", "workers"];
    refuses_and_changes_nothing(&binary, &["up"], &words);
}

#[test]
fn a_value_of_the_wrong_type_is_refused_by_key_value_and_place() {
    let binary = Binary::new().with_file("own.toml", "[requests]\ndeadline_ms = \"long\"\n");
    let words = ["config/own.toml", "requests.deadline_ms = \"long\"", "an integer"];
    refuses_and_changes_nothing(&binary, &["up", "--profile", "own"], &words);
    for (name, value, words) in [
        ("CLEAVE__PUBLIC__PORT", "many", ["public.port = many", "an integer"]),
        ("CLEAVE__PUBLIC__PORT", "99999", ["public.port = 99999", "unsigned 16 bit integer"]),
        ("CLEAVE__PUBLIC__HOST", "nowhere", ["public.host = nowhere", "IP address"]),
        ("CLEAVE__SERVER__WORKERS", "-1", ["server.workers = -1", "integer"]),
        ("CLEAVE__SERVER__WORKERS", "300", ["server.workers = 300", "0 to 256"]),
        ("CLEAVE__REQUESTS__DEADLINE_MS", "0", ["requests.deadline_ms = 0", "1 to 600000"]),
        ("CLEAVE__LINKS__ROUND_TRIP_MS", "-0.1", ["links.round_trip_ms = -0.1", "0 to 1000 milliseconds"]),
        ("CLEAVE__LINKS__ROUND_TRIP_MS", "1001", ["links.round_trip_ms = 1001", "0 to 1000 milliseconds"]),
        ("CLEAVE__LINKS__ROUND_TRIP_MS", "NaN", ["links.round_trip_ms = NaN", "0 to 1000 milliseconds"]),
        ("CLEAVE__LINKS__ROUND_TRIP_MS", "near", ["links.round_trip_ms = near", "floating point"]),
        ("CLEAVE__LOG__FORMAT", "xml", ["log.format = xml", "pretty or json"]),
        ("CLEAVE__LOG__FILTER", "catalog=loud", ["log.filter = catalog=loud", "write a level"]),
        ("CLEAVE__DATABASE__URL", "sqlite:one.db", ["database.url = sqlite:one.db", "{module}"]),
        (
            "CLEAVE__DATABASE__URL",
            "mysql://db/{module}",
            ["database.url = mysql://db/{module}", "sqlite:PATH"],
        ),
        (
            "CLEAVE__DATABASE__URL",
            "postgres://db/The Shop",
            ["database.url = postgres://db/The Shop", "small letters"],
        ),
        ("CLEAVE__CATALOG__CURRENCY", "EURO", ["catalog.currency = EURO", "three capital letters"]),
    ] {
        let binary = Binary::new().with_variable(name, value);
        refuses_and_changes_nothing(&binary, &["up"], &[&words[..], &[name]].concat());
    }
}

#[test]
fn a_refused_url_and_a_server_that_is_away_are_told_without_the_password() {
    for (name, value, code, words) in [
        ("CLEAVE__DATABASE__URL", "postgres://keeper:hidden@db/", 2, ["database.url", "@db/"]),
        ("CLEAVE__NOTIFICATIONS__MAIL", "smtps://keeper:hidden@mail", 2, ["notifications.mail", "@mail"]),
        (
            "CLEAVE__DATABASE__URL",
            "postgres://keeper:hidden@127.0.0.1:1/shop",
            2,
            ["catalog", "127.0.0.1:1/shop"],
        ),
    ] {
        let ended = Binary::new().with_variable(name, value).run(&["data", "migrate"]);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(words.iter().all(|word| ended.stderr.contains(word)), "{ended:?}");
        assert!(!ended.stderr.contains("hidden"), "{ended:?}");
    }
}

#[test]
fn a_wrong_flag_is_refused_by_its_name() {
    refuses(&Binary::new(), &["up", "--port", "99999"], &["--port", "99999", "65535"]);
    refuses(&Binary::new(), &["up", "--log-format", "xml"], &["--log-format", "xml", "pretty", "json"]);
    refuses(&Binary::new(), &["up", "--colour"], &["--colour", "Usage"]);
    for round_trip in ["-1", "1000.5", "inf", "a while"] {
        refuses(
            &Binary::new(),
            &["up", "--rtt", round_trip],
            &["--rtt", round_trip, "0 to 1000 milliseconds"],
        );
    }
    for (round_trips, words) in [
        ("0.25", ["--rtt", "--rtt 0,0.25,1"]),
        ("0,5,5", ["--rtt", "5 ms twice"]),
        ("0,-1", ["--rtt", "0 to 1000 milliseconds"]),
        ("0,,1", ["--rtt", "0 to 1000 milliseconds"]),
    ] {
        refuses(&Binary::new(), &["compare", "--rtt", round_trips], &words);
    }
    let distant = Binary::new().with_variable("CLEAVE__LINKS__ROUND_TRIP_MS", "1");
    refuses(&distant, &["compare"], &["leave links.round_trip_ms out", "--rtt"]);
    for count in ["0", "2000000"] {
        refuses(
            &Binary::new(),
            &["data", "seed", "--products", count],
            &["--products", count, "1..=1000000"],
        );
    }
}

#[test]
fn a_configuration_that_is_not_there_or_no_toml_is_refused_by_its_file() {
    let binary = Binary::new();
    refuses_and_changes_nothing(&binary, &["up", "--profile", "own"], &["config/own.toml", "--profile"]);
    let binary =
        Binary::new().with_config(|config| fs::remove_dir_all(config).expect("the copy can be removed"));
    refuses_and_changes_nothing(&binary, &["up"], &["config/default.toml", "--config"]);
    let binary = Binary::new().with_file("default.toml", "[public\n");
    refuses_and_changes_nothing(&binary, &["up"], &["config/default.toml", "line 1"]);
    let binary = Binary::new().with_config(|config| {
        let file = config.join("default.toml");
        let text = fs::read_to_string(&file).expect("the copy can be read").replace("workers = 0\n", "");
        fs::write(file, text).expect("the copy can be written");
    });
    refuses_and_changes_nothing(&binary, &["up"], &["config/default.toml", "lacks server.workers"]);
}

#[test]
fn an_unknown_topology_is_refused_with_those_that_there_are() {
    let words =
        ["\"microservice\"", "config/topologies", "monolith", "microservices", "catalog+inventory | *"];
    refuses_and_changes_nothing(&Binary::new(), &["up", "--topology", "microservice"], &words);
    let binary = Binary::new().with_variable("CLEAVE__TOPOLOGY", "minilith");
    refuses_and_changes_nothing(&binary, &["serve"], &["\"minilith\"", "monolith"]);
}

#[test]
fn a_topology_that_is_wrong_in_one_line_is_refused_by_its_column() {
    for (notation, words) in [
        ("catalog | catalog+inventory", ["column 11", "\"catalog\" is already hosted", "keep one"]),
        ("catalog", ["\"inventory\" is hosted by no service", "name it in a group", "*"]),
        (
            "catalog | invntory | *",
            ["column 11", "unknown module \"invntory\"", "did you mean \"inventory\"?"],
        ),
        ("catalog | | *", ["column 11", "a group is empty", "take a bar away"]),
        ("* | *", ["column 5", "a second *", "name the modules"]),
    ] {
        refuses_and_changes_nothing(&Binary::new(), &["up", "--topology", notation], &words);
        refuses(&Binary::new(), &["topology", "check", notation], &words);
    }
}

#[test]
fn a_topology_that_is_wrong_in_a_file_is_refused_by_file_line_and_key() {
    const ROLES: &str = "roles = [\"gateway\", \"events\", \"registry\"]\n";
    const REST: &str = "\"accounts\", \"cart\", \"orders\", \"payments\", \"notifications\"";
    let twice = &format!(
        "[services.a]\n{ROLES}modules = [\"catalog\"]\n[services.b]\nmodules = [\"catalog\", \"inventory\", {REST}]\n"
    );
    let missing = &format!("[services.a]\n{ROLES}modules = [\"catalog\", {REST}]\n");
    let unknown =
        &format!("[services.a]\n{ROLES}modules = [\"catalog\", \"inventory\", {REST}, \"returns\"]\n");
    let empty =
        &format!("[services.a]\n{ROLES}modules = [\"catalog\", \"inventory\", {REST}]\n[services.b]\n");
    let no_key = &format!("[services.a]\n{ROLES}module = [\"catalog\", \"inventory\", {REST}]\n");
    for (text, words) in [
        (
            twice,
            &["line 5", "services.b.modules", "\"catalog\" is already hosted by service \"a\"", "keep one"][..],
        ),
        (missing, &["\"inventory\" is hosted by no service", "add it to the `modules`"]),
        (unknown, &["line 3", "services.a.modules", "unknown module \"returns\"", "catalog, inventory"]),
        (empty, &["line 4", "service \"b\" hosts nothing", "take it away"]),
        (no_key, &["line 3", "unknown field `module`", "modules"]),
    ] {
        let binary = Binary::new().with_file("topologies/own.toml", text);
        let words = [words, &["config/topologies/own.toml"]].concat();
        refuses_and_changes_nothing(&binary, &["up", "--topology", "own"], &words);
        refuses(&binary, &["topology", "check", "own"], &words);
    }
}

#[test]
fn a_service_that_the_topology_has_not_is_refused_with_those_that_it_has() {
    let serve = ["serve", "--topology", "microservices"];
    let words = ["\"catalgo\"", "did you mean \"catalog\"?", "gateway, events, registry, catalog, inventory"];
    refuses_and_changes_nothing(&Binary::new(), &[&serve[..], &["--service", "catalgo"]].concat(), &words);
    refuses_and_changes_nothing(
        &Binary::new(),
        &serve,
        &["--service", "gateway, events, registry, catalog, inventory"],
    );
}

#[test]
fn addresses_of_peers_that_are_wrong_are_refused_by_their_service() {
    for (text, words) in [
        ("catalog = [\"http://127.0.0.1:1\"]", ["peers.catalog", "\"http://127.0.0.1:1\"", "tcp://IP:PORT"]),
        ("catalog = [\"tcp://127.0.0.1\"]", ["peers.catalog", "\"tcp://127.0.0.1\"", "unix://PATH"]),
        (
            "catalgo = [\"tcp://127.0.0.1:1\"]",
            ["peers.catalgo", "microservices", "gateway, events, registry, catalog, inventory"],
        ),
    ] {
        let binary = Binary::new().with_file("own.toml", &format!("[peers]\n{text}\n"));
        let flags = ["--profile", "own", "--topology", "microservices"];
        refuses_and_changes_nothing(&binary, &[&["up"][..], &flags].concat(), &words);
        binary.succeed(&["data", "migrate"]);
        let serve = [&["serve", "--service", "gateway"][..], &flags].concat();
        refuses_and_changes_nothing(&binary, &serve, &words);
    }
}

#[test]
fn a_data_directory_that_cannot_be_made_is_refused_by_its_path() {
    let binary = Binary::new();
    fs::write(binary.data_dir(), "a file").expect("the folder can be written");
    let path = binary.data_dir().display().to_string();
    for command in [&["up"][..], &["data", "migrate"], &["data", "seed"], &["serve"]] {
        refuses(&binary, command, &[&path, "data directory", "--data-dir"]);
        assert_eq!(
            fs::read(binary.data_dir()).ok().as_deref(),
            Some(&b"a file"[..]),
            "{command:?} changed the file"
        );
    }
}

#[test]
fn a_store_that_nobody_has_prepared_is_not_served() {
    let binary = Binary::new();
    let path = binary.data_dir().display().to_string();
    refuses(&binary, &["serve"], &[&path, "cleave data migrate", "--data-dir"]);
    assert!(!binary.data_dir().exists(), "serve makes no data directory");

    binary.succeed(&["data", "migrate"]);
    for (module, _) in MIGRATIONS {
        for ending in ["db", "db-wal", "db-shm"] {
            let _there_may_be_none = fs::remove_file(binary.data_dir().join(format!("{module}.{ending}")));
        }
    }
    refuses(&binary, &["serve"], &["catalog.db", "is not up to date", "cleave data migrate"]);
}

#[test]
fn a_database_newer_than_the_program_is_refused_and_left_as_it_is() {
    let binary = stocked();
    let (module, migrations) = MIGRATIONS[0];
    bring_into_the_future(&binary, module, migrations);
    let words = ["catalog.db", "has migration 9999", "run the newer binary", "restore an older copy"];
    for command in [
        &["up"][..],
        &["up", "--topology", "microservices"],
        &["serve"],
        &["data", "migrate"],
        &["data", "seed"],
    ] {
        refuses_and_changes_nothing(&binary, command, &words);
    }
}

/// Applies a migration that this program does not know, as a newer one would.
fn bring_into_the_future(binary: &Binary, module: &'static str, known: Migrations) {
    let newer = Migration {
        version: 9999,
        name: "of_the_future",
        sql: "CREATE TABLE future (id TEXT NOT NULL PRIMARY KEY)",
    };
    let migrations = Migrations(Box::leak([known.0, &[newer]].concat().into_boxed_slice()));
    let url = format!("sqlite:{}", binary.data_dir().join(format!("{module}.db")).display());
    let settings = DatabaseSettings {
        url,
        password: None,
        max_readers: 1,
        acquire_timeout: std::time::Duration::from_secs(10),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let database = Database::open(module, &settings).await.expect("the database can be opened");
        database.migrate(&migrations).await.expect("it can be migrated");
        database.close().await;
    });
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let binary = stocked();
    let file = binary.data_dir().join("catalog.db");
    fs::write(&file, "not a database, and long enough to be looked at. ".repeat(100))
        .expect("it can be written");
    for ending in ["db-wal", "db-shm"] {
        let _there_may_be_none = fs::remove_file(file.with_extension(ending));
    }
    for command in [&["up"][..], &["serve"], &["data", "migrate"]] {
        refuses_and_changes_nothing(&binary, command, &["catalog.db", "file is not a database"]);
    }
}

#[test]
fn another_currency_than_that_of_the_prices_is_refused() {
    let binary = stocked().with_variable("CLEAVE__CATALOG__CURRENCY", "CHF");
    for command in [&["up"][..], &["serve"], &["data", "seed"]] {
        refuses_and_changes_nothing(&binary, command, &["catalog.db", "EUR", "CHF", "catalog.currency"]);
    }
}

#[test]
fn keys_that_others_may_read_are_refused() {
    let binary = stocked();
    for (name, commands) in [
        ("tokens.key", [&["up"][..], &["data", "seed"], &["data", "migrate"]]),
        ("service.credential", [&["up"], &["serve"], &["data", "migrate"]]),
    ] {
        let file = binary.data_dir().join("keys").join(name);
        set_mode(&file, 0o644);
        for command in commands {
            refuses_and_changes_nothing(&binary, command, &[name, "644", "chmod 600"]);
        }
        set_mode(&file, 0o600);
    }
}

fn set_mode(file: &Path, mode: u32) {
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("it is ours");
}

#[test]
fn keys_that_are_missing_or_broken_are_refused() {
    let binary = stocked();
    let keys = binary.data_dir().join("keys");
    let credential = keys.join("service.credential");
    let secret = fs::read(&credential).expect("the store has it");
    fs::write(&credential, "short").expect("it can be written");
    refuses_and_changes_nothing(&binary, &["serve"], &["service.credential", "32 bytes in base64url"]);
    fs::write(&credential, secret).expect("it can be written");
    let entries =
        fs::read_dir(&keys).expect("the store has keys").filter_map(|entry| Some(entry.ok()?.path()));
    for public in entries.filter(|path| path.extension().is_some_and(|ending| ending == "pub")) {
        fs::remove_file(public).expect("it can be removed");
    }
    refuses_and_changes_nothing(&binary, &["serve"], &["no public keys in", "keys", "*.pub"]);
}

#[test]
fn a_refusal_at_the_last_moment_leaves_a_store_that_starts() {
    let binary = stocked();
    let goods = databases_and_keys(&binary.data_dir());
    let refused = binary.run(&["up", "--profile", "nothing-like-this"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert_eq!(databases_and_keys(&binary.data_dir()), goods);
    assert_eq!(binary.up("monolith", &[]).stop().code, Some(0));
}
