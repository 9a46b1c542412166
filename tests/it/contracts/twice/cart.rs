//! The cart.

use async_trait::async_trait;
use cart_api::{
    Cart, CartContents, CartError, CartTaking, CartView, PutBackCart, SetItem, TakeCart, TakingId,
};
use catalog_api::ProductId;
use cleave_core::{AccountId, Context};

use super::{Twice, same};

#[async_trait(?Send)]
impl Cart for Twice<dyn Cart> {
    async fn get_cart(&self, context: &Context) -> Result<CartView, CartError> {
        same(async || self.0.get_cart(context).await).await
    }

    async fn set_item(&self, context: &Context, request: SetItem) -> Result<CartView, CartError> {
        same(async || self.0.set_item(context, request.clone()).await).await
    }

    async fn remove_item(&self, context: &Context, product_id: ProductId) -> Result<CartView, CartError> {
        same(async || self.0.remove_item(context, product_id).await).await
    }

    async fn read_cart(&self, context: &Context, account_id: AccountId) -> Result<CartContents, CartError> {
        same(async || self.0.read_cart(context, account_id).await).await
    }

    async fn take_cart(&self, context: &Context, request: TakeCart) -> Result<CartTaking, CartError> {
        same(async || self.0.take_cart(context, request.clone()).await).await
    }

    async fn put_back_cart(&self, context: &Context, request: PutBackCart) -> Result<CartTaking, CartError> {
        same(async || self.0.put_back_cart(context, request.clone()).await).await
    }

    async fn get_taking(&self, context: &Context, taking_id: TakingId) -> Result<CartTaking, CartError> {
        same(async || self.0.get_taking(context, taking_id).await).await
    }
}
