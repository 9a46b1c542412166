//! The types of the contract.

use catalog_api::ProductId;
use cleave_core::{Money, Timestamp, id_type};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

id_type! {
    /// The id of an order.
    OrderId
}

/// How the caller's cart shall be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceOrder {
    /// What the payment provider has given to the customer: 1 to 200 visible characters.
    #[schema(min_length = 1, max_length = 200, example = "tok_visa")]
    pub payment_token: String,
    /// What the customer expects to pay; the order is refused where it would be another sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<Money>,
}

/// Which orders to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListOrders {
    /// The most orders of one page, 1 to 100; 20 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// Where the page starts, from the answer before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// An order in its present state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Its state.
    pub status: OrderStatus,
    /// What was bought, at the prices of the moment when the checkout began.
    pub lines: Vec<OrderLine>,
    /// The sum of all lines.
    pub total: Money,
    /// Why it was refused: the code of the problem that the customer got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When its state changed last.
    pub updated_at: Timestamp,
}

/// Some units of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderLine {
    /// Which product.
    pub product_id: ProductId,
    /// Its name when it was bought.
    pub name: String,
    /// Units.
    pub quantity: i64,
    /// The price of one unit.
    pub unit_price: Money,
    /// The price of all of them.
    pub line_total: Money,
}

/// The states of an order: `pending → confirmed → cancelled`, `pending → refused`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// The checkout is under way.
    Pending,
    /// It is bought.
    Confirmed,
    /// It was not bought, and has left no trace but itself.
    Refused,
    /// It was bought, and given back.
    Cancelled,
}
