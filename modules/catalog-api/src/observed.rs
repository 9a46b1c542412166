//! The contract with a clock at its door.

use std::rc::Rc;

use async_trait::async_trait;
use cleave_core::{Context, Page};
use cleave_rest::Calls;

use crate::{
    Catalog, CatalogError, ListProducts, NewProduct, Product, ProductId, ProductWithStock, UpdateProduct,
};

/// Hands every call to [`Calls`] on its way to another [`Catalog`], whichever link that one stands for.
pub struct ObservedCatalog {
    inner: Rc<dyn Catalog>,
    calls: Calls,
}

impl ObservedCatalog {
    /// Observes the calls that go to `inner`.
    pub fn new(inner: Rc<dyn Catalog>, calls: Calls) -> Self {
        Self { inner, calls }
    }
}

#[async_trait(?Send)]
impl Catalog for ObservedCatalog {
    async fn list_products(
        &self,
        context: &Context,
        request: ListProducts,
    ) -> Result<Page<Product>, CatalogError> {
        self.calls.observe("list_products", context, self.inner.list_products(context, request)).await
    }

    async fn get_product(
        &self,
        context: &Context,
        product_id: ProductId,
    ) -> Result<ProductWithStock, CatalogError> {
        self.calls.observe("get_product", context, self.inner.get_product(context, product_id)).await
    }

    async fn get_products(
        &self,
        context: &Context,
        product_ids: Vec<ProductId>,
    ) -> Result<Vec<Product>, CatalogError> {
        self.calls.observe("get_products", context, self.inner.get_products(context, product_ids)).await
    }

    async fn create_product(&self, context: &Context, request: NewProduct) -> Result<Product, CatalogError> {
        self.calls.observe("create_product", context, self.inner.create_product(context, request)).await
    }

    async fn update_product(
        &self,
        context: &Context,
        request: UpdateProduct,
    ) -> Result<Product, CatalogError> {
        self.calls.observe("update_product", context, self.inner.update_product(context, request)).await
    }
}
