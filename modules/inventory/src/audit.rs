//! What the tables say of themselves, for whoever checks a whole store: facts, and no judgement.

use catalog_api::ProductId;
use cleave_db::Database;
use inventory_api::{ReservationId, ReservationLine, ReservationState};

use crate::store;

/// All that an audit compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFacts {
    /// Every product with a level, in the order of their ids.
    pub levels: Vec<LevelFacts>,
    /// Every reservation that was ever made, tombstones included, in the order of their ids.
    pub reservations: Vec<ReservationFacts>,
}

/// What three tables say of the units of one product. They are read in one statement, so they tell of one moment
/// even while the store sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelFacts {
    /// Which product.
    pub product_id: ProductId,
    /// The level itself. What was received is what is available, reserved or sold.
    pub level: Units,
    /// What the movements sum to; equal to the level.
    pub ledger: Units,
    /// Units in the lines of reservations that are `reserved`; equal to what the level has reserved.
    pub lines_reserved: i64,
    /// Units in the lines of reservations that are `committed`; equal to what the level has sold.
    pub lines_sold: i64,
    /// The number of the latest movement as the level knows it.
    pub last_movement: i64,
    /// How many movements there are; equal to the number of the latest one.
    pub movements: i64,
}

/// Units of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Units {
    /// All that ever came in.
    pub received: i64,
    /// Those that can be sold.
    pub available: i64,
    /// Those that are set aside.
    pub reserved: i64,
    /// Those that are sold and not taken back.
    pub sold: i64,
}

/// One reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservationFacts {
    /// Its id.
    pub reservation_id: ReservationId,
    /// Its state.
    pub state: ReservationState,
    /// Its lines in the order of the products' ids; none in a tombstone.
    pub lines: Vec<ReservationLine>,
}

/// Reads all facts. Sums are made by the database and rows arrive one by one, so a store of some 100,000
/// reservations costs a few dozen megabytes.
///
/// Levels and reservations are two statements: while the store sells, the reservations are those of a moment later.
pub async fn audit_facts(database: &Database) -> Result<AuditFacts, sqlx::Error> {
    let levels = store::level_facts(database.readers()).await?;
    let reservations = store::reservation_facts(database.readers()).await?;
    Ok(AuditFacts { levels, reservations })
}
