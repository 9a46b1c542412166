//! What the orders tell others.

use catalog_api::ProductId;
use cleave_core::{AccountId, Event, Money, UnreadableEvent};
use serde::{Deserialize, Serialize};

use crate::OrderId;

/// What happens to orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderEvent {
    /// An order is bought.
    OrderConfirmed(OrderTold),
    /// A bought order is given back.
    OrderCancelled(OrderTold),
}

/// What is told of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTold {
    /// Which order.
    pub order_id: OrderId,
    /// Whose order.
    pub account_id: AccountId,
    /// What it costs.
    pub total: Money,
    /// What was bought.
    pub lines: Vec<ToldLine>,
}

/// Some units of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldLine {
    /// Which product.
    pub product_id: ProductId,
    /// Its name when it was bought.
    pub name: String,
    /// Units.
    pub quantity: i64,
    /// The price of all of them.
    pub line_total: Money,
}

const CONFIRMED: &str = "order_confirmed";
const CANCELLED: &str = "order_cancelled";

impl OrderEvent {
    /// What is told of the order.
    pub fn told(&self) -> &OrderTold {
        match self {
            Self::OrderConfirmed(told) | Self::OrderCancelled(told) => told,
        }
    }
}

impl Event for OrderEvent {
    const TOPIC: &'static str = "orders";

    fn name(&self) -> &'static str {
        match self {
            Self::OrderConfirmed(_) => CONFIRMED,
            Self::OrderCancelled(_) => CANCELLED,
        }
    }

    fn version(&self) -> u32 {
        1
    }

    fn entity(&self) -> String {
        self.told().order_id.to_string()
    }

    fn payload(&self) -> String {
        // A type of plain fields always serialises.
        serde_json::to_string(self.told()).unwrap_or_default()
    }

    fn read(name: &str, version: u32, payload: &str) -> Result<Self, UnreadableEvent> {
        let event = match name {
            CONFIRMED => Self::OrderConfirmed,
            CANCELLED => Self::OrderCancelled,
            _ => return Err(UnreadableEvent::UnknownName { topic: Self::TOPIC, name: name.to_owned() }),
        };
        if version != 1 {
            return Err(UnreadableEvent::UnknownVersion { name: name.to_owned(), version });
        }
        serde_json::from_str(payload)
            .map(event)
            .map_err(|error| UnreadableEvent::Payload { name: name.to_owned(), reason: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> OrderTold {
        let id = "0198c0de-0000-7000-8000-00000000000a";
        let total = Money { amount: 4950, currency: "EUR".parse().expect("a currency") };
        let line = ToldLine {
            product_id: id.parse().expect("an id"),
            name: "A \"quoted\" lamp".to_owned(),
            quantity: 1,
            line_total: total,
        };
        let (order_id, account_id) = (id.parse().expect("an id"), id.parse().expect("an id"));
        OrderTold { order_id, account_id, total, lines: vec![line] }
    }

    #[test]
    fn every_event_is_read_as_it_was_written() {
        for event in [OrderEvent::OrderConfirmed(told()), OrderEvent::OrderCancelled(told())] {
            let read = OrderEvent::read(event.name(), event.version(), &event.payload());
            assert_eq!(read, Ok(event));
        }
    }

    #[test]
    fn what_this_binary_does_not_know_is_refused_by_name() {
        let payload = OrderEvent::OrderConfirmed(told()).payload();
        for (name, version, payload, words) in [
            ("order_painted", 1, payload.as_str(), "order_painted"),
            ("order_confirmed", 2, payload.as_str(), "version 2"),
            ("order_confirmed", 1, "{}", "order_id"),
        ] {
            let error = OrderEvent::read(name, version, payload).expect_err(name).to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
