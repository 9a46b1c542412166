//! Carts on a database of their own, with a catalogue that plays along.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cart_api::{Cart as _, CartError, MAX_LINES, PutBackCart, SetItem, TakeCart, TakingId, TakingState};
use catalog_api::{CatalogError, MockCatalog, Product, ProductId};
use cleave_core::{AccountId, Caller, Clock as _, Context, Currency, Ids, Money, SystemClock, User};
use cleave_db::testing::Scratch;

use crate::{LocalCart, MIGRATIONS};

struct World {
    _scratch: Scratch,
    ids: Ids,
    cart: LocalCart,
}

fn euro() -> Currency {
    "EUR".parse().expect("a currency")
}

/// Every product costs 2.50; one without a version, which no other id is, is not sold.
fn catalog() -> MockCatalog {
    let mut catalog = MockCatalog::new();
    catalog.expect_get_products().returning(|_, product_ids| {
        let product = |id: ProductId| Product {
            id,
            sku: "SKU".to_owned(),
            name: "Lamp".to_owned(),
            description: String::new(),
            category: "lighting".to_owned(),
            price: Money { amount: 250, currency: euro() },
            in_stock: true,
        };
        let sold = product_ids.into_iter().filter(|id| *id != unsold());
        Ok(sold.map(product).collect())
    });
    catalog
}

fn unsold() -> ProductId {
    "00000000-0000-0000-0000-000000000000".parse().expect("an id")
}

impl World {
    async fn new(catalog: MockCatalog) -> Self {
        let scratch = Scratch::new();
        let database = scratch.open("cart").await;
        database.migrate(&MIGRATIONS).await.expect("tables");
        let cart = LocalCart::new(database, Rc::new(catalog), euro());
        Self { _scratch: scratch, ids: Ids::from_seed(Arc::new(SystemClock), 1), cart }
    }

    fn system(&self) -> Context {
        Context::background(&self.ids, SystemClock.instant() + Duration::from_secs(30))
    }

    fn customer(&self) -> (AccountId, Context) {
        let account_id = AccountId::from(self.ids.next());
        let user = User { account_id, admin: false, access_token: "token".into() };
        (account_id, Context { caller: Caller::User(user), ..self.system() })
    }

    fn product(&self) -> ProductId {
        ProductId::from(self.ids.next())
    }

    async fn quantities(&self, account_id: AccountId) -> Vec<i64> {
        let contents = self.cart.read_cart(&self.system(), account_id).await.expect("it can be read");
        contents.lines.iter().map(|line| line.quantity).collect()
    }

    async fn version(&self, account_id: AccountId) -> i64 {
        self.cart.read_cart(&self.system(), account_id).await.expect("it can be read").version
    }
}

#[tokio::test]
async fn a_cart_lists_what_was_put_in_at_the_prices_of_the_moment() {
    let world = World::new(catalog()).await;
    let (_, context) = world.customer();
    let (first, second) = (world.product(), world.product());
    let empty = world.cart.get_cart(&context).await.expect("it is there");
    assert_eq!((empty.items.len(), empty.total), (0, Money { amount: 0, currency: euro() }));
    for (product_id, quantity) in [(second, 2), (first, 1), (second, 3)] {
        world.cart.set_item(&context, SetItem { product_id, quantity }).await.expect("it is sold");
    }
    let cart = world.cart.get_cart(&context).await.expect("it is there");
    let lines = cart.items.iter().map(|item| (item.product_id, item.quantity, item.line_total.amount));
    assert_eq!(lines.collect::<Vec<_>>(), [(second, 3, 750), (first, 1, 250)]);
    assert_eq!(cart.total.amount, 1_000);
    for _ in 0..2 {
        let left = world.cart.remove_item(&context, second).await.expect("again changes nothing");
        assert_eq!(left.items.len(), 1);
    }
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let world = World::new(catalog()).await;
    let (account_id, context) = world.customer();
    let set = async |product_id, quantity| {
        world.cart.set_item(&context, SetItem { product_id, quantity }).await.map(|cart| cart.items.len())
    };
    for quantity in [0, -1, 10_001, i64::MAX] {
        assert_eq!(set(world.product(), quantity).await, Err(CartError::InvalidQuantity { quantity }));
    }
    assert_eq!(set(unsold(), 1).await, Err(CartError::ProductNotFound { product_id: unsold() }));
    for number in 1..=MAX_LINES {
        assert_eq!(set(world.product(), 10_000).await, Ok(number));
    }
    let version = world.version(account_id).await;
    assert_eq!(set(world.product(), 1).await, Err(CartError::TooManyLines));
    assert_eq!(world.version(account_id).await, version);
    assert_eq!(world.quantities(account_id).await, [10_000; MAX_LINES]);
}

#[tokio::test]
async fn nothing_is_put_in_while_the_catalogue_is_away() {
    let mut away = MockCatalog::new();
    away.expect_get_products()
        .returning(|_, _| Err(CatalogError::Unavailable { what: "catalog".to_owned() }));
    let world = World::new(away).await;
    let (account_id, context) = world.customer();
    let request = SetItem { product_id: world.product(), quantity: 1 };
    let refused = world.cart.set_item(&context, request).await;
    assert_eq!(refused, Err(CartError::Unavailable { what: "catalog".to_owned() }));
    assert_eq!(world.quantities(account_id).await, [] as [i64; 0]);
}

#[tokio::test]
async fn a_cart_is_taken_once_and_put_back_once() {
    let world = World::new(catalog()).await;
    let (account_id, context) = world.customer();
    let system = world.system();
    let product_id = world.product();
    world.cart.set_item(&context, SetItem { product_id, quantity: 2 }).await.expect("it is sold");
    let version = world.version(account_id).await;
    let taking_id = TakingId::from(world.ids.next());
    let take = TakeCart { taking_id, account_id, version };
    let taken = world.cart.take_cart(&system, take.clone()).await.expect("it has this version");
    assert_eq!(taken.lines.len(), 1);
    assert_eq!(world.cart.take_cart(&system, take.clone()).await, Ok(taken.clone()), "again changes nothing");
    assert_eq!(world.quantities(account_id).await, [] as [i64; 0]);
    let other = TakeCart { taking_id: TakingId::from(world.ids.next()), ..take.clone() };
    assert_eq!(world.cart.take_cart(&system, other.clone()).await, Err(CartError::CartEmpty));
    world.cart.set_item(&context, SetItem { product_id, quantity: 3 }).await.expect("it is sold");
    assert_eq!(world.cart.take_cart(&system, other).await, Err(CartError::CartChanged));

    let put_back = PutBackCart { taking_id, account_id };
    for _ in 0..2 {
        let back = world.cart.put_back_cart(&system, put_back.clone()).await.expect("it was taken");
        assert_eq!((back.state, back.lines.len()), (TakingState::PutBack, 1));
        assert_eq!(world.quantities(account_id).await, [5], "what came in the meantime is still there");
    }
    assert_eq!(world.cart.take_cart(&system, take).await, Err(CartError::TakingPutBack { taking_id }));
}

#[tokio::test]
async fn a_cart_that_is_put_back_before_it_is_taken_never_will_be() {
    let world = World::new(catalog()).await;
    let (account_id, context) = world.customer();
    let system = world.system();
    let request = SetItem { product_id: world.product(), quantity: 2 };
    world.cart.set_item(&context, request).await.expect("it is sold");
    let (taking_id, version) = (TakingId::from(world.ids.next()), world.version(account_id).await);
    world.cart.put_back_cart(&system, PutBackCart { taking_id, account_id }).await.expect("a tombstone");
    let late = world.cart.take_cart(&system, TakeCart { taking_id, account_id, version }).await;
    assert_eq!(late, Err(CartError::TakingPutBack { taking_id }));
    assert_eq!(world.quantities(account_id).await, [2]);
}

#[tokio::test]
async fn two_who_take_one_cart_at_once_do_not_both_have_it() {
    let world = World::new(catalog()).await;
    for _ in 0..10 {
        let (account_id, context) = world.customer();
        let request = SetItem { product_id: world.product(), quantity: 2 };
        world.cart.set_item(&context, request).await.expect("it is sold");
        let version = world.version(account_id).await;
        let take = || TakeCart { taking_id: TakingId::from(world.ids.next()), account_id, version };
        let system = world.system();
        let (one, two) =
            tokio::join!(world.cart.take_cart(&system, take()), world.cart.take_cart(&system, take()));
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    }
}

#[tokio::test]
async fn a_cart_is_its_owners() {
    let world = World::new(catalog()).await;
    let (account_id, _) = world.customer();
    let (_, stranger) = world.customer();
    assert_eq!(world.cart.read_cart(&stranger, account_id).await, Err(CartError::Forbidden));
    let nobody = Context { caller: Caller::Anonymous, ..world.system() };
    assert_eq!(world.cart.get_cart(&nobody).await, Err(CartError::Unauthenticated));
    assert_eq!(world.cart.read_cart(&nobody, account_id).await, Err(CartError::Unauthenticated));
}

#[test]
fn all_tests_pass_again_on_postgres() {
    cleave_db::testing::all_again_on_postgres("all_tests_pass_again_on_postgres");
}
