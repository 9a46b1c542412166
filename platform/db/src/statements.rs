//! Where single statements run, and what they tell a request's stopwatch.

use cleave_timing::Part;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, Either, Execute, Executor, SqlStr};

/// Connections that run single statements: to be handed to a query. Where a request's time is taken, waiting for a connection and running
/// the statement are told apart.
#[derive(Debug, Clone, Copy)]
pub struct Statements<'database>(pub(crate) &'database AnyPool);

type AnyResult = <Any as sqlx::Database>::QueryResult;
type AnyRow = <Any as sqlx::Database>::Row;
type AnyStatement = <Any as sqlx::Database>::Statement;
type AnyTypeInfo = <Any as sqlx::Database>::TypeInfo;

impl Statements<'_> {
    /// Waits for a connection, for who runs several statements on one.
    pub async fn acquire(self) -> Result<PoolConnection<Any>, sqlx::Error> {
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
            connection.execute(query).await
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
        // A stream keeps its connection for as long as it is read: all of that is the database's.
        let running = cleave_timing::begin(Part::Database);
        self.0.fetch_many(query).inspect(move |_| _ = &running).boxed()
    }

    fn fetch_all<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Vec<AnyRow>, sqlx::Error>>
    where
        'database: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(async move {
            let mut connection = self.acquire().await?;
            let _running = cleave_timing::begin(Part::Database);
            connection.fetch_all(query).await
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
            connection.fetch_optional(query).await
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
        self.0.prepare_with(sql, parameters)
    }
}
