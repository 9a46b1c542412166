//! The contract of the catalogue: what is sold, at what price.
//!
//! The catalogue owns products and finds them: by category, by the beginnings of words, page by page in a
//! stable order. It does not own how many there are. Whether a product is in stock stands in its lists as
//! the catalogue last heard it from the inventory, and may lag behind by a moment; one product alone is
//! answered with the number that the inventory gives right then, or with `null` when the inventory is away:
//! a shop window must not close because the store room does.
//!
//! A product is never deleted, because others hold its id.

mod error;
mod model;
mod observed;
pub mod rest;

use async_trait::async_trait;
use cleave_core::{Context, Page};

pub use error::CatalogError;
pub use model::{
    ListProducts, MAX_CATEGORY_CHARS, MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, MAX_PRICE_MINOR_UNITS,
    MAX_PRODUCTS_AT_ONCE, MAX_QUERY_CHARS, MAX_SKU_CHARS, NewProduct, Product, ProductChanges, ProductId,
    ProductWithStock, UpdateProduct,
};
pub use observed::ObservedCatalog;

/// What the catalogue promises. `get_products` is for peers; the others are published.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait(?Send)]
pub trait Catalog {
    /// A page of the products that the request asks for, oldest first.
    async fn list_products(
        &self,
        context: &Context,
        request: ListProducts,
    ) -> Result<Page<Product>, CatalogError>;

    /// One product, with how many of it can be sold now.
    async fn get_product(
        &self,
        context: &Context,
        product_id: ProductId,
    ) -> Result<ProductWithStock, CatalogError>;

    /// Several products at once, in the order asked for, each once; those that there are not are left out. At most
    /// [`MAX_PRODUCTS_AT_ONCE`].
    async fn get_products(
        &self,
        context: &Context,
        product_ids: Vec<ProductId>,
    ) -> Result<Vec<Product>, CatalogError>;

    /// Adds a product, and opens its stock at zero. Only for admins. With an idempotency key the same command
    /// again is answered with the product that it made.
    async fn create_product(&self, context: &Context, request: NewProduct) -> Result<Product, CatalogError>;

    /// Changes what the request names and leaves the rest. Only for admins.
    async fn update_product(
        &self,
        context: &Context,
        request: UpdateProduct,
    ) -> Result<Product, CatalogError>;
}
