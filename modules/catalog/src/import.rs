//! How a store is filled: many products at once, without a contract in between.

use catalog_api::{CatalogError, NewProduct, Product, ProductId};
use cleave_core::Money;
use cleave_db::WriteError;

use crate::local::{failed_write, other_currency};
use crate::seed::SeedProduct;
use crate::store::{Numbered, products, words};
use crate::{LocalCatalog, product, search};

impl LocalCatalog {
    /// Adds the products of a batch and gives their ids, in the batch's order. All are added or none. A product
    /// whose SKU is known is left as it is and keeps its id, so the same batch again changes nothing. Some
    /// thousands of products a batch go fastest.
    ///
    /// This is for the operator of a store, not for its users: it asks for no rights, and it does not open levels
    /// of stock. Who imports products here imports their stock into the inventory.
    pub async fn import_products(&self, batch: &[SeedProduct]) -> Result<Vec<ProductId>, CatalogError> {
        let candidates = batch.iter().map(|seed| self.candidate(seed)).collect::<Result<Vec<_>, _>>()?;
        let skus: Vec<&str> = batch.iter().map(|seed| &*seed.sku).collect();
        let at = self.clock.now();
        self.database
            .write(async |transaction| {
                let last = products::take_numbers(transaction, batch.len(), self.currency).await?;
                let last = last.ok_or_else(|| WriteError::Refused(other_currency(self.currency)))?;
                let mut ids_by_sku = products::ids_by_sku(transaction, &skus).await?;
                let mut added = Vec::new();
                for (candidate, number) in candidates.iter().zip(first_of(last, batch.len())..) {
                    if !ids_by_sku.contains_key(&candidate.sku) {
                        ids_by_sku.insert(candidate.sku.clone(), candidate.id);
                        added.push(Numbered { number, product: candidate.clone() });
                    }
                }
                products::insert_products(transaction, &added, at).await?;
                let found_under: Vec<_> =
                    added.iter().map(|row| (search::product_words(&row.product), row.number)).collect();
                let mut rows: Vec<(&str, i64)> = found_under
                    .iter()
                    .flat_map(|(words, number)| words.iter().map(|word| (&**word, *number)))
                    .collect();
                rows.sort_unstable();
                words::insert_words(transaction, &rows).await?;
                Ok(skus.iter().map(|sku| ids_by_sku[*sku]).collect())
            })
            .await
            .map_err(failed_write)
    }

    fn candidate(&self, seed: &SeedProduct) -> Result<Product, CatalogError> {
        let new = NewProduct {
            sku: seed.sku.clone(),
            name: seed.name.clone(),
            description: seed.description.clone(),
            category: seed.category.clone(),
            price: Money { amount: seed.price_minor_units, currency: self.currency },
        };
        product::check_new(&new, self.currency).map_err(|error| match error {
            CatalogError::InvalidProduct { field, reason } => {
                CatalogError::InvalidProduct { field, reason: format!("{reason} (SKU {:?})", seed.sku) }
            }
            other => other,
        })?;
        Ok(Product { in_stock: seed.stock > 0, ..self.new_product(new) })
    }
}

fn first_of(last: i64, count: usize) -> i64 {
    last + 1 - i64::try_from(count).unwrap_or(i64::MAX)
}
