//! What `Inventory` promises.

use std::collections::HashMap;
use std::rc::Rc;

use catalog_api::ProductId;
use inventory_api::{
    Inventory, InventoryError, MAX_QUANTITY, OpenStock, ReceiveStock, Reservation, ReservationId,
    ReservationLine, ReservationState, ReserveStock,
};

use super::bench::keyed;
use super::twice::Twice;
use super::{Bench, Suited, over_every_way};

over_every_way! {
    in_one_world:
    a_level_opens_at_zero_and_opening_it_again_changes_nothing,
    goods_that_come_in_can_be_sold,
    a_receipt_is_booked_once_under_its_key,
    a_receipt_without_a_key_is_refused,
    a_quantity_out_of_its_bounds_is_refused,
    a_product_without_a_level_is_not_found,
    only_an_admin_opens_levels_and_books_receipts,
    nobody_reserves_namelessly,
    a_reservation_takes_all_of_its_lines_or_none,
    a_reservation_that_could_never_be_made_is_refused,
    the_same_reservation_again_is_answered_in_its_present_state,
    other_lines_under_the_same_reservation_are_refused,
    a_committed_reservation_is_sold_for_good,
    a_released_reservation_is_back_for_good,
    a_release_that_overtakes_its_reservation_refuses_it,
    an_unknown_reservation_is_not_found,
    what_was_sold_comes_back_once,
    a_call_after_its_deadline_is_not_begun,
}

impl Suited for dyn Inventory {
    fn reached(bench: &Bench) -> Rc<Self> {
        bench.inventory()
    }

    fn sent_twice(once: Rc<Self>) -> Rc<Self> {
        Rc::new(Twice(once))
    }
}

async fn a_level_opens_at_zero_and_opening_it_again_changes_nothing(
    inventory: Rc<dyn Inventory>,
    bench: &Bench,
) {
    let product_id = bench.opened(&inventory).await;
    assert_eq!(bench.available(&inventory, product_id).await, 0);
    bench.receive(&inventory, product_id, 3).await;
    let again = inventory.open_stock(&bench.admin(), OpenStock { product_id }).await.expect("it is open");
    assert_eq!((again.product_id, again.available), (product_id, 3));
}

async fn goods_that_come_in_can_be_sold(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let product_id = bench.opened(&inventory).await;
    let request = ReceiveStock { product_id, quantity: 5 };
    let first = inventory.receive_stock(&bench.command("first"), request.clone()).await.expect("booked");
    assert_eq!((first.product_id, first.quantity, first.available), (product_id, 5, 5));
    let second = inventory.receive_stock(&bench.command("second"), request).await.expect("booked");
    assert_eq!(second.available, 10);
    assert!(second.received_at >= first.received_at);
    assert_eq!(bench.available(&inventory, product_id).await, 10);
}

async fn a_receipt_is_booked_once_under_its_key(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let (product_id, other_product) = (bench.opened(&inventory).await, bench.opened(&inventory).await);
    let request = ReceiveStock { product_id, quantity: 5 };
    let booked = inventory.receive_stock(&bench.command("key"), request.clone()).await.expect("booked");
    bench.receive(&inventory, product_id, 1).await;
    let again = inventory.receive_stock(&bench.command("key"), request.clone()).await;
    assert_eq!(again, Ok(booked), "the first receipt, though goods have come in since");

    for other in [
        ReceiveStock { quantity: 6, ..request.clone() },
        ReceiveStock { product_id: other_product, ..request },
    ] {
        let reused = inventory.receive_stock(&bench.command("key"), other).await;
        assert_eq!(reused, Err(InventoryError::IdempotencyKeyReused));
    }
    assert_eq!(bench.available(&inventory, product_id).await, 6);
    assert_eq!(bench.available(&inventory, other_product).await, 0);
}

async fn a_receipt_without_a_key_is_refused(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let product_id = bench.opened(&inventory).await;
    let refused = inventory.receive_stock(&bench.admin(), ReceiveStock { product_id, quantity: 1 }).await;
    assert_eq!(refused, Err(InventoryError::IdempotencyKeyRequired));
    assert_eq!(bench.available(&inventory, product_id).await, 0);
}

async fn a_quantity_out_of_its_bounds_is_refused(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let product_id = bench.opened(&inventory).await;
    bench.receive(&inventory, product_id, MAX_QUANTITY).await;
    for quantity in [0, -1, MAX_QUANTITY + 1, i64::MAX, i64::MIN] {
        let refused = Err(InventoryError::InvalidQuantity { quantity });
        let request = ReceiveStock { product_id, quantity };
        assert_eq!(inventory.receive_stock(&bench.command("out-of-bounds"), request).await, refused);
        let reserved = bench.reserve(&inventory, bench.reservation_id(), &[(product_id, quantity)]).await;
        assert_eq!(reserved.map(|_| ()), refused.map(|_| ()), "{quantity}");
    }
    assert_eq!(bench.available(&inventory, product_id).await, MAX_QUANTITY);
}

async fn a_product_without_a_level_is_not_found(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let product_id = ProductId::from(bench.new_id());
    let not_found = InventoryError::StockNotFound { product_id };
    assert_eq!(inventory.get_stock(&bench.anybody(), product_id).await, Err(not_found.clone()));
    let request = ReceiveStock { product_id, quantity: 1 };
    assert_eq!(inventory.receive_stock(&bench.command("key"), request).await, Err(not_found.clone()));
    let reserved = bench.reserve(&inventory, bench.reservation_id(), &[(product_id, 1)]).await;
    assert_eq!(reserved, Err(not_found));
}

async fn only_an_admin_opens_levels_and_books_receipts(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let product_id = bench.opened(&inventory).await;
    let unopened = ProductId::from(bench.new_id());
    for (context, error) in
        [(bench.anybody(), InventoryError::Unauthenticated), (bench.user(), InventoryError::Forbidden)]
    {
        let context = keyed(&context, "key");
        let request = ReceiveStock { product_id, quantity: 1 };
        assert_eq!(inventory.receive_stock(&context, request).await, Err(error.clone()));
        assert_eq!(inventory.open_stock(&context, OpenStock { product_id: unopened }).await, Err(error));
    }
    assert_eq!(bench.available(&inventory, product_id).await, 0);
    let nothing = inventory.get_stock(&bench.anybody(), unopened).await;
    assert_eq!(nothing, Err(InventoryError::StockNotFound { product_id: unopened }));
}

async fn nobody_reserves_namelessly(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let product_id = bench.received(&inventory, 1).await;
    let reservation_id = bench.reservation_id();
    let request = wish(reservation_id, &[(product_id, 1)]);
    let refused = Err(InventoryError::Unauthenticated);
    assert_eq!(inventory.reserve_stock(&bench.anybody(), request).await, refused);
    assert_eq!(inventory.commit_reservation(&bench.anybody(), reservation_id).await, refused);
    assert_eq!(inventory.release_reservation(&bench.anybody(), reservation_id).await, refused);
    assert_eq!(bench.available(&inventory, product_id).await, 1);
}

async fn a_reservation_takes_all_of_its_lines_or_none(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let (plenty, few) = (bench.received(&inventory, 9).await, bench.received(&inventory, 1).await);
    let none = bench.opened(&inventory).await;
    let refused =
        bench.reserve(&inventory, bench.reservation_id(), &[(none, 1), (plenty, 2), (few, 2)]).await;
    let mut product_ids = vec![few, none];
    product_ids.sort();
    assert_eq!(refused, Err(InventoryError::OutOfStock { product_ids }));
    assert_eq!(bench.available(&inventory, plenty).await, 9, "nothing was set aside");

    let reservation_id = bench.reservation_id();
    let made = bench.reserve(&inventory, reservation_id, &[(few, 1), (plenty, 2)]).await.expect("enough");
    assert_eq!((made.reservation_id, made.state), (reservation_id, ReservationState::Reserved));
    let lines = made.lines.iter().map(|line| (line.product_id, line.quantity)).collect::<HashMap<_, _>>();
    assert_eq!(lines, HashMap::from([(few, 1), (plenty, 2)]));
    assert_eq!(bench.available(&inventory, plenty).await, 7);
    assert_eq!(bench.available(&inventory, few).await, 0);
    assert_eq!(inventory.get_reservation(&bench.user(), reservation_id).await, Ok(made));
}

async fn a_reservation_that_could_never_be_made_is_refused(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let product_id = bench.received(&inventory, 5).await;
    let line = ReservationLine { product_id, quantity: 1 };
    let crowd = (0..101).map(|_| ReservationLine { product_id: bench.new_id().into(), quantity: 1 });
    for (lines, hold_seconds) in [
        (vec![], 60),
        (vec![line.clone(), line.clone()], 60),
        (crowd.collect(), 60),
        (vec![line.clone()], 0),
        (vec![line], u32::MAX),
    ] {
        let request = ReserveStock { reservation_id: bench.reservation_id(), lines, hold_seconds };
        let refused = inventory.reserve_stock(&bench.user(), request.clone()).await;
        assert!(
            matches!(refused, Err(InventoryError::InvalidReservation { .. })),
            "{request:?}: {refused:?}"
        );
    }
    assert_eq!(bench.available(&inventory, product_id).await, 5);
}

async fn the_same_reservation_again_is_answered_in_its_present_state(
    inventory: Rc<dyn Inventory>,
    bench: &Bench,
) {
    let product_id = bench.received(&inventory, 5).await;
    let reservation_id = bench.reservation_id();
    let made = bench.reserve(&inventory, reservation_id, &[(product_id, 2)]).await.expect("enough");
    assert_eq!(bench.reserve(&inventory, reservation_id, &[(product_id, 2)]).await, Ok(made));
    assert_eq!(bench.available(&inventory, product_id).await, 3, "set aside once");

    let committed = inventory.commit_reservation(&bench.user(), reservation_id).await.expect("it is there");
    assert_eq!(bench.reserve(&inventory, reservation_id, &[(product_id, 2)]).await, Ok(committed));
}

async fn other_lines_under_the_same_reservation_are_refused(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let product_id = bench.received(&inventory, 5).await;
    let reservation_id = bench.reservation_id();
    bench.reserve(&inventory, reservation_id, &[(product_id, 2)]).await.expect("enough");
    let other = bench.reserve(&inventory, reservation_id, &[(product_id, 3)]).await;
    assert_eq!(other, Err(InventoryError::IdempotencyKeyReused));
    assert_eq!(bench.available(&inventory, product_id).await, 3);
}

async fn a_committed_reservation_is_sold_for_good(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let product_id = bench.received(&inventory, 5).await;
    let reservation_id = bench.reservation_id();
    bench.reserve(&inventory, reservation_id, &[(product_id, 2)]).await.expect("enough");
    let sold = inventory.commit_reservation(&bench.user(), reservation_id).await.expect("it is there");
    assert_eq!(sold.state, ReservationState::Committed);
    assert_eq!(inventory.commit_reservation(&bench.user(), reservation_id).await, Ok(sold));
    let refused = inventory.release_reservation(&bench.user(), reservation_id).await;
    assert_eq!(refused, Err(InventoryError::ReservationCommitted { reservation_id }));
    assert_eq!(bench.available(&inventory, product_id).await, 3);
}

async fn a_released_reservation_is_back_for_good(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let product_id = bench.received(&inventory, 5).await;
    let reservation_id = bench.reservation_id();
    bench.reserve(&inventory, reservation_id, &[(product_id, 2)]).await.expect("enough");
    let back = inventory.release_reservation(&bench.user(), reservation_id).await.expect("it is there");
    assert_eq!(back.state, ReservationState::Released);
    assert_eq!(inventory.release_reservation(&bench.user(), reservation_id).await, Ok(back));
    let refused = inventory.commit_reservation(&bench.user(), reservation_id).await;
    assert_eq!(refused, Err(InventoryError::ReservationReleased { reservation_id }));
    assert_eq!(bench.available(&inventory, product_id).await, 5);
}

async fn a_release_that_overtakes_its_reservation_refuses_it(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let product_id = bench.received(&inventory, 5).await;
    let reservation_id = bench.reservation_id();
    let tombstone = inventory.release_reservation(&bench.user(), reservation_id).await.expect("always");
    assert_eq!((tombstone.state, tombstone.lines), (ReservationState::Released, vec![]));
    let late = bench.reserve(&inventory, reservation_id, &[(product_id, 2)]).await;
    assert_eq!(late, Err(InventoryError::ReservationReleased { reservation_id }));
    assert_eq!(bench.available(&inventory, product_id).await, 5);
}

async fn an_unknown_reservation_is_not_found(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let reservation_id = bench.reservation_id();
    let not_found = Err(InventoryError::ReservationNotFound { reservation_id });
    assert_eq!(inventory.get_reservation(&bench.user(), reservation_id).await, not_found);
    assert_eq!(inventory.commit_reservation(&bench.user(), reservation_id).await, not_found);
}

async fn what_was_sold_comes_back_once(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let product_id = bench.received(&inventory, 5).await;
    let reservation_id = bench.reservation_id();
    bench.reserve(&inventory, reservation_id, &[(product_id, 3)]).await.expect("enough");
    let early = inventory.return_reservation(&bench.system(), reservation_id).await;
    assert_eq!(early, Err(InventoryError::ReservationNotCommitted { reservation_id }));
    inventory.commit_reservation(&bench.user(), reservation_id).await.expect("it is reserved");
    assert_eq!(bench.available(&inventory, product_id).await, 2);
    let returned = inventory.return_reservation(&bench.system(), reservation_id).await.expect("it is sold");
    assert_eq!(returned.state, ReservationState::Returned);
    assert_eq!(bench.available(&inventory, product_id).await, 5);
}

async fn a_call_after_its_deadline_is_not_begun(inventory: Rc<dyn Inventory>, bench: &Bench) {
    let product_id = bench.opened(&inventory).await;
    let overdue = bench.overdue();
    assert_eq!(inventory.get_stock(&overdue, product_id).await, Err(InventoryError::Timeout));
    let overdue = keyed(&overdue, "overdue");
    let receipt = inventory.receive_stock(&overdue, ReceiveStock { product_id, quantity: 1 }).await;
    assert_eq!(receipt, Err(InventoryError::Timeout));
    assert_eq!(bench.available(&inventory, product_id).await, 0);
}

impl Bench {
    async fn opened(&self, inventory: &Rc<dyn Inventory>) -> ProductId {
        let product_id = ProductId::from(self.new_id());
        let opened = inventory.open_stock(&self.admin(), OpenStock { product_id }).await;
        assert_eq!(opened.map(|stock| stock.available), Ok(0));
        product_id
    }

    async fn receive(&self, inventory: &Rc<dyn Inventory>, product_id: ProductId, quantity: i64) {
        let context = self.command(&self.new_id().to_string());
        inventory.receive_stock(&context, ReceiveStock { product_id, quantity }).await.expect("booked");
    }

    async fn received(&self, inventory: &Rc<dyn Inventory>, quantity: i64) -> ProductId {
        let product_id = self.opened(inventory).await;
        self.receive(inventory, product_id, quantity).await;
        product_id
    }

    async fn available(&self, inventory: &Rc<dyn Inventory>, product_id: ProductId) -> i64 {
        inventory.get_stock(&self.anybody(), product_id).await.expect("the level is open").available
    }

    fn reservation_id(&self) -> ReservationId {
        ReservationId::from(self.new_id())
    }

    async fn reserve(
        &self,
        inventory: &Rc<dyn Inventory>,
        reservation_id: ReservationId,
        lines: &[(ProductId, i64)],
    ) -> Result<Reservation, InventoryError> {
        inventory.reserve_stock(&self.user(), wish(reservation_id, lines)).await
    }
}

fn wish(reservation_id: ReservationId, lines: &[(ProductId, i64)]) -> ReserveStock {
    let line = |&(product_id, quantity)| ReservationLine { product_id, quantity };
    ReserveStock { reservation_id, lines: lines.iter().map(line).collect(), hold_seconds: 3_600 }
}
