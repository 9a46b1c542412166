//! What the module does on others' events.

use std::sync::Arc;

use accounts_api::AccountEvent;
use async_trait::async_trait;
use cleave_core::{AccountId, Event as _, Ids, Money};
use cleave_db::Transaction;
use cleave_events::{Reaction, ReactionError, RecordedEvent};
use notifications_api::NotificationKind;
use orders_api::{OrderEvent, OrderTold};

use crate::store::{self, News};

/// Tells customers what happens to their accounts.
#[derive(Debug)]
pub struct TellOfAccounts {
    /// Where the ids of notifications come from.
    pub ids: Arc<Ids>,
}

/// Tells customers what happens to their orders.
#[derive(Debug)]
pub struct TellOfOrders {
    /// Where the ids of notifications come from.
    pub ids: Arc<Ids>,
}

#[async_trait(?Send)]
impl Reaction for TellOfAccounts {
    fn topic(&self) -> &'static str {
        AccountEvent::TOPIC
    }

    async fn apply(
        &self,
        transaction: &mut Transaction,
        events: &[RecordedEvent],
    ) -> Result<(), ReactionError> {
        for event in events {
            let AccountEvent::AccountRegistered(registered) = event.read()?;
            store::insert_recipient(transaction, registered.account_id, &registered.email, &registered.name)
                .await?;
            let subject = format!("Welcome to Cleave, {}", one_line(&registered.name));
            let body = "Your account is open. Have a look around.\n".to_owned();
            let news = News {
                kind: NotificationKind::AccountRegistered,
                account_id: registered.account_id,
                subject,
                body,
            };
            tell(transaction, &self.ids, self.topic(), event, &news).await?;
        }
        Ok(())
    }
}

#[async_trait(?Send)]
impl Reaction for TellOfOrders {
    fn topic(&self) -> &'static str {
        OrderEvent::TOPIC
    }

    async fn apply(
        &self,
        transaction: &mut Transaction,
        events: &[RecordedEvent],
    ) -> Result<(), ReactionError> {
        for event in events {
            let (kind, verb, told) = match event.read()? {
                OrderEvent::OrderConfirmed(told) => (NotificationKind::OrderConfirmed, "confirmed", told),
                OrderEvent::OrderCancelled(told) => (NotificationKind::OrderCancelled, "cancelled", told),
            };
            let news = about_order(kind, verb, told.account_id, &told);
            tell(transaction, &self.ids, self.topic(), event, &news).await?;
        }
        Ok(())
    }
}

fn about_order(kind: NotificationKind, verb: &str, account_id: AccountId, told: &OrderTold) -> News {
    let units = told.lines.iter().map(|line| line.quantity).sum::<i64>();
    let noun = if units == 1 { "item" } else { "items" };
    let subject = format!("Your order is {verb}: {units} {noun}, {}", amount(told.total));
    let lines = told.lines.iter().map(|line| {
        format!("{:>6} x {}  {}\n", line.quantity, one_line(&line.name), amount(line.line_total))
    });
    let body = format!(
        "Your order {} is {verb}.\n\n{}\nIn all {}\n",
        told.order_id,
        lines.collect::<String>(),
        amount(told.total)
    );
    News { kind, account_id, subject, body }
}

/// Writes the notification and its e-mail down.
async fn tell(
    transaction: &mut Transaction,
    ids: &Ids,
    topic: &str,
    event: &RecordedEvent,
    news: &News,
) -> Result<(), sqlx::Error> {
    if store::insert_notification(transaction, ids.next(), topic, event, news).await? {
        store::insert_email(transaction, topic, event, news).await?;
    }
    Ok(())
}

/// Minor units as people write them. The store's currency is taken to have two decimals, as most have.
fn amount(money: Money) -> String {
    format!("{}.{:02} {}", money.amount / 100, money.amount % 100, money.currency)
}

/// A text that cannot begin another line, and so no header of a message either.
fn one_line(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}
