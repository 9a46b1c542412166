//! The types of the contract.

use cleave_core::{Timestamp, id_type};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

id_type! {
    /// The id of a notification.
    NotificationId
}

/// What the caller was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// What it is about.
    pub kind: NotificationKind,
    /// In one line.
    pub subject: String,
    /// When it happened.
    pub created_at: Timestamp,
}

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// The account was opened.
    AccountRegistered,
    /// An order is bought.
    OrderConfirmed,
    /// A bought order is given back.
    OrderCancelled,
}

impl NotificationKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AccountRegistered, Self::OrderConfirmed, Self::OrderCancelled];

    /// The kind in snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountRegistered => "account_registered",
            Self::OrderConfirmed => "order_confirmed",
            Self::OrderCancelled => "order_cancelled",
        }
    }
}

/// Which notifications to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListNotifications {
    /// The most notifications of one page, 1 to 100; 20 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// Where the page starts, from the answer before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
