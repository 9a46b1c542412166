//! Every error of every contract through the wire: the caller gets the very variant that the module gave.
//!
//! A contract has an example of each of its errors here, a server half that answers with it, and two ways to ask for it:
//! one operation that reads and one that writes, where there are both.

mod log;
mod registry;
mod wire;

use std::rc::Rc;

use accounts_api::rest::RemoteAccounts;
use accounts_api::{Accounts as _, AccountsError, Credentials, MockAccounts};
use actix_web::web::ServiceConfig;
use cart_api::rest::RemoteCart;
use cart_api::{Cart as _, CartError, MockCart, PutBackCart, TakingId};
use catalog_api::rest::RemoteCatalog;
use catalog_api::{Catalog as _, CatalogError, ListProducts, MockCatalog, ProductId};
use cleave_core::{AccountId, Context, ContractError, Money};
use cleave_discovery::rest::RemoteRegistry;
use cleave_discovery::{Instance, Registration, Registry as _, RegistryError, Watch};
use cleave_events::rest::RemoteEventLog;
use cleave_events::{Append, EventLog as _, EventLogError, FollowEvents};
use cleave_rest::Peer;
use cleave_rest::server::Exposure;
use inventory_api::rest::RemoteInventory;
use inventory_api::{Inventory as _, InventoryError, MockInventory, ReservationId};
use notifications_api::rest::RemoteNotifications;
use notifications_api::{ListNotifications, MockNotifications, Notifications as _, NotificationsError};
use orders_api::rest::RemoteOrders;
use orders_api::{MockOrders, OrderId, Orders as _, OrdersError, PlaceOrder};
use payments_api::rest::RemotePayments;
use payments_api::{DeclineReason, MockPayments, PaymentId, Payments as _, PaymentsError};
use uuid::Uuid;

use self::log::RefusingLog;
use self::registry::RefusingRegistry;
use self::wire::Wire;

/// An example of each of these variants. A variant that is missing here does not compile.
macro_rules! one_of_each {
    ($error:ident { $($variant:ident $({ $($field:ident: $value:expr),+ })?),+ $(,)? }) => {{
        let _complete = |error: $error| match error { $($error::$variant { .. } => {})+ };
        vec![$($error::$variant $({ $($field: $value),+ })?),+]
    }};
}

/// A contract that answers these calls with this error, and knows no other call.
macro_rules! refusing {
    ($mock:ident, $error:expr, $($expect:ident($($argument:pat),+)),+) => {{
        let mut mock = $mock::new();
        $(
            let error = $error.clone();
            mock.$expect().returning(move |$($argument),+| Err(error.clone()));
        )+
        Rc::new(mock)
    }};
}

/// Has each error given by the server half that `mount` mounts. A person sees it at `path`, and each of the calls in
/// `ask` gets it back.
fn survive<E: ContractError + Clone + PartialEq>(
    errors: Vec<E>,
    path: &str,
    mount: impl Fn(&mut ServiceConfig, &E) + Copy + 'static,
    ask: &impl AsyncFn(Peer, &Context) -> Vec<Option<E>>,
) {
    let wire = Wire::new();
    for error in errors {
        let given = error.clone();
        wire.carry(
            move |config| mount(config, &given),
            async |wire, peer| {
                wire.shows(&peer, path, &error).await;
                let heard = ask(peer, &wire.context()).await;
                assert!(!heard.is_empty() && heard.iter().all(|it| it.as_ref() == Some(&error)), "{heard:?}");
            },
        );
    }
}

fn id<T: From<Uuid>>() -> T {
    Uuid::from_u128(1).into()
}

#[test]
fn every_error_of_the_inventory_survives_the_wire() {
    let (product_id, reservation_id) = (id::<ProductId>(), id::<ReservationId>());
    let errors = one_of_each!(InventoryError {
        StockNotFound { product_id: product_id },
        InvalidQuantity { quantity: i64::MIN },
        InvalidReservation { reason: "0 lines".to_owned() },
        OutOfStock { product_ids: vec![product_id, Uuid::from_u128(3).into()] },
        ReservationNotFound { reservation_id: reservation_id },
        ReservationReleased { reservation_id: reservation_id },
        ReservationCommitted { reservation_id: reservation_id },
        ReservationNotCommitted { reservation_id: reservation_id },
        IdempotencyKeyRequired,
        IdempotencyKeyReused,
        Unauthenticated,
        Forbidden,
        Timeout,
        Unavailable { what: "the warehouse".to_owned() },
        Internal,
    });
    let mount = |config: &mut ServiceConfig, error: &InventoryError| {
        let inventory =
            refusing!(MockInventory, error, expect_get_stock(_, _), expect_commit_reservation(_, _));
        inventory_api::rest::mount(config, inventory, Exposure::Internal);
    };
    survive(errors, &format!("/api/v1/stock/{product_id}"), mount, &async |peer, context| {
        let remote = RemoteInventory(peer);
        vec![
            remote.get_stock(context, product_id).await.err(),
            remote.commit_reservation(context, reservation_id).await.err(),
        ]
    });
}

#[test]
fn every_error_of_the_catalogue_survives_the_wire() {
    let product_id = id::<ProductId>();
    let errors = one_of_each!(CatalogError {
        ProductNotFound { product_id: product_id },
        InvalidProduct { field: "name".to_owned(), reason: "it is \"long\"\n".to_owned() },
        InvalidParameter { parameter: "limit".to_owned(), reason: "1 to 100".to_owned() },
        SkuTaken { sku: "LÄMP-1".to_owned() },
        IdempotencyKeyReused,
        Unauthenticated,
        Forbidden,
        Timeout,
        Unavailable { what: "inventory".to_owned() },
        Internal,
    });
    let mount = |config: &mut ServiceConfig, error: &CatalogError| {
        let catalog = refusing!(MockCatalog, error, expect_get_product(_, _), expect_list_products(_, _));
        catalog_api::rest::mount(config, catalog, Exposure::Internal);
    };
    survive(errors, &format!("/api/v1/products/{product_id}"), mount, &async |peer, context| {
        let remote = RemoteCatalog(peer);
        vec![
            remote.get_product(context, product_id).await.err(),
            remote.list_products(context, ListProducts::default()).await.err(),
        ]
    });
}

#[test]
fn every_error_of_the_accounts_survives_the_wire() {
    let errors = one_of_each!(AccountsError {
        EmailTaken,
        InvalidAccount { field: "name".to_owned(), reason: "it has \"two\"\nlines".to_owned() },
        WeakPassword { reason: "it is too short".to_owned() },
        InvalidCredentials,
        AccountNotFound,
        IdempotencyKeyReused,
        Overloaded,
        Unauthenticated,
        Forbidden,
        Timeout,
        Unavailable { what: "accounts".to_owned() },
        Internal,
    });
    let mount = |config: &mut ServiceConfig, error: &AccountsError| {
        let accounts = refusing!(MockAccounts, error, expect_get_own_account(_), expect_create_session(_, _));
        accounts_api::rest::mount(config, accounts, Exposure::Internal);
    };
    survive(errors, "/api/v1/accounts/me", mount, &async |peer, context| {
        let remote = RemoteAccounts(peer);
        let credentials = Credentials { email: String::new(), password: String::new() };
        vec![
            remote.get_own_account(context).await.err(),
            remote.create_session(context, credentials).await.err(),
        ]
    });
}

#[test]
fn every_error_of_the_cart_survives_the_wire() {
    let taking_id = id::<TakingId>();
    let errors = one_of_each!(CartError {
        ProductNotFound { product_id: id() },
        InvalidQuantity { quantity: i64::MAX },
        TooManyLines,
        CartEmpty,
        CartChanged,
        TakingNotFound { taking_id: taking_id },
        TakingPutBack { taking_id: taking_id },
        Unauthenticated,
        Forbidden,
        Timeout,
        Unavailable { what: "catalog".to_owned() },
        Internal,
    });
    let mount = |config: &mut ServiceConfig, error: &CartError| {
        let cart = refusing!(MockCart, error, expect_get_cart(_), expect_put_back_cart(_, _));
        cart_api::rest::mount(config, cart, Exposure::Internal);
    };
    survive(errors, "/api/v1/cart", mount, &async |peer, context| {
        let remote = RemoteCart(peer);
        let put_back = PutBackCart { taking_id, account_id: id::<AccountId>() };
        vec![remote.get_cart(context).await.err(), remote.put_back_cart(context, put_back).await.err()]
    });
}

#[test]
fn every_error_of_the_orders_survives_the_wire() {
    let order_id = id::<OrderId>();
    let total = Money { amount: 4_950, currency: "EUR".parse().expect("a currency") };
    let mut errors = one_of_each!(OrdersError {
        OrderNotFound { order_id: order_id },
        PaymentDeclined { order_id: order_id, reason: "card_declined".to_owned() },
        UnknownPaymentToken { order_id: order_id },
        OutOfStock { order_id: order_id, product_ids: vec![id(), Uuid::from_u128(3).into()] },
        PriceChanged { order_id: order_id, total: total },
        CartChanged { order_id: order_id },
        CartEmpty { order_id: Some(order_id) },
        CartTooLarge,
        CheckoutExpired { order_id: order_id },
        OrderNotCancellable { order_id: order_id, reason: "it was refused".to_owned() },
        InvalidOrder { field: "payment_token".to_owned(), reason: "write \"one\"".to_owned() },
        InvalidParameter { parameter: "cursor".to_owned(), reason: "it is none".to_owned() },
        IdempotencyKeyRequired,
        IdempotencyKeyReused,
        Unauthenticated,
        Forbidden,
        Timeout,
        Unavailable { what: "cart".to_owned() },
        Internal,
    });
    errors.push(OrdersError::CartEmpty { order_id: None });
    let mount = |config: &mut ServiceConfig, error: &OrdersError| {
        let orders = refusing!(MockOrders, error, expect_get_order(_, _), expect_place_order(_, _));
        orders_api::rest::mount(config, orders, Exposure::Internal);
    };
    survive(errors, &format!("/api/v1/orders/{order_id}"), mount, &async |peer, context| {
        let remote = RemoteOrders(peer);
        let request = PlaceOrder { payment_token: "tok_visa".to_owned(), expected_total: None };
        vec![
            remote.get_order(context, order_id).await.err(),
            remote.place_order(context, request).await.err(),
        ]
    });
}

#[test]
fn every_error_of_the_payments_survives_the_wire() {
    let payment_id = id::<PaymentId>();
    let mut errors = one_of_each!(PaymentsError {
        PaymentDeclined { payment_id: payment_id, reason: DeclineReason::CardDeclined },
        UnknownPaymentToken,
        InvalidAmount { amount: i64::MIN },
        PaymentMismatch { payment_id: payment_id },
        PaymentNotFound { payment_id: payment_id },
        PaymentVoided { payment_id: payment_id },
        PaymentCaptured { payment_id: payment_id },
        PaymentNotCaptured { payment_id: payment_id },
        Unauthenticated,
        Forbidden,
        Timeout,
        Unavailable { what: "payments".to_owned() },
        Internal,
    });
    errors.push(PaymentsError::PaymentDeclined { payment_id, reason: DeclineReason::InsufficientFunds });
    let mount = |config: &mut ServiceConfig, error: &PaymentsError| {
        let payments = refusing!(MockPayments, error, expect_get_payment(_, _), expect_capture_payment(_, _));
        payments_api::rest::mount(config, payments, Exposure::Internal);
    };
    survive(errors, &format!("/internal/v1/payments/{payment_id}"), mount, &async |peer, context| {
        let remote = RemotePayments(peer);
        vec![
            remote.get_payment(context, payment_id).await.err(),
            remote.capture_payment(context, payment_id).await.err(),
        ]
    });
}

#[test]
fn every_error_of_the_notifications_survives_the_wire() {
    let errors = one_of_each!(NotificationsError {
        InvalidParameter { parameter: "limit".to_owned(), reason: "1 to 100".to_owned() },
        Unauthenticated,
        Forbidden,
        Timeout,
        Unavailable { what: "notifications".to_owned() },
        Internal,
    });
    let mount = |config: &mut ServiceConfig, error: &NotificationsError| {
        let notifications = refusing!(MockNotifications, error, expect_list_notifications(_, _));
        notifications_api::rest::mount(config, notifications, Exposure::Internal);
    };
    survive(errors, "/api/v1/notifications", mount, &async |peer, context| {
        let remote = RemoteNotifications(peer);
        vec![remote.list_notifications(context, ListNotifications::default()).await.err()]
    });
}

#[test]
fn every_error_of_the_event_log_survives_the_wire() {
    let errors = one_of_each!(EventLogError {
        Gap { topic: "weather".to_owned(), last_offset: i64::MAX - 1 },
        Disordered,
        Damaged { topic: "weather".to_owned(), offset: 7, reason: "it does not match \"its\" checksum".to_owned() },
        Trimmed { topic: "weather".to_owned(), first_offset: i64::MAX },
        Full { topic: "weather".to_owned(), limit: "max_bytes = 1048576".to_owned() },
        Unauthenticated,
        Forbidden,
        Timeout,
        Unavailable { what: "events".to_owned() },
        Internal,
    });
    let mount = |config: &mut ServiceConfig, error: &EventLogError| {
        cleave_events::rest::mount(config, Rc::new(RefusingLog(error.clone())), Exposure::Internal);
    };
    survive(errors, "/internal/v1/events/topics", mount, &async |peer, context| {
        let remote = RemoteEventLog(peer);
        let append = Append { topic: "weather".to_owned(), events: vec![] };
        let follow = FollowEvents { topic: "weather".to_owned(), after: 0 };
        vec![
            remote.topics(context).await.err(),
            remote.append(context, append).await.err(),
            remote.follow(context, follow).await.err(),
        ]
    });
}

#[test]
fn every_error_of_the_registry_survives_the_wire() {
    let address = ([0, 0, 0, 0], 7001).into();
    let errors = one_of_each!(RegistryError {
        UnknownService { service: "gods".to_owned(), known: "goods, edge".to_owned() },
        WrongKey { service: "goods".to_owned() },
        Unreachable { address: address },
        Unauthenticated,
        Forbidden,
        Timeout,
        Unavailable { what: "registry".to_owned() },
        Internal,
    });
    let mount = |config: &mut ServiceConfig, error: &RegistryError| {
        let registry = Rc::new(RefusingRegistry(error.clone()));
        cleave_discovery::rest::mount(config, registry, Exposure::Internal);
    };
    survive(errors, "/internal/v1/registry/services", mount, &async |peer, context| {
        let remote = RemoteRegistry(peer);
        let instance = Instance { name: "1".to_owned(), tcp: address, unix: None };
        let registration = Registration { service: "goods".to_owned(), instance, key: "a key".to_owned() };
        vec![
            remote.watch(context, Watch::default()).await.err(),
            remote.register(context, registration).await.err(),
        ]
    });
}
