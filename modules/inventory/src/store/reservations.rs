//! `reservations` and `reservation_lines`: what is set aside, and what became of it.
//!
//! A row is never deleted, its lines never change, and its state leaves `reserved` once, and `committed` once
//! for `returned`: so whoever finds a row in an end state knows all that will ever be true of it.

use cleave_core::Timestamp;
use cleave_db::{Statements, Transaction};
use inventory_api::{Reservation, ReservationId, ReservationLine, ReservationState};
use sqlx::AssertSqlSafe;

use super::{Reader, parse, values};

/// Makes a reservation with its lines; `false` where its id is taken.
pub(crate) async fn insert_reservation(
    transaction: &mut Transaction,
    reservation_id: ReservationId,
    expires_at: Timestamp,
) -> Result<bool, sqlx::Error> {
    insert(transaction, reservation_id, ReservationState::Reserved, expires_at).await
}

/// Makes a tombstone; `false` where the id is taken.
pub(crate) async fn bury_reservation(
    transaction: &mut Transaction,
    reservation_id: ReservationId,
    at: Timestamp,
) -> Result<bool, sqlx::Error> {
    insert(transaction, reservation_id, ReservationState::Released, at).await
}

async fn insert(
    transaction: &mut Transaction,
    reservation_id: ReservationId,
    state: ReservationState,
    expires_at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(
        "INSERT INTO reservations (reservation_id, state, expires_at) VALUES ($1, $2, $3) \
         ON CONFLICT (reservation_id) DO NOTHING",
    )
    .bind(reservation_id.to_string())
    .bind(state_text(state))
    .bind(expires_at.as_micros())
    .execute(transaction)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Writes the lines of a reservation that was just made.
pub(crate) async fn insert_lines(
    transaction: &mut Transaction,
    reservation_id: ReservationId,
    lines: &[ReservationLine],
) -> Result<(), sqlx::Error> {
    let rows = values(lines.len(), |index| format!("($1, ${}, ${})", 2 * index + 2, 2 * index + 3));
    let sql = format!("INSERT INTO reservation_lines (reservation_id, product_id, quantity) VALUES {rows}");
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(reservation_id.to_string());
    for line in lines {
        query = query.bind(line.product_id.to_string()).bind(line.quantity);
    }
    query.execute(transaction).await.map(|_| ())
}

/// Takes a reservation from one state to another, and tells when it would have expired; `None` where it is not
/// in the first one.
pub(crate) async fn change_state(
    transaction: &mut Transaction,
    reservation_id: ReservationId,
    from: ReservationState,
    to: ReservationState,
) -> Result<Option<Timestamp>, sqlx::Error> {
    let expires_at: Option<i64> = sqlx::query_scalar(
        "UPDATE reservations SET state = $1 WHERE reservation_id = $2 AND state = $3 RETURNING expires_at",
    )
    .bind(state_text(to))
    .bind(reservation_id.to_string())
    .bind(state_text(from))
    .fetch_optional(transaction)
    .await?;
    Ok(expires_at.map(Timestamp::from_micros))
}

/// The lines of a reservation, in the order of their products.
pub(crate) async fn reservation_lines(
    reader: impl Reader<'_>,
    reservation_id: ReservationId,
) -> Result<Vec<ReservationLine>, sqlx::Error> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT product_id, quantity FROM reservation_lines WHERE reservation_id = $1 ORDER BY product_id",
    )
    .bind(reservation_id.to_string())
    .fetch_all(reader)
    .await?;
    rows.into_iter()
        .map(|(product_id, quantity)| Ok(ReservationLine { product_id: parse(&product_id)?, quantity }))
        .collect()
}

/// A reservation with its lines.
pub(crate) async fn reservation(
    readers: Statements<'_>,
    reservation_id: ReservationId,
) -> Result<Option<Reservation>, sqlx::Error> {
    let row: Option<(String, i64)> =
        sqlx::query_as("SELECT state, expires_at FROM reservations WHERE reservation_id = $1")
            .bind(reservation_id.to_string())
            .fetch_optional(readers)
            .await?;
    let Some((state, expires_at)) = row else { return Ok(None) };
    let state = parse_state(&state)?;
    let lines = reservation_lines(readers, reservation_id).await?;
    Ok(Some(Reservation { reservation_id, state, lines, expires_at: Timestamp::from_micros(expires_at) }))
}

/// Reservations whose time is over, the oldest first.
pub(crate) async fn due_reservations(
    reader: impl Reader<'_>,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<ReservationId>, sqlx::Error> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT reservation_id FROM reservations WHERE state = 'reserved' AND expires_at <= $1 \
         ORDER BY expires_at LIMIT $2",
    )
    .bind(now.as_micros())
    .bind(i64::from(limit))
    .fetch_all(reader)
    .await?;
    ids.iter().map(|id| parse(id)).collect()
}

fn state_text(state: ReservationState) -> &'static str {
    match state {
        ReservationState::Reserved => "reserved",
        ReservationState::Committed => "committed",
        ReservationState::Released => "released",
        ReservationState::Returned => "returned",
    }
}

pub(super) fn parse_state(text: &str) -> Result<ReservationState, sqlx::Error> {
    match text {
        "reserved" => Ok(ReservationState::Reserved),
        "committed" => Ok(ReservationState::Committed),
        "released" => Ok(ReservationState::Released),
        "returned" => Ok(ReservationState::Returned),
        unknown => Err(sqlx::Error::Decode(format!("`{unknown}` is not the state of a reservation").into())),
    }
}
