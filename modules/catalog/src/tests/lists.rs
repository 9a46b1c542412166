//! Pages, categories, search.

use catalog_api::{CatalogError, ListProducts};
use cleave_core::Cursor;

use super::{World, names};
use crate::seed;

async fn bundled_world() -> World {
    let world = World::new().await;
    world.catalog.import_products(&seed::bundled()).await.expect("the bundled products are fine");
    world
}

fn refused_parameter(outcome: Result<impl Sized, CatalogError>) -> String {
    match outcome.err() {
        Some(CatalogError::InvalidParameter { parameter, .. }) => parameter,
        other => panic!("not refused for a parameter: {other:?}"),
    }
}

#[tokio::test]
async fn walking_with_cursors_gives_every_product_once_in_the_order_of_their_making() {
    let world = bundled_world().await;
    let bundled = seed::bundled();
    let expected: Vec<_> = bundled.iter().map(|product| &*product.name).collect();
    for limit in [1, 7, 100] {
        let walked = world.walk(ListProducts { limit: Some(limit), ..ListProducts::default() }).await;
        assert_eq!(names(&walked), expected, "pages of {limit}");
    }
}

#[tokio::test]
async fn a_page_tells_of_a_next_one_only_where_there_is_one() {
    let world = World::new().await;
    for sku in ["A-1", "A-2", "A-3", "A-4"] {
        world.create(sku, sku, "living").await;
    }
    let page = |limit| world.list(ListProducts { limit: Some(limit), ..ListProducts::default() });
    assert!(page(3).await.expect("a page").next_cursor.is_some());
    assert_eq!(page(4).await.expect("a page").next_cursor, None);
    assert_eq!(page(4).await.expect("a page").items.len(), 4);
}

#[tokio::test]
async fn a_page_has_twenty_products_where_nobody_says_otherwise() {
    let world = bundled_world().await;
    assert_eq!(world.list(ListProducts::default()).await.expect("a page").items.len(), 20);
}

#[tokio::test]
async fn a_category_lists_its_products_and_no_others() {
    let world = bundled_world().await;
    let bundled = seed::bundled();
    let category = bundled[0].category.clone();
    let expected: Vec<_> =
        bundled.iter().filter(|product| product.category == category).map(|product| &*product.name).collect();
    let request = ListProducts { category: Some(category), limit: Some(3), ..ListProducts::default() };
    assert_eq!(names(&world.walk(request).await), expected);
    let unknown = ListProducts { category: Some("no-such".to_owned()), ..ListProducts::default() };
    assert!(world.list(unknown).await.expect("an empty list").items.is_empty());
}

#[tokio::test]
async fn parameters_out_of_bounds_are_refused_by_name() {
    let world = World::new().await;
    for limit in [0, 101, u32::MAX] {
        let request = ListProducts { limit: Some(limit), ..ListProducts::default() };
        assert_eq!(refused_parameter(world.list(request).await), "limit", "{limit}");
    }
    for cursor in ["", "nonsense", &Cursor(-1).encode()] {
        let request = ListProducts { cursor: Some(cursor.to_owned()), ..ListProducts::default() };
        assert_eq!(refused_parameter(world.list(request).await), "cursor", "{cursor:?}");
    }
    for category in ["", "Living", "a b", "'; DROP TABLE products"] {
        let request = ListProducts { category: Some(category.to_owned()), ..ListProducts::default() };
        assert_eq!(refused_parameter(world.list(request).await), "category", "{category:?}");
    }
    for query in ["", " ", "%", "_", "a b c d e f g h i"] {
        let request = ListProducts { q: Some(query.to_owned()), ..ListProducts::default() };
        assert_eq!(refused_parameter(world.list(request).await), "q", "{query:?}");
    }
}

#[tokio::test]
async fn a_cursor_beyond_the_end_gives_an_empty_page() {
    let world = World::new().await;
    world.create("A-1", "Lamp", "living").await;
    let request = ListProducts { cursor: Some(Cursor(i64::MAX).encode()), ..ListProducts::default() };
    assert!(world.list(request).await.expect("a page").items.is_empty());
}

#[tokio::test]
async fn a_search_finds_the_beginnings_of_words_and_not_their_middle() {
    let world = World::new().await;
    world.create("LIV-1", "Oak desk lamp", "living").await;
    world.create("LIV-2", "Clamp", "garage").await;
    world.create("LIV-3", "Lampshade, linen", "living").await;
    assert_eq!(world.search("lamp").await, ["Oak desk lamp", "Lampshade, linen"]);
    assert_eq!(world.search("LAMPS").await, ["Lampshade, linen"]);
    assert_eq!(world.search("l").await, ["Oak desk lamp", "Clamp", "Lampshade, linen"]);
    assert_eq!(world.search("lampshades").await, [""; 0]);
    assert_eq!(world.search("garag").await, ["Clamp"]);
    assert_eq!(world.search("liv-3").await, ["Lampshade, linen"]);
}

#[tokio::test]
async fn every_word_of_a_search_must_be_found_however_many_there_are() {
    let world = World::new().await;
    world.create("A-1", "alpha beta gamma delta epsilon zeta eta theta", "greek").await;
    world.create("A-2", "alpha beta gamma delta epsilon zeta eta", "greek").await;
    world.create("A-3", "alpha", "greek").await;
    let words = ["a-", "al", "bet", "gam", "del", "eps", "zet", "eta"];
    for count in 2..=words.len() {
        let query = words[..count].join(" ");
        let expected = if count == 2 { 3 } else { 2 };
        assert_eq!(world.search(&query).await.len(), expected, "{query}");
    }
    assert_eq!(world.search("alpha beta gamma delta epsilon zeta eta theta").await.len(), 1);
    assert_eq!(world.search("alpha omega").await.len(), 0);
}

#[tokio::test]
async fn a_search_knows_no_accents_and_no_case() {
    let world = World::new().await;
    world.create("K-1", "Crème brûlée torch", "kitchen").await;
    world.create("K-2", "CREME bowl", "kitchen").await;
    for query in ["crème", "creme", "CRÈME", "cre\u{300}me"] {
        assert_eq!(world.search(query).await.len(), 2, "{query:?}");
    }
    assert_eq!(world.search("brulee").await, ["Crème brûlée torch"]);
}

#[tokio::test]
async fn a_search_within_a_category_gives_what_both_give() {
    let world = bundled_world().await;
    let all = world.walk(ListProducts::default()).await;
    for query in ["s", "st", "oak", "steel b", "a s"] {
        let by = |category: Option<String>| ListProducts {
            q: Some(query.to_owned()),
            category,
            limit: Some(2),
            ..ListProducts::default()
        };
        let found = world.walk(by(None)).await;
        for category in all.iter().map(|product| &product.category).collect::<std::collections::BTreeSet<_>>()
        {
            let expected: Vec<_> =
                found.iter().filter(|product| product.category == *category).cloned().collect();
            assert_eq!(world.walk(by(Some(category.clone()))).await, expected, "{query:?} in {category}");
        }
    }
}

#[tokio::test]
async fn a_search_finds_exactly_what_reading_every_product_finds() {
    let world = bundled_world().await;
    let all = world.walk(ListProducts::default()).await;
    for query in ["b", "set", "wool", "oak t", "kit 1", "stainless st", "no such thing"] {
        let expected: Vec<_> = all
            .iter()
            .filter(|product| {
                let text = format!("{} {} {}", product.name, product.category, product.sku).to_lowercase();
                let words: Vec<_> = text.split(|character: char| !character.is_alphanumeric()).collect();
                query.split(' ').all(|asked| words.iter().any(|word| word.starts_with(asked)))
            })
            .cloned()
            .collect();
        let request = ListProducts { q: Some(query.to_owned()), limit: Some(3), ..ListProducts::default() };
        assert_eq!(world.walk(request).await, expected, "{query:?}");
    }
}
