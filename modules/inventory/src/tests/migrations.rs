//! The list of migrations against the folder of their files, and what happens to the rows that they find.

use std::path::Path;

use cleave_db::{Migrations, WriteError};
use inventory_api::ReservationState;
use sqlx::{AssertSqlSafe, Row as _};

use super::{World, line};
use crate::MIGRATIONS;

#[test]
fn the_migrations_are_the_files_of_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/inventory");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the folder exists")
        .map(|entry| {
            let path = entry.expect("it can be listed").path();
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).expect("it can be read"))
        })
        .collect();
    files.sort();
    let listed: Vec<(String, String)> = MIGRATIONS
        .0
        .iter()
        .filter(|step| step.sql != cleave_events::OUTBOX_SQL)
        .map(|step| (format!("{:04}_{}.sql", step.version, step.name), step.sql.to_owned()))
        .collect();
    assert!(!files.is_empty());
    assert_eq!(listed, files);
}

#[tokio::test]
async fn tables_that_are_made_anew_keep_their_rows_their_references_and_their_index() {
    // The outbox was not there then, but nothing can be done without it now.
    let steps = MIGRATIONS.0;
    let (then, now) = ([steps[0], steps[2]], [steps[0], steps[1], steps[2]]);
    let world = World::at(&Migrations(then.to_vec().leak())).await;
    let (first, second) = (world.product(10).await, world.product(10).await);
    let [held, sold, released, buried] = std::array::from_fn(|_| world.new_reservation_id());
    for id in [held, sold, released] {
        world.reserve(id, &[line(first, 1), line(second, 2)]).await.expect("there are enough");
    }
    world.commit(sold).await.expect("it is reserved");
    world.release(released).await.expect("it is reserved");
    world.release(buried).await.expect("a tombstone is left");
    let before = world.dump().await;
    assert!(before.len() > 20, "there are rows to lose: {before:?}");

    let database = world.inventory.database();
    database.migrate(&Migrations(now.to_vec().leak())).await.expect("rows are no hindrance");
    assert_eq!(world.dump().await, before);
    let schema = if world.is_on_sqlite() {
        assert!(world.rows("PRAGMA foreign_key_check").await.is_empty());
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    } else {
        "SELECT CAST(indexname AS TEXT), indexdef FROM pg_indexes WHERE schemaname = current_schema()"
    };
    let schema = world.rows(schema).await;
    let schema: Vec<(String, String)> = schema.iter().map(|row| (row.get(0), row.get(1))).collect();
    let index = schema.iter().find(|(name, _)| name == "reservations_by_expiry");
    assert!(index.is_some_and(|(_, sql)| !sql.contains("new_")), "no interim name is left: {schema:?}");
    assert!(!world.is_on_sqlite() || !schema.iter().any(|(_, sql)| sql.contains("new_")), "{schema:?}");

    for sql in [
        format!("INSERT INTO reservation_lines VALUES ('nobody', '{first}', 1)"),
        format!("DELETE FROM reservations WHERE reservation_id = '{held}'"),
        "INSERT INTO stock_movements VALUES ('nothing', 1, 'opened', 0, '', 'a', 'r', 0)".to_owned(),
        format!("UPDATE reservations SET state = 'lost' WHERE reservation_id = '{held}'"),
    ] {
        let refused = database.write(async |transaction| {
            sqlx::query(AssertSqlSafe(sql.as_str())).execute(transaction).await?;
            Ok::<_, WriteError<()>>(())
        });
        assert!(matches!(refused.await, Err(WriteError::Database(_))), "{sql}");
    }

    database.migrate(&MIGRATIONS).await.expect("the rest follows");
    let returned = world.take_back(sold).await.expect("it was committed before the change");
    assert_eq!((returned.state, returned.lines.len()), (ReservationState::Returned, 2));
    world.commit(held).await.expect("it was reserved before the change");
    world.check().await;
}
