//! All tables at once, as an audit compares them.

use futures_util::TryStreamExt as _;
use inventory_api::ReservationLine;
use sqlx::Row as _;

use super::reservations::parse_state;
use super::{Reader, parse};
use crate::audit::{LevelFacts, ReservationFacts, Units};

/// Every level beside what the ledger and the reservations say of it.
pub(crate) async fn level_facts(reader: impl Reader<'_>) -> Result<Vec<LevelFacts>, sqlx::Error> {
    let mut rows = sqlx::query(
        "SELECT levels.product_id, levels.received, levels.available, levels.reserved, levels.sold, \
         levels.last_movement, \
         CAST(COALESCE(ledger.movements, 0) AS BIGINT) AS movements, \
         CAST(COALESCE(ledger.received, 0) AS BIGINT) AS ledger_received, \
         CAST(COALESCE(ledger.reserved, 0) AS BIGINT) AS ledger_reserved, \
         CAST(COALESCE(ledger.sold, 0) AS BIGINT) AS ledger_sold, \
         CAST(COALESCE(held.reserved, 0) AS BIGINT) AS lines_reserved, \
         CAST(COALESCE(held.sold, 0) AS BIGINT) AS lines_sold \
         FROM stock_levels AS levels \
         LEFT JOIN (SELECT product_id, COUNT(*) AS movements, \
         SUM(CASE WHEN kind IN ('opened', 'received') THEN quantity ELSE 0 END) AS received, \
         SUM(CASE WHEN kind = 'reserved' THEN quantity \
         WHEN kind IN ('committed', 'released', 'expired') THEN -quantity ELSE 0 END) AS reserved, \
         SUM(CASE kind WHEN 'committed' THEN quantity WHEN 'returned' THEN -quantity ELSE 0 END) AS sold \
         FROM stock_movements GROUP BY product_id) AS ledger ON ledger.product_id = levels.product_id \
         LEFT JOIN (SELECT lines.product_id, \
         SUM(CASE state WHEN 'reserved' THEN quantity ELSE 0 END) AS reserved, \
         SUM(CASE state WHEN 'committed' THEN quantity ELSE 0 END) AS sold \
         FROM reservation_lines AS lines \
         JOIN reservations ON reservations.reservation_id = lines.reservation_id \
         GROUP BY lines.product_id) AS held ON held.product_id = levels.product_id \
         ORDER BY levels.product_id",
    )
    .fetch(reader);
    let mut facts = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let units = |column: &str| row.try_get::<i64, _>(column);
        let (received, reserved, sold) =
            (units("ledger_received")?, units("ledger_reserved")?, units("ledger_sold")?);
        facts.push(LevelFacts {
            product_id: parse(row.try_get("product_id")?)?,
            level: Units {
                received: units("received")?,
                available: units("available")?,
                reserved: units("reserved")?,
                sold: units("sold")?,
            },
            ledger: Units { received, available: received - reserved - sold, reserved, sold },
            lines_reserved: units("lines_reserved")?,
            lines_sold: units("lines_sold")?,
            last_movement: units("last_movement")?,
            movements: units("movements")?,
        });
    }
    Ok(facts)
}

/// Every reservation with its lines.
pub(crate) async fn reservation_facts(reader: impl Reader<'_>) -> Result<Vec<ReservationFacts>, sqlx::Error> {
    type Row = (String, String, Option<String>, Option<i64>);
    let mut rows = sqlx::query_as::<_, Row>(
        "SELECT reservations.reservation_id, reservations.state, lines.product_id, lines.quantity \
         FROM reservations \
         LEFT JOIN reservation_lines AS lines ON lines.reservation_id = reservations.reservation_id \
         ORDER BY reservations.reservation_id, lines.product_id",
    )
    .fetch(reader);
    let mut facts: Vec<ReservationFacts> = Vec::new();
    while let Some((reservation_id, state, product_id, quantity)) = rows.try_next().await? {
        let reservation_id = parse(&reservation_id)?;
        let line = match (product_id, quantity) {
            (Some(product_id), Some(quantity)) => {
                Some(ReservationLine { product_id: parse(&product_id)?, quantity })
            }
            _ => None,
        };
        match facts.last_mut() {
            Some(last) if last.reservation_id == reservation_id => last.lines.extend(line),
            _ => facts.push(ReservationFacts {
                reservation_id,
                state: parse_state(&state)?,
                lines: line.into_iter().collect(),
            }),
        }
    }
    Ok(facts)
}
