//! The same key again.

use orders_api::{OrderStatus, Orders as _, OrdersError, PlaceOrder};
use tokio::task::LocalSet;

use super::{World, money, paid_with};

#[tokio::test]
async fn the_same_key_gives_the_same_order_in_its_present_state() {
    let world = World::new().await;
    let order = world.confirmed("first").await;
    // A new cart makes no difference.
    world.fill_cart(1);
    assert_eq!(world.place(1, "first", "tok_visa").await.as_ref(), Ok(&order));
    let cancelled = world.cancel(1, order.id).await.expect("it can be cancelled");
    assert_eq!(world.place(1, "first", "tok_visa").await, Ok(cancelled));
    assert_eq!(world.facts().await.len(), 1);
    assert_eq!(world.cart(1), world.full_cart());
    world.check().await;
}

#[tokio::test]
async fn a_refusal_is_repeated_as_it_was_and_a_new_key_is_a_new_attempt() {
    let world = World::new().await;
    world.fill_cart(1);
    let refusal = world.place(1, "first", "tok_declined").await.expect_err("the provider says no");
    assert_eq!(world.place(1, "first", "tok_declined").await, Err(refusal));
    assert_eq!(world.others.count("authorize_payment"), 1);
    let order = world.place(1, "second", "tok_visa").await.expect("this token is good");
    assert_eq!(order.status, OrderStatus::Confirmed);
    world.check().await;
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let world = World::new().await;
    world.confirmed("first").await;
    world.fill_cart(1);
    let (process, orders, context) = (LocalSet::new(), world.orders(), world.with_key(1, "first"));
    for request in [
        paid_with("tok_declined"),
        PlaceOrder { expected_total: Some(World::total()), ..paid_with("tok_visa") },
        PlaceOrder { expected_total: Some(money(1)), ..paid_with("tok_visa") },
    ] {
        let answer = process.run_until(orders.place_order(&context, request)).await;
        assert_eq!(answer, Err(OrdersError::IdempotencyKeyReused));
    }
    assert_eq!(world.facts().await.len(), 1);
    world.check().await;
}

#[tokio::test]
async fn the_key_of_another_customer_is_another_key() {
    let world = World::new().await;
    let first = world.confirmed("first").await;
    world.fill_cart(2);
    let second = world.place(2, "first", "tok_visa").await.expect("it is bought");
    assert_ne!(first.id, second.id);
    world.check().await;
}

#[tokio::test]
async fn a_repetition_waits_for_a_checkout_that_is_under_way() {
    let world = World::new().await;
    world.fill_cart(1);
    let gate = world.others.hold_back("authorize_payment");
    let (process, orders, context) = (LocalSet::new(), world.orders(), world.with_key(1, "first"));
    let elsewhere = world.second_orders().await;
    let (first, second, ()) = process
        .run_until(async {
            tokio::join!(
                orders.place_order(&context, paid_with("tok_visa")),
                async {
                    world.others.reached("authorize_payment", 1).await;
                    elsewhere.place_order(&context, paid_with("tok_visa")).await
                },
                async {
                    world.others.reached("authorize_payment", 1).await;
                    gate.notify_one();
                }
            )
        })
        .await;
    process.await;
    assert_eq!(first.as_ref().map(|order| order.status), Ok(OrderStatus::Confirmed));
    assert_eq!(first, second);
    world.check().await;
}

#[tokio::test]
async fn a_repetition_that_cannot_wait_is_answered_pending() {
    let world = World::new().await;
    world.fill_cart(1);
    world.others.fail("authorize_payment", super::Fault::HangsBefore);
    let impatient = world.impatient();
    let context = impatient.with_key(1, "first");
    impatient
        .crash_at(("authorize_payment", 1), async |orders| {
            orders.place_order(&context, paid_with("tok_visa")).await
        })
        .await;
    let again = impatient.orders().place_order(&context, paid_with("tok_visa")).await;
    assert_eq!(again.map(|order| order.status), Ok(OrderStatus::Pending));
    impatient.recover().await;
    impatient.check().await;
}
