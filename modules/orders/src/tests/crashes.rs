//! Processes that end in the middle of a checkout, and answers that are lost.

use std::time::Duration;

use orders_api::{OrderStatus, Orders as _, OrdersError};

use super::{Fault, World, paid_with};

/// What a checkout asks of others, in this order.
const STEPS: [&str; 5] =
    ["take_cart", "reserve_stock", "authorize_payment", "capture_payment", "commit_reservation"];

#[tokio::test]
async fn a_checkout_whose_process_ends_at_any_step_is_finished_by_another() {
    for step in STEPS {
        for fault in [Fault::HangsBefore, Fault::HangsAfter] {
            let world = World::new().await;
            world.fill_cart(1);
            world.others.fail(step, fault.clone());
            let context = world.with_key(1, "first");
            let placing = async |orders: &crate::LocalOrders| {
                drop(orders.place_order(&context, paid_with("tok_visa")).await);
            };
            world.crash_at((step, 1), placing).await;
            assert_eq!(world.recover().await, 1, "{step}, {fault:?}");
            assert_eq!(world.order().await.status, OrderStatus::Confirmed, "{step}, {fault:?}");
            world.check().await;
        }
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_nothing_happens_twice() {
    for step in STEPS {
        let world = World::new().await;
        world.fill_cart(1);
        world.others.fail(step, Fault::AnswerLost);
        let order = world.place(1, "first", "tok_visa").await.expect("it is bought");
        assert_eq!(order.status, OrderStatus::Confirmed, "{step}");
        assert_eq!(world.others.count(step), 2, "{step} is asked once more");
        world.check().await;
    }
}

#[tokio::test]
async fn an_order_that_is_cancelled_gives_all_back_wherever_its_process_ends() {
    for step in ["refund_payment", "return_reservation"] {
        for fault in [Fault::HangsBefore, Fault::HangsAfter] {
            let world = World::new().await;
            let order = world.confirmed("first").await;
            world.others.fail(step, fault.clone());
            let context = world.customer(1);
            let cancelling = async |orders: &crate::LocalOrders| {
                drop(orders.cancel_order(&context, order.id).await);
            };
            world.crash_at((step, 1), cancelling).await;
            assert_eq!(world.recover().await, 1, "{step}, {fault:?}");
            assert_eq!(world.order().await.status, OrderStatus::Cancelled, "{step}, {fault:?}");
            world.check().await;
        }
    }
}

#[tokio::test]
async fn a_checkout_that_takes_too_long_is_undone() {
    let world = World::new().await;
    world.fill_cart(1);
    let too_long = world.settings.placing_limit() + Duration::from_secs(1);
    world.others.fail("reserve_stock", Fault::AwayAfter(too_long));
    let placed = world.place(1, "first", "tok_visa").await;
    assert!(matches!(placed, Err(OrdersError::CheckoutExpired { .. })), "{placed:?}");
    assert_eq!(world.cart(1), world.full_cart(), "the cart is as it was");
    world.check().await;
}

#[tokio::test]
async fn a_slow_step_costs_nothing_but_time() {
    let world = World::new().await;
    world.fill_cart(1);
    world.others.fail("authorize_payment", Fault::Slow(Duration::from_secs(5)));
    world.place(1, "first", "tok_visa").await.expect("it is bought");
    world.check().await;
}

#[tokio::test]
async fn a_cancelled_order_is_cancelled_once() {
    let world = World::new().await;
    let order = world.confirmed("first").await;
    for _ in 0..2 {
        let cancelled = world.cancel(1, order.id).await.expect("it is confirmed");
        assert_eq!(cancelled.status, OrderStatus::Cancelled);
    }
    assert_eq!(world.cancel(2, order.id).await, Err(OrdersError::OrderNotFound { order_id: order.id }));
    world.check().await;
}
