//! What `Orders` promises.

use std::rc::Rc;

use cart_api::SetItem;
use catalog_api::ProductId;
use cleave_core::ContractError as _;
use orders_api::{ListOrders, Order, OrderId, OrderLine, OrderStatus, Orders, OrdersError, PlaceOrder};

use super::bench::keyed;
use super::goods::{PRICE, euros};
use super::twice::Twice;
use super::{Bench, Suited, over_every_way};

over_every_way! {
    in_one_world:
    a_cart_is_bought_as_it_is_at_the_prices_of_the_moment,
    a_key_is_one_order_in_its_present_state,
    an_order_that_could_never_be_placed_is_refused_and_not_listed,
    a_refused_order_is_listed_and_leaves_no_other_trace,
    a_cancelled_order_gives_everything_back_once,
    an_order_is_shown_to_its_customer_only,
    orders_are_listed_newest_first_page_by_page,
    a_parameter_out_of_its_bounds_is_refused_by_name,
    a_call_after_its_deadline_is_not_begun,
}

impl Suited for dyn Orders {
    fn reached(bench: &Bench) -> Rc<Self> {
        bench.orders()
    }

    fn sent_twice(once: Rc<Self>) -> Rc<Self> {
        Rc::new(Twice(once))
    }
}

async fn a_cart_is_bought_as_it_is_at_the_prices_of_the_moment(orders: Rc<dyn Orders>, bench: &Bench) {
    let (first, second) = (bench.stocked(5).await, bench.stocked(5).await);
    bench.pick(second.id, 2).await;
    bench.pick(first.id, 1).await;
    let request = PlaceOrder { expected_total: Some(euros(3 * PRICE)), ..paid_with("tok_visa") };
    let order = orders.place_order(&keyed(&bench.user(), "key"), request).await.expect("it is bought");
    let line = |product_id, quantity| OrderLine {
        product_id,
        name: first.name.clone(),
        quantity,
        unit_price: euros(PRICE),
        line_total: euros(quantity * PRICE),
    };
    let Order { id, created_at, updated_at, .. } = order;
    let bought = Order {
        id,
        status: OrderStatus::Confirmed,
        lines: vec![line(second.id, 2), line(first.id, 1)],
        total: euros(3 * PRICE),
        reason: None,
        created_at,
        updated_at,
    };
    assert_eq!(order, bought);
    assert!(created_at <= updated_at);
    assert_eq!(orders.get_order(&bench.user(), id).await, Ok(bought.clone()));
    assert_eq!(bench.listed(&orders).await, [bought]);
    assert_eq!(bench.picked().await, []);
    assert_eq!((bench.left(second.id).await, bench.left(first.id).await), (3, 4));
}

async fn a_key_is_one_order_in_its_present_state(orders: Rc<dyn Orders>, bench: &Bench) {
    let product_id = bench.stocked(5).await.id;
    let order = bench.bought(&orders, product_id).await;
    bench.pick(product_id, 1).await;
    let key = keyed(&bench.user(), "bought");
    assert_eq!(orders.place_order(&key, paid_with("tok_visa")).await, Ok(order.clone()));
    for other in
        [paid_with("tok_slow"), PlaceOrder { expected_total: Some(euros(PRICE)), ..paid_with("tok_visa") }]
    {
        assert_eq!(orders.place_order(&key, other).await, Err(OrdersError::IdempotencyKeyReused));
    }
    let cancelled = orders.cancel_order(&bench.user(), order.id).await.expect("it is not too late");
    assert_eq!(orders.place_order(&key, paid_with("tok_visa")).await, Ok(cancelled));
    assert_eq!(bench.picked().await, [(product_id, 1)], "the cart of today is another one");
    assert_eq!(bench.listed(&orders).await.len(), 1);
}

async fn an_order_that_could_never_be_placed_is_refused_and_not_listed(
    orders: Rc<dyn Orders>,
    bench: &Bench,
) {
    let key = keyed(&bench.user(), "key");
    let empty = orders.place_order(&key, paid_with("tok_visa")).await;
    assert_eq!(empty, Err(OrdersError::CartEmpty { order_id: None }));
    let product_id = bench.stocked(5).await.id;
    bench.pick(product_id, 1).await;
    let keyless = orders.place_order(&bench.user(), paid_with("tok_visa")).await;
    assert_eq!(keyless, Err(OrdersError::IdempotencyKeyRequired));
    for token in ["", "two words", &"x".repeat(201)] {
        let refused = orders.place_order(&key, paid_with(token)).await;
        let is_named =
            matches!(&refused, Err(OrdersError::InvalidOrder { field, .. }) if field == "payment_token");
        assert!(is_named, "{token:?}: {refused:?}");
    }
    assert_eq!(bench.listed(&orders).await, []);
    assert_eq!(bench.picked().await, [(product_id, 1)]);
    orders.place_order(&key, paid_with("tok_visa")).await.expect("the key is still new");
}

async fn a_refused_order_is_listed_and_leaves_no_other_trace(orders: Rc<dyn Orders>, bench: &Bench) {
    let (plenty, few) = (bench.stocked(5).await.id, bench.stocked(1).await.id);
    bench.pick(plenty, 2).await;
    let too_little = PlaceOrder { expected_total: Some(euros(1)), ..paid_with("tok_visa") };
    let mut refused = Vec::new();
    for request in
        [paid_with("tok_declined"), paid_with("tok_insufficient_funds"), paid_with("tok_gold"), too_little]
    {
        refused.push(bench.refused(&orders, request).await);
        assert_eq!(bench.picked().await, [(plenty, 2)]);
    }
    bench.pick(few, 2).await;
    refused.push(bench.refused(&orders, paid_with("tok_visa")).await);
    assert_eq!(bench.picked().await, [(plenty, 2), (few, 2)]);
    assert_eq!((bench.left(plenty).await, bench.left(few).await), (5, 1));

    let listed = bench.listed(&orders).await;
    let ids = listed.iter().rev().map(|order| order.id).collect::<Vec<_>>();
    let [declined, poor, unknown, expected, lacking] = ids[..] else { panic!("{listed:?}") };
    let reason = |text: &str| text.to_owned();
    assert_eq!(
        refused,
        [
            OrdersError::PaymentDeclined { order_id: declined, reason: reason("card_declined") },
            OrdersError::PaymentDeclined { order_id: poor, reason: reason("insufficient_funds") },
            OrdersError::UnknownPaymentToken { order_id: unknown },
            OrdersError::PriceChanged { order_id: expected, total: euros(2 * PRICE) },
            OrdersError::OutOfStock { order_id: lacking, product_ids: vec![few] },
        ]
    );
    for (order, refusal) in listed.iter().rev().zip(&refused) {
        assert_eq!((order.status, order.reason.as_deref()), (OrderStatus::Refused, Some(refusal.code())));
        let cancelled = orders.cancel_order(&bench.user(), order.id).await;
        assert!(
            matches!(cancelled, Err(OrdersError::OrderNotCancellable { order_id, .. }) if order_id == order.id),
            "{cancelled:?}"
        );
    }
}

async fn a_cancelled_order_gives_everything_back_once(orders: Rc<dyn Orders>, bench: &Bench) {
    let product_id = bench.stocked(5).await.id;
    let order = bench.bought(&orders, product_id).await;
    assert_eq!(bench.left(product_id).await, 4);
    let cancelled = orders.cancel_order(&bench.user(), order.id).await.expect("it is not too late");
    let updated_at = cancelled.updated_at;
    assert_eq!(cancelled, Order { status: OrderStatus::Cancelled, updated_at, ..order.clone() });
    assert!(order.updated_at <= updated_at);
    assert_eq!(bench.left(product_id).await, 5);
    assert_eq!(orders.cancel_order(&bench.user(), order.id).await, Ok(cancelled.clone()));
    assert_eq!(bench.left(product_id).await, 5);
    assert_eq!(orders.get_order(&bench.user(), order.id).await, Ok(cancelled));
}

async fn an_order_is_shown_to_its_customer_only(orders: Rc<dyn Orders>, bench: &Bench) {
    let order = bench.bought(&orders, bench.stocked(5).await.id).await;
    let order_id = order.id;
    let unknown = OrderId::from(bench.new_id());
    for (context, order_id, refusal) in [
        (bench.stranger(), order_id, OrdersError::OrderNotFound { order_id }),
        (bench.admin(), order_id, OrdersError::OrderNotFound { order_id }),
        (bench.user(), unknown, OrdersError::OrderNotFound { order_id: unknown }),
        (bench.anybody(), order_id, OrdersError::Unauthenticated),
        (bench.system(), order_id, OrdersError::Forbidden),
    ] {
        assert_eq!(orders.get_order(&context, order_id).await, Err(refusal.clone()));
        assert_eq!(orders.cancel_order(&context, order_id).await, Err(refusal));
    }
    for (context, refusal) in
        [(bench.anybody(), OrdersError::Unauthenticated), (bench.system(), OrdersError::Forbidden)]
    {
        let placed = orders.place_order(&keyed(&context, "key"), paid_with("tok_visa")).await;
        assert_eq!(placed, Err(refusal.clone()));
        assert_eq!(orders.list_orders(&context, ListOrders::default()).await, Err(refusal));
    }
    let nothing = orders.list_orders(&bench.stranger(), ListOrders::default()).await.expect("a page");
    assert_eq!(nothing.items, []);
    assert_eq!(orders.get_order(&bench.user(), order_id).await, Ok(order));
}

async fn orders_are_listed_newest_first_page_by_page(orders: Rc<dyn Orders>, bench: &Bench) {
    bench.pick(bench.stocked(5).await.id, 1).await;
    for _ in 0..5 {
        let too_little = PlaceOrder { expected_total: Some(euros(1)), ..paid_with("tok_visa") };
        bench.refused(&orders, too_little).await;
    }
    let all = bench.listed(&orders).await;
    assert_eq!(all.len(), 5);
    assert!(all.is_sorted_by(|newer, older| newer.created_at >= older.created_at), "{all:?}");
    for limit in [1, 2, 5, 100] {
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let request = ListOrders { limit: Some(limit), cursor };
            let page = orders.list_orders(&bench.user(), request).await.expect("a page");
            assert!(page.items.len() <= limit as usize);
            seen.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, all, "in pages of {limit}");
    }
}

async fn a_parameter_out_of_its_bounds_is_refused_by_name(orders: Rc<dyn Orders>, bench: &Bench) {
    let limit = |limit| ListOrders { limit: Some(limit), cursor: None };
    let cursor = |cursor: &str| ListOrders { limit: None, cursor: Some(cursor.to_owned()) };
    for (named, wrong) in
        [("limit", limit(0)), ("limit", limit(101)), ("cursor", cursor("nonsense")), ("cursor", cursor(""))]
    {
        match orders.list_orders(&bench.user(), wrong.clone()).await {
            Err(OrdersError::InvalidParameter { parameter, .. }) => assert_eq!(parameter, named, "{wrong:?}"),
            other => panic!("{wrong:?}: {other:?}"),
        }
    }
}

async fn a_call_after_its_deadline_is_not_begun(orders: Rc<dyn Orders>, bench: &Bench) {
    let overdue = keyed(&bench.overdue(), "key");
    let placed = orders.place_order(&overdue, paid_with("tok_visa")).await;
    assert_eq!(placed, Err(OrdersError::Timeout));
    assert_eq!(orders.list_orders(&overdue, ListOrders::default()).await, Err(OrdersError::Timeout));
}

impl Bench {
    /// Puts something into the user's cart.
    async fn pick(&self, product_id: ProductId, quantity: i64) {
        self.cart().set_item(&self.user(), SetItem { product_id, quantity }).await.expect("it is sold");
    }

    /// What is in the user's cart.
    async fn picked(&self) -> Vec<(ProductId, i64)> {
        let cart = self.cart().get_cart(&self.user()).await.expect("it is there");
        cart.items.iter().map(|item| (item.product_id, item.quantity)).collect()
    }

    async fn left(&self, product_id: ProductId) -> i64 {
        self.inventory().get_stock(&self.anybody(), product_id).await.expect("the level is open").available
    }

    /// An order of one unit, under the key `bought`.
    async fn bought(&self, orders: &Rc<dyn Orders>, product_id: ProductId) -> Order {
        self.pick(product_id, 1).await;
        let context = keyed(&self.user(), "bought");
        orders.place_order(&context, paid_with("tok_visa")).await.expect("it is bought")
    }

    /// Why an order is refused, under a key of its own.
    async fn refused(&self, orders: &Rc<dyn Orders>, request: PlaceOrder) -> OrdersError {
        let context = keyed(&self.user(), &self.new_id().to_string());
        orders.place_order(&context, request).await.expect_err("it is refused")
    }

    async fn listed(&self, orders: &Rc<dyn Orders>) -> Vec<Order> {
        orders.list_orders(&self.user(), ListOrders::default()).await.expect("a page").items
    }
}

fn paid_with(payment_token: &str) -> PlaceOrder {
    PlaceOrder { payment_token: payment_token.to_owned(), expected_total: None }
}
