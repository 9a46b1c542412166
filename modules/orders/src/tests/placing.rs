//! Checkouts that go well.

use orders_api::{Order, OrderEvent, OrderLine, OrderStatus, Orders as _, PlaceOrder};
use sqlx::Row as _;
use tokio::task::LocalSet;

use super::world::PRICES;
use super::{World, money, paid_with};

#[tokio::test]
async fn a_checkout_buys_the_cart_at_the_prices_of_the_catalogue() {
    let world = World::new().await;
    world.fill_cart(1);
    let order = world.place(1, "first", "tok_visa").await.expect("it is bought");
    let [first, second] = world.products;
    let line = |product_id, name: &str, quantity, price| OrderLine {
        product_id,
        name: name.to_owned(),
        quantity,
        unit_price: money(price),
        line_total: money(price * quantity),
    };
    let lines = vec![line(first, "Product 0", 2, PRICES[0]), line(second, "Product 1", 1, PRICES[1])];
    let Order { id, created_at, updated_at, .. } = order;
    let (status, reason, total) = (OrderStatus::Confirmed, None, World::total());
    assert_eq!(order, Order { id, status, lines, total, reason, created_at, updated_at });
    assert!(world.cart(1).is_empty());
    let sold = world.others.with(|state| world.products.map(|product| state.stock[&product].sold));
    assert_eq!(sold, [2, 1]);
    world.check().await;
}

#[tokio::test]
async fn a_confirmed_checkout_asks_each_module_once_and_writes_its_row_three_times() {
    let world = World::new().await;
    world.note_writes().await;
    world.confirmed("first").await;
    let writes = world.rows("SELECT phase FROM writes ORDER BY place").await;
    let writes: Vec<String> = writes.iter().map(|row| row.get(0)).collect();
    assert_eq!(writes, ["placing", "settling", "settled"]);
    let calls = world.others.with(|state| state.calls.clone());
    let operations: Vec<_> = calls.iter().map(|(operation, _)| *operation).collect();
    let steps = ["take_cart", "reserve_stock", "authorize_payment", "capture_payment", "commit_reservation"];
    assert_eq!(operations[..2], ["read_cart", "get_products"]);
    assert_eq!(operations[2..], steps);
    assert!(calls.iter().all(|(_, request_id)| *request_id == calls[0].1), "all for one request: {calls:?}");
}

#[tokio::test]
async fn the_answer_comes_with_the_confirmation_and_the_rest_follows() {
    let world = World::new().await;
    world.fill_cart(1);
    let gate = world.others.hold_back("capture_payment");
    let (process, orders, context) = (LocalSet::new(), world.orders(), world.with_key(1, "first"));
    let order = process.run_until(orders.place_order(&context, paid_with("tok_visa"))).await;
    assert_eq!(order.expect("it is bought").status, OrderStatus::Confirmed);
    assert_eq!(world.left().await, 1);
    gate.notify_one();
    process.await;
    world.check().await;
}

#[tokio::test]
async fn an_answer_that_would_be_late_says_pending_and_the_checkout_goes_on() {
    let world = World::new().await.impatient();
    world.fill_cart(1);
    let gate = world.others.hold_back("authorize_payment");
    let (process, orders, context) = (LocalSet::new(), world.orders(), world.with_key(1, "first"));
    // Where not even the order was written down in time, the same key asks again.
    let pending = process
        .run_until(async {
            loop {
                match orders.place_order(&context, paid_with("tok_visa")).await {
                    Err(orders_api::OrdersError::Timeout) => tokio::task::yield_now().await,
                    answer => return answer.expect("it is on its way"),
                }
            }
        })
        .await;
    assert_eq!(pending.status, OrderStatus::Pending);
    gate.notify_one();
    process.await;
    let present = world.orders().get_order(&world.customer(1), pending.id).await.expect("it is there");
    assert_eq!(present.status, OrderStatus::Confirmed);
    world.check().await;
}

#[tokio::test]
async fn a_total_that_is_expected_rightly_is_no_hindrance() {
    let world = World::new().await;
    world.fill_cart(1);
    let (process, orders, context) = (LocalSet::new(), world.orders(), world.with_key(1, "first"));
    let request = PlaceOrder { expected_total: Some(World::total()), ..paid_with("tok_visa") };
    let order = process.run_until(orders.place_order(&context, request)).await.expect("it is bought");
    process.await;
    assert_eq!(order.total, World::total());
    world.check().await;
}

#[tokio::test]
async fn what_the_customer_picks_during_the_checkout_stays_in_the_cart() {
    let world = World::new().await;
    world.fill_cart(1);
    let gate = world.others.hold_back("reserve_stock");
    let (process, orders, context) = (LocalSet::new(), world.orders(), world.with_key(1, "first"));
    let (answer, ()) = process
        .run_until(async {
            tokio::join!(orders.place_order(&context, paid_with("tok_visa")), async {
                world.others.reached("reserve_stock", 1).await;
                world.others.with(|state| state.set_item(super::account(1), world.products[1], 5));
                gate.notify_one();
            })
        })
        .await;
    process.await;
    assert_eq!(answer.expect("it is bought").total, World::total());
    assert_eq!(world.cart(1).len(), 1);
    world.check().await;
}

#[tokio::test]
async fn a_confirmation_is_told_with_all_that_a_reader_needs() {
    let world = World::new().await;
    let order = world.confirmed("first").await;
    let events = world.events().await;
    let [OrderEvent::OrderConfirmed(told)] = &events[..] else { panic!("one event: {events:?}") };
    assert_eq!((told.order_id, told.account_id), (order.id, super::account(1)));
    assert_eq!((told.total, told.lines.len()), (order.total, 2));
    assert_eq!((told.lines[0].name.as_str(), told.lines[0].quantity), ("Product 0", 2));
    assert_eq!(told.lines[0].line_total, money(2 * PRICES[0]));
    let row = &world.rows("SELECT actor, request_id FROM outbox").await[0];
    assert_eq!(row.get::<String, _>(0), "system");
    let asked = world.others.with(|state| state.calls[0].1.clone());
    assert_eq!(row.get::<String, _>(1), asked);
}
