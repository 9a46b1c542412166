//! Lists of products: each is one of ten statements, which walk an index from the cursor on and stop at the limit.
//!
//! A search walks through the products of its longest word and looks the others up for each. So it is quick unless
//! common words hardly ever meet: among a million products a page by one word takes 1.2 times, by two words 1.6 times
//! as long as a page of all products, and 80,000 look-ups in vain take 29 ms (tried on 2 cores).
//!
//! `CROSS JOIN` says that the words are looked up in the order given: SQLite would else choose by statistics
//! that it does not have. The number of words is rounded up to the next statement and the last word repeated,
//! which costs something only for products that match already.

use cleave_core::Currency;
use cleave_db::Database;

use super::{Numbered, numbered, product_columns};

/// Which products, from where on, and how many at most.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// Folded words, all of which must begin a word of the product; none for all products.
    pub(crate) words: Vec<String>,
    pub(crate) category: Option<String>,
    /// The number after which the list begins.
    pub(crate) after: i64,
    pub(crate) limit: i64,
}

/// The products of a selection, in the order of their numbers.
pub(crate) async fn list_products(
    database: &Database,
    currency: Currency,
    selection: &Selection,
) -> Result<Vec<Numbered>, sqlx::Error> {
    let statement = statement_for(selection.words.len());
    let text = if selection.category.is_some() { statement.of_category } else { statement.of_all };
    let mut query = sqlx::query(text).bind(selection.after).bind(selection.limit);
    let padding = selection.words.last().into_iter().cycle();
    for word in selection.words.iter().chain(padding).take(statement.words) {
        query = query.bind(word.as_str());
    }
    if let Some(category) = &selection.category {
        query = query.bind(category.as_str());
    }
    let rows = query.fetch_all(database.readers()).await?;
    rows.iter().map(|row| numbered(row, currency)).collect()
}

struct Statement {
    /// How many words it takes, from `$3` on; the category comes after them.
    words: usize,
    of_all: &'static str,
    of_category: &'static str,
}

macro_rules! search {
    ($($word:literal = $place:literal),*; $category:literal) => {
        concat!(
            "SELECT ", product_columns!(), " FROM product_prefixes AS word1",
            $(" CROSS JOIN product_prefixes AS word", $word,)*
            " CROSS JOIN products WHERE word1.prefix = $3 AND word1.number > $1",
            $(" AND word", $word, ".prefix = $", $place, " AND word", $word, ".number = word1.number",)*
            " AND products.number = word1.number", $category, " ORDER BY word1.number LIMIT $2"
        )
    };
}

const STATEMENTS: [Statement; 5] = [
    Statement {
        words: 0,
        of_all: concat!(
            "SELECT ",
            product_columns!(),
            " FROM products WHERE products.number > $1 ORDER BY products.number LIMIT $2"
        ),
        of_category: concat!(
            "SELECT ",
            product_columns!(),
            " FROM products WHERE products.category = $3 AND products.number > $1 ORDER BY products.number LIMIT $2"
        ),
    },
    Statement { words: 1, of_all: search!(; ""), of_category: search!(; " AND products.category = $4") },
    Statement {
        words: 2,
        of_all: search!(2 = 4; ""),
        of_category: search!(2 = 4; " AND products.category = $5"),
    },
    Statement {
        words: 4,
        of_all: search!(2 = 4, 3 = 5, 4 = 6; ""),
        of_category: search!(2 = 4, 3 = 5, 4 = 6; " AND products.category = $7"),
    },
    Statement {
        words: 8,
        of_all: search!(2 = 4, 3 = 5, 4 = 6, 5 = 7, 6 = 8, 7 = 9, 8 = 10; ""),
        of_category: search!(2 = 4, 3 = 5, 4 = 6, 5 = 7, 6 = 8, 7 = 9, 8 = 10; " AND products.category = $11"),
    },
];

fn statement_for(words: usize) -> &'static Statement {
    STATEMENTS
        .iter()
        .find(|statement| statement.words >= words)
        .expect("a search has no more words than the largest statement")
}

#[cfg(test)]
mod tests {
    use cleave_db::testing::Scratch;
    use sqlx::Row as _;

    use super::*;

    #[test]
    fn the_largest_statement_takes_the_most_words_of_a_search() {
        assert_eq!(statement_for(crate::search::MAX_QUERY_WORDS).words, crate::search::MAX_QUERY_WORDS);
    }

    #[tokio::test]
    async fn every_list_walks_an_index_and_sorts_nothing() {
        let scratch = Scratch::new();
        if !scratch.is_on_sqlite() {
            // PostgreSQL plans by statistics, which a test does not have.
            return;
        }
        let database = scratch.open_with("catalog", &crate::MIGRATIONS).await;
        for text in STATEMENTS.iter().flat_map(|statement| [statement.of_all, statement.of_category]) {
            let rows = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}")))
                .fetch_all(database.readers())
                .await
                .expect("the statement is valid");
            let steps: Vec<String> = rows.iter().map(|row| row.get(3)).collect();
            assert!(steps.iter().all(|step| step.starts_with("SEARCH")), "{text}\n{steps:#?}");
        }
    }
}
