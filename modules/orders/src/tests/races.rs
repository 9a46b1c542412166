//! Two at once.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use orders_api::{OrderStatus, Orders as _, OrdersError};
use tokio::task::LocalSet;

use super::{World, account, paid_with};

#[tokio::test]
async fn one_key_at_the_same_time_makes_one_order() {
    for _ in 0..5 {
        let world = World::new().await;
        world.fill_cart(1);
        let process = LocalSet::new();
        let (here, there) = (world.orders(), world.second_orders().await);
        let context = world.with_key(1, "first");
        let answers = join_all((0..6).map(|number| {
            let orders = if number % 2 == 0 { &here } else { &there };
            orders.place_order(&context, paid_with("tok_visa"))
        }));
        let answers = process.run_until(answers).await;
        process.await;
        let ids: BTreeSet<_> =
            answers.iter().map(|answer| answer.as_ref().expect("it is bought").id).collect();
        assert_eq!(ids.len(), 1, "{answers:?}");
        assert!(answers.iter().flatten().all(|order| order.status == OrderStatus::Confirmed));
        assert_eq!(world.order().await.order_id, *ids.first().expect("one"));
        world.check().await;
    }
}

#[tokio::test]
async fn one_key_at_the_same_time_with_two_bodies_makes_one_order() {
    let world = World::new().await;
    world.fill_cart(1);
    let process = LocalSet::new();
    let (here, there) = (world.orders(), world.second_orders().await);
    let context = world.with_key(1, "first");
    let (first, second) = process
        .run_until(async {
            tokio::join!(
                here.place_order(&context, paid_with("tok_visa")),
                there.place_order(&context, paid_with("tok_declined"))
            )
        })
        .await;
    process.await;
    let reused = Err(OrdersError::IdempotencyKeyReused);
    assert!((first == reused) != (second == reused), "{first:?} {second:?}");
    assert_eq!(world.facts().await.len(), 1);
    world.check().await;
}

#[tokio::test]
async fn two_checkouts_of_one_cart_buy_it_once() {
    for _ in 0..5 {
        let world = World::new().await;
        world.fill_cart(1);
        let process = LocalSet::new();
        let (here, there) = (world.orders(), world.second_orders().await);
        let contexts = ["first", "second"].map(|key| world.with_key(1, key));
        let (first, second) = process
            .run_until(async {
                tokio::join!(
                    here.place_order(&contexts[0], paid_with("tok_visa")),
                    there.place_order(&contexts[1], paid_with("tok_visa"))
                )
            })
            .await;
        process.await;
        let (bought, refused): (Vec<_>, Vec<_>) = [first, second].into_iter().partition(Result::is_ok);
        assert_eq!((bought.len(), refused.len()), (1, 1), "{bought:?} {refused:?}");
        assert!(
            matches!(refused[0], Err(OrdersError::CartEmpty { .. } | OrdersError::CartChanged { .. })),
            "{refused:?}"
        );
        assert!(world.cart(1).is_empty());
        world.check().await;
    }
}

#[tokio::test]
async fn as_many_customers_buy_as_there_are_units() {
    let world = World::new().await;
    let first = world.products[0];
    let customers = 15_u32;
    for number in 1..=customers {
        world.others.with(|state| state.set_item(account(number.into()), first, 1));
    }
    let process = LocalSet::new();
    let orders = world.orders();
    let contexts: Vec<_> = (1..=customers).map(|number| world.with_key(number.into(), "only")).collect();
    let answers = contexts.iter().map(|context| orders.place_order(context, paid_with("tok_visa")));
    let answers = process.run_until(join_all(answers)).await;
    process.await;
    let bought = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(bought, 10, "{answers:?}");
    let refused = |answer: &Result<_, OrdersError>| matches!(answer, Err(OrdersError::OutOfStock { .. }));
    assert_eq!(answers.iter().filter(|answer| refused(answer)).count(), 5);
    world.check().await;
}

#[tokio::test]
async fn orders_of_one_customer_at_the_same_time_have_numbers_of_their_own() {
    let world = World::new().await;
    world.fill_cart(1);
    let process = LocalSet::new();
    let (here, there) = (world.orders(), world.second_orders().await);
    let contexts: Vec<_> = (0..8).map(|number| world.with_key(1, &format!("key-{number}"))).collect();
    let answers = contexts.iter().enumerate().map(|(number, context)| {
        let orders = if number % 2 == 0 { &here } else { &there };
        orders.place_order(context, paid_with("tok_visa"))
    });
    process.run_until(join_all(answers)).await;
    process.await;
    let rows = world.rows("SELECT number FROM orders ORDER BY number").await;
    let numbers: Vec<i64> = rows.iter().map(|row| sqlx::Row::get(row, 0)).collect();
    assert_eq!(numbers, (1..=i64::try_from(numbers.len()).expect("few")).collect::<Vec<_>>());
    world.check().await;
}
