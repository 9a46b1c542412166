//! The use cases: whose cart it is, whether the request makes sense, what the owner sees then.

use std::rc::Rc;

use async_trait::async_trait;
use cart_api::{
    Cart, CartContents, CartError, CartLine, CartTaking, CartView, MAX_LINES, MAX_QUANTITY, PutBackCart,
    SetItem, TakeCart, TakingId, TakingState,
};
use catalog_api::{Catalog, ProductId};
use cleave_core::{AccountId, Caller, Context, ContractError as _, Currency};
use cleave_db::{Database, Transaction, WriteError, failure_of};

use crate::{priced, store, transactions};

/// The cart with its database in this process: one for each thread, all on the same [`Database`].
pub struct LocalCart {
    database: Database,
    catalog: Rc<dyn Catalog>,
    /// What the total of an empty cart is in.
    currency: Currency,
}

impl LocalCart {
    /// The carts in this database, whose tables must be at the state of [`crate::MIGRATIONS`].
    pub fn new(database: Database, catalog: Rc<dyn Catalog>, currency: Currency) -> Self {
        Self { database, catalog, currency }
    }

    async fn contents(&self, account_id: AccountId) -> Result<CartContents, CartError> {
        store::contents(self.database.readers(), account_id).await.map_err(|error| failed(&error))
    }

    async fn price(&self, context: &Context, lines: &[CartLine]) -> Result<CartView, CartError> {
        priced::price(&*self.catalog, context, lines, self.currency).await
    }

    async fn write<T>(
        &self,
        work: impl AsyncFn(&mut Transaction) -> Result<T, WriteError<CartError>>,
    ) -> Result<T, CartError> {
        self.database.write(work).await.map_err(|error| match error {
            WriteError::Refused(refusal) => refusal,
            WriteError::Database(error) => failed(&error),
        })
    }
}

#[async_trait(?Send)]
impl Cart for LocalCart {
    async fn get_cart(&self, context: &Context) -> Result<CartView, CartError> {
        let contents = self.contents(owner(context)?).await?;
        self.price(context, &contents.lines).await
    }

    /// The cart is priced as it will be before it is changed: so nobody puts in what is not sold, and nothing has changed
    /// when the catalogue is away.
    async fn set_item(&self, context: &Context, request: SetItem) -> Result<CartView, CartError> {
        let account_id = owner(context)?;
        let SetItem { product_id, quantity } = request;
        if !(1..=MAX_QUANTITY).contains(&quantity) {
            return Err(CartError::InvalidQuantity { quantity });
        }
        let line = CartLine { product_id, quantity };
        let mut lines = self.contents(account_id).await?.lines;
        put(&mut lines, line.clone())?;
        let priced = self.price(context, &lines).await?;
        let stored = self
            .write(async |transaction| transactions::set_line(transaction, account_id, &line).await)
            .await?;
        // Another request of the same customer may have been in between.
        if stored == lines { Ok(priced) } else { self.price(context, &stored).await }
    }

    async fn remove_item(&self, context: &Context, product_id: ProductId) -> Result<CartView, CartError> {
        let account_id = owner(context)?;
        let lines = self
            .write(async |transaction| transactions::remove_line(transaction, account_id, product_id).await)
            .await?;
        self.price(context, &lines).await
    }

    async fn read_cart(&self, context: &Context, account_id: AccountId) -> Result<CartContents, CartError> {
        admit(context, account_id)?;
        self.contents(account_id).await
    }

    async fn take_cart(&self, context: &Context, request: TakeCart) -> Result<CartTaking, CartError> {
        admit(context, request.account_id)?;
        let taken = self.write(async |transaction| transactions::take(transaction, &request).await).await?;
        let taking = match taken {
            Some(taking) => taking,
            None => self.get_taking(context, request.taking_id).await?,
        };
        match taking.state {
            TakingState::Taken => Ok(taking),
            TakingState::PutBack => Err(CartError::TakingPutBack { taking_id: taking.taking_id }),
        }
    }

    async fn put_back_cart(&self, context: &Context, request: PutBackCart) -> Result<CartTaking, CartError> {
        admit(context, request.account_id)?;
        let put_back =
            self.write(async |transaction| transactions::put_back(transaction, &request).await).await?;
        match put_back {
            Some(taking) => Ok(taking),
            None => self.get_taking(context, request.taking_id).await,
        }
    }

    async fn get_taking(&self, context: &Context, taking_id: TakingId) -> Result<CartTaking, CartError> {
        let taking = store::taking(self.database.readers(), taking_id)
            .await
            .map_err(|error| failed(&error))?
            .ok_or(CartError::TakingNotFound { taking_id })?;
        admit(context, taking.account_id)?;
        Ok(taking)
    }
}

/// Puts a line into a cart as its table will have it.
pub(crate) fn put(lines: &mut Vec<CartLine>, line: CartLine) -> Result<(), CartError> {
    let is_full = lines.len() >= MAX_LINES;
    match lines.iter_mut().find(|known| known.product_id == line.product_id) {
        Some(known) => known.quantity = line.quantity,
        None if is_full => return Err(CartError::TooManyLines),
        None => lines.push(line),
    }
    Ok(())
}

/// The account of a customer who asks for the own cart.
fn owner(context: &Context) -> Result<AccountId, CartError> {
    match &context.caller {
        Caller::User(user) => Ok(user.account_id),
        Caller::Anonymous => Err(CartError::Unauthenticated),
        Caller::System => Err(CartError::Forbidden),
    }
}

/// Admits the store itself and the owner of a cart.
fn admit(context: &Context, account_id: AccountId) -> Result<(), CartError> {
    match &context.caller {
        Caller::System => Ok(()),
        Caller::User(user) if user.account_id == account_id => Ok(()),
        Caller::User(_) => Err(CartError::Forbidden),
        Caller::Anonymous => Err(CartError::Unauthenticated),
    }
}

/// What a caller sees of a failing database.
fn failed(error: &sqlx::Error) -> CartError {
    CartError::from_failure(failure_of("cart", error))
}
