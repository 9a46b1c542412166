//! Many levels at once, for a store that is filled.

use catalog_api::ProductId;
use cleave_core::Context;
use inventory_api::InventoryError;

use crate::local::LocalInventory;
use crate::transactions;

impl LocalInventory {
    /// Opens the levels of new products with the units that are there, in one transaction, and tells how many
    /// were new: a known product is left alone. Only for admins. Some 1,000 a batch
    /// share the price of a commit well.
    pub async fn import_stock(
        &self,
        context: &Context,
        batch: &[(ProductId, i64)],
    ) -> Result<usize, InventoryError> {
        let origin = self.admin(context)?;
        if let Some(&(_, quantity)) = batch.iter().find(|(_, quantity)| *quantity < 0) {
            return Err(InventoryError::InvalidQuantity { quantity });
        }
        // In one order, so that two imports cannot wait for each other.
        let mut levels = batch.to_vec();
        levels.sort_by_key(|(product_id, _)| *product_id);
        self.write(&origin, async |transaction| transactions::open(transaction, &origin, &levels).await).await
    }
}
