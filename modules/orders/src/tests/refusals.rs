//! Checkouts that end in a refusal: the cart is as it was, and nothing else has changed.

use std::time::Duration;

use catalog_api::ProductId;
use cleave_core::{Caller, ContractError as _, ErrorKind};
use orders_api::{Order, OrderStatus, Orders as _, OrdersError, PlaceOrder};
use tokio::task::LocalSet;

use super::{Fault, World, account, money, paid_with};

/// The refusal of the first customer's cart, the order that it has left, and what it looks like.
async fn refused(world: &World, token: &str) -> (OrdersError, Order) {
    world.fill_cart(1);
    let refusal = world.place(1, "first", token).await.expect_err("it is refused");
    let page = world
        .orders()
        .list_orders(&world.customer(1), orders_api::ListOrders::default())
        .await
        .expect("a page");
    let [order] = &page.items[..] else { panic!("a refused order is listed: {page:?}") };
    assert_eq!((order.status, order.reason.as_deref()), (OrderStatus::Refused, Some(refusal.code())));
    assert_eq!(refusal.members(), [("order_id", order.id.to_string())]);
    world.check().await;
    (refusal, order.clone())
}

#[tokio::test]
async fn too_little_stock_is_refused_and_names_the_products() {
    let world = World::new().await;
    let first = world.products[0];
    world.others.with(|state| {
        let level = state.stock.get_mut(&first).expect("it is there");
        (level.received, level.available) = (1, 1);
    });
    let (refusal, order) = refused(&world, "tok_visa").await;
    assert_eq!(refusal, OrdersError::OutOfStock { order_id: order.id, product_ids: vec![first] });
    assert_eq!(refusal.kind(), ErrorKind::Conflict);
    assert_eq!(world.cart(1), world.full_cart());
    assert_eq!(world.others.count("authorize_payment"), 0);
}

#[tokio::test]
async fn a_product_without_a_level_is_out_of_stock() {
    let world = World::new().await;
    let second = world.products[1];
    world.others.with(|state| state.stock.remove(&second));
    let (refusal, order) = refused(&world, "tok_visa").await;
    assert_eq!(refusal, OrdersError::OutOfStock { order_id: order.id, product_ids: vec![second] });
    assert_eq!(world.cart(1), world.full_cart());
}

#[tokio::test]
async fn a_declined_payment_is_refused_and_the_cart_is_full_again_with_the_answer() {
    let world = World::new().await;
    world.fill_cart(1);
    let (process, orders, context) = (LocalSet::new(), world.orders(), world.with_key(1, "first"));
    let answer = process.run_until(orders.place_order(&context, paid_with("tok_declined"))).await;
    assert_eq!(world.cart(1), world.full_cart());
    let refusal = answer.expect_err("the provider says no");
    assert!(
        matches!(&refusal, OrdersError::PaymentDeclined { reason, .. } if reason == "card_declined"),
        "{refusal:?}"
    );
    assert_eq!(refusal.kind(), ErrorKind::Declined);
    process.await;
    assert_eq!(world.others.count("void_payment"), 0, "what was declined need not be voided");
    world.check().await;
}

#[tokio::test]
async fn an_unknown_token_is_refused() {
    let world = World::new().await;
    let (refusal, order) = refused(&world, "tok_unknown").await;
    assert_eq!(refusal, OrdersError::UnknownPaymentToken { order_id: order.id });
    assert_eq!(refusal.kind(), ErrorKind::Invalid);
    assert_eq!(world.cart(1), world.full_cart());
}

#[tokio::test]
async fn another_total_than_expected_is_refused_at_once_and_tells_the_new_one() {
    let world = World::new().await;
    world.fill_cart(1);
    let (process, orders, context) = (LocalSet::new(), world.orders(), world.with_key(1, "first"));
    let request = PlaceOrder { expected_total: Some(money(1)), ..paid_with("tok_visa") };
    for _ in 0..2 {
        let answer = process.run_until(orders.place_order(&context, request.clone())).await;
        let refusal = answer.expect_err("it costs more");
        let OrdersError::PriceChanged { order_id, total } = refusal else { panic!("{refusal:?}") };
        assert_eq!((order_id, total), (world.order().await.order_id, World::total()));
    }
    process.await;
    assert_eq!(world.cart(1), world.full_cart());
    assert_eq!(world.others.count("take_cart"), 0);
    world.check().await;
}

#[tokio::test]
async fn a_cart_that_changes_before_it_is_taken_is_refused() {
    let world = World::new().await;
    world.fill_cart(1);
    let gate = world.others.hold_back("take_cart");
    let (process, orders, context) = (LocalSet::new(), world.orders(), world.with_key(1, "first"));
    let (answer, ()) = process
        .run_until(async {
            tokio::join!(orders.place_order(&context, paid_with("tok_visa")), async {
                world.others.reached("take_cart", 1).await;
                world.others.with(|state| state.set_item(account(1), world.products[1], 9));
                gate.notify_one();
            })
        })
        .await;
    process.await;
    let order_id = world.order().await.order_id;
    assert_eq!(answer, Err(OrdersError::CartChanged { order_id }));
    assert_eq!(world.cart(1)[1].quantity, 9);
    assert_eq!(world.others.count("put_back_cart"), 0, "what was not taken is not put back");
    world.check().await;
}

#[tokio::test]
async fn an_empty_cart_and_one_with_too_many_products_make_no_order() {
    let world = World::new().await;
    let empty = Err(OrdersError::CartEmpty { order_id: None });
    assert_eq!(world.place(1, "first", "tok_visa").await, empty);
    world.others.with(|state| {
        for number in 0..101_u128 {
            let product_id: ProductId = format!("{number:032x}").parse().expect("32 digits are a UUID");
            state.set_item(account(1), product_id, 1);
        }
    });
    assert_eq!(world.place(1, "first", "tok_visa").await, Err(OrdersError::CartTooLarge));
    assert!(world.facts().await.is_empty());
    world.check().await;
}

#[tokio::test]
async fn without_the_cart_or_the_catalogue_there_is_no_order_and_nothing_has_happened() {
    for (operation, what) in [("read_cart", "cart"), ("get_products", "catalog")] {
        for fault in [Fault::Away, Fault::AnswerLost] {
            let world = World::new().await;
            world.fill_cart(1);
            world.others.fail(operation, fault);
            let away = OrdersError::Unavailable { what: what.to_owned() };
            assert_eq!(world.place(1, "first", "tok_visa").await, Err(away));
            assert!(world.facts().await.is_empty());
            assert_eq!(world.cart(1), world.full_cart());
            let later = world.place(1, "first", "tok_visa").await.expect("the key is still new");
            assert_eq!(later.status, OrderStatus::Confirmed);
            world.check().await;
        }
    }
}

#[tokio::test]
async fn a_catalogue_that_never_answers_is_away_when_the_time_of_the_request_is_over() {
    let world = World::new().await;
    world.fill_cart(1);
    world.others.fail("get_products", Fault::HangsBefore);
    let (process, orders, mut context) = (LocalSet::new(), world.orders(), world.with_key(1, "first"));
    context.deadline = cleave_core::Clock::instant(&*world.clock) + Duration::from_millis(20);
    let answer = process.run_until(orders.place_order(&context, paid_with("tok_visa"))).await;
    assert_eq!(answer, Err(OrdersError::Unavailable { what: "catalog".to_owned() }));
    assert!(world.facts().await.is_empty());
}

#[tokio::test]
async fn what_could_never_be_placed_is_refused_before_anybody_is_asked() {
    let world = World::new().await;
    let orders = world.orders();
    let place = async |context, token: &str| orders.place_order(&context, paid_with(token)).await;
    assert_eq!(place(world.context(Caller::Anonymous), "tok_visa").await, Err(OrdersError::Unauthenticated));
    assert_eq!(place(world.system(), "tok_visa").await, Err(OrdersError::Forbidden));
    assert_eq!(place(world.customer(1), "tok_visa").await, Err(OrdersError::IdempotencyKeyRequired));
    for token in ["", "two words", "t\u{f6}k", &"x".repeat(201)] {
        let refusal = place(world.with_key(1, "first"), token).await.expect_err(token);
        assert!(matches!(&refusal, OrdersError::InvalidOrder { field, .. } if field == "payment_token"));
    }
    assert!(world.others.with(|state| state.calls.is_empty()));
    assert!(world.facts().await.is_empty());
}
