//! `product_prefixes`: under which beginnings of words a product is found. Whole words come in; the engine cuts
//! their beginnings itself, because handing over each one would take longer than storing it.

use std::collections::BTreeSet;

use cleave_db::Transaction;
use sqlx::AssertSqlSafe;

use super::values;

/// Two values each, so far below the 32,766 that SQLite takes, and no slower than more.
const WORDS_PER_STATEMENT: usize = 200;

/// 1, 2, 3 … to the length of the longest word, `$1`.
const LENGTHS: &str = "WITH RECURSIVE lengths (length) AS \
    (VALUES (1) UNION ALL SELECT length + 1 FROM lengths WHERE length < $1)";

/// Makes products findable, each under the word and the number beside it. In the order of the words they go in
/// fastest.
pub(crate) async fn insert_words(
    transaction: &mut Transaction,
    words: &[(&str, i64)],
) -> Result<(), sqlx::Error> {
    for chunk in words.chunks(WORDS_PER_STATEMENT) {
        // Words of one product may begin alike.
        let sql = format!(
            "{LENGTHS} INSERT INTO product_prefixes (prefix, number) \
             SELECT substr(word.column1, 1, lengths.length), word.column2 \
             FROM (VALUES {}) AS word JOIN lengths ON lengths.length <= length(word.column1) \
             WHERE true ON CONFLICT (prefix, number) DO NOTHING",
            values(2, chunk.len(), 2)
        );
        let is_full = chunk.len() == WORDS_PER_STATEMENT;
        let mut query = sqlx::query(AssertSqlSafe(sql))
            .persistent(is_full)
            .bind(longest(chunk.iter().map(|(word, _)| *word)));
        for (word, number) in chunk {
            query = query.bind(*word).bind(number);
        }
        query.execute(&mut *transaction).await?;
    }
    Ok(())
}

/// Takes back all words of one product.
pub(crate) async fn delete_words(
    transaction: &mut Transaction,
    number: i64,
    words: &BTreeSet<String>,
) -> Result<(), sqlx::Error> {
    if words.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "DELETE FROM product_prefixes WHERE number = $2 AND prefix IN ({LENGTHS} \
         SELECT substr(word.column1, 1, lengths.length) \
         FROM (VALUES {}) AS word JOIN lengths ON lengths.length <= length(word.column1))",
        values(3, words.len(), 1)
    );
    let longest = longest(words.iter().map(|word| &**word));
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(longest).bind(number);
    for word in words {
        query = query.bind(word.as_str());
    }
    query.execute(transaction).await.map(|_| ())
}

/// In characters, as the engines count.
fn longest<'word>(words: impl Iterator<Item = &'word str>) -> i64 {
    let longest = words.map(|word| word.chars().count()).max().unwrap_or_default();
    i64::try_from(longest).unwrap_or(i64::MAX)
}
