//! The contract with a clock at its door.

use std::rc::Rc;

use async_trait::async_trait;
use cleave_core::{Context, Page};
use cleave_rest::Calls;

use crate::{ListOrders, Order, OrderId, Orders, OrdersError, PlaceOrder};

/// Hands every call to [`Calls`] on its way to another [`Orders`], whichever link that one stands for.
pub struct ObservedOrders {
    inner: Rc<dyn Orders>,
    calls: Calls,
}

impl ObservedOrders {
    /// Observes the calls that go to `inner`.
    pub fn new(inner: Rc<dyn Orders>, calls: Calls) -> Self {
        Self { inner, calls }
    }
}

#[async_trait(?Send)]
impl Orders for ObservedOrders {
    async fn place_order(&self, context: &Context, request: PlaceOrder) -> Result<Order, OrdersError> {
        self.calls.observe("place_order", context, self.inner.place_order(context, request)).await
    }

    async fn list_orders(&self, context: &Context, request: ListOrders) -> Result<Page<Order>, OrdersError> {
        self.calls.observe("list_orders", context, self.inner.list_orders(context, request)).await
    }

    async fn get_order(&self, context: &Context, order_id: OrderId) -> Result<Order, OrdersError> {
        self.calls.observe("get_order", context, self.inner.get_order(context, order_id)).await
    }

    async fn cancel_order(&self, context: &Context, order_id: OrderId) -> Result<Order, OrdersError> {
        self.calls.observe("cancel_order", context, self.inner.cancel_order(context, order_id)).await
    }
}
