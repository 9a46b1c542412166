//! What a module's database needs before its first connection: on SQLite a folder; on PostgreSQL a database, a user and a
//! schema that are the module's alone.

use std::path::Path;

use sqlx::migrate::MigrateDatabase as _;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Connection as _, Executor as _};

use crate::engine::{Engine, Server};
use crate::{DatabaseError, DatabaseSettings};

/// Those who prepare take turns under this number, whatever they prepare.
const ADVISORY_LOCK: i64 = 0x636c_6561_7665;

/// The server has no database of that name (SQLSTATE).
const NO_SUCH_DATABASE: &str = "3D000";

/// Prepares the place of `module`. What is there already stays as it is, so this can be repeated, also by several at once.
pub(crate) async fn prepare(module: &'static str, settings: &DatabaseSettings) -> Result<(), DatabaseError> {
    match Engine::of_url(&settings.url)? {
        Engine::Sqlite(file) => {
            let directory = file.path().parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(directory)
                .map_err(|source| DatabaseError::Directory { directory: directory.to_owned(), source })
        }
        Engine::Postgres(server) => {
            let password = settings.password.as_deref();
            if enter(&server, module, password).await.is_ok() {
                return Ok(());
            }
            let admitted = async {
                admit(&server, module, password).await?;
                enter(&server, module, password).await
            };
            admitted.await.map_err(|source| DatabaseError::NotPrepared {
                module,
                url: server.shown(),
                source,
            })
        }
    }
}

/// Whether the module's user is let in.
async fn enter(server: &Server, module: &str, password: Option<&str>) -> Result<(), sqlx::Error> {
    AnyConnection::connect(&server.url_of(module, password)).await?.close().await
}

/// Makes the database, the user and the schema that are missing.
async fn admit(server: &Server, module: &str, password: Option<&str>) -> Result<(), sqlx::Error> {
    let mut admin = match AnyConnection::connect(&server.admin_url()).await {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(NO_SUCH_DATABASE) => {
            // Another one may be doing the same.
            let _made_or_there = Any::create_database(&server.admin_url()).await;
            AnyConnection::connect(&server.admin_url()).await?
        }
        other => other?,
    };
    let (database, user) = (server.database(), server.user_of(module));
    // Names have letters, digits and underscores only, and so has the password: nothing here needs escaping.
    let password =
        password.map(|password| format!(" PASSWORD '{}'", password.replace('\'', "''"))).unwrap_or_default();
    // Who is no superuser gives a schema only to a role that it is a member of.
    let script = format!(
        r#"
        SELECT pg_advisory_xact_lock({ADVISORY_LOCK});
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{user}') THEN
                CREATE ROLE "{user}" LOGIN NOINHERIT{password};
            END IF;
        END $$;
        REVOKE ALL ON DATABASE "{database}" FROM PUBLIC;
        REVOKE ALL ON SCHEMA public FROM PUBLIC;
        GRANT CONNECT ON DATABASE "{database}" TO "{user}";
        CREATE SCHEMA IF NOT EXISTS "{module}";
        GRANT "{user}" TO CURRENT_USER;
        ALTER SCHEMA "{module}" OWNER TO "{user}";
        REVOKE "{user}" FROM CURRENT_USER;
        ALTER ROLE "{user}" IN DATABASE "{database}" SET search_path = "{module}";
        "#
    );
    admin.execute(AssertSqlSafe(format!("BEGIN; {script} COMMIT"))).await?;
    admin.close().await
}
