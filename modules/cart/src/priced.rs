//! What a customer sees: lines with the names and the prices of the moment.

use std::collections::HashMap;

use cart_api::{CartError, CartItem, CartLine, CartView};
use catalog_api::{Catalog, CatalogError, MAX_PRODUCTS_AT_ONCE};
use cleave_core::{CallFailure, Context, ContractError as _, Currency, Money};

/// Prices all lines; the catalogue is asked once.
pub(crate) async fn price(
    catalog: &dyn Catalog,
    context: &Context,
    lines: &[CartLine],
    currency: Currency,
) -> Result<CartView, CartError> {
    let mut products = HashMap::with_capacity(lines.len());
    // More than one call only for a cart that grew beyond its limit when a checkout was put back into it.
    for some in lines.chunks(MAX_PRODUCTS_AT_ONCE) {
        let product_ids = some.iter().map(|line| line.product_id).collect();
        let found = catalog.get_products(context, product_ids).await.map_err(catalog_failed)?;
        products.extend(found.into_iter().map(|product| (product.id, product)));
    }
    let mut cart = CartView { items: Vec::with_capacity(lines.len()), total: Money { amount: 0, currency } };
    for line in lines {
        let product_id = line.product_id;
        let product = products.remove(&product_id).ok_or(CartError::ProductNotFound { product_id })?;
        let amount = product.price.amount.checked_mul(line.quantity).ok_or(CartError::Internal)?;
        cart.total.amount = cart.total.amount.checked_add(amount).ok_or(CartError::Internal)?;
        cart.items.push(CartItem {
            product_id,
            name: product.name,
            quantity: line.quantity,
            unit_price: product.price,
            line_total: Money { amount, currency: product.price.currency },
        });
    }
    Ok(cart)
}

fn catalog_failed(error: CatalogError) -> CartError {
    CartError::from_failure(match error {
        CatalogError::Unavailable { what } => CallFailure::Unavailable(what),
        CatalogError::Timeout => CallFailure::Timeout,
        CatalogError::Unauthenticated => CallFailure::Unauthenticated,
        error => {
            tracing::error!(%error, "the catalogue refuses to price a cart");
            CallFailure::Internal
        }
    })
}
