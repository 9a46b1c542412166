//! Looks into the tables: what must always hold there, and what they say in words that two stores can share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use cleave::settings::Settings;
use cleave_core::{Clock as _, Context, Ids, SystemClock};
use cleave_db::Database;
use cleave_events::{EventLog as _, ReadEvents, ReadRange, TopicStatus};
use cleave_events_nats::NatsLog;
use sqlx::Row as _;

use super::store::{Store, runtime};

/// What a store's tables say, without what differs between two equal stores: ids and times.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Records {
    /// Every product in the order of the list, with its level and its movements.
    pub(crate) products: Vec<String>,
    /// How many rows every other table has.
    pub(crate) counts: BTreeMap<String, i64>,
}

/// A level whose numbers do not add up, alone or over its movements.
const UNBALANCED: &str = "
    SELECT levels.product_id FROM stock_levels AS levels LEFT JOIN (
        SELECT product_id, COUNT(*) AS movements,
            SUM(CASE WHEN kind IN ('opened', 'received') THEN quantity ELSE 0 END) AS received,
            SUM(CASE WHEN kind = 'reserved' THEN quantity
                     WHEN kind IN ('committed', 'released', 'expired') THEN -quantity ELSE 0 END) AS reserved,
            SUM(CASE WHEN kind = 'committed' THEN quantity WHEN kind = 'returned' THEN -quantity ELSE 0 END) AS sold
        FROM stock_movements GROUP BY product_id
    ) AS ledger ON ledger.product_id = levels.product_id
    WHERE levels.received <> levels.available + levels.reserved + levels.sold
       OR ledger.product_id IS NULL OR levels.last_movement <> ledger.movements
       OR levels.received <> ledger.received OR levels.reserved <> ledger.reserved OR levels.sold <> ledger.sold";

/// A product whose reserved units are not those of its open reservations.
const UNRESERVED: &str = "
    SELECT levels.product_id FROM stock_levels AS levels LEFT JOIN (
        SELECT lines.product_id, SUM(lines.quantity) AS held FROM reservation_lines AS lines
        JOIN reservations ON reservations.reservation_id = lines.reservation_id
        WHERE reservations.state = 'reserved' GROUP BY lines.product_id
    ) AS open ON open.product_id = levels.product_id
    WHERE levels.reserved <> COALESCE(open.held, 0)";

/// A receipt that the ledger knows nothing of, or the other way round.
const UNBOOKED: &str = "
    SELECT product_id FROM (
        SELECT product_id, quantity, 1 AS side FROM receipts
        UNION ALL
        SELECT product_id, quantity, -1 AS side FROM stock_movements WHERE kind = 'received'
    ) AS both GROUP BY product_id HAVING SUM(quantity * side) <> 0 OR SUM(side) <> 0";

/// Tables whose rows are counted.
const COUNTED: [(&str, &[&str]); 2] = [
    ("inventory", &["stock_levels", "receipts", "reservations", "reservation_lines", "outbox"]),
    ("catalog", &["created_products", "product_prefixes"]),
];

/// What the tables say of kinds and amounts.
const OTHERS: [(&str, &str); 7] = [
    ("inventory", "SELECT kind, CAST(SUM(quantity) AS BIGINT) FROM stock_movements GROUP BY kind"),
    ("accounts", "SELECT 'accounts', COUNT(*) FROM accounts"),
    (
        "cart",
        "SELECT 'lines', CAST(COALESCE(SUM(quantity), 0) AS BIGINT) FROM cart_lines UNION ALL SELECT state, COUNT(*) FROM cart_takings GROUP BY state",
    ),
    (
        "orders",
        "SELECT status || ' ' || phase, COUNT(*) FROM orders GROUP BY status, phase UNION ALL \
         SELECT status || ' ' || phase || ', in money', CAST(SUM(total) AS BIGINT) FROM orders GROUP BY status, phase",
    ),
    (
        "payments",
        "SELECT kind, COUNT(*) FROM sandbox_ledger GROUP BY kind UNION ALL \
         SELECT kind || ', in money', CAST(SUM(amount) AS BIGINT) FROM sandbox_ledger GROUP BY kind",
    ),
    (
        "notifications",
        "SELECT kind, COUNT(*) FROM notifications GROUP BY kind UNION ALL SELECT 'e-mails', COUNT(*) FROM emails",
    ),
    ("events", "SELECT topic || ' ' || name, COUNT(*) FROM events GROUP BY topic, name"),
];

/// Panics where an invariant of the store does not hold.
pub(crate) fn check_invariants(store: &Store) {
    let settings = &store.settings;
    runtime().block_on(async {
        let inventory = open(settings, "inventory").await;
        for (query, broken) in [
            (UNBALANCED, "received = available + reserved + sold, and the ledger sums to the level"),
            (UNRESERVED, "what is reserved stands in a reservation"),
            (UNBOOKED, "every receipt is booked once"),
        ] {
            let culprits = texts(&inventory, query).await;
            assert!(culprits.is_empty(), "{broken}: this does not hold for {culprits:?}");
        }
        let numbers = texts(&inventory, "SELECT CAST(seq AS TEXT) FROM outbox ORDER BY seq").await;
        let dense = (1..=numbers.len()).map(|number| number.to_string()).collect::<Vec<_>>();
        assert_eq!(numbers, dense, "the events have no gap");
        let levels = texts(&inventory, "SELECT product_id FROM stock_levels").await;
        inventory.close().await;

        let catalog = open(settings, "catalog").await;
        let products = texts(&catalog, "SELECT product_id FROM products").await;
        catalog.close().await;
        let levels = levels.into_iter().collect::<BTreeSet<_>>();
        let lost = products.into_iter().filter(|id| !levels.contains(id)).collect::<Vec<_>>();
        assert!(lost.is_empty(), "every product has a level of stock, but not {lost:?}");
    });
}

/// What the tables say now; the store may be running.
pub(crate) fn records(store: &Store) -> Records {
    let settings = &store.settings;
    runtime().block_on(async {
        let inventory = open(settings, "inventory").await;
        let levels = "SELECT product_id, received || ' received, ' || available || ' available, ' || reserved \
                      || ' reserved, ' || sold || ' sold' FROM stock_levels";
        let mut levels = pairs(&inventory, levels).await.into_iter().collect::<BTreeMap<_, _>>();
        // Those of one cause together: a sale is written down after its customer was answered, so perhaps after what
        // the customer did next.
        let movements = "SELECT product_id, kind || ' ' || quantity FROM stock_movements \
                         JOIN (SELECT product_id AS product, cause AS of_cause, MIN(number) AS first_of_cause \
                         FROM stock_movements GROUP BY product_id, cause) AS causes \
                         ON product = product_id AND of_cause = cause \
                         ORDER BY product_id, first_of_cause, number";
        for (product_id, movement) in pairs(&inventory, movements).await {
            let level = levels.get_mut(&product_id).expect("a movement belongs to a level");
            level.push_str("; ");
            level.push_str(&movement);
        }
        inventory.close().await;

        let catalog = open(settings, "catalog").await;
        let products = "SELECT product_id, sku || ': ' || name || ', ' || description || ', ' || category || ', ' \
                        || price_amount || ', in_stock ' || in_stock FROM products ORDER BY number";
        let described = pairs(&catalog, products).await.into_iter();
        let mut level_of = |id: String| levels.remove(&id).unwrap_or_else(|| "no level".to_owned());
        let products = described.map(|(id, product)| (product, level_of(id)));
        let products = products.map(|(product, level)| format!("{product} ({level})")).collect();
        catalog.close().await;
        Records { products, counts: count_all(settings).await }
    })
}

/// What the tables say now in numbers: how many rows they have, and of what kinds. The store may be running.
pub(crate) fn tally(settings: &Settings) -> BTreeMap<String, i64> {
    runtime().block_on(count_all(settings))
}

async fn count_all(settings: &Settings) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for (module, tables) in COUNTED {
        let database = open(settings, module).await;
        for table in tables {
            counts.insert((*table).to_owned(), count(&database, table).await);
        }
        database.close().await;
    }
    if let Some(nats) = settings.nats() {
        counts.extend(count_events(NatsLog::new(nats, Arc::new(SystemClock))).await);
    }
    for (module, query) in OTHERS.into_iter().filter(|(module, _)| settings.has_database(module)) {
        let database = open(settings, module).await;
        for (what, number) in numbers(&database, query).await {
            counts.insert(format!("{module}: {what}"), number);
        }
        database.close().await;
    }
    counts
}

/// The same of a log that is no table.
async fn count_events(log: NatsLog) -> BTreeMap<String, i64> {
    let clock = Arc::new(SystemClock);
    let ids = Ids::from_system(clock.clone());
    let context = Context::background(&ids, clock.instant() + Duration::from_secs(30));
    let mut counts = BTreeMap::new();
    for TopicStatus { topic, first_offset, .. } in log.topics(&context).await.expect("NATS answers") {
        let mut after = first_offset - 1;
        loop {
            let range = ReadRange { after, limit: 1_000, wait_ms: 0 };
            let events = log.read(&context, ReadEvents { topic: topic.clone(), range }).await;
            let events = events.expect("the events can be read");
            let Some(last) = events.last() else { break };
            after = last.offset;
            for event in events {
                *counts.entry(format!("events: {topic} {}", event.name)).or_insert(0) += 1;
            }
        }
    }
    counts
}

async fn open(settings: &Settings, module: &'static str) -> Database {
    let place = settings.database(module, 1).expect("the password is there");
    Database::open(module, &place).await.expect("the database opens")
}

async fn texts(database: &Database, query: &'static str) -> Vec<String> {
    let rows = sqlx::query(query).fetch_all(database.readers()).await.expect("the query is right");
    rows.iter().map(|row| row.get(0)).collect()
}

async fn pairs(database: &Database, query: &'static str) -> Vec<(String, String)> {
    let rows = sqlx::query(query).fetch_all(database.readers()).await.expect("the query is right");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn numbers(database: &Database, query: &'static str) -> Vec<(String, i64)> {
    let rows = sqlx::query(query).fetch_all(database.readers()).await.expect("the query is right");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn count(database: &Database, table: &'static str) -> i64 {
    let query = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    let row = sqlx::query(query).fetch_one(database.readers()).await.expect("the query is right");
    row.get(0)
}

#[cfg(test)]
mod tests {
    use cleave_db::WriteError;

    use super::*;

    #[test]
    fn tables_that_do_not_add_up_are_noticed() {
        let id = "00000000-0000-7000-8000-000000000000";
        for (module, damage) in [
            ("inventory", "INSERT INTO stock_levels VALUES ('$ID', 5, 5, 0, 0, 1)"),
            (
                "catalog",
                "INSERT INTO products VALUES ('$ID', 1, 'LAMP-1', 'Lamp', '', 'lighting', 1, 0, 0, 0)",
            ),
        ] {
            let store = Store::empty();
            check_invariants(&store);
            let damage = damage.replace("$ID", id);
            runtime().block_on(async {
                let database = open(&store.settings, module).await;
                let done = database.write(async |transaction| {
                    sqlx::query(sqlx::AssertSqlSafe(damage.clone())).execute(transaction).await?;
                    Ok::<_, WriteError<()>>(())
                });
                done.await.expect("the tables take it");
                database.close().await;
            });
            let check = std::panic::AssertUnwindSafe(|| check_invariants(&store));
            assert!(std::panic::catch_unwind(check).is_err(), "{damage}");
        }
    }
}
