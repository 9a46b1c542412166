//! A module's place on a server: its own, made once, lost and found again.

use std::time::Duration;

use cleave_core::CallFailure;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _};

use super::{MIGRATIONS, insert};
use crate::testing::{ServerOptions, ThrowawayServer, is_installed, throwaway_server};
use crate::{Database, DatabaseError, DatabaseSettings, Secret, WriteError, failure_of};

/// How often a broken connection may show itself: each module has some.
const MOST_BROKEN: usize = 10;

fn settings(url: &str, password: &str) -> DatabaseSettings {
    let acquire_timeout = Duration::from_secs(30);
    DatabaseSettings {
        url: url.to_owned(),
        password: Some(Secret::new(password)),
        max_readers: 2,
        acquire_timeout,
    }
}

async fn open(module: &'static str, url: &str) -> Database {
    let settings = settings(url, module);
    Database::prepare(module, &settings).await.expect("a place can be made");
    let database = Database::open(module, &settings).await.expect("it can be opened");
    database.migrate(&MIGRATIONS).await.expect("the tables can be made");
    database
}

async fn write_and_count(database: &Database, number: i64) -> Result<i64, sqlx::Error> {
    let written = database.write(async |transaction| {
        insert(transaction, number, 1).await?;
        Ok::<_, WriteError<()>>(())
    });
    match written.await {
        Ok(()) | Err(WriteError::Refused(())) => {}
        Err(WriteError::Database(error)) => return Err(error),
    }
    sqlx::query_scalar("SELECT COUNT(*) FROM things").fetch_one(database.readers()).await
}

#[tokio::test]
async fn a_modules_user_reaches_nothing_of_another_module() {
    if !is_installed() {
        return;
    }
    let url = throwaway_server().new_database();
    let (orders, cart) = (open("orders", &url).await, open("cart", &url).await);
    assert_eq!(write_and_count(&orders, 1).await.expect("its own table"), 1);
    assert_eq!(write_and_count(&cart, 1).await.expect("its own table"), 1);
    for statement in [
        "SELECT COUNT(*) FROM orders.things",
        "INSERT INTO orders.things (number, text) VALUES (2, '')",
        "DROP TABLE orders.things",
        "CREATE TABLE orders.others (number BIGINT)",
        "CREATE TABLE public.others (number BIGINT)",
        "CREATE SCHEMA others",
        "SET ROLE orders",
    ] {
        let refused = cart.writer().execute(statement).await;
        assert!(refused.is_err(), "cart's user may {statement}");
    }
    assert!(cart.readers().execute("DELETE FROM things").await.is_err(), "a reader writes");
    assert_eq!(write_and_count(&orders, 2).await.expect("its own table"), 2);
}

#[tokio::test]
async fn a_keeper_who_may_make_roles_and_databases_needs_no_more() {
    if !is_installed() {
        return;
    }
    let server = throwaway_server();
    let mut admin = AnyConnection::connect(&server.url_of("postgres")).await.expect("an administrator may");
    admin.execute("CREATE ROLE keeper LOGIN CREATEROLE CREATEDB PASSWORD 'kept'").await.expect("it is new");
    let url = server.new_database().replace("admin@", "keeper:kept@");
    let (orders, cart) = (open("orders", &url).await, open("cart", &url).await);
    assert_eq!(write_and_count(&orders, 1).await.expect("its own table"), 1);
    assert!(cart.readers().execute("SELECT COUNT(*) FROM orders.things").await.is_err());
}

#[tokio::test]
async fn replicas_that_start_together_find_one_place_with_its_tables() {
    if !is_installed() {
        return;
    }
    let url = throwaway_server().new_database();
    let all = (0..5).map(|_| open("cart", &url));
    let all = futures_util::future::join_all(all).await;
    for (number, database) in (1..).zip(&all) {
        database.verify(&MIGRATIONS).await.expect("it is up to date");
        assert_eq!(write_and_count(database, number).await.expect("the table is there"), number);
    }
}

#[tokio::test]
async fn a_wrong_password_and_a_server_that_is_away_are_told_without_the_password() {
    if !is_installed() {
        return;
    }
    let url = throwaway_server().new_database();
    open("cart", &url).await;
    let wrong = settings(&url, "guessed");
    let prepared = Database::prepare("cart", &wrong).await.expect_err("its user has another password");
    assert!(matches!(prepared, DatabaseError::NotPrepared { .. }), "{prepared:?}");
    let opened = Database::open("cart", &wrong).await.expect_err("its user has another password");
    let away = settings("postgres://admin:hidden@%2Fnowhere/cart", "guessed");
    let not_there = Database::open("cart", &away).await.expect_err("there is no such server");
    for error in [prepared, opened, not_there] {
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("cart"), "{shown}");
        assert!(!shown.contains("guessed") && !shown.contains("hidden"), "{shown}");
    }
}

#[tokio::test]
async fn connections_that_the_server_ends_are_an_outage_and_others_take_their_place() {
    if !is_installed() {
        return;
    }
    let url = throwaway_server().new_database();
    let database = open("cart", &url).await;
    write_and_count(&database, 0).await.expect("the table is there");
    let mut admin = AnyConnection::connect(&url).await.expect("an administrator may");
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    admin.execute(AssertSqlSafe(end)).await.expect("an administrator may");
    let mut broken = 0;
    let counted = loop {
        match write_and_count(&database, broken + 1).await {
            Ok(count) => break count,
            Err(error) => {
                let expected = CallFailure::Unavailable("cart".to_owned());
                assert_eq!(failure_of("cart", &error), expected, "{error}");
                broken += 1;
                assert!(
                    usize::try_from(broken).is_ok_and(|broken| broken < MOST_BROKEN),
                    "it never recovers"
                );
            }
        }
    };
    assert!(counted >= 2, "what was written before is there: {counted}");
}

#[tokio::test]
async fn a_server_proves_itself_by_a_certificate_and_the_password_goes_nowhere_else() {
    if !is_installed() {
        return;
    }
    let server = ThrowawayServer::with(ServerOptions { tls: true, ..ServerOptions::default() });
    sqlx::any::install_default_drivers();
    let mut admin = AnyConnection::connect(&server.url_of("postgres")).await.expect("an administrator may");
    admin.execute("ALTER ROLE admin PASSWORD 'kept'").await.expect("it may change itself");
    let root =
        |name: &str| format!("?sslmode=verify-full&sslrootcert={}/{name}.pem", server.folder().display());
    let url = server.new_database_by_tls("kept", &root("ca"));
    let database = open("cart", &url).await;
    assert_eq!(write_and_count(&database, 1).await.expect("its own table"), 1);
    let encrypted: bool = sqlx::query_scalar("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        .fetch_one(database.readers())
        .await
        .expect("the server knows");
    assert!(encrypted);

    for (parameters, why) in [
        (root("other"), "another authority"),
        (root("nothing"), "no such file"),
        ("?sslmode=disable".to_owned(), "the server lets nobody in without TLS"),
    ] {
        let (place, _) = url.split_once('?').expect("it has parameters");
        let refused = Database::open("cart", &settings(&format!("{place}{parameters}"), "cart")).await;
        let error = refused.expect_err(why);
        assert!(matches!(error, DatabaseError::Open { .. }), "{why}: {error:?}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("kept"), "{shown}");
    }
    // A server without TLS, from whoever wants nothing else.
    let url = format!("{}?sslmode=require", throwaway_server().new_database());
    let without = Database::prepare("cart", &settings(&url, "cart")).await.expect_err("it has none");
    let shown = format!("{without:?}");
    assert!(shown.contains("does not support TLS"), "{shown}");
}
