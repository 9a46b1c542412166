//! Imports, the currency.

use catalog_api::{CatalogError, ListProducts, UpdateProduct};

use super::World;
use crate::seed::{self, SeedProduct};
use crate::{CurrencyError, LocalCatalog, Settings, check_currency};

#[tokio::test]
async fn imported_products_are_as_the_seed_has_them_and_are_found() {
    let world = World::new().await;
    let seeds: Vec<_> = seed::generated(1_500, 1).collect();
    let ids = world.catalog.import_products(&seeds).await.expect("the seed is fine");
    let listed = world.walk(ListProducts { limit: Some(100), ..ListProducts::default() }).await;
    assert_eq!(listed.len(), seeds.len());
    for ((seed, product), product_id) in seeds.iter().zip(&listed).zip(&ids) {
        assert_eq!((&product.sku, &product.name, product.id), (&seed.sku, &seed.name, *product_id));
        assert_eq!((product.price.amount, product.in_stock), (seed.price_minor_units, seed.stock > 0));
    }
    world.assert_index_is_exact().await;
}

#[tokio::test]
async fn an_import_again_keeps_the_ids_and_changes_nothing() {
    let world = World::new().await;
    let seeds: Vec<_> = seed::generated(300, 1).collect();
    let first = world.catalog.import_products(&seeds[..200]).await.expect("the seed is fine");
    let request = UpdateProduct {
        product_id: first[0],
        changes: catalog_api::ProductChanges { name: Some("Renamed".to_owned()), ..Default::default() },
    };
    catalog_api::Catalog::update_product(&world.catalog, &world.admin(), request).await.expect("a good name");
    let before = world.walk(ListProducts::default()).await;
    let again = world.catalog.import_products(&seeds).await.expect("the seed is fine");
    assert_eq!(again[..200], first);
    let after = world.walk(ListProducts::default()).await;
    assert_eq!((after[..200].to_vec(), after.len()), (before, 300));
    world.assert_index_is_exact().await;
}

#[tokio::test]
async fn a_sku_that_stands_twice_in_a_batch_is_one_product() {
    let world = World::new().await;
    let seed = SeedProduct { name: "First".to_owned(), ..seed::bundled()[0].clone() };
    let second = SeedProduct { name: "Second".to_owned(), ..seed.clone() };
    let ids = world.catalog.import_products(&[seed, second]).await.expect("the seed is fine");
    assert_eq!(ids[0], ids[1]);
    assert_eq!(super::names(&world.walk(ListProducts::default()).await), ["First"]);
}

#[tokio::test]
async fn a_batch_with_one_bad_product_is_refused_whole_and_the_product_is_named() {
    let world = World::new().await;
    let mut seeds = seed::bundled();
    seeds[7].price_minor_units = 0;
    let refused = world.catalog.import_products(&seeds).await.expect_err("a price is 0");
    assert!(matches!(refused, CatalogError::InvalidProduct { .. }), "{refused:?}");
    assert!(refused.to_string().contains(&seeds[7].sku), "{refused}");
    assert!(world.walk(ListProducts::default()).await.is_empty());
}

#[tokio::test]
async fn an_empty_batch_is_nothing() {
    let world = World::new().await;
    assert_eq!(world.catalog.import_products(&[]).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_store_with_prices_keeps_its_currency() {
    let world = World::new().await;
    let swiss = Settings { currency: "CHF".parse().expect("CHF is a currency"), ..Settings::default() };
    check_currency(&world.database, &swiss).await.expect("no price yet");
    world.create("A-1", "Lamp", "living").await;
    check_currency(&world.database, &Settings::default()).await.expect("the same currency");
    let refused = check_currency(&world.database, &swiss).await.expect_err("prices are in EUR");
    assert!(matches!(&refused, CurrencyError::Mismatch { stored, .. } if stored == "EUR"), "{refused}");
    let inventory = std::rc::Rc::new(super::seven_of_everything());
    let catalog =
        LocalCatalog::new(world.database.clone(), inventory, world.clock.clone(), world.ids.clone(), &swiss);
    assert_eq!(catalog.import_products(&seed::bundled()).await, Err(CatalogError::Internal));
}

#[test]
fn settings_refuse_unknown_keys_and_zero_waits() {
    let parse = |text: &str| toml::from_str::<Settings>(text).map_err(|error| error.to_string());
    assert_eq!(parse("").expect("all defaults"), Settings::default());
    assert!(parse("stock_timeout = 5").expect_err("an unknown key").contains("stock_timeout"));
    assert!(parse("currency = \"euro\"").expect_err("no currency").contains("EUR"));
}
