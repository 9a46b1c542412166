//! The types of the contract.

use cleave_core::{Money, id_type};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The longest stock keeping unit, in characters.
pub const MAX_SKU_CHARS: usize = 40;

/// The longest name, in characters.
pub const MAX_NAME_CHARS: usize = 120;

/// The longest slug of a category, in characters.
pub const MAX_CATEGORY_CHARS: usize = 40;

/// The longest description, in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 2_000;

/// The longest search, in characters.
pub const MAX_QUERY_CHARS: usize = 100;

/// The most products that can be asked for by their ids at once: more than a cart ever has, in a URL of 8 KiB.
pub const MAX_PRODUCTS_AT_ONCE: usize = 200;

/// The highest price, in minor units.
pub const MAX_PRICE_MINOR_UNITS: i64 = 100_000_000;

id_type! {
    /// The id of a product.
    ProductId
}

/// What is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Product {
    /// Its id, which never changes.
    pub id: ProductId,
    /// The stock keeping unit, which no other product has.
    pub sku: String,
    /// What it is called.
    pub name: String,
    /// What there is to say of it.
    pub description: String,
    /// The slug of its category.
    pub category: String,
    /// What one costs.
    pub price: Money,
    /// Whether any could be sold when the catalogue last heard from the inventory.
    pub in_stock: bool,
}

/// A product, with how many of it can be sold now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductWithStock {
    /// The product.
    #[serde(flatten)]
    pub product: Product,
    /// Units that can be sold now; `null` while the inventory is away.
    pub available: Option<i64>,
}

/// A product that is to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    /// 1 to 40 characters, without spaces; no other product may have it.
    pub sku: String,
    /// 1 to 120 characters.
    pub name: String,
    /// Up to 2,000 characters.
    #[serde(default)]
    pub description: String,
    /// A slug of `a` to `z`, `0` to `9` and `-`, 1 to 40 characters.
    pub category: String,
    /// 1 to 100,000,000 minor units of the store's currency.
    pub price: Money,
}

/// What is to be changed of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateProduct {
    /// Which product.
    pub product_id: ProductId,
    /// What to change.
    pub changes: ProductChanges,
}

/// The fields to change; those that are left out stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductChanges {
    /// 1 to 120 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Up to 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A slug of `a` to `z`, `0` to `9` and `-`, 1 to 40 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// 1 to 100,000,000 minor units of the store's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
}

/// Which products to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListProducts {
    /// Up to 8 words, or beginnings of words, that must all stand in the name, the category or the SKU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// The slug of a category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The most products to list: 1 to 100; 20 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
