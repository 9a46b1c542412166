//! The catalogue on a database of its own, with an inventory that plays along.
//!
//! - `lists`: pages, categories, search
//! - `products`: one product, creation, changes
//! - `races`: the same from two sides at once
//! - `follower`: `in_stock`
//! - `filling`: imports, the currency

mod filling;
mod follower;
mod lists;
mod products;
mod races;
mod silent;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use catalog_api::{Catalog as _, CatalogError, ListProducts, NewProduct, Product};
use cleave_core::{
    AccountId, Caller, Clock as _, Context, Currency, IdempotencyKey, Ids, ManualClock, Money, Page,
    Timestamp, User,
};
use cleave_db::Database;
use cleave_db::testing::Scratch;
use inventory_api::{Inventory, MockInventory, Stock};

use crate::{LocalCatalog, MIGRATIONS, Settings, search};

/// A store room that opens every level and has seven of everything.
fn seven_of_everything() -> MockInventory {
    let mut inventory = MockInventory::new();
    inventory
        .expect_open_stock()
        .returning(|_, request| Ok(Stock { product_id: request.product_id, available: 0 }));
    inventory.expect_get_stock().returning(|_, product_id| Ok(Stock { product_id, available: 7 }));
    inventory
}

struct World {
    scratch: Scratch,
    clock: Arc<ManualClock>,
    ids: Arc<Ids>,
    database: Database,
    catalog: LocalCatalog,
}

impl World {
    async fn new() -> Self {
        Self::with_inventory(seven_of_everything()).await
    }

    async fn with_inventory(inventory: impl Inventory + 'static) -> Self {
        let scratch = Scratch::new();
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_790_000_000_000_000)));
        let ids = Arc::new(Ids::from_seed(clock.clone(), 1));
        let database = scratch.open("catalog").await;
        database.migrate(&MIGRATIONS).await.expect("the migrations run");
        let catalog = LocalCatalog::new(
            database.clone(),
            Rc::new(inventory),
            clock.clone(),
            ids.clone(),
            &Settings::default(),
        );
        Self { scratch, clock, ids, database, catalog }
    }

    /// Another catalogue on the same file, with connections of its own: a second process, as far as the database
    /// can tell.
    async fn replica(&self, inventory: impl Inventory + 'static) -> LocalCatalog {
        let settings = Settings::default();
        let database = self.scratch.open("catalog").await;
        LocalCatalog::new(database, Rc::new(inventory), self.clock.clone(), self.ids.clone(), &settings)
    }

    fn context(&self, caller: Caller) -> Context {
        let deadline = self.clock.instant() + Duration::from_secs(10);
        Context { caller, ..Context::background(&self.ids, deadline) }
    }

    fn admin(&self) -> Context {
        self.context(user(1, true))
    }

    fn admin_with_key(&self, key: &str) -> Context {
        self.admin().with_key(IdempotencyKey::parse(key).expect("a key"))
    }

    async fn create(&self, sku: &str, name: &str, category: &str) -> Product {
        let request = NewProduct { name: name.to_owned(), category: category.to_owned(), ..lamp(sku) };
        self.catalog.create_product(&self.admin(), request).await.expect("the product is fine")
    }

    async fn list(&self, request: ListProducts) -> Result<Page<Product>, CatalogError> {
        self.catalog.list_products(&self.context(Caller::Anonymous), request).await
    }

    /// The names of what a search finds, in the order of the list.
    async fn search(&self, query: &str) -> Vec<String> {
        let request = ListProducts { q: Some(query.to_owned()), limit: Some(100), ..ListProducts::default() };
        let page = self.list(request).await.expect("the search is fine");
        page.items.into_iter().map(|product| product.name).collect()
    }

    /// All pages of a list, one after the other.
    async fn walk(&self, request: ListProducts) -> Vec<Product> {
        let mut walked = Vec::new();
        let mut next = Some(request.clone());
        while let Some(request) = next.take() {
            let page = self.list(request.clone()).await.expect("the page is fine");
            assert!(page.next_cursor.is_none() || !page.items.is_empty(), "an empty page has no next one");
            walked.extend(page.items);
            next = page.next_cursor.map(|cursor| ListProducts { cursor: Some(cursor), ..request });
        }
        walked
    }

    /// The index holds the prefixes of every product as it is now, and nothing else.
    async fn assert_index_is_exact(&self) {
        let products = self.walk(ListProducts::default()).await;
        let wanted: BTreeSet<(String, String)> = products
            .iter()
            .flat_map(|product| prefixes(product).into_iter().map(|prefix| (prefix, product.id.to_string())))
            .collect();
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT i.prefix, COALESCE(p.product_id, 'none') FROM product_prefixes AS i \
             LEFT JOIN products AS p ON p.number = i.number",
        )
        .fetch_all(self.database.readers())
        .await
        .expect("the index is there");
        assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), wanted);
    }
}

/// What the index must hold of a product.
fn prefixes(product: &Product) -> BTreeSet<String> {
    let mut prefixes = BTreeSet::new();
    for word in search::product_words(product) {
        let ends = word.char_indices().map(|(start, character)| start + character.len_utf8());
        prefixes.extend(ends.map(|end| word[..end].to_owned()));
    }
    prefixes
}

fn user(number: u128, admin: bool) -> Caller {
    let account_id: AccountId = id(number);
    Caller::User(User { account_id, admin, access_token: "token".into() })
}

fn id<T: FromStr<Err: std::fmt::Debug>>(number: u128) -> T {
    format!("{number:032x}").parse().expect("a number of 128 bits is a UUID")
}

fn euro() -> Currency {
    "EUR".parse().expect("EUR is a currency")
}

fn lamp(sku: &str) -> NewProduct {
    NewProduct {
        sku: sku.to_owned(),
        name: "Desk lamp".to_owned(),
        description: "Gives light.".to_owned(),
        category: "living".to_owned(),
        price: Money { amount: 1_999, currency: euro() },
    }
}

fn names(products: &[Product]) -> Vec<&str> {
    products.iter().map(|product| &*product.name).collect()
}

#[test]
fn all_tests_pass_again_on_postgres() {
    cleave_db::testing::all_again_on_postgres("all_tests_pass_again_on_postgres");
}
