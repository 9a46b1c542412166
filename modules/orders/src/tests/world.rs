//! One store, one method an action.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cart_api::{CartLine, TakingState};
use catalog_api::{Product, ProductId};
use cleave_core::{
    AccountId, Caller, Clock as _, Context, Currency, IdempotencyKey, Ids, ManualClock, Money, RequestId,
    Timestamp, User,
};
use cleave_db::Database;
use cleave_db::testing::Scratch;
use cleave_events::Outbox;
use inventory_api::ReservationState;
use orders_api::{Order, OrderEvent, OrderId, OrderStatus, Orders as _, OrdersError, PlaceOrder};
use payments_api::PaymentState;
use sqlx::{AssertSqlSafe, Row as _};
use tokio::task::LocalSet;

use super::others::{Level, Others};
use crate::audit::{OrderFacts, Phase, audit_facts};
use crate::{LocalOrders, MIGRATIONS, Settings};

/// What one of the first product costs, and one of the second.
pub(super) const PRICES: [i64; 2] = [1_250, 399];

pub(super) struct World {
    pub(super) others: Others,
    pub(super) clock: Arc<ManualClock>,
    pub(super) database: Database,
    pub(super) settings: Settings,
    /// Two products, each with ten units.
    pub(super) products: [ProductId; 2],
    ids: Arc<Ids>,
    scratch: Scratch,
}

pub(super) fn money(amount: i64) -> Money {
    Money { amount, currency: currency() }
}

pub(super) fn currency() -> Currency {
    "EUR".parse().expect("EUR is a currency")
}

/// The account of a customer.
pub(super) fn account(number: u128) -> AccountId {
    format!("{number:032x}").parse().expect("32 digits are a UUID")
}

pub(super) fn paid_with(payment_token: &str) -> PlaceOrder {
    PlaceOrder { payment_token: payment_token.to_owned(), expected_total: None }
}

impl World {
    pub(super) async fn new() -> Self {
        let scratch = Scratch::new();
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_790_000_000_000_000)));
        let ids = Arc::new(Ids::from_seed(clock.clone(), 1));
        let database = scratch.open("orders").await;
        database.migrate(&MIGRATIONS).await.expect("the tables can be made");
        let others = Others::new(clock.clone());
        let products = [0, 1].map(|number: usize| {
            let id = ProductId::from(ids.next());
            let product = Product {
                id,
                sku: format!("SKU-{number}"),
                name: format!("Product {number}"),
                description: String::new(),
                category: "things".to_owned(),
                price: money(PRICES[number]),
                in_stock: true,
            };
            others.with(|state| {
                state.products.insert(id, product);
                state.stock.insert(id, Level { received: 10, available: 10, ..Level::default() });
            });
            id
        });
        Self { others, clock, database, settings: Settings::default(), products, ids, scratch }
    }

    /// The orders as one thread of a process has them.
    pub(super) fn orders(&self) -> LocalOrders {
        self.orders_on(self.database.clone())
    }

    /// The same orders in what could be another process: they share nothing but the file.
    pub(super) async fn second_orders(&self) -> LocalOrders {
        self.orders_on(self.scratch.open("orders").await)
    }

    fn orders_on(&self, database: Database) -> LocalOrders {
        LocalOrders::new(
            database,
            Outbox::new(),
            Rc::new(self.others.clone()),
            Rc::new(self.others.clone()),
            Rc::new(self.others.clone()),
            Rc::new(self.others.clone()),
            self.clock.clone(),
            self.ids.clone(),
            currency(),
            &self.settings,
        )
    }

    /// Answers come at once, before anything can have happened.
    pub(super) fn impatient(mut self) -> Self {
        self.settings.answer_within_ms = std::num::NonZeroU64::new(1).expect("not zero");
        self
    }

    pub(super) fn context(&self, caller: Caller) -> Context {
        let request_id = RequestId::from_uuid(self.ids.next());
        let deadline = self.clock.instant() + Duration::from_secs(10);
        Context { request_id, deadline, caller, idempotency_key: None }
    }

    pub(super) fn customer(&self, number: u128) -> Context {
        let account_id = account(number);
        self.context(Caller::User(User { account_id, admin: false, access_token: "token".into() }))
    }

    pub(super) fn system(&self) -> Context {
        self.context(Caller::System)
    }

    pub(super) fn with_key(&self, number: u128, key: &str) -> Context {
        self.customer(number).with_key(IdempotencyKey::parse(key).expect("the key is valid"))
    }

    /// Two of the first product and one of the second.
    pub(super) fn fill_cart(&self, number: u128) {
        let [first, second] = self.products;
        self.others.with(|state| {
            state.set_item(account(number), first, 2);
            state.set_item(account(number), second, 1);
        });
    }

    /// What the cart of [`World::fill_cart`] costs.
    pub(super) fn total() -> Money {
        money(2 * PRICES[0] + PRICES[1])
    }

    pub(super) fn cart(&self, number: u128) -> Vec<CartLine> {
        self.others
            .with(|state| state.carts.get(&account(number)).map_or(Vec::new(), |cart| cart.lines.clone()))
    }

    pub(super) fn full_cart(&self) -> Vec<CartLine> {
        let [first, second] = self.products;
        vec![CartLine { product_id: first, quantity: 2 }, CartLine { product_id: second, quantity: 1 }]
    }

    /// Places an order in a process that stays until all is done.
    pub(super) async fn place(&self, number: u128, key: &str, token: &str) -> Result<Order, OrdersError> {
        let process = LocalSet::new();
        let orders = self.orders();
        let context = self.with_key(number, key);
        let answer = process.run_until(orders.place_order(&context, paid_with(token))).await;
        process.await;
        answer
    }

    /// A bought order of the first customer.
    pub(super) async fn confirmed(&self, key: &str) -> Order {
        self.fill_cart(1);
        let order = self.place(1, key, "tok_visa").await.expect("it is bought");
        assert_eq!(order.status, OrderStatus::Confirmed);
        order
    }

    /// Cancels an order in a process that stays until all is done.
    pub(super) async fn cancel(&self, number: u128, order_id: OrderId) -> Result<Order, OrdersError> {
        let process = LocalSet::new();
        let orders = self.orders();
        let context = self.customer(number);
        let answer = process.run_until(orders.cancel_order(&context, order_id)).await;
        process.await;
        answer
    }

    /// Has a process do something until the other modules have heard of so many calls, and then ends it on the spot.
    pub(super) async fn crash_at<T>(
        &self,
        (operation, times): (&str, usize),
        doing: impl AsyncFn(&LocalOrders) -> T,
    ) {
        let process = LocalSet::new();
        let orders = self.orders();
        process
            .run_until(async {
                let doing = async {
                    doing(&orders).await;
                    // An answer is not the end of a process.
                    std::future::pending::<()>().await;
                };
                tokio::select! {
                    () = doing => {}
                    () = self.others.reached(operation, times) => {}
                }
                // What the call does at once, it does.
                for _ in 0..5 {
                    tokio::task::yield_now().await;
                }
            })
            .await;
    }

    /// Lets all leases run out, and has a new process do what is left to do.
    pub(super) async fn recover(&self) -> usize {
        self.clock.advance(self.settings.lease() + Duration::from_millis(1));
        let process = LocalSet::new();
        let orders = self.orders();
        let context = self.system();
        let recovered = process.run_until(orders.recover(&context, 100)).await.expect("there is a database");
        process.await;
        recovered
    }

    pub(super) async fn left(&self) -> i64 {
        self.orders().left().await.expect("there is a database")
    }

    pub(super) async fn facts(&self) -> Vec<OrderFacts> {
        audit_facts(&self.database).await.expect("the facts can be read")
    }

    /// The only order.
    pub(super) async fn order(&self) -> OrderFacts {
        let mut facts = self.facts().await;
        assert_eq!(facts.len(), 1, "there is one order: {facts:?}");
        facts.remove(0)
    }

    /// The events of the outbox, in their order.
    pub(super) async fn events(&self) -> Vec<OrderEvent> {
        let rows = self.rows("SELECT name, version, payload FROM outbox ORDER BY seq").await;
        rows.iter()
            .map(|row| {
                let (name, payload): (String, String) = (row.get(0), row.get(2));
                let version = u32::try_from(row.get::<i64, _>(1)).expect("a version is small");
                <OrderEvent as cleave_core::Event>::read(&name, version, &payload).expect("it can be read")
            })
            .collect()
    }

    pub(super) async fn rows(&self, sql: &str) -> Vec<sqlx::any::AnyRow> {
        sqlx::query(AssertSqlSafe(sql)).fetch_all(self.database.readers()).await.expect("the query is right")
    }

    pub(super) async fn execute(&self, sql: &str) {
        sqlx::query(AssertSqlSafe(sql))
            .execute(self.database.writer())
            .await
            .expect("the statement is right");
    }

    /// From here on the table `writes` has the phase of each write of an order, in their order.
    pub(super) async fn note_writes(&self) {
        self.execute("CREATE TABLE writes (place BIGINT NOT NULL, phase TEXT NOT NULL)").await;
        let note = "INSERT INTO writes SELECT COUNT(*), NEW.phase FROM writes";
        let (each, act) = if self.scratch.is_on_sqlite() {
            ("", format!("BEGIN {note}; END"))
        } else {
            let body = format!("$$ BEGIN {note}; RETURN NULL; END $$ LANGUAGE plpgsql");
            self.execute(&format!("CREATE FUNCTION note_write() RETURNS trigger AS {body}")).await;
            (" FOR EACH ROW", "EXECUTE FUNCTION note_write()".to_owned())
        };
        for event in ["INSERT", "UPDATE"] {
            self.execute(&format!("CREATE TRIGGER note_{event} AFTER {event} ON orders{each} {act}")).await;
        }
    }

    /// What must be true when there is nothing left to do.
    pub(super) async fn check(&self) {
        assert_eq!(self.left().await, 0, "every checkout has ended: {:?}", self.facts().await);
        let facts = self.facts().await;
        let mut told = BTreeMap::new();
        for event in self.events().await {
            told.entry(event.told().order_id).or_insert_with(Vec::new).push(event);
        }
        for order in &facts {
            self.check_order(order, &told.remove(&order.order_id).unwrap_or_default());
        }
        assert!(told.is_empty(), "no event is without its order: {told:?}");
        let known = |id: uuid::Uuid| facts.iter().any(|order| order.order_id.as_uuid() == id);
        self.others.with(|state| {
            assert!(state.takings.keys().all(|id| known(id.as_uuid())), "no taking is without its order");
            assert!(state.reservations.keys().all(|id| known(id.as_uuid())), "nor a reservation");
            assert!(state.payments.keys().all(|id| known(id.as_uuid())), "nor a payment");
            for (product_id, level) in &state.stock {
                let Level { received, available, reserved, sold } = *level;
                assert_eq!(received, available + reserved + sold, "stock of {product_id} is conserved");
                assert!(available >= 0 && reserved == 0 && sold >= 0, "{product_id}: {level:?}");
            }
        });
    }

    fn check_order(&self, order: &OrderFacts, told: &[OrderEvent]) {
        let OrderFacts { order_id, account_id, status, phase, total, lines, .. } = order;
        let uuid = order_id.as_uuid();
        assert_eq!(*phase, Phase::Settled);
        assert!(!order.keeps_payment_token, "no token is kept");
        assert_eq!(order.reason.is_some(), *status == OrderStatus::Refused, "only a refusal has a reason");
        let sum: i64 = lines.iter().map(|line| line.unit_price * line.quantity).sum();
        assert_eq!(sum, total.amount, "the lines sum to the total");
        let (taking, reservation, payment) = self.others.with(|state| {
            let taking = state.takings.get(&uuid.into()).map(|taking| taking.state);
            let reservation = state.reservations.get(&uuid.into()).map(|reservation| reservation.state);
            let payment = state.payments.get(&uuid.into()).map(|stored| stored.payment.clone());
            (taking, reservation, payment)
        });
        let paid = payment.as_ref().map(|payment| payment.state);
        let names: Vec<_> = told.iter().map(cleave_core::Event::name).collect();
        match status {
            OrderStatus::Pending => panic!("{order_id} is pending"),
            OrderStatus::Confirmed | OrderStatus::Cancelled => {
                let is_cancelled = *status == OrderStatus::Cancelled;
                let (stock, money) = if is_cancelled {
                    (ReservationState::Returned, PaymentState::Refunded)
                } else {
                    (ReservationState::Committed, PaymentState::Captured)
                };
                assert_eq!(taking, Some(TakingState::Taken), "{order_id} has its cart");
                assert_eq!((reservation, paid), (Some(stock), Some(money)), "{order_id} is {status:?}");
                let payment = payment.expect("it is paid");
                assert_eq!((payment.amount, payment.account_id), (Some(*total), Some(*account_id)));
                let expected = ["order_confirmed", "order_cancelled"];
                assert_eq!(names, expected[..=usize::from(is_cancelled)], "{order_id} is told of");
            }
            OrderStatus::Refused => {
                assert!(matches!(taking, None | Some(TakingState::PutBack)), "{order_id} keeps a cart");
                assert!(matches!(reservation, None | Some(ReservationState::Released)), "{reservation:?}");
                assert!(
                    matches!(paid, None | Some(PaymentState::Voided | PaymentState::Declined)),
                    "{paid:?}"
                );
                assert!(names.is_empty(), "nobody is told of {order_id}");
            }
        }
    }
}
