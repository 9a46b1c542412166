//! What the accounts tell others.

use cleave_core::{AccountId, Event, UnreadableEvent};
use serde::{Deserialize, Serialize};

/// What happens to accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountEvent {
    /// An account was opened.
    AccountRegistered(AccountRegistered),
}

/// What is told of a new account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRegistered {
    /// Which account.
    pub account_id: AccountId,
    /// Where its owner gets mail.
    pub email: String,
    /// How its owner wants to be called.
    pub name: String,
}

const REGISTERED: &str = "account_registered";

impl Event for AccountEvent {
    const TOPIC: &'static str = "accounts";

    fn name(&self) -> &'static str {
        match self {
            Self::AccountRegistered(_) => REGISTERED,
        }
    }

    fn version(&self) -> u32 {
        1
    }

    fn entity(&self) -> String {
        match self {
            Self::AccountRegistered(registered) => registered.account_id.to_string(),
        }
    }

    fn payload(&self) -> String {
        match self {
            // A type of plain fields always serialises.
            Self::AccountRegistered(registered) => serde_json::to_string(registered).unwrap_or_default(),
        }
    }

    fn read(name: &str, version: u32, payload: &str) -> Result<Self, UnreadableEvent> {
        match (name, version) {
            (REGISTERED, 1) => serde_json::from_str(payload).map(Self::AccountRegistered).map_err(|error| {
                UnreadableEvent::Payload { name: name.to_owned(), reason: error.to_string() }
            }),
            (REGISTERED, _) => Err(UnreadableEvent::UnknownVersion { name: name.to_owned(), version }),
            _ => Err(UnreadableEvent::UnknownName { topic: Self::TOPIC, name: name.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_was_written() {
        let event = AccountEvent::AccountRegistered(AccountRegistered {
            account_id: "0198c0de-0000-7000-8000-00000000000a".parse().expect("an id"),
            email: "ada@example.org".to_owned(),
            name: "Ada \"Countess\" Lovelace".to_owned(),
        });
        assert_eq!(AccountEvent::read(event.name(), event.version(), &event.payload()), Ok(event));
        assert!(AccountEvent::read("account_registered", 2, "{}").is_err());
        assert!(AccountEvent::read("account_closed", 1, "{}").is_err());
    }
}
