//! The client half: a [`Cart`] that is somewhere else.

use async_trait::async_trait;
use catalog_api::ProductId;
use cleave_core::{AccountId, Context};
use cleave_rest::Peer;

use super::body::{NewTaking, Owner, Quantity};
use super::paths;
use crate::{Cart, CartContents, CartError, CartTaking, CartView, PutBackCart, SetItem, TakeCart, TakingId};

/// The cart behind a [`Peer`].
#[derive(Debug)]
pub struct RemoteCart(
    /// The way to it.
    pub Peer,
);

#[async_trait(?Send)]
impl Cart for RemoteCart {
    async fn get_cart(&self, context: &Context) -> Result<CartView, CartError> {
        self.0.get(context, paths::CART).await
    }

    async fn set_item(&self, context: &Context, request: SetItem) -> Result<CartView, CartError> {
        let body = Quantity { quantity: request.quantity };
        self.0.put(context, &paths::item(request.product_id), &body).await
    }

    async fn remove_item(&self, context: &Context, product_id: ProductId) -> Result<CartView, CartError> {
        self.0.delete(context, &paths::item(product_id)).await
    }

    async fn read_cart(&self, context: &Context, account_id: AccountId) -> Result<CartContents, CartError> {
        self.0.get(context, &paths::contents(account_id)).await
    }

    async fn take_cart(&self, context: &Context, request: TakeCart) -> Result<CartTaking, CartError> {
        let body = NewTaking { account_id: request.account_id, version: request.version };
        self.0.put(context, &paths::taking(request.taking_id), &body).await
    }

    async fn put_back_cart(&self, context: &Context, request: PutBackCart) -> Result<CartTaking, CartError> {
        let body = Owner { account_id: request.account_id };
        self.0.put(context, &paths::put_back(request.taking_id), &body).await
    }

    async fn get_taking(&self, context: &Context, taking_id: TakingId) -> Result<CartTaking, CartError> {
        self.0.get(context, &paths::taking(taking_id)).await
    }
}
