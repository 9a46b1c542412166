//! I1 and I2: stock.

use super::{Facts, Finding, find};

/// I1: nothing is sold that is not there.
pub(super) fn no_oversell(facts: &Facts) -> Finding {
    let says = "no oversell: no level below zero, and what is held or sold stands in reservations";
    find("I1", says, &facts.inventory.levels, |level| {
        let units = level.level;
        let is_right = units.available >= 0
            && units.reserved >= 0
            && units.sold >= 0
            && units.reserved == level.lines_reserved
            && units.sold == level.lines_sold;
        (!is_right).then(|| {
            format!(
                "product {}: {units:?}, by its reservations {} reserved and {} sold",
                level.product_id, level.lines_reserved, level.lines_sold
            )
        })
    })
}

/// I2: no unit comes from nowhere or goes nowhere.
pub(super) fn stock_is_conserved(facts: &Facts) -> Finding {
    let says = "stock is conserved: received = available + reserved + sold, and the ledger sums to it";
    find("I2", says, &facts.inventory.levels, |level| {
        let units = level.level;
        let is_right = units.received == units.available + units.reserved + units.sold
            && units == level.ledger
            && level.movements == level.last_movement;
        (!is_right).then(|| {
            format!("product {}: the level says {units:?}, its ledger {:?}", level.product_id, level.ledger)
        })
    })
}
