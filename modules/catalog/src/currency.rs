//! A store keeps its currency.

use cleave_core::Currency;
use cleave_db::Database;

use crate::{Settings, store};

/// The configured currency is not the one of the stored prices, or that cannot be found out.
#[derive(Debug, thiserror::Error)]
pub enum CurrencyError {
    /// Prices are stored as amounts alone: under another currency each of them would be another price.
    #[error(
        "the prices of the catalogue at {url} are in {stored}, and catalog.currency is {configured}: set it to \
         {stored}, or start with an empty data directory"
    )]
    Mismatch {
        /// Where the prices are.
        url: String,
        /// Their currency.
        stored: String,
        /// What the configuration says.
        configured: Currency,
    },
    /// The database does not answer.
    #[error("the currency of the catalogue at {url} cannot be read")]
    Database {
        /// Where the prices should be.
        url: String,
        /// Why not.
        source: sqlx::Error,
    },
}

/// Refuses a database whose prices are in another currency than the settings say. To be called once a process,
/// after the tables have been verified.
pub async fn check_currency(database: &Database, settings: &Settings) -> Result<(), CurrencyError> {
    let url = || database.url().to_owned();
    let stored = store::products::currency(database.readers())
        .await
        .map_err(|source| CurrencyError::Database { url: url(), source })?;
    if stored.is_empty() || stored == settings.currency.as_str() {
        Ok(())
    } else {
        Err(CurrencyError::Mismatch { url: url(), stored, configured: settings.currency })
    }
}
