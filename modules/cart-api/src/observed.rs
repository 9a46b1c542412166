//! The contract with a clock at its door.

use std::rc::Rc;

use async_trait::async_trait;
use catalog_api::ProductId;
use cleave_core::{AccountId, Context};
use cleave_rest::Calls;

use crate::{Cart, CartContents, CartError, CartTaking, CartView, PutBackCart, SetItem, TakeCart, TakingId};

/// Hands every call to [`Calls`] on its way to another [`Cart`], whichever link that one stands for.
pub struct ObservedCart {
    inner: Rc<dyn Cart>,
    calls: Calls,
}

impl ObservedCart {
    /// Observes the calls that go to `inner`.
    pub fn new(inner: Rc<dyn Cart>, calls: Calls) -> Self {
        Self { inner, calls }
    }
}

#[async_trait(?Send)]
impl Cart for ObservedCart {
    async fn get_cart(&self, context: &Context) -> Result<CartView, CartError> {
        self.calls.observe("get_cart", context, self.inner.get_cart(context)).await
    }

    async fn set_item(&self, context: &Context, request: SetItem) -> Result<CartView, CartError> {
        self.calls.observe("set_item", context, self.inner.set_item(context, request)).await
    }

    async fn remove_item(&self, context: &Context, product_id: ProductId) -> Result<CartView, CartError> {
        self.calls.observe("remove_item", context, self.inner.remove_item(context, product_id)).await
    }

    async fn read_cart(&self, context: &Context, account_id: AccountId) -> Result<CartContents, CartError> {
        self.calls.observe("read_cart", context, self.inner.read_cart(context, account_id)).await
    }

    async fn take_cart(&self, context: &Context, request: TakeCart) -> Result<CartTaking, CartError> {
        self.calls.observe("take_cart", context, self.inner.take_cart(context, request)).await
    }

    async fn put_back_cart(&self, context: &Context, request: PutBackCart) -> Result<CartTaking, CartError> {
        self.calls.observe("put_back_cart", context, self.inner.put_back_cart(context, request)).await
    }

    async fn get_taking(&self, context: &Context, taking_id: TakingId) -> Result<CartTaking, CartError> {
        self.calls.observe("get_taking", context, self.inner.get_taking(context, taking_id)).await
    }
}
