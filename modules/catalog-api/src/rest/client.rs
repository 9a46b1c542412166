//! The client half: a [`Catalog`] that is somewhere else.

use async_trait::async_trait;
use cleave_core::{Context, Page};
use cleave_rest::Peer;

use super::paths;
use crate::{
    Catalog, CatalogError, ListProducts, NewProduct, Product, ProductId, ProductWithStock, UpdateProduct,
};

/// The catalogue behind a [`Peer`].
#[derive(Debug)]
pub struct RemoteCatalog(
    /// The way to it.
    pub Peer,
);

#[async_trait(?Send)]
impl Catalog for RemoteCatalog {
    async fn list_products(
        &self,
        context: &Context,
        request: ListProducts,
    ) -> Result<Page<Product>, CatalogError> {
        self.0.get(context, &paths::products(&request)).await
    }

    async fn get_product(
        &self,
        context: &Context,
        product_id: ProductId,
    ) -> Result<ProductWithStock, CatalogError> {
        self.0.get(context, &paths::product(product_id)).await
    }

    async fn get_products(
        &self,
        context: &Context,
        product_ids: Vec<ProductId>,
    ) -> Result<Vec<Product>, CatalogError> {
        self.0.get(context, &paths::products_by_id(&product_ids)).await
    }

    async fn create_product(&self, context: &Context, request: NewProduct) -> Result<Product, CatalogError> {
        self.0.post(context, paths::PRODUCTS, &request).await
    }

    async fn update_product(
        &self,
        context: &Context,
        request: UpdateProduct,
    ) -> Result<Product, CatalogError> {
        self.0.patch(context, &paths::product(request.product_id), &request.changes).await
    }
}
