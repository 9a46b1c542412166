//! The rules of reservations, without I/O.

use std::time::Duration;

use inventory_api::{
    InventoryError, MAX_HOLD_SECONDS, MAX_RESERVATION_LINES, Reservation, ReservationId, ReservationLine,
    ReservationState, ReserveStock,
};

use crate::stock::check_quantity;

/// A reservation that may be made, with its lines in the order of the products' ids: two reservations that
/// share products take them in the same order, so that neither can wait for the other one for ever.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) reservation_id: ReservationId,
    pub(crate) lines: Vec<ReservationLine>,
    pub(crate) hold: Duration,
}

impl TryFrom<ReserveStock> for Wanted {
    type Error = InventoryError;

    fn try_from(request: ReserveStock) -> Result<Self, Self::Error> {
        let ReserveStock { reservation_id, mut lines, hold_seconds } = request;
        let invalid = |reason| Err(InventoryError::InvalidReservation { reason });
        if lines.is_empty() || lines.len() > MAX_RESERVATION_LINES {
            return invalid(format!("{} lines", lines.len()));
        }
        if !(1..=MAX_HOLD_SECONDS).contains(&hold_seconds) {
            return invalid(format!("a hold of {hold_seconds} seconds, not of 1 to {MAX_HOLD_SECONDS}"));
        }
        lines.sort_by_key(|line| line.product_id);
        for pair in lines.windows(2) {
            if pair[0].product_id == pair[1].product_id {
                return invalid(format!("product {} twice", pair[0].product_id));
            }
        }
        lines.iter().try_for_each(|line| check_quantity(line.quantity))?;
        Ok(Self { reservation_id, lines, hold: Duration::from_secs(hold_seconds.into()) })
    }
}

impl Wanted {
    /// The answer where a reservation with this id stands already.
    pub(crate) fn answer(&self, present: Reservation) -> Result<Reservation, InventoryError> {
        if present.lines == self.lines {
            Ok(present)
        } else if present.lines.is_empty() {
            // A tombstone: the release overtook the reservation, and its maker has given up on it.
            Err(InventoryError::ReservationReleased { reservation_id: self.reservation_id })
        } else {
            Err(InventoryError::IdempotencyKeyReused)
        }
    }
}

/// The answer to a commit that found nothing to sell.
pub(crate) fn answer_to_commit(present: Reservation) -> Result<Reservation, InventoryError> {
    let reservation_id = present.reservation_id;
    match present.state {
        ReservationState::Committed | ReservationState::Returned => Ok(present),
        ReservationState::Released => Err(InventoryError::ReservationReleased { reservation_id }),
        // It was made after the commit had looked for it in vain.
        ReservationState::Reserved => Err(InventoryError::ReservationNotFound { reservation_id }),
    }
}

/// The answer to a release that found nothing to put back.
pub(crate) fn answer_to_release(present: Reservation) -> Result<Reservation, InventoryError> {
    match present.state {
        // A return leaves the refusal as it was: the units are not put back twice.
        ReservationState::Committed | ReservationState::Returned => {
            Err(InventoryError::ReservationCommitted { reservation_id: present.reservation_id })
        }
        ReservationState::Released | ReservationState::Reserved => Ok(present),
    }
}

/// The answer to a return that found nothing to take back.
pub(crate) fn answer_to_return(present: Reservation) -> Result<Reservation, InventoryError> {
    let reservation_id = present.reservation_id;
    match present.state {
        ReservationState::Returned => Ok(present),
        ReservationState::Released => Err(InventoryError::ReservationReleased { reservation_id }),
        // It may have been committed after the return had looked for it in vain.
        ReservationState::Reserved | ReservationState::Committed => {
            Err(InventoryError::ReservationNotCommitted { reservation_id })
        }
    }
}
