//! One inventory, one method an action.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use catalog_api::ProductId;
use cleave_core::{
    AccountId, Caller, Clock as _, Context, Event as _, IdempotencyKey, Ids, ManualClock, RequestId,
    Timestamp, User,
};
use cleave_db::Migrations;
use cleave_db::testing::Scratch;
use cleave_events::Outbox;
use inventory_api::{
    Inventory as _, InventoryError, InventoryEvent, OpenStock, Receipt, ReceiveStock, Reservation,
    ReservationId, ReservationLine, ReserveStock,
};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};

use crate::audit::{Units, audit_facts};
use crate::{LocalInventory, MIGRATIONS};

/// How long the reservations of tests are held.
pub(super) const HOLD_SECONDS: u32 = 60;

pub(super) struct World {
    pub(super) inventory: LocalInventory,
    pub(super) clock: Arc<ManualClock>,
    ids: Ids,
    scratch: Scratch,
}

#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Level {
    pub(super) received: i64,
    pub(super) available: i64,
    pub(super) reserved: i64,
    pub(super) sold: i64,
}

/// A line of a reservation.
pub(super) fn line(product_id: ProductId, quantity: i64) -> ReservationLine {
    ReservationLine { product_id, quantity }
}

impl World {
    pub(super) async fn new() -> Self {
        Self::at(&MIGRATIONS).await
    }

    /// A store whose tables have come so far.
    pub(super) async fn at(migrations: &Migrations) -> Self {
        let scratch = Scratch::new();
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_790_000_000_000_000)));
        let database = scratch.open("inventory").await;
        database.migrate(migrations).await.expect("the tables can be made");
        let inventory = LocalInventory::new(database, Outbox::new(), clock.clone());
        Self { inventory, ids: Ids::from_seed(clock.clone(), 1), clock, scratch }
    }

    /// The same store in what could be another process: it shares nothing with this one but the file.
    pub(super) async fn second_inventory(&self) -> LocalInventory {
        LocalInventory::new(self.scratch.open("inventory").await, Outbox::new(), self.clock.clone())
    }

    pub(super) fn context(&self, caller: Caller) -> Context {
        let request_id = RequestId::from_uuid(self.ids.next());
        let deadline = self.clock.instant() + Duration::from_secs(10);
        Context { request_id, deadline, caller, idempotency_key: None }
    }

    pub(super) fn admin(&self) -> Context {
        self.context(user(1, true))
    }

    pub(super) fn user(&self) -> Context {
        self.context(user(2, false))
    }

    pub(super) fn system(&self) -> Context {
        self.context(Caller::System)
    }

    pub(super) fn admin_with_key(&self, key: &str) -> Context {
        self.admin().with_key(IdempotencyKey::parse(key).expect("the key is valid"))
    }

    pub(super) fn new_product_id(&self) -> ProductId {
        self.ids.next().into()
    }

    pub(super) fn new_reservation_id(&self) -> ReservationId {
        self.ids.next().into()
    }

    /// A product with so many units.
    pub(super) async fn product(&self, units: i64) -> ProductId {
        let product_id = self.new_product_id();
        let request = OpenStock { product_id };
        self.inventory.open_stock(&self.admin(), request).await.expect("a level can be opened");
        if units > 0 {
            self.receive(&format!("first-{product_id}"), product_id, units).await.expect("goods come in");
        }
        product_id
    }

    pub(super) async fn receive(
        &self,
        key: &str,
        product_id: ProductId,
        quantity: i64,
    ) -> Result<Receipt, InventoryError> {
        let request = ReceiveStock { product_id, quantity };
        self.inventory.receive_stock(&self.admin_with_key(key), request).await
    }

    pub(super) async fn reserve(
        &self,
        reservation_id: ReservationId,
        lines: &[ReservationLine],
    ) -> Result<Reservation, InventoryError> {
        let request = ReserveStock { reservation_id, lines: lines.to_vec(), hold_seconds: HOLD_SECONDS };
        self.inventory.reserve_stock(&self.user(), request).await
    }

    pub(super) async fn commit(&self, reservation_id: ReservationId) -> Result<Reservation, InventoryError> {
        self.inventory.commit_reservation(&self.user(), reservation_id).await
    }

    pub(super) async fn release(&self, reservation_id: ReservationId) -> Result<Reservation, InventoryError> {
        self.inventory.release_reservation(&self.user(), reservation_id).await
    }

    pub(super) async fn take_back(
        &self,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        self.inventory.return_reservation(&self.system(), reservation_id).await
    }

    pub(super) async fn expire(&self) -> usize {
        self.inventory.expire_reservations(&self.system(), 100).await.expect("expiring works")
    }

    pub(super) async fn level(&self, product_id: ProductId) -> Level {
        self.levels().await.remove(&product_id.to_string()).expect("the level was opened")
    }

    async fn levels(&self) -> BTreeMap<String, Level> {
        let rows =
            self.rows("SELECT product_id, received, available, reserved, sold FROM stock_levels").await;
        rows.iter()
            .map(|row| {
                let [received, available, reserved, sold] = [1, 2, 3, 4].map(|column| row.get(column));
                (row.get(0), Level { received, available, reserved, sold })
            })
            .collect()
    }

    /// The kinds and quantities of a product's movements.
    pub(super) async fn movements(&self, product_id: ProductId) -> Vec<(String, i64)> {
        let sql = format!(
            "SELECT kind, quantity FROM stock_movements WHERE product_id = '{product_id}' ORDER BY number"
        );
        self.rows(&sql).await.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Every row of every table of the inventory, as text.
    pub(super) async fn dump(&self) -> Vec<String> {
        let tables = self.inventory.database().table_names().await.expect("the engine tells its tables");
        assert!(tables.len() >= 7, "the tables are found");
        let mut dump = Vec::new();
        for table in tables {
            let rows = self.rows(&format!("SELECT * FROM {table} ORDER BY 1, 2")).await;
            dump.extend(rows.iter().map(|row| {
                let columns = (0..row.len()).map(|column| match row.try_get::<i64, _>(column) {
                    Ok(number) => number.to_string(),
                    Err(_) => row.try_get::<String, _>(column).unwrap_or_default(),
                });
                format!("{table}: {}", columns.collect::<Vec<_>>().join(" | "))
            }));
        }
        dump
    }

    pub(super) fn is_on_sqlite(&self) -> bool {
        self.scratch.is_on_sqlite()
    }

    pub(super) async fn rows(&self, sql: &str) -> Vec<AnyRow> {
        let readers = self.inventory.database().readers();
        sqlx::query(AssertSqlSafe(sql)).fetch_all(readers).await.expect("the query is right")
    }

    /// What must be true at every instant.
    pub(super) async fn check(&self) {
        let levels = self.levels().await;
        assert_eq!(self.ledger_sums().await, levels, "the ledger sums to the levels");
        for (product_id, level) in &levels {
            let Level { received, available, reserved, sold } = *level;
            assert_eq!(received, available + reserved + sold, "stock of {product_id} is conserved");
            assert!(available >= 0 && reserved >= 0 && sold >= 0, "{product_id} is not oversold");
        }
        self.check_held(&levels).await;
        self.check_changes(&levels).await;
        self.check_facts(&levels).await;
    }

    async fn ledger_sums(&self) -> BTreeMap<String, Level> {
        let mut sums: BTreeMap<String, (i64, Level)> = BTreeMap::new();
        let sql =
            "SELECT product_id, number, kind, quantity FROM stock_movements ORDER BY product_id, number";
        for row in self.rows(sql).await {
            let (last, sum) = sums.entry(row.get(0)).or_default();
            assert_eq!(row.get::<i64, _>(1), *last + 1, "a product's movements are numbered without a gap");
            *last += 1;
            let quantity: i64 = row.get(3);
            let (received, available, reserved, sold) = match row.get::<String, _>(2).as_str() {
                "opened" | "received" => (quantity, quantity, 0, 0),
                "reserved" => (0, -quantity, quantity, 0),
                "committed" => (0, 0, -quantity, quantity),
                "released" | "expired" => (0, quantity, -quantity, 0),
                "returned" => (0, quantity, 0, -quantity),
                unknown => panic!("no movement is called {unknown}"),
            };
            sum.received += received;
            sum.available += available;
            sum.reserved += reserved;
            sum.sold += sold;
        }
        for row in self.rows("SELECT product_id, last_movement FROM stock_levels").await {
            assert_eq!(sums[&row.get::<String, _>(0)].0, row.get::<i64, _>(1), "no movement is missing");
        }
        sums.into_iter().map(|(product_id, (_, sum))| (product_id, sum)).collect()
    }

    async fn check_held(&self, levels: &BTreeMap<String, Level>) {
        let mut held: BTreeMap<(String, String), i64> = BTreeMap::new();
        let sql = "SELECT product_id, state, quantity FROM reservation_lines \
                   JOIN reservations USING (reservation_id)";
        for row in self.rows(sql).await {
            *held.entry((row.get(0), row.get(1))).or_default() += row.get::<i64, _>(2);
        }
        for (product_id, level) in levels {
            let lines =
                |state: &str| held.get(&(product_id.clone(), state.to_owned())).copied().unwrap_or_default();
            assert_eq!(level.reserved, lines("reserved"), "what is reserved of {product_id} has its lines");
            assert_eq!(level.sold, lines("committed"), "what is sold of {product_id} has its lines");
        }
    }

    /// What an audit is told must be true as well.
    async fn check_facts(&self, levels: &BTreeMap<String, Level>) {
        let facts = audit_facts(self.inventory.database()).await.expect("the facts can be read");
        assert_eq!(facts.levels.len(), levels.len());
        for facts in facts.levels {
            let Level { received, available, reserved, sold } = levels[&facts.product_id.to_string()];
            let units = Units { received, available, reserved, sold };
            assert_eq!((facts.level, facts.ledger), (units, units), "{}", facts.product_id);
            assert_eq!((facts.lines_reserved, facts.lines_sold), (reserved, sold), "{}", facts.product_id);
            assert_eq!(facts.movements, facts.last_movement, "{}", facts.product_id);
        }
    }

    /// What others are told, in order.
    pub(super) async fn told(&self) -> Vec<InventoryEvent> {
        let mut told = Vec::new();
        let rows = self.rows("SELECT seq, name, version, payload FROM outbox ORDER BY seq").await;
        for (row, number) in rows.iter().zip(1_i64..) {
            assert_eq!(row.get::<i64, _>(0), number, "events are numbered without a gap");
            let version = u32::try_from(row.get::<i64, _>(2)).expect("a small number");
            let event = InventoryEvent::read(&row.get::<String, _>(1), version, &row.get::<String, _>(3));
            told.push(event.expect("this binary reads its own events"));
        }
        told
    }

    async fn check_changes(&self, levels: &BTreeMap<String, Level>) {
        let mut in_stock: BTreeMap<String, bool> = BTreeMap::new();
        for InventoryEvent::StockChanged(changed) in self.told().await {
            let before = in_stock.insert(changed.product_id.to_string(), changed.in_stock);
            assert_eq!(before.unwrap_or(false), !changed.in_stock, "only a flip is a change");
        }
        for (product_id, level) in levels {
            let told = in_stock.get(product_id).copied().unwrap_or(false);
            assert_eq!(told, level.available > 0, "the changes tell whether {product_id} is in stock");
        }
    }
}

fn user(number: u128, admin: bool) -> Caller {
    let account_id: AccountId = format!("{number:032x}").parse().expect("32 digits are a UUID");
    Caller::User(User { account_id, admin, access_token: "token".into() })
}
