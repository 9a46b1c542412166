//! What the notifications say to an audit of the whole store.

use std::collections::BTreeMap;

use cleave_db::Database;
use sqlx::Row as _;

/// How many notifications there are of each topic.
pub async fn told_by_topic(database: &Database) -> Result<BTreeMap<String, i64>, sqlx::Error> {
    let rows = sqlx::query("SELECT topic, COUNT(*) FROM notifications GROUP BY topic")
        .fetch_all(database.readers())
        .await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}
