//! What an engine tells of a module's tables.

use sqlx::{AssertSqlSafe, Row as _};

use crate::Database;
use crate::engine::Engine;

/// A table as it was declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// The columns of the primary key, in its order.
    pub(crate) key: Vec<String>,
    /// The tables whose rows its own rows name.
    pub(crate) references: Vec<String>,
}

/// A column and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// The types that all engines share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Fraction,
    Bytes,
}

impl Kind {
    fn of(declared: &str) -> Option<Self> {
        match declared.to_ascii_lowercase().as_str() {
            "text" => Some(Self::Text),
            "bigint" => Some(Self::Number),
            "double" | "double precision" => Some(Self::Fraction),
            "blob" | "bytea" => Some(Self::Bytes),
            _ => None,
        }
    }
}

impl Database {
    /// The names of the module's tables, sorted, without that of their history.
    pub async fn table_names(&self) -> Result<Vec<String>, sqlx::Error> {
        let sql = match *self.engine {
            Engine::Sqlite(_) => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 1) <> '_' \
                 AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name"
            }
            Engine::Postgres(_) => {
                "SELECT CAST(tablename AS TEXT) FROM pg_tables \
                 WHERE schemaname = current_schema() AND substr(tablename, 1, 1) <> '_' ORDER BY tablename"
            }
        };
        sqlx::query_scalar(sql).fetch_all(self.readers()).await
    }

    /// The module's tables, each behind those that it names.
    pub(crate) async fn tables(&self) -> Result<Vec<Table>, sqlx::Error> {
        let mut waiting = Vec::new();
        for name in self.table_names().await? {
            waiting.push(self.table(name).await?);
        }
        let mut ordered: Vec<Table> = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let is_there = |name: &String| ordered.iter().any(|table| table.name == *name);
            let is_free =
                |table: &Table| table.references.iter().all(|name| *name == table.name || is_there(name));
            let (free, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_free);
            if free.is_empty() {
                let names = rest.iter().map(|table| table.name.as_str()).collect::<Vec<_>>().join(", ");
                return Err(sqlx::Error::Protocol(format!("the tables {names} name each other in a circle")));
            }
            ordered.extend(free);
            waiting = rest;
        }
        Ok(ordered)
    }

    async fn table(&self, name: String) -> Result<Table, sqlx::Error> {
        let (columns, references) = match *self.engine {
            Engine::Sqlite(_) => (
                "SELECT name, type, CAST(pk AS BIGINT) FROM pragma_table_info('TABLE') ORDER BY cid",
                "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list('TABLE')",
            ),
            Engine::Postgres(_) => (
                "SELECT CAST(attname AS TEXT), format_type(atttypid, atttypmod), \
                 CAST(COALESCE(array_position(CAST(indkey AS SMALLINT[]), attnum) + 1, 0) AS BIGINT) \
                 FROM pg_attribute LEFT JOIN pg_index ON indrelid = attrelid AND indisprimary \
                 WHERE attrelid = CAST('\"TABLE\"' AS regclass) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
                "SELECT DISTINCT CAST(parent.relname AS TEXT) FROM pg_constraint \
                 JOIN pg_class AS parent ON parent.oid = confrelid \
                 WHERE contype = 'f' AND conrelid = CAST('\"TABLE\"' AS regclass)",
            ),
        };
        let of_table = |sql: &str| AssertSqlSafe(sql.replace("TABLE", &name));
        let mut described = Vec::new();
        let mut key = Vec::new();
        for row in sqlx::query(of_table(columns)).fetch_all(self.readers()).await? {
            let (column, declared): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let kind = Kind::of(&declared).ok_or_else(|| {
                sqlx::Error::Protocol(format!(
                    "{name}.{column} is of type {declared}, which not all engines have"
                ))
            })?;
            match row.try_get::<i64, _>(2)? {
                0 => {}
                place => key.push((place, column.clone())),
            }
            described.push(Column { name: column, kind });
        }
        key.sort();
        let references = sqlx::query_scalar(of_table(references)).fetch_all(self.readers()).await?;
        let key = key.into_iter().map(|(_, column)| column).collect();
        Ok(Table { name, columns: described, key, references })
    }
}
