//! The notifications with an event log that says what a test wants, one method an action.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cleave_core::{
    AccountId, Caller, Clock as _, Context, Ids, ManualClock, Page, RequestId, Timestamp, User,
};
use cleave_db::Database;
use cleave_db::testing::Scratch;
use cleave_events::{
    Append, Consumer, EventLog as _, LOG_MIGRATIONS, Reaction, RecordedEvent, Settings, TableLog,
};
use notifications_api::{ListNotifications, Notification, Notifications as _, NotificationsError};
use serde_json::{Value, json};
use sqlx::Row as _;
use tempfile::TempDir;

use crate::{LocalNotifications, MIGRATIONS, Post, TellOfAccounts, TellOfOrders};

pub(super) struct World {
    pub(super) clock: Arc<ManualClock>,
    pub(super) database: Database,
    ids: Arc<Ids>,
    log: TableLog,
    directory: TempDir,
    _scratch: Scratch,
}

/// An e-mail as the queue has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mail {
    pub(super) message_id: String,
    pub(super) state: String,
    pub(super) attempts: i64,
    pub(super) last_error: Option<String>,
}

/// The account of a customer.
pub(super) fn account(number: u128) -> AccountId {
    format!("{number:032x}").parse().expect("32 digits are a UUID")
}

impl World {
    pub(super) async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_790_000_000_000_000)));
        let ids = Arc::new(Ids::from_seed(clock.clone(), 1));
        let scratch = Scratch::new();
        let database = scratch.open_with("notifications", &MIGRATIONS).await;
        let log = TableLog::new(scratch.open_with("events", &LOG_MIGRATIONS).await, clock.clone());
        Self { clock, database, ids, log, directory, _scratch: scratch }
    }

    /// The customer `number` has opened an account.
    pub(super) async fn registers(&self, number: u128) {
        let (account_id, email) = (account(number), format!("customer-{number}@example.org"));
        let payload = json!({"account_id": account_id, "email": email, "name": format!("Customer {number}")});
        self.happens("accounts", ("account_registered", 1), &account_id.to_string(), &payload).await;
    }

    /// Something has happened to an order of the customer: `order_confirmed` or `order_cancelled`.
    pub(super) async fn order(&self, name: &str, number: u128) {
        let order_id = self.ids.next();
        let payload = order_told(number, &order_id.to_string());
        self.happens("orders", (name, 1), &order_id.to_string(), &payload).await;
    }

    /// Puts an event into the log, a second after the one before.
    pub(super) async fn happens(
        &self,
        topic: &str,
        (name, version): (&str, u32),
        entity: &str,
        payload: &Value,
    ) {
        self.clock.advance(Duration::from_secs(1));
        let context = self.context(Caller::System);
        let last = self.log.last_offset(&context, topic.to_owned()).await.expect("the log answers");
        let event = RecordedEvent {
            offset: last + 1,
            name: name.to_owned(),
            version,
            entity: entity.to_owned(),
            payload: payload.to_string(),
            actor: "system".to_owned(),
            request_id: context.request_id.as_str().to_owned(),
            recorded_at: self.clock.now(),
        };
        let append = Append { topic: topic.to_owned(), events: vec![event] };
        self.log.append(&context, append).await.expect("the log takes it");
    }

    pub(super) fn of_accounts(&self) -> Consumer {
        self.consumer(TellOfAccounts { ids: self.ids.clone() })
    }

    pub(super) fn of_orders(&self) -> Consumer {
        self.consumer(TellOfOrders { ids: self.ids.clone() })
    }

    fn consumer(&self, reaction: impl Reaction + 'static) -> Consumer {
        let (database, log) = (self.database.clone(), Rc::new(self.log.clone()));
        let (clock, ids) = (self.clock.clone(), self.ids.clone());
        Consumer::new(database, log, Rc::new(reaction), clock, ids, Settings::default())
    }

    /// Reacts to all that the log has.
    pub(super) async fn follow(&self) {
        for consumer in [self.of_accounts(), self.of_orders()] {
            let context = self.context(Caller::System);
            while consumer.step(&context, Duration::ZERO).await.expect("the log is fine") > 0 {}
        }
    }

    /// The notifications, with their e-mails in [`World::folder`].
    pub(super) fn notifications(&self) -> LocalNotifications {
        self.mailing_to(&format!("file:{}", self.folder().display()))
    }

    pub(super) fn mailing_to(&self, mail: &str) -> LocalNotifications {
        let post = Post::new(mail, "Cleave <store@cleave.example>").expect("the place of mail is right");
        LocalNotifications::new(self.database.clone(), self.clock.clone(), post)
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.directory.path().join("mail")
    }

    /// Sends what is due.
    pub(super) async fn send(&self, notifications: &LocalNotifications) -> usize {
        let context = self.context(Caller::System);
        notifications.send_emails(&context, 100).await.expect("the queue can be read")
    }

    /// A page as the customer sees it.
    pub(super) async fn list(
        &self,
        number: u128,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Notification>, NotificationsError> {
        let account_id = account(number);
        let customer = Caller::User(User { account_id, admin: false, access_token: "token".into() });
        let request = ListNotifications { limit, cursor: cursor.map(str::to_owned) };
        self.notifications().list_notifications(&self.context(customer), request).await
    }

    /// All that the customer was told, newest first: kind and subject.
    pub(super) async fn told(&self, number: u128) -> Vec<(&'static str, String)> {
        let page = self.list(number, Some(100), None).await.expect("there is a list");
        page.items.into_iter().map(|item| (item.kind.as_str(), item.subject)).collect()
    }

    /// The queue, in the order of the message ids.
    pub(super) async fn mails(&self) -> Vec<Mail> {
        let rows =
            sqlx::query("SELECT message_id, state, attempts, last_error FROM emails ORDER BY message_id")
                .fetch_all(self.database.readers())
                .await
                .expect("the query is right");
        let mail = |row: &sqlx::any::AnyRow| Mail {
            message_id: row.get(0),
            state: row.get(1),
            attempts: row.get(2),
            last_error: row.get(3),
        };
        rows.iter().map(mail).collect()
    }

    pub(super) async fn execute(&self, sql: &'static str) {
        sqlx::query(sql).execute(self.database.writer()).await.expect("the statement is right");
    }

    pub(super) fn context(&self, caller: Caller) -> Context {
        let request_id = RequestId::from_uuid(self.ids.next());
        let deadline = self.clock.instant() + Duration::from_secs(30);
        Context { request_id, deadline, caller, idempotency_key: None }
    }
}

/// Two lamps and a cup, for 103.99 EUR.
pub(super) fn order_told(number: u128, order_id: &str) -> Value {
    let product_id = "0198c0de-0000-7000-8000-00000000000a";
    let euros = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    json!({
        "order_id": order_id, "account_id": account(number), "total": euros(10_399),
        "lines": [
            {"product_id": product_id, "name": "Lamp", "quantity": 2, "line_total": euros(9_900)},
            {"product_id": product_id, "name": "Cup\r\nBcc: all@example.org", "quantity": 1, "line_total": euros(499)},
        ],
    })
}
