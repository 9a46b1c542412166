//! One product, creation, changes.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog_api::{
    Catalog as _, CatalogError, ListProducts, NewProduct, Product, ProductChanges, ProductId, UpdateProduct,
};
use cleave_core::{Caller, Clock as _, Context, Money, SystemClock};
use inventory_api::{InventoryError, MockInventory, Stock};

use super::silent::SilentInventory;
use super::{World, euro, id, lamp, names, user};
use crate::{LocalCatalog, Settings};

fn inventory_that_says(error: InventoryError) -> MockInventory {
    let mut inventory = MockInventory::new();
    inventory
        .expect_open_stock()
        .returning(|_, request| Ok(Stock { product_id: request.product_id, available: 0 }));
    inventory.expect_get_stock().returning(move |_, _| Err(error.clone()));
    inventory
}

fn changes(name: &str) -> ProductChanges {
    ProductChanges { name: Some(name.to_owned()), ..ProductChanges::default() }
}

async fn update(
    world: &World,
    context: &Context,
    product: &Product,
    changes: ProductChanges,
) -> Result<Product, CatalogError> {
    world.catalog.update_product(context, UpdateProduct { product_id: product.id, changes }).await
}

#[tokio::test]
async fn a_product_is_answered_with_what_the_inventory_has_now() {
    let world = World::new().await;
    let lamp = world.create("A-1", "Lamp", "living").await;
    let context = world.context(Caller::Anonymous);
    let answer = world.catalog.get_product(&context, lamp.id).await.expect("the lamp is there");
    assert_eq!((answer.product, answer.available), (lamp, Some(7)));
}

#[tokio::test]
async fn an_unknown_product_is_not_found_and_the_inventory_is_not_asked() {
    let world = World::with_inventory(MockInventory::new()).await;
    let product_id: ProductId = id(9);
    let outcome = world.catalog.get_product(&world.context(Caller::Anonymous), product_id).await;
    assert_eq!(outcome, Err(CatalogError::ProductNotFound { product_id }));
}

#[tokio::test]
async fn a_product_is_shown_without_a_number_when_the_inventory_fails_and_with_none_when_it_has_no_level() {
    let unavailable = InventoryError::Unavailable { what: "inventory".to_owned() };
    for (error, available) in [
        (unavailable, None),
        (InventoryError::Timeout, None),
        (InventoryError::Internal, None),
        (InventoryError::StockNotFound { product_id: id(1) }, Some(0)),
    ] {
        let world = World::with_inventory(inventory_that_says(error.clone())).await;
        let lamp = world.create("A-1", "Lamp", "living").await;
        let context = world.context(Caller::Anonymous);
        let answer = world.catalog.get_product(&context, lamp.id).await.expect("the lamp is there");
        assert_eq!(answer.available, available, "{error:?}");
    }
}

#[tokio::test]
async fn the_page_of_a_product_does_not_wait_for_an_inventory_that_is_silent() {
    let world = World::new().await;
    let lamp = world.create("A-1", "Lamp", "living").await;
    let settings = Settings { stock_timeout_ms: 1.try_into().expect("not zero"), ..Settings::default() };
    let (database, clock) = (world.database.clone(), Arc::new(SystemClock));
    let catalog =
        LocalCatalog::new(database, Rc::new(SilentInventory), clock.clone(), world.ids.clone(), &settings);
    let context = Context { deadline: clock.instant() + Duration::from_mins(1), ..world.admin() };
    let answer = catalog.get_product(&context, lamp.id).await.expect("the lamp is there");
    assert_eq!(answer.available, None);
}

#[tokio::test]
async fn the_inventory_gets_at_most_half_of_the_time_that_is_left() {
    let seen = Rc::new(RefCell::new(Vec::<Instant>::new()));
    let mut inventory = super::seven_of_everything();
    inventory.checkpoint();
    inventory
        .expect_open_stock()
        .returning(|_, request| Ok(Stock { product_id: request.product_id, available: 0 }));
    let recorder = seen.clone();
    inventory.expect_get_stock().returning_st(move |context, product_id| {
        recorder.borrow_mut().push(context.deadline);
        Ok(Stock { product_id, available: 1 })
    });
    let world = World::with_inventory(inventory).await;
    let lamp = world.create("A-1", "Lamp", "living").await;
    let now = world.clock.instant();
    for remaining in [Duration::from_mins(1), Duration::from_millis(10)] {
        let context = Context { deadline: now + remaining, ..world.admin() };
        world.catalog.get_product(&context, lamp.id).await.expect("the lamp is there");
    }
    assert_eq!(*seen.borrow(), [now + Duration::from_secs(1), now + Duration::from_millis(5)]);
}

#[tokio::test]
async fn only_admins_create_and_change_products() {
    let world = World::new().await;
    let product = world.create("A-1", "Lamp", "living").await;
    for (caller, refusal) in
        [(Caller::Anonymous, CatalogError::Unauthenticated), (user(2, false), CatalogError::Forbidden)]
    {
        let context = world.context(caller);
        let created = world.catalog.create_product(&context, lamp("A-2")).await;
        assert_eq!(created, Err(refusal.clone()));
        assert_eq!(update(&world, &context, &product, changes("Mine")).await, Err(refusal));
    }
    assert_eq!(names(&world.walk(ListProducts::default()).await), ["Lamp"]);
    let by_system = world.catalog.create_product(&world.context(Caller::System), lamp("A-2")).await;
    assert!(by_system.is_ok());
}

#[tokio::test]
async fn a_new_product_is_listed_out_of_stock_with_every_field_as_given() {
    let world = World::new().await;
    let request = NewProduct { name: "Straße 🚲 \"x\" 'y'".to_owned(), ..lamp("A-1") };
    let created = world.catalog.create_product(&world.admin(), request.clone()).await.expect("it is fine");
    let expected = Product {
        id: created.id,
        sku: request.sku,
        name: request.name,
        description: request.description,
        category: request.category,
        price: request.price,
        in_stock: false,
    };
    assert_eq!(created, expected);
    assert_eq!(world.walk(ListProducts::default()).await, [expected]);
    world.assert_index_is_exact().await;
}

#[tokio::test]
async fn a_product_with_a_field_out_of_bounds_is_neither_stored_nor_opened_in_the_inventory() {
    let world = World::with_inventory(MockInventory::new()).await;
    let price = Money { amount: -1, currency: euro() };
    let refused = world.catalog.create_product(&world.admin(), NewProduct { price, ..lamp("A-1") }).await;
    assert!(matches!(refused, Err(CatalogError::InvalidProduct { .. })), "{refused:?}");
    assert!(world.walk(ListProducts::default()).await.is_empty());
}

#[tokio::test]
async fn a_product_whose_level_cannot_be_opened_is_not_there() {
    let mut inventory = MockInventory::new();
    let away = InventoryError::Unavailable { what: "inventory".to_owned() };
    inventory.expect_open_stock().returning(move |_, _| Err(away.clone()));
    let world = World::with_inventory(inventory).await;
    let outcome = world.catalog.create_product(&world.admin_with_key("k"), lamp("A-1")).await;
    assert_eq!(outcome, Err(CatalogError::Unavailable { what: "inventory".to_owned() }));
    assert!(world.walk(ListProducts::default()).await.is_empty());
}

#[tokio::test]
async fn the_same_key_again_is_answered_with_the_product_in_its_present_state() {
    let world = World::new().await;
    let context = world.admin_with_key("k");
    let first = world.catalog.create_product(&context, lamp("A-1")).await.expect("it is new");
    let again = world.catalog.create_product(&context, lamp("A-1")).await.expect("it is the same command");
    assert_eq!(again, first);
    let changed = update(&world, &world.admin(), &first, changes("Other")).await.expect("a good name");
    let later = world.catalog.create_product(&context, lamp("A-1")).await.expect("it is the same command");
    assert_eq!(later, changed);
    assert_eq!(world.walk(ListProducts::default()).await.len(), 1);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused_and_of_another_caller_is_another_key() {
    let world = World::new().await;
    let context = world.admin_with_key("k");
    world.catalog.create_product(&context, lamp("A-1")).await.expect("it is new");
    let other_body = world.catalog.create_product(&context, lamp("A-2")).await;
    assert_eq!(other_body, Err(CatalogError::IdempotencyKeyReused));
    let other_caller = Context { caller: user(2, true), ..context };
    let theirs = world.catalog.create_product(&other_caller, lamp("A-2")).await.expect("a key of their own");
    assert_eq!(theirs.sku, "A-2");
}

#[tokio::test]
async fn a_refused_creation_leaves_its_key_free() {
    let world = World::new().await;
    world.create("A-1", "Lamp", "living").await;
    let context = world.admin_with_key("k");
    let refused = world.catalog.create_product(&context, lamp("A-1")).await;
    assert_eq!(refused, Err(CatalogError::SkuTaken { sku: "A-1".to_owned() }));
    let mended = world.catalog.create_product(&context, lamp("A-2")).await.expect("the key is free");
    assert_eq!(mended.sku, "A-2");
}

#[tokio::test]
async fn a_change_changes_what_it_names_and_is_found_under_its_new_words_alone() {
    let world = World::new().await;
    let lamp = world.create("A-1", "Oak lamp", "living").await;
    let renamed = update(&world, &world.admin(), &lamp, changes("Ash lamp")).await.expect("a good name");
    assert_eq!(renamed, Product { name: "Ash lamp".to_owned(), ..lamp.clone() });
    assert_eq!(world.search("oak").await, [""; 0]);
    assert_eq!(world.search("ash").await, ["Ash lamp"]);
    let moved = ProductChanges {
        category: Some("garden".to_owned()),
        description: Some(String::new()),
        price: Some(Money { amount: 5, currency: euro() }),
        name: None,
    };
    let moved = update(&world, &world.admin(), &lamp, moved).await.expect("good fields");
    assert_eq!((&*moved.name, &*moved.category, moved.price.amount), ("Ash lamp", "garden", 5));
    let unchanged = update(&world, &world.admin(), &lamp, ProductChanges::default()).await;
    assert_eq!(unchanged.as_ref(), Ok(&moved));
    assert_eq!(world.walk(ListProducts::default()).await, [moved]);
    world.assert_index_is_exact().await;
}

#[tokio::test]
async fn a_product_without_a_single_letter_is_listed_and_becomes_findable_when_it_gets_one() {
    let world = World::new().await;
    let bicycle = world.create("-", "🚲", "-").await;
    assert_eq!(names(&world.walk(ListProducts::default()).await), ["🚲"]);
    update(&world, &world.admin(), &bicycle, changes("🚲 Bicycle")).await.expect("a good name");
    assert_eq!(world.search("bicycle").await, ["🚲 Bicycle"]);
    update(&world, &world.admin(), &bicycle, changes("🚲")).await.expect("a good name");
    assert_eq!(world.search("bicycle").await, [""; 0]);
    world.assert_index_is_exact().await;
}

#[tokio::test]
async fn a_change_that_is_refused_changes_nothing() {
    let world = World::new().await;
    let lamp = world.create("A-1", "Lamp", "living").await;
    let refused = update(&world, &world.admin(), &lamp, changes(" ")).await;
    assert!(matches!(refused, Err(CatalogError::InvalidProduct { .. })), "{refused:?}");
    let request = UpdateProduct { product_id: id(9), changes: changes("Name") };
    let unknown = world.catalog.update_product(&world.admin(), request).await;
    assert_eq!(unknown, Err(CatalogError::ProductNotFound { product_id: id(9) }));
    assert_eq!(world.walk(ListProducts::default()).await, [lamp]);
}
