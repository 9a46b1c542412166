//! What happens together: each function here is one transaction, run by `Database::write`.
//!
//! The row of the cart comes first everywhere: who has moved its version is alone with the cart until the commit.

use cart_api::{CartError, CartLine, CartTaking, MAX_QUANTITY, PutBackCart, TakeCart, TakingState};
use catalog_api::ProductId;
use cleave_core::AccountId;
use cleave_db::{Transaction, WriteError};

use crate::local::put;
use crate::store;

type Outcome<T> = Result<T, WriteError<CartError>>;

/// Sets the quantity of a product, and tells what is in the cart then.
pub(crate) async fn set_line(
    transaction: &mut Transaction,
    account_id: AccountId,
    line: &CartLine,
) -> Outcome<Vec<CartLine>> {
    let version = store::next_version(transaction, account_id).await?;
    let mut lines = store::lines(&mut *transaction, account_id).await?;
    put(&mut lines, line.clone()).map_err(WriteError::Refused)?;
    store::upsert_line(transaction, account_id, line, version).await?;
    Ok(lines)
}

/// Takes a product out, and tells what is in the cart then.
pub(crate) async fn remove_line(
    transaction: &mut Transaction,
    account_id: AccountId,
    product_id: ProductId,
) -> Outcome<Vec<CartLine>> {
    if store::delete_line(transaction, account_id, product_id).await? {
        store::next_version(transaction, account_id).await?;
    }
    Ok(store::lines(transaction, account_id).await?)
}

/// Empties the cart into a taking; `None` where the taking is there already.
pub(crate) async fn take(transaction: &mut Transaction, request: &TakeCart) -> Outcome<Option<CartTaking>> {
    let &TakeCart { taking_id, account_id, version } = request;
    let taking = CartTaking { taking_id, account_id, state: TakingState::Taken, lines: Vec::new() };
    if !store::insert_taking(transaction, &taking).await? {
        return Ok(None);
    }
    let is_current = store::advance_version(transaction, account_id, version).await?;
    let lines = store::lines(&mut *transaction, account_id).await?;
    if lines.is_empty() {
        return Err(WriteError::Refused(CartError::CartEmpty));
    }
    if !is_current {
        return Err(WriteError::Refused(CartError::CartChanged));
    }
    store::insert_taking_lines(transaction, taking_id, &lines).await?;
    store::delete_lines(transaction, account_id).await?;
    Ok(Some(CartTaking { lines, ..taking }))
}

/// Puts the lines of a taking back, or leaves a tombstone where there is no taking yet; `None` where it was put back
/// already.
pub(crate) async fn put_back(
    transaction: &mut Transaction,
    request: &PutBackCart,
) -> Outcome<Option<CartTaking>> {
    let &PutBackCart { taking_id, account_id } = request;
    let state = TakingState::PutBack;
    let tombstone = CartTaking { taking_id, account_id, state, lines: Vec::new() };
    if store::insert_taking(transaction, &tombstone).await? {
        return Ok(Some(tombstone));
    }
    let Some(owner) = store::end_taking(transaction, taking_id).await? else { return Ok(None) };
    if owner != account_id {
        return Err(WriteError::Refused(CartError::Forbidden));
    }
    let taken = store::taking_lines(&mut *transaction, taking_id).await?;
    let present = store::lines(&mut *transaction, account_id).await?;
    for line in &taken {
        let there = present.iter().find(|known| known.product_id == line.product_id);
        let quantity = (line.quantity + there.map_or(0, |line| line.quantity)).min(MAX_QUANTITY);
        let line = CartLine { product_id: line.product_id, quantity };
        // A version for each, so that they stand in the order in which they were.
        let version = store::next_version(transaction, account_id).await?;
        store::upsert_line(transaction, account_id, &line, version).await?;
    }
    Ok(Some(CartTaking { lines: taken, ..tombstone }))
}
