//! The orders.

use async_trait::async_trait;
use cleave_core::{Context, Page};
use orders_api::{ListOrders, Order, OrderId, Orders, OrdersError, PlaceOrder};

use super::{Twice, same};

#[async_trait(?Send)]
impl Orders for Twice<dyn Orders> {
    async fn place_order(&self, context: &Context, request: PlaceOrder) -> Result<Order, OrdersError> {
        same(async || self.0.place_order(context, request.clone()).await).await
    }

    async fn list_orders(&self, context: &Context, request: ListOrders) -> Result<Page<Order>, OrdersError> {
        same(async || self.0.list_orders(context, request.clone()).await).await
    }

    async fn get_order(&self, context: &Context, order_id: OrderId) -> Result<Order, OrdersError> {
        same(async || self.0.get_order(context, order_id).await).await
    }

    async fn cancel_order(&self, context: &Context, order_id: OrderId) -> Result<Order, OrdersError> {
        same(async || self.0.cancel_order(context, order_id).await).await
    }
}
