//! What a request's stopwatch is told of a database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cleave_timing::{Entry, Stopwatch, within};
use sqlx::Connection as _;

use super::{MIGRATIONS, World, insert};
use crate::{Database, DatabaseSettings, WriteError};

/// A stopwatch whose time stands still but for what is added to it.
fn standing_still() -> (Arc<Stopwatch>, impl Fn(u64)) {
    #[expect(clippy::disallowed_methods, reason = "some moment has to be the first")]
    let start = Instant::now();
    let passed_ms = Arc::new(AtomicU64::new(0));
    let told = passed_ms.clone();
    let now = move || start + Duration::from_millis(told.load(Ordering::Relaxed));
    (Stopwatch::since(start, now), move |ms| {
        passed_ms.fetch_add(ms, Ordering::Relaxed);
    })
}

/// Lets everything else go on until it waits.
async fn others_wait() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_query_that_waits_for_a_connection_tells_so() {
    let world = World::new().await;
    let (stopwatch, pass) = standing_still();
    let only = world.database.readers().acquire().await.expect("it is free");
    let waiting = within(stopwatch.clone(), world.count());
    let freeing = async {
        others_wait().await;
        pass(70);
        drop(only);
    };
    assert_eq!(tokio::join!(waiting, freeing).0, 0);
    assert_eq!(stopwatch.told(), [Entry::new("pool", Duration::from_millis(70))]);
}

#[tokio::test]
async fn a_transaction_that_waits_for_another_writer_is_the_databases() {
    let world = World::new().await;
    let (stopwatch, pass) = standing_still();
    let mut other = another(&world).await.writer().acquire().await.expect("it is free");
    let lock = other.begin_with("BEGIN IMMEDIATE").await.expect("nobody writes");
    let write = world
        .database
        .write::<_, ()>(async |transaction| insert(transaction, 1, 1).await.map_err(WriteError::Database));
    let waiting = within(stopwatch.clone(), write);
    let freeing = async {
        others_wait().await;
        pass(70);
        lock.rollback().await.expect("it can be given up");
    };
    tokio::join!(waiting, freeing).0.expect("it is written in the end");
    assert_eq!(stopwatch.told(), [Entry::new("db", Duration::from_millis(70))]);
}

/// The same database, opened once more.
async fn another(world: &World) -> Database {
    let settings = DatabaseSettings {
        url: world.database.url().to_owned(),
        password: None,
        max_readers: 1,
        acquire_timeout: Duration::from_secs(30),
    };
    let database = Database::open("things", &settings).await.expect("it can be opened twice");
    database.verify(&MIGRATIONS).await.expect("it has its tables");
    database
}
