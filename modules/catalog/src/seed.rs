//! Products for a new store: a catalogue written by hand, and as many generated ones as anybody wants.
//!
//! Both are plain values. This module touches no database and no clock; who wants the products stores them. The texts
//! stand in `seed/products.toml` and `seed/words.toml`, where they can be read and changed without knowing Rust.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde::Deserialize;

/// A product as a new store begins with it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedProduct {
    /// The merchant's own key, unique in the catalogue: `KIT-1001`, or `GEN-0000001` for generated products.
    pub sku: String,
    /// What customers call it.
    pub name: String,
    /// A sentence or two.
    pub description: String,
    /// The slug of its category.
    pub category: String,
    /// The price in minor units of the store's currency.
    #[serde(rename = "price")]
    pub price_minor_units: i64,
    /// How many are there when the store opens; a few are sold out.
    pub stock: i64,
}

/// The catalogue that comes with the store: some three hundred products in twelve categories.
pub fn bundled() -> Vec<SeedProduct> {
    let catalogue: Catalogue = toml::from_str(include_str!("../seed/products.toml"))
        .expect("products.toml is compiled in, and a test reads it");
    catalogue.products
}

/// `count` generated products, the same ones for the same seed; a smaller count gives the first of them.
///
/// Names repeat now and then, as they do in real catalogues of that size; SKUs do not. The same seed gives other products
/// after an update of `rand` to a version whose `StdRng` is another generator.
pub fn generated(count: u64, seed: u64) -> impl Iterator<Item = SeedProduct> {
    let words: Words = toml::from_str(include_str!("../seed/words.toml"))
        .expect("words.toml is compiled in, and a test reads it");
    let mut rng = StdRng::seed_from_u64(seed);
    (1..=count).map(move |number| words.product(number, &mut rng))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    products: Vec<SeedProduct>,
}

/// What generated products are made of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    closings: Vec<String>,
    shelves: Vec<Shelf>,
}

/// The words of one category.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shelf {
    category: String,
    qualities: Vec<String>,
    materials: Vec<String>,
    things: Vec<String>,
    finishes: Vec<String>,
    sentences: Vec<String>,
    /// The lowest and the highest price, in minor units.
    price_range: (i64, i64),
}

impl Words {
    fn product(&self, number: u64, rng: &mut StdRng) -> SeedProduct {
        let shelf = self.shelves.choose(rng).expect("words.toml has shelves");
        let [quality, material, thing] =
            [&shelf.qualities, &shelf.materials, &shelf.things].map(|words| pick(words, rng));
        let mut name = format!("{quality} {material} {thing}");
        if rng.random_ratio(2, 3) {
            name.push_str(", ");
            name.push_str(pick(&shelf.finishes, rng));
        }
        SeedProduct {
            sku: format!("GEN-{number:07}"),
            name,
            description: format!("{} {}", pick(&shelf.sentences, rng), pick(&self.closings, rng)),
            category: shelf.category.clone(),
            price_minor_units: price_minor_units(shelf.price_range, rng),
            stock: if rng.random_ratio(1, 40) { 0 } else { rng.random_range(5..=400) },
        }
    }
}

fn pick<'words>(words: &'words [String], rng: &mut StdRng) -> &'words str {
    words.choose(rng).expect("no list of words.toml is empty")
}

/// A price within the range that ends in 90, as prices do.
fn price_minor_units((lowest, highest): (i64, i64), rng: &mut StdRng) -> i64 {
    let drawn = rng.random_range(lowest..=highest);
    (drawn - drawn % 100 + 90).clamp(lowest, highest)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn the_bundled_catalogue_is_large_and_its_texts_are_within_the_limits() {
        let products = bundled();
        assert!(products.len() >= 300, "only {} products", products.len());
        for product in &products {
            assert_within_limits(product);
            assert!(product.description.ends_with('.'), "no full stop: {product:?}");
        }
    }

    #[test]
    fn no_sku_and_no_name_of_the_bundled_catalogue_occurs_twice() {
        let products = bundled();
        let skus: BTreeSet<_> = products.iter().map(|product| &product.sku).collect();
        let names: BTreeSet<_> = products.iter().map(|product| &product.name).collect();
        assert_eq!((skus.len(), names.len()), (products.len(), products.len()));
    }

    #[test]
    fn every_bundled_category_has_products_in_stock_and_some_products_are_sold_out() {
        let products = bundled();
        let mut in_stock_by_category = BTreeMap::<_, usize>::new();
        for product in &products {
            *in_stock_by_category.entry(&product.category).or_default() += usize::from(product.stock > 0);
        }
        assert!(in_stock_by_category.len() >= 12, "{in_stock_by_category:?}");
        assert!(in_stock_by_category.values().all(|&in_stock| in_stock >= 20), "{in_stock_by_category:?}");
        assert!(products.iter().any(|product| product.stock == 0));
    }

    #[test]
    fn the_same_seed_generates_the_same_products_and_another_seed_others() {
        let products: Vec<_> = generated(500, 7).collect();
        assert_eq!(products, generated(500, 7).collect::<Vec<_>>());
        assert_ne!(products, generated(500, 8).collect::<Vec<_>>());
    }

    #[test]
    fn a_smaller_count_generates_the_first_products_of_a_larger_one() {
        assert_eq!(generated(20, 7).collect::<Vec<_>>(), generated(500, 7).take(20).collect::<Vec<_>>());
        assert_eq!(generated(0, 7).count(), 0);
    }

    #[test]
    fn generated_products_have_skus_of_their_own_and_texts_within_the_limits() {
        let mut skus: BTreeSet<_> = bundled().into_iter().map(|product| product.sku).collect();
        let mut categories = BTreeSet::new();
        for product in generated(20_000, 1) {
            assert_within_limits(&product);
            assert!(skus.insert(product.sku.clone()), "twice: {product:?}");
            categories.insert(product.category);
        }
        let bundled_categories: BTreeSet<_> = bundled().into_iter().map(|product| product.category).collect();
        assert_eq!(categories, bundled_categories);
    }

    fn assert_within_limits(product: &SeedProduct) {
        assert!((1..=40).contains(&product.sku.chars().count()), "sku: {product:?}");
        assert!((1..=120).contains(&product.name.chars().count()), "name: {product:?}");
        assert!((1..=2_000).contains(&product.description.chars().count()), "description: {product:?}");
        assert!((1..=40).contains(&product.category.len()), "category: {product:?}");
        let is_slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(product.category.chars().all(is_slug), "category: {product:?}");
        assert!(product.price_minor_units > 0, "price: {product:?}");
        assert!((0..=10_000).contains(&product.stock), "stock: {product:?}");
    }
}
