//! What all handlers stand on.

use std::io;
use std::sync::Arc;

use cleave_auth::TokenVerifier;
use cleave_core::{Clock, Currency, Ids, Money, SystemClock};
use cleave_db::Database;

use crate::PlainSettings;

/// The database and what belongs to it, shared by all threads.
pub(crate) struct Shop {
    pub(crate) database: Database,
    pub(crate) tokens: TokenVerifier,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Ids,
    currency: Currency,
}

impl Shop {
    pub(crate) async fn open(settings: &PlainSettings) -> io::Result<Self> {
        let tokens = TokenVerifier::from_dir(&settings.keys).map_err(io::Error::other)?;
        let database = Database::open("plain", &settings.database).await.map_err(io::Error::other)?;
        let currency: String = sqlx::query_scalar("SELECT currency FROM shop")
            .fetch_one(database.readers())
            .await
            .map_err(io::Error::other)?;
        let currency = currency.parse().map_err(io::Error::other)?;
        let clock = Arc::new(SystemClock);
        let ids = Ids::from_system(clock.clone());
        Ok(Self { database, tokens, clock, ids, currency })
    }

    pub(crate) fn money(&self, amount: i64) -> Money {
        Money { amount, currency: self.currency }
    }
}
