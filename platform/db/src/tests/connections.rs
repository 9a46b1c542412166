//! Connections that go from one user to the next.

use std::time::Duration;

use sqlx::{AnyConnection, Executor as _};

use crate::connections::{Connections, Place};

fn place() -> Place {
    Place { driver_url: "sqlite::memory:".to_owned(), setup: "PRAGMA query_only = OFF", is_remote: false }
}

async fn connections(at_most: u32) -> Connections {
    sqlx::any::install_default_drivers();
    Connections::open(place(), at_most, Duration::from_secs(30)).await.expect("a database in memory")
}

/// Each database in memory is its connection's own, so that what is written on it tells it from others.
async fn write_on(connection: &mut AnyConnection, name: &str) {
    connection
        .execute(sqlx::AssertSqlSafe(format!("CREATE TABLE {name} (number BIGINT)")))
        .await
        .expect("a new table");
}

async fn has(connection: &mut AnyConnection, name: &str) -> bool {
    let found = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM sqlite_master WHERE name = $1")
        .bind(name)
        .fetch_one(connection);
    found.await.expect("the query is right") == 1
}

#[tokio::test]
async fn a_connection_that_is_released_is_the_next_users_and_the_last_released_comes_first() {
    let connections = connections(2).await;
    let mut first = connections.acquire().await.expect("one is free");
    let mut second = connections.acquire().await.expect("another is free");
    write_on(&mut first, "first").await;
    write_on(&mut second, "second").await;
    second.release();
    first.release();
    let mut again = connections.acquire().await.expect("both are free");
    assert!(has(&mut again, "first").await);
    let mut other = connections.acquire().await.expect("one is free");
    assert!(has(&mut other, "second").await);
}

#[tokio::test]
async fn a_connection_whose_user_was_interrupted_is_nobodys_any_more() {
    let connections = connections(1).await;
    let mut interrupted = connections.acquire().await.expect("it is free");
    write_on(&mut interrupted, "left").await;
    drop(interrupted);
    let mut next = connections.acquire().await.expect("there is room for a new one");
    assert!(!has(&mut next, "left").await);
}

#[tokio::test]
async fn what_does_not_end_a_connection_keeps_it_and_what_ends_it_does_not() {
    let connections = connections(1).await;
    for (error, stays) in [(sqlx::Error::RowNotFound, true), (sqlx::Error::WorkerCrashed, false)] {
        let mut connection = connections.acquire().await.expect("it is free");
        write_on(&mut connection, "mark").await;
        let _told = connection.release_after::<()>(Err(error));
        let mut next = connections.acquire().await.expect("it is free");
        assert_eq!(has(&mut next, "mark").await, stays);
    }
}

#[tokio::test]
async fn more_users_than_connections_wait_until_one_is_released_or_their_time_is_over() {
    sqlx::any::install_default_drivers();
    let impatient = Connections::new(place(), 1, Duration::from_millis(1));
    let only = impatient.acquire().await.expect("it is free");
    assert!(matches!(impatient.acquire().await, Err(sqlx::Error::PoolTimedOut)));
    only.release();

    let patient = connections(1).await;
    let only = patient.acquire().await.expect("it is free");
    let (next, ()) = tokio::join!(patient.acquire(), async { only.release() });
    next.expect("it was released").release();
}

#[tokio::test]
async fn of_what_is_closed_nobody_gets_a_connection() {
    let connections = connections(2).await;
    let in_use = connections.acquire().await.expect("one is free");
    connections.close().await;
    assert!(matches!(connections.acquire().await, Err(sqlx::Error::PoolClosed)));
    in_use.release();
    assert!(matches!(connections.acquire().await, Err(sqlx::Error::PoolClosed)));
}
