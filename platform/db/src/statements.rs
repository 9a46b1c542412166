//! Where single statements run, and what they tell a request's stopwatch.

use async_stream::try_stream;
use cleave_timing::Part;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use sqlx::{Any, Either, Execute, Executor, SqlStr};

use crate::Connection;
use crate::connections::Connections;

/// Connections that run single statements: to be handed to a query. Where a request's time is taken, waiting for a connection and running
/// the statement are told apart.
#[derive(Debug, Clone, Copy)]
pub struct Statements<'database>(pub(crate) &'database Connections);

type AnyResult = <Any as sqlx::Database>::QueryResult;
type AnyRow = <Any as sqlx::Database>::Row;
type AnyStatement = <Any as sqlx::Database>::Statement;
type AnyTypeInfo = <Any as sqlx::Database>::TypeInfo;

impl Statements<'_> {
    /// Waits for a connection, for who runs several statements on one.
    pub async fn acquire(self) -> Result<Connection, sqlx::Error> {
        let _waiting = cleave_timing::begin(Part::Pool);
        self.0.acquire().await
    }
}

impl<'database> Executor<'database> for Statements<'database> {
    type Database = Any;

    fn execute<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<AnyResult, sqlx::Error>>
    where
        'database: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(async move {
            let mut connection = self.acquire().await?;
            let _running = cleave_timing::begin(Part::Database);
            let outcome = connection.execute(query).await;
            connection.release_after(outcome)
        })
    }

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<AnyResult, AnyRow>, sqlx::Error>>
    where
        'database: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let rows = try_stream! {
            let mut connection = self.acquire().await?;
            // A stream keeps its connection for as long as it is read: all of that is the database's.
            let _running = cleave_timing::begin(Part::Database);
            let mut rows = connection.fetch_many(query);
            while let Some(row) = rows.try_next().await? {
                yield row;
            }
            drop(rows);
            connection.release();
        };
        rows.boxed()
    }

    fn fetch_all<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Vec<AnyRow>, sqlx::Error>>
    where
        'database: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(async move {
            let mut connection = self.acquire().await?;
            let _running = cleave_timing::begin(Part::Database);
            let outcome = connection.fetch_all(query).await;
            connection.release_after(outcome)
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, sqlx::Error>>
    where
        'database: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(async move {
            let mut connection = self.acquire().await?;
            let _running = cleave_timing::begin(Part::Database);
            let outcome = connection.fetch_optional(query).await;
            connection.release_after(outcome)
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, sqlx::Error>>
    where
        'database: 'e,
    {
        Box::pin(async move {
            let mut connection = self.acquire().await?;
            let prepared = connection.prepare_with(sql, parameters).await;
            connection.release_after(prepared)
        })
    }
}
