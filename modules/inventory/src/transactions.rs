//! What happens together: each function here is one transaction, run by `Database::write`, and so is atomic
//! and durable, or refused without a trace.
//!
//! Locks are taken in one order everywhere: the reservation, its levels in the order of their products, the
//! head of the outbox. So no two transactions can wait for each other.

use catalog_api::ProductId;
use cleave_core::{IdempotencyKey, Timestamp};
use cleave_db::{Transaction, WriteError};
use inventory_api::{
    InventoryError, Receipt, ReceiveStock, Reservation, ReservationId, ReservationLine, ReservationState,
};

use crate::origin::Origin;
use crate::reservation::Wanted;
use crate::stock::{Flip, MovementKind};
use crate::store;

type Outcome<T> = Result<T, WriteError<InventoryError>>;

/// Opens levels with the units that are there, and tells how many of them were new.
pub(crate) async fn open(
    transaction: &mut Transaction,
    origin: &Origin,
    levels: &[(ProductId, i64)],
) -> Outcome<usize> {
    let mut opened = Vec::with_capacity(levels.len());
    for levels in levels.chunks(store::MAX_ROWS_PER_STATEMENT) {
        let new = store::open_levels(transaction, levels).await?;
        if !new.is_empty() {
            store::record_opened(transaction, origin, &new).await?;
            opened.extend(new);
        }
    }
    opened.sort_unstable();
    let flips: Vec<Flip> =
        opened.iter().filter_map(|(product_id, units)| Flip::between(*product_id, 0, *units)).collect();
    origin.tell(transaction, &flips).await?;
    Ok(opened.len())
}

/// Books a receipt. A key that has one already is refused as reused; by which receipt, the caller looks up.
pub(crate) async fn receive(
    transaction: &mut Transaction,
    origin: &Origin,
    key: &IdempotencyKey,
    request: &ReceiveStock,
) -> Outcome<Receipt> {
    let &ReceiveStock { product_id, quantity } = request;
    let Some(available) = store::receive_units(transaction, product_id, quantity).await? else {
        return Err(WriteError::Refused(InventoryError::StockNotFound { product_id }));
    };
    let receipt = Receipt { product_id, quantity, available, received_at: origin.at };
    if !store::insert_receipt(transaction, &origin.actor, key, &receipt).await? {
        return Err(WriteError::Refused(InventoryError::IdempotencyKeyReused));
    }
    store::record_received(transaction, origin, product_id, quantity, key).await?;
    let flip = Flip::between(product_id, available - quantity, available);
    origin.tell(transaction, flip.as_slice()).await?;
    Ok(receipt)
}

/// Sets all lines aside, or none; `None` where the id is taken.
pub(crate) async fn reserve(
    transaction: &mut Transaction,
    origin: &Origin,
    wanted: &Wanted,
) -> Outcome<Option<Reservation>> {
    let &Wanted { reservation_id, ref lines, hold } = wanted;
    let expires_at = origin.at.plus(hold);
    if !store::insert_reservation(transaction, reservation_id, expires_at).await? {
        return Ok(None);
    }
    let mut flips = Vec::new();
    let mut lacking = Vec::new();
    for line in lines {
        match store::reserve_units(transaction, line).await? {
            Some(available) => {
                flips.extend(Flip::between(line.product_id, available + line.quantity, available));
            }
            None => lacking.push(line.product_id),
        }
    }
    if !lacking.is_empty() {
        return Err(WriteError::Refused(why_lacking(transaction, lacking).await?));
    }
    store::insert_lines(transaction, reservation_id, lines).await?;
    store::record_lines(transaction, origin, reservation_id, MovementKind::Reserved).await?;
    origin.tell(transaction, &flips).await?;
    let state = ReservationState::Reserved;
    Ok(Some(Reservation { reservation_id, state, lines: lines.clone(), expires_at }))
}

async fn why_lacking(
    transaction: &mut Transaction,
    product_ids: Vec<ProductId>,
) -> Result<InventoryError, sqlx::Error> {
    for &product_id in &product_ids {
        if !store::is_known(transaction, product_id).await? {
            return Ok(InventoryError::StockNotFound { product_id });
        }
    }
    Ok(InventoryError::OutOfStock { product_ids })
}

/// Sells what is reserved; `None` where nothing is.
pub(crate) async fn commit(
    transaction: &mut Transaction,
    origin: &Origin,
    reservation_id: ReservationId,
) -> Outcome<Option<Reservation>> {
    let (reserved, state) = (ReservationState::Reserved, ReservationState::Committed);
    let Some(expires_at) = store::change_state(transaction, reservation_id, reserved, state).await? else {
        return Ok(None);
    };
    let lines = store::reservation_lines(&mut *transaction, reservation_id).await?;
    for line in &lines {
        store::commit_units(transaction, line).await?;
    }
    store::record_lines(transaction, origin, reservation_id, MovementKind::Committed).await?;
    Ok(Some(Reservation { reservation_id, state, lines, expires_at }))
}

/// Puts back what is reserved, or leaves a tombstone where there is no such reservation yet; `None` where
/// it has ended already.
pub(crate) async fn release(
    transaction: &mut Transaction,
    origin: &Origin,
    reservation_id: ReservationId,
) -> Outcome<Option<Reservation>> {
    // The tombstone comes first: from here on the row exists, whoever has made it, and cannot appear later.
    if store::bury_reservation(transaction, reservation_id, origin.at).await? {
        return Ok(Some(released(reservation_id, Vec::new(), origin.at)));
    }
    put_back(transaction, origin, reservation_id, MovementKind::Released).await
}

/// Takes back what was sold; `None` where nothing was.
pub(crate) async fn take_back(
    transaction: &mut Transaction,
    origin: &Origin,
    reservation_id: ReservationId,
) -> Outcome<Option<Reservation>> {
    let (committed, state) = (ReservationState::Committed, ReservationState::Returned);
    let Some(expires_at) = store::change_state(transaction, reservation_id, committed, state).await? else {
        return Ok(None);
    };
    let lines = store::reservation_lines(&mut *transaction, reservation_id).await?;
    let mut flips = Vec::new();
    for line in &lines {
        let available = store::return_units(transaction, line).await?;
        flips.extend(Flip::between(line.product_id, available - line.quantity, available));
    }
    store::record_lines(transaction, origin, reservation_id, MovementKind::Returned).await?;
    origin.tell(transaction, &flips).await?;
    Ok(Some(Reservation { reservation_id, state, lines, expires_at }))
}

/// Puts back what is reserved because its time is over; `None` where it has ended in the meantime.
pub(crate) async fn expire(
    transaction: &mut Transaction,
    origin: &Origin,
    reservation_id: ReservationId,
) -> Outcome<Option<Reservation>> {
    put_back(transaction, origin, reservation_id, MovementKind::Expired).await
}

async fn put_back(
    transaction: &mut Transaction,
    origin: &Origin,
    reservation_id: ReservationId,
    kind: MovementKind,
) -> Outcome<Option<Reservation>> {
    let (reserved, state) = (ReservationState::Reserved, ReservationState::Released);
    let Some(expires_at) = store::change_state(transaction, reservation_id, reserved, state).await? else {
        return Ok(None);
    };
    let lines = store::reservation_lines(&mut *transaction, reservation_id).await?;
    let mut flips = Vec::new();
    for line in &lines {
        let available = store::release_units(transaction, line).await?;
        flips.extend(Flip::between(line.product_id, available - line.quantity, available));
    }
    store::record_lines(transaction, origin, reservation_id, kind).await?;
    origin.tell(transaction, &flips).await?;
    Ok(Some(released(reservation_id, lines, expires_at)))
}

fn released(
    reservation_id: ReservationId,
    lines: Vec<ReservationLine>,
    expires_at: Timestamp,
) -> Reservation {
    Reservation { reservation_id, state: ReservationState::Released, lines, expires_at }
}
