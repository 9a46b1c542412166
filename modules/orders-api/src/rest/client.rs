//! The client half: [`Orders`] that are somewhere else.

use async_trait::async_trait;
use cleave_core::{Context, Page};
use cleave_rest::Peer;

use super::paths;
use crate::{ListOrders, Order, OrderId, Orders, OrdersError, PlaceOrder};

/// The orders behind a [`Peer`].
#[derive(Debug)]
pub struct RemoteOrders(
    /// The way to it.
    pub Peer,
);

#[async_trait(?Send)]
impl Orders for RemoteOrders {
    async fn place_order(&self, context: &Context, request: PlaceOrder) -> Result<Order, OrdersError> {
        self.0.post(context, paths::ORDERS, &request).await
    }

    async fn list_orders(&self, context: &Context, request: ListOrders) -> Result<Page<Order>, OrdersError> {
        self.0.get(context, &paths::orders(&request)).await
    }

    async fn get_order(&self, context: &Context, order_id: OrderId) -> Result<Order, OrdersError> {
        self.0.get(context, &paths::order(order_id)).await
    }

    async fn cancel_order(&self, context: &Context, order_id: OrderId) -> Result<Order, OrdersError> {
        self.0.post_repeatable(context, &paths::cancellation(order_id), &()).await
    }
}
