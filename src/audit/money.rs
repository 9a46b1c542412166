//! I3, I4 and I7: orders, what was paid for them, and their keys.

use std::collections::{BTreeMap, BTreeSet};

use inventory_api::{ReservationId, ReservationState};
use orders::audit::OrderFacts;
use orders_api::OrderStatus;
use payments_api::PaymentState;

use super::{Facts, Finding, find, is_settled};

/// I3: money is taken exactly for what is bought, and the provider's ledger says the same.
pub(super) fn money_follows_orders(facts: &Facts) -> Finding {
    let says = "money is captured once for each confirmed order, nets to zero for the others, as the provider says too";
    find("I3", says, &facts.orders, |order| {
        let lines = order.lines.iter().map(|line| line.unit_price * line.quantity).sum::<i64>();
        if lines != order.total.amount {
            return Some(format!(
                "order {}: its lines sum to {lines}, not to {}",
                order.order_id, order.total.amount
            ));
        }
        if !is_settled(order) {
            return None;
        }
        let payment = facts.payments.payments.get(&order.order_id.as_uuid().into());
        let ledger = facts.payments.ledger.get(&order.order_id.as_uuid().into());
        let moved = |kind: &str| ledger.and_then(|ledger| ledger.get(kind)).copied();
        let total = Some(order.total.amount);
        let state = payment.map(|payment| payment.state);
        let is_right = match order.status {
            OrderStatus::Pending => true,
            OrderStatus::Confirmed => {
                state == Some(PaymentState::Captured)
                    && moved("captured") == total
                    && moved("refunded").is_none()
            }
            OrderStatus::Cancelled => {
                state == Some(PaymentState::Refunded)
                    && moved("captured") == total
                    && moved("refunded") == total
            }
            OrderStatus::Refused => {
                matches!(state, None | Some(PaymentState::Voided | PaymentState::Declined))
                    && moved("captured").is_none()
            }
        };
        let told = || {
            format!(
                "order {} is {:?}, its payment {state:?}, the provider has moved {ledger:?}",
                order.order_id, order.status
            )
        };
        (!is_right).then(told)
    })
}

/// I4: nothing hangs: no checkout, no reservation, no authorisation.
pub(super) fn every_checkout_ends(facts: &Facts) -> Finding {
    let says = "every checkout ends, and nothing is held without one that is under way";
    let orders =
        facts.orders.iter().map(|order| (order.order_id.as_uuid(), order)).collect::<BTreeMap<_, _>>();
    let is_under_way = |id| orders.get(&id).is_some_and(|order: &&OrderFacts| !is_settled(order));
    let reservations = facts.inventory.reservations.iter().map(|reservation| {
        let id = reservation.reservation_id.as_uuid();
        let hangs = reservation.state == ReservationState::Reserved && !is_under_way(id);
        hangs.then(|| format!("reservation {id} holds stock, and no checkout is under way"))
    });
    let payments = facts.payments.payments.values().map(|payment| {
        let id = payment.payment_id.as_uuid();
        let hangs = payment.state == PaymentState::Authorized && !is_under_way(id);
        hangs.then(|| format!("payment {id} is authorised, and no checkout is under way"))
    });
    let checkouts = facts.orders.iter().map(|order| {
        (!is_settled(order)).then(|| {
            format!(
                "order {} is {:?} and {:?}: wait with `cleave settle`",
                order.order_id, order.status, order.phase
            )
        })
    });
    let sold = facts.orders.iter().filter(|order| is_settled(order)).map(|order| {
        let id = order.order_id.as_uuid();
        let state = facts.reservation_state(id.into());
        let wanted = match order.status {
            OrderStatus::Confirmed => Some(ReservationState::Committed),
            OrderStatus::Cancelled => Some(ReservationState::Returned),
            OrderStatus::Refused | OrderStatus::Pending => return None,
        };
        (state != wanted).then(|| format!("order {id} is {:?}, its reservation {state:?}", order.status))
    });
    let all = reservations.chain(payments).chain(checkouts).chain(sold).collect::<Vec<_>>();
    find("I4", says, all, Clone::clone)
}

/// I7: a key of an account stands for one order.
pub(super) fn one_key_is_one_order(facts: &Facts) -> Finding {
    let says = "one key of one customer is one order";
    let mut seen = BTreeSet::new();
    let repeated = facts.orders.iter().map(|order| {
        let is_new = seen.insert((order.account_id, order.idempotency_key.as_str()));
        (!is_new)
            .then(|| format!("account {} has two orders under {:?}", order.account_id, order.idempotency_key))
    });
    let repeated = repeated.collect::<Vec<_>>();
    find("I7", says, repeated, Clone::clone)
}

impl Facts {
    fn reservation_state(&self, id: ReservationId) -> Option<ReservationState> {
        let reservations = &self.inventory.reservations;
        let found = reservations.binary_search_by_key(&id, |reservation| reservation.reservation_id);
        found.ok().map(|index| reservations[index].state)
    }
}
