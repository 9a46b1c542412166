//! A caller that has not heard the first answer and asks again: both answers have to be the same.

use std::rc::Rc;

use async_trait::async_trait;
use catalog_api::{
    Catalog, CatalogError, ListProducts, NewProduct, Product, ProductId, ProductWithStock, UpdateProduct,
};
use cleave_core::{Context, Page};
use inventory_api::{
    Inventory, InventoryError, OpenStock, Receipt, ReceiveStock, Reservation, ReservationId, ReserveStock,
    Stock,
};

/// Sends every call of a contract twice.
pub(super) struct Twice<C: ?Sized>(pub(super) Rc<C>);

#[async_trait(?Send)]
impl Inventory for Twice<dyn Inventory> {
    async fn get_stock(&self, context: &Context, product_id: ProductId) -> Result<Stock, InventoryError> {
        same(async || self.0.get_stock(context, product_id).await).await
    }

    async fn receive_stock(
        &self,
        context: &Context,
        request: ReceiveStock,
    ) -> Result<Receipt, InventoryError> {
        same(async || self.0.receive_stock(context, request.clone()).await).await
    }

    async fn open_stock(&self, context: &Context, request: OpenStock) -> Result<Stock, InventoryError> {
        same(async || self.0.open_stock(context, request.clone()).await).await
    }

    async fn reserve_stock(
        &self,
        context: &Context,
        request: ReserveStock,
    ) -> Result<Reservation, InventoryError> {
        same(async || self.0.reserve_stock(context, request.clone()).await).await
    }

    async fn get_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        same(async || self.0.get_reservation(context, reservation_id).await).await
    }

    async fn commit_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        same(async || self.0.commit_reservation(context, reservation_id).await).await
    }

    async fn release_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        same(async || self.0.release_reservation(context, reservation_id).await).await
    }

    async fn return_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        same(async || self.0.return_reservation(context, reservation_id).await).await
    }
}

/// Whether a product is in stock follows the inventory in the background, so that it may change between two calls:
/// it is left out.
#[async_trait(?Send)]
impl Catalog for Twice<dyn Catalog> {
    async fn list_products(
        &self,
        context: &Context,
        request: ListProducts,
    ) -> Result<Page<Product>, CatalogError> {
        let list = async || {
            let Page { items, next_cursor } = self.0.list_products(context, request.clone()).await?;
            Ok(Page { items: items.into_iter().map(without_in_stock).collect(), next_cursor })
        };
        same(list).await
    }

    async fn get_product(
        &self,
        context: &Context,
        product_id: ProductId,
    ) -> Result<ProductWithStock, CatalogError> {
        let get = async || {
            let ProductWithStock { product, available } = self.0.get_product(context, product_id).await?;
            Ok(ProductWithStock { product: without_in_stock(product), available })
        };
        same(get).await
    }

    async fn get_products(
        &self,
        context: &Context,
        product_ids: Vec<ProductId>,
    ) -> Result<Vec<Product>, CatalogError> {
        let get = async || {
            let products = self.0.get_products(context, product_ids.clone()).await?;
            Ok(products.into_iter().map(without_in_stock).collect::<Vec<_>>())
        };
        same(get).await
    }

    async fn create_product(&self, context: &Context, request: NewProduct) -> Result<Product, CatalogError> {
        same(async || self.0.create_product(context, request.clone()).await.map(without_in_stock)).await
    }

    async fn update_product(
        &self,
        context: &Context,
        request: UpdateProduct,
    ) -> Result<Product, CatalogError> {
        same(async || self.0.update_product(context, request.clone()).await.map(without_in_stock)).await
    }
}

fn without_in_stock(product: Product) -> Product {
    Product { in_stock: false, ..product }
}

async fn same<T, E>(call: impl AsyncFn() -> Result<T, E>) -> Result<T, E>
where
    Result<T, E>: PartialEq + std::fmt::Debug,
{
    let first = call().await;
    let second = call().await;
    assert_eq!(first, second, "the answer to a retry is the answer to the first try");
    second
}
