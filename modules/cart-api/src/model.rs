//! The types of the contract.

use catalog_api::ProductId;
use cleave_core::{AccountId, Money, id_type};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most products that a customer can put into a cart.
pub const MAX_LINES: usize = 100;

/// The most units of one product.
pub const MAX_QUANTITY: i64 = 10_000;

id_type! {
    /// The id of a taking: its maker chooses it, so that a repeated command finds it.
    TakingId
}

/// A cart as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cart {
    /// In the order in which the products were first put in.
    pub items: Vec<CartItem>,
    /// The sum of all lines.
    pub total: Money,
}

/// One product in a cart, at the price of the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartItem {
    /// Which product.
    pub product_id: ProductId,
    /// Its name.
    pub name: String,
    /// Units.
    pub quantity: i64,
    /// The price of one unit.
    pub unit_price: Money,
    /// The price of all of them.
    pub line_total: Money,
}

/// How many of a product there shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetItem {
    /// Which product.
    pub product_id: ProductId,
    /// Units, 1 to [`MAX_QUANTITY`].
    pub quantity: i64,
}

/// What is in a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartContents {
    /// Another one after every change.
    pub version: i64,
    /// In the order in which the products were first put in.
    pub lines: Vec<CartLine>,
}

/// Some units of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartLine {
    /// Which product.
    pub product_id: ProductId,
    /// Units.
    pub quantity: i64,
}

/// A cart that is to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakeCart {
    /// Chosen by the caller.
    pub taking_id: TakingId,
    /// Whose cart.
    pub account_id: AccountId,
    /// The version that it must have.
    pub version: i64,
}

/// A cart that is to be put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutBackCart {
    /// Which taking.
    pub taking_id: TakingId,
    /// Whose cart.
    pub account_id: AccountId,
}

/// A taking in its present state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartTaking {
    /// Its id.
    pub taking_id: TakingId,
    /// Whose cart it was.
    pub account_id: AccountId,
    /// Its state.
    pub state: TakingState,
    /// What was taken; nothing in a tombstone.
    pub lines: Vec<CartLine>,
}

/// The states of a taking: `taken → put_back`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TakingState {
    /// The lines are out of the cart.
    Taken,
    /// The lines are in the cart again, or were never out of it.
    PutBack,
}
