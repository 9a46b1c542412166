//! The carts that orders take and put back.

use async_trait::async_trait;
use cart_api::{CartContents, CartError, CartTaking, PutBackCart, TakeCart, TakingId, TakingState};
use catalog_api::ProductId;
use cleave_core::{AccountId, Context};

use super::Others;

#[async_trait(?Send)]
impl cart_api::Cart for Others {
    async fn get_cart(&self, _: &Context) -> Result<cart_api::CartView, CartError> {
        unreachable!("orders do not ask for it")
    }

    async fn set_item(&self, _: &Context, _: cart_api::SetItem) -> Result<cart_api::CartView, CartError> {
        unreachable!("orders do not ask for it")
    }

    async fn remove_item(&self, _: &Context, _: ProductId) -> Result<cart_api::CartView, CartError> {
        unreachable!("orders do not ask for it")
    }

    async fn read_cart(&self, context: &Context, account_id: AccountId) -> Result<CartContents, CartError> {
        self.call("read_cart", context, |state| Ok(state.cart(account_id).clone())).await
    }

    async fn take_cart(&self, context: &Context, request: TakeCart) -> Result<CartTaking, CartError> {
        let TakeCart { taking_id, account_id, version } = request;
        self.internal_call("take_cart", context, |state| {
            if let Some(taking) = state.takings.get(&taking_id) {
                return match taking.state {
                    TakingState::Taken => Ok(taking.clone()),
                    TakingState::PutBack => Err(CartError::TakingPutBack { taking_id }),
                };
            }
            let cart = state.cart(account_id);
            if cart.lines.is_empty() {
                return Err(CartError::CartEmpty);
            }
            if cart.version != version {
                return Err(CartError::CartChanged);
            }
            cart.version += 1;
            let lines = std::mem::take(&mut cart.lines);
            let taking = CartTaking { taking_id, account_id, state: TakingState::Taken, lines };
            state.takings.insert(taking_id, taking.clone());
            Ok(taking)
        })
        .await
    }

    async fn put_back_cart(&self, context: &Context, request: PutBackCart) -> Result<CartTaking, CartError> {
        let PutBackCart { taking_id, account_id } = request;
        self.internal_call("put_back_cart", context, |state| {
            let tombstone =
                CartTaking { taking_id, account_id, state: TakingState::PutBack, lines: Vec::new() };
            let taking = state.takings.entry(taking_id).or_insert(tombstone);
            if taking.state == TakingState::PutBack {
                return Ok(taking.clone());
            }
            taking.state = TakingState::PutBack;
            let taking = taking.clone();
            for line in &taking.lines {
                let lines = &state.cart(account_id).lines;
                let there = lines.iter().find(|known| known.product_id == line.product_id);
                let quantity = line.quantity + there.map_or(0, |line| line.quantity);
                state.set_item(account_id, line.product_id, quantity);
            }
            Ok(taking)
        })
        .await
    }

    async fn get_taking(&self, _: &Context, _: TakingId) -> Result<CartTaking, CartError> {
        unreachable!("orders do not ask for it")
    }
}
