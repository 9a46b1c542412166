//! A module's rows, carried from one database to another, whichever their engines.
//!
//! Rows are written over what stands under their key, so that a copy that broke off is begun again and comes to the same end. What
//! was carried is proved, not believed: both sides are counted, and summed up by digests of their rows.

use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};

use crate::tables::{Kind, Table};
use crate::{Database, WriteError};

/// The most parameters of one statement that all engines take.
const MAX_PARAMETERS: usize = 30_000;

/// The most rows of one statement, and of one transaction.
const MAX_ROWS: usize = 500;

/// A table that was carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedTable {
    /// Which one.
    pub table: String,
    /// How many rows both sides have.
    pub rows: u64,
    /// The sum of the digests of all rows, the same on both sides.
    pub checksum: u64,
}

/// A module's data could not be carried.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// One of the databases failed.
    #[error("{place} failed")]
    Database {
        /// Which one.
        place: String,
        /// How.
        source: sqlx::Error,
    },
    /// The tables are not the same ones.
    #[error(
        "{from} and {to} do not have the same tables: bring both up to date with this binary (`cleave data migrate`)"
    )]
    OtherTables {
        /// From where.
        from: String,
        /// Where to.
        to: String,
    },
    /// The rows are not the same ones.
    #[error(
        "{table} has {from_rows} rows at {from} and {to_rows} at {to} after the copy, or others: something else has written \
         there; stop it, and copy into an empty database"
    )]
    OtherRows {
        /// In which table.
        table: String,
        /// From where.
        from: String,
        /// How many there.
        from_rows: u64,
        /// Where to.
        to: String,
        /// How many there.
        to_rows: u64,
    },
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(Option<String>),
    Number(Option<i64>),
    Fraction(Option<f64>),
    Bytes(Option<Vec<u8>>),
}

/// How many rows, and the sum of their digests, which does not depend on their order.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Sum {
    rows: u64,
    checksum: u64,
}

impl Database {
    /// Carries all rows of this database to another one with the same tables; `progress` hears after each step which table has how
    /// many rows carried. Nobody else may write to either meanwhile.
    pub async fn copy_to(
        &self,
        to: &Self,
        mut progress: impl FnMut(&str, u64),
    ) -> Result<Vec<CopiedTable>, CopyError> {
        let tables = self.tables().await.map_err(|error| self.failed(error))?;
        let same = to.tables().await.map_err(|error| to.failed(error))?;
        if names(&tables) != names(&same) {
            return Err(CopyError::OtherTables { from: self.url().to_owned(), to: to.url().to_owned() });
        }
        let mut copied = Vec::with_capacity(tables.len());
        for table in &tables {
            let from_sum = self
                .each_page(table, async |rows, done| {
                    to.put(table, rows).await.map_err(|error| to.failed(error))?;
                    progress(&table.name, done);
                    Ok(())
                })
                .await?;
            let to_sum = to.each_page(table, async |_, _| Ok(())).await?;
            if from_sum != to_sum {
                return Err(CopyError::OtherRows {
                    table: table.name.clone(),
                    from: self.url().to_owned(),
                    from_rows: from_sum.rows,
                    to: to.url().to_owned(),
                    to_rows: to_sum.rows,
                });
            }
            let Sum { rows, checksum } = from_sum;
            copied.push(CopiedTable { table: table.name.clone(), rows, checksum });
        }
        Ok(copied)
    }

    /// Reads a table page by page, in the order of its key, and sums it up.
    async fn each_page(
        &self,
        table: &Table,
        mut page: impl AsyncFnMut(&[Vec<Value>], u64) -> Result<(), CopyError>,
    ) -> Result<Sum, CopyError> {
        let mut sum = Sum::default();
        let mut last: Option<Vec<Value>> = None;
        loop {
            let rows = self.page_after(table, last.as_deref()).await.map_err(|error| self.failed(error))?;
            let Some(newest) = rows.last() else { return Ok(sum) };
            last = Some(table.key_of(newest));
            for row in &rows {
                sum.rows += 1;
                sum.checksum = sum.checksum.wrapping_add(digest(row));
            }
            page(&rows, sum.rows).await?;
        }
    }

    async fn page_after(
        &self,
        table: &Table,
        last: Option<&[Value]>,
    ) -> Result<Vec<Vec<Value>>, sqlx::Error> {
        let (columns, key) = (quoted(table.column_names()), quoted(table.key.iter().map(String::as_str)));
        let after =
            last.map_or_else(String::new, |last| format!(" WHERE ({key}) > ({})", places(1, last.len())));
        let sql = format!("SELECT {columns} FROM \"{}\"{after} ORDER BY {key} LIMIT {MAX_ROWS}", table.name);
        let query = last.into_iter().flatten().fold(sqlx::query(AssertSqlSafe(sql)), Value::bind_to);
        let rows = query.fetch_all(self.readers()).await?;
        rows.iter().map(|row| table.values_of(row)).collect()
    }

    async fn put(&self, table: &Table, rows: &[Vec<Value>]) -> Result<(), sqlx::Error> {
        let columns = quoted(table.column_names());
        let others = table.column_names().filter(|column| !table.key.iter().any(|key| key == column));
        let over = others.map(|column| format!("\"{column}\" = excluded.\"{column}\"")).collect::<Vec<_>>();
        let over =
            if over.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {}", over.join(", ")) };
        let width = table.columns.len();
        let written = self
            .write(async |transaction| {
                for rows in rows.chunks((MAX_PARAMETERS / width).max(1)) {
                    let values = (0..rows.len()).map(|row| format!("({})", places(row * width + 1, width)));
                    let sql = format!(
                        "INSERT INTO \"{}\" ({columns}) VALUES {} ON CONFLICT ({}) DO {over}",
                        table.name,
                        values.collect::<Vec<_>>().join(", "),
                        quoted(table.key.iter().map(String::as_str)),
                    );
                    let query = rows.iter().flatten().fold(sqlx::query(AssertSqlSafe(sql)), Value::bind_to);
                    query.execute(&mut *transaction).await?;
                }
                Ok::<_, WriteError<std::convert::Infallible>>(())
            })
            .await;
        match written {
            Ok(()) => Ok(()),
            Err(WriteError::Database(error)) => Err(error),
            Err(WriteError::Refused(never)) => match never {},
        }
    }

    fn failed(&self, source: sqlx::Error) -> CopyError {
        CopyError::Database { place: format!("{} at {}", self.module(), self.url()), source }
    }
}

impl Table {
    fn column_names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    fn values_of(&self, row: &AnyRow) -> Result<Vec<Value>, sqlx::Error> {
        let value = |(place, kind): (usize, Kind)| {
            Ok(match kind {
                Kind::Text => Value::Text(row.try_get(place)?),
                Kind::Number => Value::Number(row.try_get(place)?),
                Kind::Fraction => Value::Fraction(row.try_get(place)?),
                Kind::Bytes => Value::Bytes(row.try_get(place)?),
            })
        };
        self.columns.iter().map(|column| column.kind).enumerate().map(value).collect()
    }

    fn key_of(&self, row: &[Value]) -> Vec<Value> {
        let place = |key: &String| self.columns.iter().position(|column| column.name == *key);
        self.key.iter().filter_map(place).map(|place| row[place].clone()).collect()
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

impl Value {
    fn bind_to<'q>(query: Query<'q>, value: &Self) -> Query<'q> {
        match value.clone() {
            Self::Text(text) => query.bind(text),
            Self::Number(number) => query.bind(number),
            Self::Fraction(fraction) => query.bind(fraction),
            Self::Bytes(bytes) => query.bind(bytes),
        }
    }

    /// The value as bytes that tell it from every other one.
    fn digest_into(&self, digest: &mut Sha256) {
        let mut add = |kind: u8, bytes: &[u8]| {
            digest.update([kind]);
            digest.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(bytes);
        };
        match self {
            Self::Text(Some(text)) => add(1, text.as_bytes()),
            Self::Number(Some(number)) => add(2, &number.to_be_bytes()),
            Self::Fraction(Some(fraction)) => add(3, &fraction.to_be_bytes()),
            Self::Bytes(Some(bytes)) => add(4, bytes),
            Self::Text(None) | Self::Number(None) | Self::Fraction(None) | Self::Bytes(None) => add(0, &[]),
        }
    }
}

fn digest(row: &[Value]) -> u64 {
    let mut digest = Sha256::new();
    for value in row {
        value.digest_into(&mut digest);
    }
    let bytes = digest.finalize();
    bytes.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

fn names(tables: &[Table]) -> Vec<(&str, Vec<&str>)> {
    let mut names = tables
        .iter()
        .map(|table| (table.name.as_str(), table.column_names().collect::<Vec<_>>()))
        .collect::<Vec<_>>();
    names.sort();
    names
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}
