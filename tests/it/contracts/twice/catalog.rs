//! The catalogue.

use async_trait::async_trait;
use catalog_api::{
    Catalog, CatalogError, ListProducts, NewProduct, Product, ProductId, ProductWithStock, UpdateProduct,
};
use cleave_core::{Context, Page};

use super::{Twice, same_but};

/// Whether a product is in stock follows the inventory in the background, so that it may change between two calls:
/// it is left out.
#[async_trait(?Send)]
impl Catalog for Twice<dyn Catalog> {
    async fn list_products(
        &self,
        context: &Context,
        request: ListProducts,
    ) -> Result<Page<Product>, CatalogError> {
        let without = |page: Page<Product>| Page { items: all_without_in_stock(page.items), ..page };
        same_but(without, async || self.0.list_products(context, request.clone()).await).await
    }

    async fn get_product(
        &self,
        context: &Context,
        product_id: ProductId,
    ) -> Result<ProductWithStock, CatalogError> {
        let without = |found: ProductWithStock| {
            let ProductWithStock { product, available } = found;
            ProductWithStock { product: without_in_stock(product), available }
        };
        same_but(without, async || self.0.get_product(context, product_id).await).await
    }

    async fn get_products(
        &self,
        context: &Context,
        product_ids: Vec<ProductId>,
    ) -> Result<Vec<Product>, CatalogError> {
        let get = async || self.0.get_products(context, product_ids.clone()).await;
        same_but(all_without_in_stock, get).await
    }

    async fn create_product(&self, context: &Context, request: NewProduct) -> Result<Product, CatalogError> {
        same_but(without_in_stock, async || self.0.create_product(context, request.clone()).await).await
    }

    async fn update_product(
        &self,
        context: &Context,
        request: UpdateProduct,
    ) -> Result<Product, CatalogError> {
        same_but(without_in_stock, async || self.0.update_product(context, request.clone()).await).await
    }
}

fn without_in_stock(product: Product) -> Product {
    Product { in_stock: false, ..product }
}

fn all_without_in_stock(products: Vec<Product>) -> Vec<Product> {
    products.into_iter().map(without_in_stock).collect()
}
