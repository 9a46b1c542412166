//! `stock_movements`: what happened to the levels. A movement is written after its level was changed, in the
//! same transaction, and takes the number that the level has then.

use catalog_api::ProductId;
use cleave_core::IdempotencyKey;
use cleave_db::Transaction;
use inventory_api::ReservationId;
use sqlx::AssertSqlSafe;

use super::values;
use crate::origin::Origin;
use crate::stock::MovementKind;

/// Writes down levels that were just opened.
pub(crate) async fn record_opened(
    transaction: &mut Transaction,
    origin: &Origin,
    levels: &[(ProductId, i64)],
) -> Result<(), sqlx::Error> {
    let kind = MovementKind::Opened.as_str();
    let rows = values(levels.len(), |index| {
        format!("(${}, 1, '{kind}', ${}, '', $1, $2, $3)", 2 * index + 4, 2 * index + 5)
    });
    let sql = format!(
        "INSERT INTO stock_movements \
         (product_id, number, kind, quantity, cause, actor, request_id, moved_at) VALUES {rows}"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql))
        .bind(&*origin.actor)
        .bind(origin.request_id.as_str())
        .bind(origin.at.as_micros());
    for (product_id, units) in levels {
        query = query.bind(product_id.to_string()).bind(units);
    }
    query.execute(transaction).await.map(|_| ())
}

/// Writes down goods that were just added to a level.
pub(crate) async fn record_received(
    transaction: &mut Transaction,
    origin: &Origin,
    product_id: ProductId,
    quantity: i64,
    key: &IdempotencyKey,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO stock_movements \
         (product_id, number, kind, quantity, cause, actor, request_id, moved_at) \
         SELECT product_id, last_movement, $2, $3, $4, $5, $6, $7 FROM stock_levels WHERE product_id = $1",
    )
    .bind(product_id.to_string())
    .bind(MovementKind::Received.as_str())
    .bind(quantity)
    .bind(key.as_str())
    .bind(&*origin.actor)
    .bind(origin.request_id.as_str())
    .bind(origin.at.as_micros())
    .execute(transaction)
    .await
    .map(|_| ())
}

/// Writes down what was just done to the levels of all lines of a reservation.
pub(crate) async fn record_lines(
    transaction: &mut Transaction,
    origin: &Origin,
    reservation_id: ReservationId,
    kind: MovementKind,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO stock_movements \
         (product_id, number, kind, quantity, cause, actor, request_id, moved_at) \
         SELECT levels.product_id, levels.last_movement, $2, lines.quantity, lines.reservation_id, $3, $4, $5 \
         FROM reservation_lines AS lines \
         JOIN stock_levels AS levels ON levels.product_id = lines.product_id \
         WHERE lines.reservation_id = $1",
    )
    .bind(reservation_id.to_string())
    .bind(kind.as_str())
    .bind(&*origin.actor)
    .bind(origin.request_id.as_str())
    .bind(origin.at.as_micros())
    .execute(transaction)
    .await
    .map(|_| ())
}
