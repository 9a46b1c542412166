//! What a store sells, as everybody can read it.

use std::collections::HashMap;

use anyhow::{Context as _, bail, ensure};
use cleave_compare::{Client, Request, Response};
use serde_json::Value;

use super::Shelf;

/// So many products are read at most: the largest store that makes sense here.
const MOST_PRODUCTS: usize = 20_000;

/// The goods of a store, in the order of its list.
#[derive(Debug, Clone, Default)]
pub struct Goods {
    products: Vec<Product>,
}

#[derive(Debug, Clone)]
struct Product {
    id: String,
    sku: String,
    category: String,
}

impl Goods {
    /// Reads all pages of the list.
    ///
    /// # Errors
    /// Whoever answers does not answer as a store does, or sells nothing.
    pub fn read(client: &mut Client) -> anyhow::Result<Self> {
        let mut products = Vec::new();
        let mut place = String::new();
        loop {
            let request = Request::get(format!("/api/v1/products?limit=100{place}"));
            let page = page(&client.send(&request)?)
                .with_context(|| format!("what answers is no store: it answers GET {}", request.path))?;
            products.extend(page.products);
            match page.next {
                Some(next) if products.len() < MOST_PRODUCTS => place = format!("&cursor={next}"),
                _ => break,
            }
        }
        ensure!(!products.is_empty(), "it sells nothing: fill it with goods");
        Ok(Self { products })
    }

    /// The shelf that journeys stand before.
    pub fn shelf(&self) -> Shelf {
        Shelf::of(self.products.iter().map(|product| (product.id.clone(), product.category.clone())))
    }

    /// Each product's id with its SKU, which is the same in all stores that sell it.
    pub fn ids_and_skus(&self) -> impl Iterator<Item = (&str, &str)> {
        self.products.iter().map(|product| (product.id.as_str(), product.sku.as_str()))
    }

    /// By the id of each product here its id in another store.
    ///
    /// # Errors
    /// The other one does not sell the same.
    pub fn ids_in(&self, other: &Self) -> anyhow::Result<HashMap<String, String>> {
        let there = other.ids_and_skus().map(|(id, sku)| (sku, id)).collect::<HashMap<_, _>>();
        let (ours, theirs) = (self.products.len(), other.products.len());
        ensure!(ours == theirs, "one sells {ours} products and the other {theirs}");
        self.ids_and_skus()
            .map(|(id, sku)| match there.get(sku) {
                Some(other) => Ok((id.to_owned(), (*other).to_owned())),
                None => bail!("only one of them sells {sku}"),
            })
            .collect()
    }
}

/// How many units of a product a store says that it has now.
///
/// # Errors
/// It does not say.
pub fn units_of(client: &mut Client, product_id: &str) -> anyhow::Result<u64> {
    let response = client.send(&Request::get(format!("/api/v1/products/{product_id}")))?;
    let body = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
    body["available"].as_u64().with_context(|| {
        format!(
            "the product {product_id} is answered with {} and no number of units: {}",
            response.status,
            response.text()
        )
    })
}

struct Page {
    products: Vec<Product>,
    next: Option<String>,
}

fn page(response: &Response) -> anyhow::Result<Page> {
    let shown = || response.text().chars().take(80).collect::<String>();
    ensure!(response.status == 200, "with {} and {:?}", response.status, shown());
    let page = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
    let items = page["items"].as_array().with_context(|| format!("with {:?}", shown()))?;
    let product = |item: &Value| {
        let field = |name: &str| item[name].as_str().map(str::to_owned);
        Some(Product { id: field("id")?, sku: field("sku")?, category: field("category")? })
    };
    let products = items.iter().map(product).collect::<Option<Vec<_>>>();
    let products = products.with_context(|| format!("with items that are no products: {:?}", shown()))?;
    Ok(Page { products, next: page["next_cursor"].as_str().map(str::to_owned) })
}
