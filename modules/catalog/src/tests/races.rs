//! The same from two sides at once: two sets of connections on one file.

use std::collections::BTreeSet;

use catalog_api::{Catalog as _, CatalogError, ListProducts, NewProduct, ProductChanges, UpdateProduct};
use cleave_core::Money;
use futures_util::future::join_all;

use super::{World, euro, lamp, seven_of_everything};
use crate::LocalCatalog;

/// The two catalogues in turns, `count` times.
fn in_turns<'a>(world: &'a World, other: &'a LocalCatalog, count: usize) -> Vec<&'a LocalCatalog> {
    [&world.catalog, other].into_iter().cycle().take(count).collect()
}

#[tokio::test]
async fn one_command_sent_many_times_at_once_makes_one_product() {
    let world = World::new().await;
    let other = world.replica(seven_of_everything()).await;
    let context = world.admin_with_key("k");
    let sent = in_turns(&world, &other, 12).into_iter().map(|it| it.create_product(&context, lamp("A-1")));
    let answers = join_all(sent).await.into_iter().collect::<Result<Vec<_>, _>>().expect("none is refused");
    let listed = world.walk(ListProducts::default()).await;
    assert_eq!(listed.len(), 1);
    assert!(answers.iter().all(|answer| *answer == listed[0]), "{answers:?}");
    world.assert_index_is_exact().await;
}

#[tokio::test]
async fn two_bodies_sent_at_once_under_one_key_make_one_product() {
    let world = World::new().await;
    let other = world.replica(seven_of_everything()).await;
    let context = world.admin_with_key("k");
    let sent = in_turns(&world, &other, 12)
        .into_iter()
        .enumerate()
        .map(|(place, it)| it.create_product(&context, lamp(&format!("A-{place}"))));
    let answers = join_all(sent).await;
    let refused = answers.iter().filter(|it| **it == Err(CatalogError::IdempotencyKeyReused)).count();
    assert_eq!((answers.iter().filter(|it| it.is_ok()).count(), refused), (1, 11), "{answers:?}");
    assert_eq!(world.walk(ListProducts::default()).await.len(), 1);
}

#[tokio::test]
async fn one_sku_wanted_by_many_at_once_goes_to_one() {
    let world = World::new().await;
    let other = world.replica(seven_of_everything()).await;
    let context = world.admin();
    let sent = in_turns(&world, &other, 12).into_iter().map(|it| it.create_product(&context, lamp("A-1")));
    let answers = join_all(sent).await;
    let taken = CatalogError::SkuTaken { sku: "A-1".to_owned() };
    let refused = answers.iter().filter(|it| **it == Err(taken.clone())).count();
    assert_eq!((answers.iter().filter(|it| it.is_ok()).count(), refused), (1, 11), "{answers:?}");
    world.assert_index_is_exact().await;
}

#[tokio::test]
async fn products_made_at_once_each_have_a_place_of_their_own() {
    let world = World::new().await;
    let other = world.replica(seven_of_everything()).await;
    let context = world.admin();
    let sent = in_turns(&world, &other, 20)
        .into_iter()
        .enumerate()
        .map(|(place, it)| it.create_product(&context, lamp(&format!("A-{place}"))));
    let made = join_all(sent).await.into_iter().collect::<Result<Vec<_>, _>>().expect("none is refused");
    let walked = world.walk(ListProducts { limit: Some(3), ..ListProducts::default() }).await;
    let ids = |products: &[catalog_api::Product]| products.iter().map(|it| it.id).collect::<BTreeSet<_>>();
    assert_eq!((walked.len(), ids(&walked)), (20, ids(&made)));
}

#[tokio::test]
async fn racing_changes_of_different_fields_all_stay_and_the_index_follows_the_last_name() {
    let world = World::new().await;
    let other = world.replica(seven_of_everything()).await;
    let product = world.create("A-1", "Lamp", "living").await;
    let context = world.admin();
    let change = |place: usize| {
        let nothing = ProductChanges::default();
        match place % 3 {
            0 => ProductChanges { name: Some(format!("Lamp version{place}")), ..nothing },
            1 => ProductChanges { category: Some(format!("shelf{place}")), ..nothing },
            _ => {
                let amount = i64::try_from(place).expect("a small number") + 1_000;
                ProductChanges { price: Some(Money { amount, currency: euro() }), ..nothing }
            }
        }
    };
    let sent = in_turns(&world, &other, 24).into_iter().enumerate().map(|(place, it)| {
        it.update_product(&context, UpdateProduct { product_id: product.id, changes: change(place) })
    });
    join_all(sent).await.into_iter().collect::<Result<Vec<_>, _>>().expect("none is refused");
    let NewProduct { name, category, price, .. } = lamp("A-1");
    let end = &world.walk(ListProducts::default()).await[0];
    assert!(end.name != name && end.category != category && end.price != price, "a change is lost: {end:?}");
    world.assert_index_is_exact().await;
}
