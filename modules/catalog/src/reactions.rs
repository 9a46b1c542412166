//! What the catalogue does when others change: `in_stock` follows the inventory.

use std::collections::HashMap;

use async_trait::async_trait;
use catalog_api::ProductId;
use cleave_core::Event as _;
use cleave_db::Transaction;
use cleave_events::{Reaction, ReactionError, RecordedEvent};
use inventory_api::InventoryEvent;

use crate::store::products;

/// Says of products whether any can be sold, as the inventory tells.
#[derive(Debug, Clone, Copy)]
pub struct FollowStock;

#[async_trait(?Send)]
impl Reaction for FollowStock {
    fn topic(&self) -> &'static str {
        InventoryEvent::TOPIC
    }

    /// Only the latest of several changes of one product matters, so a batch is two statements at most.
    async fn apply(
        &self,
        transaction: &mut Transaction,
        events: &[RecordedEvent],
    ) -> Result<(), ReactionError> {
        let mut latest = HashMap::with_capacity(events.len());
        for event in events {
            let InventoryEvent::StockChanged(changed) = event.read()?;
            latest.insert(changed.product_id, changed.in_stock);
        }
        for in_stock in [false, true] {
            let matching = latest.iter().filter(|(_, latest)| **latest == in_stock);
            let mut product_ids = matching.map(|(product_id, _)| *product_id).collect::<Vec<ProductId>>();
            product_ids.sort_unstable();
            products::set_in_stock(transaction, &product_ids, in_stock).await?;
        }
        Ok(())
    }
}
