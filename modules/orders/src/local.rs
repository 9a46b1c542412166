//! The use cases: whose order it is, whether it makes sense, what a repetition is answered, how long an answer waits.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cart_api::Cart;
use catalog_api::Catalog;
use cleave_core::{
    AccountId, Caller, Clock, Context, ContractError, Currency, Cursor, DEFAULT_PAGE_SIZE, ErrorKind,
    IdempotencyKey, Ids, MAX_PAGE_SIZE, Page,
};
use cleave_db::Database;
use cleave_events::Outbox;
use inventory_api::{Inventory, MAX_RESERVATION_LINES};
use orders_api::{ListOrders, Order, OrderId, OrderStatus, Orders, OrdersError, PlaceOrder};
use payments_api::Payments;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::checkout::{self, Checkout, News};
use crate::order::{self, Phase, Record};
use crate::parts::{Parts, away, failed};
use crate::{Settings, store};

/// The first and the longest pause between two looks at an order that somebody else drives.
const LOOKS: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(100));

/// The orders with their database in this process: one for each thread, all on the same [`Database`]. Checkouts run as tasks
/// of the thread, which must have a [`tokio::task::LocalSet`].
pub struct LocalOrders {
    parts: Rc<Parts>,
}

impl LocalOrders {
    /// The orders in this database, whose tables must be at the state of [`crate::MIGRATIONS`].
    #[expect(clippy::too_many_arguments, reason = "each is another part of the store, and all are needed")]
    pub fn new(
        database: Database,
        outbox: Outbox,
        cart: Rc<dyn Cart>,
        catalog: Rc<dyn Catalog>,
        inventory: Rc<dyn Inventory>,
        payments: Rc<dyn Payments>,
        clock: Arc<dyn Clock>,
        ids: Arc<Ids>,
        currency: Currency,
        settings: &Settings,
    ) -> Self {
        let settings = settings.clone();
        let parts =
            Parts { database, outbox, cart, catalog, inventory, payments, clock, ids, currency, settings };
        Self { parts: Rc::new(parts) }
    }

    /// Takes over checkouts whose drivers say nothing any more, `limit` at most, and tells how many there were. It waits for
    /// their ends as long as the context allows; they go on after that.
    pub async fn recover(&self, context: &Context, limit: u32) -> Result<usize, OrdersError> {
        let parts = &self.parts;
        let now = parts.clock.now();
        let abandoned =
            store::abandoned(&parts.database, now, limit).await.map_err(|error| failed(&error))?;
        let mut drivers = Vec::with_capacity(abandoned.len());
        for mut record in abandoned {
            let lease = parts.new_lease();
            let is_ours = store::take_over(&parts.database, record.order_id, &record.lease, &lease)
                .await
                .map_err(|error| failed(&error))?;
            if is_ours {
                let (order_id, request_id) = (record.order_id, &record.request_id);
                tracing::info!(%order_id, %request_id, phase = ?record.phase, "an abandoned checkout goes on");
                record.lease = lease;
                let (tell, _nobody_waits) = watch::channel(None);
                drivers.push(tokio::task::spawn_local(Checkout::new(parts.clone(), record, tell).run()));
            }
        }
        let recovered = drivers.len();
        let all = async {
            for driver in drivers {
                // A driver that panics leaves its row to the next recovery.
                let _ended = driver.await;
            }
        };
        let _all_or_time_over = timeout(context.remaining(parts.clock.instant()), all).await;
        Ok(recovered)
    }

    /// How many orders there is still something to do for.
    pub async fn left(&self) -> Result<i64, OrdersError> {
        store::count_under_way(&self.parts.database).await.map_err(|error| failed(&error))
    }

    /// The order as it is to be placed: the cart of this moment at the prices of this moment.
    async fn price(
        &self,
        context: &Context,
        account_id: AccountId,
        key: &IdempotencyKey,
        request: PlaceOrder,
    ) -> Result<Record, OrdersError> {
        let parts = &self.parts;
        let fingerprint = order::fingerprint(&request);
        let contents = self.ask(context, "cart", parts.cart.read_cart(context, account_id)).await?;
        if contents.lines.is_empty() {
            return Err(OrdersError::CartEmpty { order_id: None });
        }
        if contents.lines.len() > MAX_RESERVATION_LINES {
            return Err(OrdersError::CartTooLarge);
        }
        let product_ids = contents.lines.iter().map(|line| line.product_id).collect();
        let products = parts.catalog.get_products(context, product_ids);
        let products = self.ask(context, "catalog", products).await?;
        let Some((lines, total)) = order::price(&contents.lines, products, parts.currency) else {
            let request_id = &context.request_id;
            tracing::error!(%request_id, "the cart holds what the catalogue does not sell in this currency");
            return Err(OrdersError::Internal);
        };
        let order_id = OrderId::from(parts.ids.next());
        let is_expected = request.expected_total.is_none_or(|expected| expected == total);
        let refusal = (!is_expected).then_some(OrdersError::PriceChanged { order_id, total });
        let now = parts.clock.now();
        Ok(Record {
            order_id,
            account_id,
            number: 0,
            idempotency_key: key.to_string(),
            fingerprint,
            request_id: context.request_id.clone(),
            cart_version: contents.version,
            lines,
            total,
            created_at: now,
            status: if is_expected { OrderStatus::Pending } else { OrderStatus::Refused },
            phase: if is_expected { Phase::Placing } else { Phase::Settled },
            refusal,
            payment_token: is_expected.then_some(request.payment_token),
            updated_at: now,
            lease: parts.new_lease(),
        })
    }

    /// Asks another module for what an order is made of: without it there is none, and nothing has happened.
    async fn ask<T, E: ContractError>(
        &self,
        context: &Context,
        what: &str,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, OrdersError> {
        let left = context.remaining(self.parts.clock.instant());
        // The deadline travels, but a call within the process has nobody at its door who keeps it.
        let Ok(answer) = timeout(self.parts.settings.step_timeout().min(left), call).await else {
            return Err(away(what));
        };
        answer.map_err(|error| match error.kind() {
            ErrorKind::Unauthenticated => OrdersError::Unauthenticated,
            ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::Overloaded => away(what),
            _ => {
                tracing::error!(request_id = %context.request_id, what, %error, "no order can be made");
                OrdersError::Internal
            }
        })
    }

    /// What a key is answered that an order has been placed under before.
    async fn answer_again(
        &self,
        context: &Context,
        earlier: Record,
        fingerprint: &str,
    ) -> Result<Order, OrdersError> {
        if earlier.fingerprint != fingerprint {
            return Err(OrdersError::IdempotencyKeyReused);
        }
        let patience = self.parts.patience(context);
        self.wait_for_others(earlier, patience).await?.answer()
    }

    /// Looks at an order that somebody else drives, perhaps in another process, until it is no longer pending.
    async fn wait_for_others(&self, mut record: Record, patience: Duration) -> Result<Record, OrdersError> {
        let (account_id, order_id) = (record.account_id, record.order_id);
        let look = async {
            let (mut pause, longest) = LOOKS;
            while record.status == OrderStatus::Pending {
                sleep(pause).await;
                pause = longest.min(pause * 2);
                record = self.find(account_id, order_id).await?;
            }
            Ok(())
        };
        // When the time is over, the order is as it was at the last look.
        timeout(patience, look).await.unwrap_or(Ok(()))?;
        Ok(record)
    }

    async fn find_by_key(
        &self,
        account_id: AccountId,
        key: &IdempotencyKey,
    ) -> Result<Option<Record>, OrdersError> {
        store::order_by_key(&self.parts.database, account_id, key.as_str())
            .await
            .map_err(|error| failed(&error))
    }

    async fn find(&self, account_id: AccountId, order_id: OrderId) -> Result<Record, OrdersError> {
        store::order(&self.parts.database, account_id, order_id)
            .await
            .map_err(|error| failed(&error))?
            .ok_or(OrdersError::OrderNotFound { order_id })
    }

    fn check_cancellable(&self, record: &Record) -> Result<(), OrdersError> {
        let reason = match record.status {
            OrderStatus::Pending => "it is pending; try again in a moment",
            OrderStatus::Refused => "it was refused",
            OrderStatus::Cancelled => return Ok(()),
            OrderStatus::Confirmed => {
                let last_moment = record.created_at.plus(self.parts.settings.cancellable());
                if self.parts.clock.now() <= last_moment {
                    return Ok(());
                }
                "it is too late"
            }
        };
        Err(OrdersError::OrderNotCancellable { order_id: record.order_id, reason: reason.to_owned() })
    }
}

#[async_trait(?Send)]
impl Orders for LocalOrders {
    async fn place_order(&self, context: &Context, request: PlaceOrder) -> Result<Order, OrdersError> {
        let account_id = customer(context)?;
        let key = context.idempotency_key.as_ref().ok_or(OrdersError::IdempotencyKeyRequired)?;
        order::check(&request)?;
        let fingerprint = order::fingerprint(&request);
        if let Some(earlier) = self.find_by_key(account_id, key).await? {
            return self.answer_again(context, earlier, &fingerprint).await;
        }
        let record = match self.price(context, account_id, key, request).await {
            Ok(record) => record,
            // The same request may have arrived twice, and the other one has taken the cart in the meantime.
            Err(refusal) => {
                let other = self.find_by_key(account_id, key).await?.ok_or(refusal)?;
                return self.answer_again(context, other, &fingerprint).await;
            }
        };
        let order_id = record.order_id;
        let (tell, news) = watch::channel(None);
        let work = checkout::place(self.parts.clone(), record, tell);
        tokio::task::spawn_local(cleave_timing::carry(work));
        let patience = self.parts.patience(context);
        let placed = hear(news, patience, |record| record.status != OrderStatus::Pending).await?;
        if placed.order_id == order_id {
            placed.answer()
        } else {
            self.answer_again(context, placed, &fingerprint).await
        }
    }

    async fn list_orders(&self, context: &Context, request: ListOrders) -> Result<Page<Order>, OrdersError> {
        let account_id = customer(context)?;
        let refuse = |parameter: &str, reason| {
            Err(OrdersError::InvalidParameter { parameter: parameter.to_owned(), reason })
        };
        let limit = request.limit.unwrap_or(DEFAULT_PAGE_SIZE);
        if !(1..=MAX_PAGE_SIZE).contains(&limit) {
            return refuse("limit", format!("write a whole number from 1 to {MAX_PAGE_SIZE}"));
        }
        let before = match request.cursor.as_deref().map(Cursor::decode) {
            None => i64::MAX,
            Some(Ok(cursor)) => cursor.0,
            Some(Err(error)) => return refuse("cursor", error.to_string()),
        };
        // One more than the page has tells whether there is a next page.
        let found = store::orders(&self.parts.database, account_id, before, i64::from(limit) + 1)
            .await
            .map_err(|error| failed(&error))?;
        let page_size = usize::try_from(limit).unwrap_or(usize::MAX);
        let next_cursor = (found.len() > page_size).then(|| Cursor(found[page_size - 1].number).encode());
        let items = found.iter().take(page_size).map(Record::view).collect();
        Ok(Page { items, next_cursor })
    }

    async fn get_order(&self, context: &Context, order_id: OrderId) -> Result<Order, OrdersError> {
        Ok(self.find(customer(context)?, order_id).await?.view())
    }

    async fn cancel_order(&self, context: &Context, order_id: OrderId) -> Result<Order, OrdersError> {
        let record = self.find(customer(context)?, order_id).await?;
        self.check_cancellable(&record)?;
        if record.status == OrderStatus::Cancelled {
            return Ok(record.view());
        }
        let (tell, news) = watch::channel(None);
        let work = checkout::cancel(self.parts.clone(), context.clone(), record, tell);
        tokio::task::spawn_local(cleave_timing::carry(work));
        let patience = self.parts.patience(context);
        let record = hear(news, patience, |record| record.phase == Phase::Settled).await?;
        self.check_cancellable(&record)?;
        Ok(record.view())
    }
}

/// What a checkout has told when it has come far enough, or when the time is over.
async fn hear(
    mut news: watch::Receiver<News>,
    patience: Duration,
    is_far_enough: impl Fn(&Record) -> bool,
) -> Result<Record, OrdersError> {
    let is_told = |told: &News| told.as_ref().is_some_and(|told| told.as_ref().map_or(true, &is_far_enough));
    // A driver that ends early has told all that it will.
    let _far_enough_or_over = timeout(patience, news.wait_for(is_told)).await.is_ok();
    let told = news.borrow().clone();
    told.unwrap_or(Err(OrdersError::Timeout))
}

fn customer(context: &Context) -> Result<AccountId, OrdersError> {
    match &context.caller {
        Caller::User(user) => Ok(user.account_id),
        Caller::Anonymous => Err(OrdersError::Unauthenticated),
        Caller::System => Err(OrdersError::Forbidden),
    }
}
