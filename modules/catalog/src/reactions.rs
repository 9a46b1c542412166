//! What the catalogue does when others change: `in_stock` follows the inventory.

use std::collections::HashMap;

use catalog_api::{CatalogError, ProductId};
use cleave_core::{CallFailure, Context, ContractError as _};
use cleave_db::WriteError;
use inventory_api::{ListStockChanges, StockChange};

use crate::LocalCatalog;
use crate::local::{failed_read, failed_write, inventory_failed};
use crate::store::follower;

/// The most changes of one step: a transaction of a few milliseconds.
const CHANGES_PER_STEP: u32 = 500;

impl LocalCatalog {
    /// One step: asks the inventory which products came into stock or ran out since the last step, applies it
    /// and tells how many changes that were. Where it is not 0 there may be more.
    ///
    /// The changes and the number of the last one are one transaction, by compare-and-set on the number before:
    /// any number of replicas may take steps at the same time, and each change is applied once and in order.
    pub async fn follow_stock(&self, context: &Context) -> Result<usize, CatalogError> {
        let last = follower::last_applied(self.database.readers()).await.map_err(failed_read)?;
        let request = ListStockChanges { after: last, limit: CHANGES_PER_STEP };
        let changes =
            self.inventory.list_stock_changes(context, request).await.map_err(inventory_failed)?.changes;
        let Some(newest) = changes.last() else { return Ok(0) };
        if !are_dense(last, &changes) {
            tracing::error!(
                after = last,
                first = changes[0].number,
                newest = newest.number,
                "the stock changes of the inventory have a gap; in_stock stays as it is"
            );
            return Err(CatalogError::from_failure(CallFailure::Internal));
        }
        let (sold_out, sellable) = outcomes(&changes);
        self.database
            .write(async |transaction| {
                if !follower::advance(transaction, last, newest.number).await? {
                    return Ok(0);
                }
                follower::set_in_stock(transaction, &sold_out, false).await?;
                follower::set_in_stock(transaction, &sellable, true).await?;
                Ok::<_, WriteError<CatalogError>>(changes.len())
            })
            .await
            .map_err(failed_write)
    }
}

fn are_dense(last: i64, changes: &[StockChange]) -> bool {
    changes.iter().zip(last + 1..).all(|(change, number)| change.number == number)
}

/// The products that are out of stock after all of the changes, and those that are not, in a fixed order.
fn outcomes(changes: &[StockChange]) -> (Vec<ProductId>, Vec<ProductId>) {
    let latest: HashMap<_, _> = changes.iter().map(|change| (change.product_id, change.in_stock)).collect();
    let with = |wanted| {
        let matching = latest.iter().filter(move |(_, in_stock)| **in_stock == wanted);
        let mut product_ids: Vec<_> = matching.map(|(product_id, _)| *product_id).collect();
        product_ids.sort_unstable();
        product_ids
    };
    (with(false), with(true))
}
