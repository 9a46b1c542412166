//! The products that orders price.

use async_trait::async_trait;
use catalog_api::{Product, ProductId};
use cleave_core::Context;

use super::Others;

#[async_trait(?Send)]
impl catalog_api::Catalog for Others {
    async fn list_products(
        &self,
        _: &Context,
        _: catalog_api::ListProducts,
    ) -> Result<cleave_core::Page<Product>, catalog_api::CatalogError> {
        unreachable!("orders do not ask for it")
    }

    async fn get_product(
        &self,
        _: &Context,
        _: ProductId,
    ) -> Result<catalog_api::ProductWithStock, catalog_api::CatalogError> {
        unreachable!("orders do not ask for it")
    }

    async fn get_products(
        &self,
        context: &Context,
        product_ids: Vec<ProductId>,
    ) -> Result<Vec<Product>, catalog_api::CatalogError> {
        self.call("get_products", context, |state| {
            Ok(product_ids.iter().filter_map(|id| state.products.get(id).cloned()).collect())
        })
        .await
    }

    async fn create_product(
        &self,
        _: &Context,
        _: catalog_api::NewProduct,
    ) -> Result<Product, catalog_api::CatalogError> {
        unreachable!("orders do not ask for it")
    }

    async fn update_product(
        &self,
        _: &Context,
        _: catalog_api::UpdateProduct,
    ) -> Result<Product, catalog_api::CatalogError> {
        unreachable!("orders do not ask for it")
    }
}
