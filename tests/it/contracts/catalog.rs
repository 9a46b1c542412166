//! What `Catalog` promises.

use std::rc::Rc;

use catalog_api::{
    Catalog, CatalogError, ListProducts, MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, MAX_PRICE_MINOR_UNITS,
    MAX_PRODUCTS_AT_ONCE, MAX_QUERY_CHARS, MAX_SKU_CHARS, NewProduct, Product, ProductChanges, ProductId,
    UpdateProduct,
};
use cleave_core::Money;
use inventory_api::ReceiveStock;

use super::goods::lamp;
use super::twice::Twice;
use super::{Bench, Suited, over_every_way};

over_every_way! {
    in_worlds_of_their_own:
    a_new_product_can_be_got_and_listed,
    a_product_tells_how_many_can_be_sold_now,
    a_product_is_made_once_under_its_key,
    a_taken_sku_is_refused,
    a_field_out_of_its_bounds_is_refused_by_name,
    an_update_changes_what_it_names_and_the_search_follows,
    an_unknown_product_is_not_found,
    several_products_are_got_at_once_in_the_order_asked_for,
    only_an_admin_creates_and_updates,
    pages_follow_each_other_without_gap_or_overlap,
    words_are_found_by_their_beginnings_and_categories_by_their_slugs,
    a_parameter_out_of_its_bounds_is_refused_by_name,
    a_call_after_its_deadline_is_not_begun,
}

impl Suited for dyn Catalog {
    fn reached(bench: &Bench) -> Rc<Self> {
        bench.catalog()
    }

    fn sent_twice(once: Rc<Self>) -> Rc<Self> {
        Rc::new(Twice(once))
    }
}

async fn a_new_product_can_be_got_and_listed(catalog: Rc<dyn Catalog>, bench: &Bench) {
    let product = bench.create(&catalog, lamp("LAMP-1")).await;
    let NewProduct { sku, name, description, category, price } = lamp("LAMP-1");
    let id = product.id;
    assert_eq!(product, Product { id, sku, name, description, category, price, in_stock: false });
    let got = catalog.get_product(&bench.anybody(), id).await.expect("it is there");
    assert_eq!((got.product, got.available), (product.clone(), Some(0)));
    assert_eq!(bench.skus(&catalog, ListProducts::default()).await, ["LAMP-1"]);
}

async fn a_product_tells_how_many_can_be_sold_now(catalog: Rc<dyn Catalog>, bench: &Bench) {
    let product_id = bench.create(&catalog, lamp("LAMP-1")).await.id;
    let request = ReceiveStock { product_id, quantity: 7 };
    bench.inventory().receive_stock(&bench.command("receipt"), request).await.expect("booked");
    let got = catalog.get_product(&bench.anybody(), product_id).await.expect("it is there");
    assert_eq!(got.available, Some(7));
}

async fn a_product_is_made_once_under_its_key(catalog: Rc<dyn Catalog>, bench: &Bench) {
    let made = catalog.create_product(&bench.command("key"), lamp("LAMP-1")).await.expect("made");
    let again = catalog.create_product(&bench.command("key"), lamp("LAMP-1")).await;
    assert_eq!(again, Ok(made));
    let other = catalog.create_product(&bench.command("key"), lamp("LAMP-2")).await;
    assert_eq!(other, Err(CatalogError::IdempotencyKeyReused));
    assert_eq!(bench.skus(&catalog, ListProducts::default()).await, ["LAMP-1"]);
}

async fn a_taken_sku_is_refused(catalog: Rc<dyn Catalog>, bench: &Bench) {
    bench.create(&catalog, lamp("LAMP-1")).await;
    let namesake = NewProduct { name: "Another lamp".to_owned(), ..lamp("LAMP-1") };
    let refused = catalog.create_product(&bench.command("namesake"), namesake).await;
    assert_eq!(refused, Err(CatalogError::SkuTaken { sku: "LAMP-1".to_owned() }));
    assert_eq!(bench.skus(&catalog, ListProducts::default()).await, ["LAMP-1"]);
}

async fn a_field_out_of_its_bounds_is_refused_by_name(catalog: Rc<dyn Catalog>, bench: &Bench) {
    let good = lamp("LAMP-1");
    let price = |amount, currency: &str| Money { amount, currency: currency.parse().expect("a currency") };
    for (field, wrong) in [
        ("sku", NewProduct { sku: String::new(), ..good.clone() }),
        ("sku", NewProduct { sku: "two words".to_owned(), ..good.clone() }),
        ("sku", NewProduct { sku: "x".repeat(MAX_SKU_CHARS + 1), ..good.clone() }),
        ("name", NewProduct { name: String::new(), ..good.clone() }),
        ("name", NewProduct { name: "x".repeat(MAX_NAME_CHARS + 1), ..good.clone() }),
        ("description", NewProduct { description: "x".repeat(MAX_DESCRIPTION_CHARS + 1), ..good.clone() }),
        ("category", NewProduct { category: "Not a slug".to_owned(), ..good.clone() }),
        ("price", NewProduct { price: price(0, "EUR"), ..good.clone() }),
        ("price", NewProduct { price: price(-1, "EUR"), ..good.clone() }),
        ("price", NewProduct { price: price(MAX_PRICE_MINOR_UNITS + 1, "EUR"), ..good.clone() }),
        ("price", NewProduct { price: price(1, "USD"), ..good.clone() }),
    ] {
        match catalog.create_product(&bench.command("wrong"), wrong.clone()).await {
            Err(CatalogError::InvalidProduct { field: named, .. }) => {
                assert!(named.starts_with(field), "{named}: {wrong:?}");
            }
            other => panic!("{wrong:?}: {other:?}"),
        }
    }
    assert!(bench.skus(&catalog, ListProducts::default()).await.is_empty());
}

async fn an_update_changes_what_it_names_and_the_search_follows(catalog: Rc<dyn Catalog>, bench: &Bench) {
    let before = bench.create(&catalog, lamp("LAMP-1")).await;
    let name = Some("Harbour lantern".to_owned());
    let changes = ProductChanges { name: name.clone(), ..ProductChanges::default() };
    let request = UpdateProduct { product_id: before.id, changes };
    let after = catalog.update_product(&bench.admin(), request).await.expect("changed");
    assert_eq!(after, Product { name: "Harbour lantern".to_owned(), ..before.clone() });
    assert!(bench.skus(&catalog, search("lighthouse")).await.is_empty());
    assert_eq!(bench.skus(&catalog, search("harb lant")).await, ["LAMP-1"]);

    let category = Some("Not a slug".to_owned());
    let changes = ProductChanges { category, ..ProductChanges::default() };
    let wrong =
        catalog.update_product(&bench.admin(), UpdateProduct { product_id: before.id, changes }).await;
    assert!(
        matches!(&wrong, Err(CatalogError::InvalidProduct { field, .. }) if field == "category"),
        "{wrong:?}"
    );
    let got = catalog.get_product(&bench.anybody(), before.id).await.expect("it is there");
    assert_eq!(got.product, after);
}

async fn an_unknown_product_is_not_found(catalog: Rc<dyn Catalog>, bench: &Bench) {
    let product_id = ProductId::from(bench.new_id());
    let not_found = CatalogError::ProductNotFound { product_id };
    let got = catalog.get_product(&bench.anybody(), product_id).await;
    assert_eq!(got, Err(not_found.clone()));
    let request = UpdateProduct { product_id, changes: ProductChanges::default() };
    assert_eq!(catalog.update_product(&bench.admin(), request).await, Err(not_found));
}

async fn several_products_are_got_at_once_in_the_order_asked_for(catalog: Rc<dyn Catalog>, bench: &Bench) {
    let one = bench.create(&catalog, lamp("LAMP-1")).await;
    let two = bench.create(&catalog, lamp("LAMP-2")).await;
    let unknown = ProductId::from(bench.new_id());
    for (asked, found) in [
        (vec![two.id, unknown, one.id], vec![two.clone(), one]),
        (vec![two.id, two.id], vec![two]),
        (vec![unknown], vec![]),
    ] {
        assert_eq!(catalog.get_products(&bench.system(), asked).await, Ok(found));
    }
    for wrong in [0, MAX_PRODUCTS_AT_ONCE + 1] {
        let asked = (0..wrong).map(|_| ProductId::from(bench.new_id())).collect();
        let refused = catalog.get_products(&bench.system(), asked).await;
        let is_named =
            matches!(&refused, Err(CatalogError::InvalidParameter { parameter, .. }) if parameter == "ids");
        assert!(is_named, "{wrong} at once: {refused:?}");
    }
    let nobody = catalog.get_products(&bench.anybody(), vec![unknown]).await;
    assert_eq!(nobody, Err(CatalogError::Unauthenticated));
}

async fn only_an_admin_creates_and_updates(catalog: Rc<dyn Catalog>, bench: &Bench) {
    let before = bench.create(&catalog, lamp("LAMP-1")).await;
    let changes = ProductChanges { name: Some("Mine".to_owned()), ..ProductChanges::default() };
    for (context, error) in
        [(bench.anybody(), CatalogError::Unauthenticated), (bench.user(), CatalogError::Forbidden)]
    {
        assert_eq!(catalog.create_product(&context, lamp("LAMP-2")).await, Err(error.clone()));
        let request = UpdateProduct { product_id: before.id, changes: changes.clone() };
        assert_eq!(catalog.update_product(&context, request).await, Err(error));
    }
    let got = catalog.get_product(&bench.anybody(), before.id).await.expect("it is there");
    assert_eq!(got.product, before);
    assert_eq!(bench.skus(&catalog, ListProducts::default()).await, ["LAMP-1"]);
}

async fn pages_follow_each_other_without_gap_or_overlap(catalog: Rc<dyn Catalog>, bench: &Bench) {
    let skus = (1..=7).map(|number| format!("LAMP-{number}")).collect::<Vec<_>>();
    for sku in &skus {
        bench.create(&catalog, lamp(sku)).await;
    }
    for limit in [1, 3, 7, 100] {
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let request = ListProducts { limit: Some(limit), cursor, ..ListProducts::default() };
            let page = catalog.list_products(&bench.anybody(), request).await.expect("a page");
            assert!(page.items.len() <= limit as usize);
            seen.extend(page.items.into_iter().map(|product| product.sku));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, skus, "in pages of {limit}, in the order of their making");
    }
}

async fn words_are_found_by_their_beginnings_and_categories_by_their_slugs(
    catalog: Rc<dyn Catalog>,
    bench: &Bench,
) {
    bench.create(&catalog, lamp("LAMP-1")).await;
    let chair =
        NewProduct { name: "Reading chair".to_owned(), category: "furniture".to_owned(), ..lamp("CHAIR-1") };
    bench.create(&catalog, chair).await;
    for (words, found) in [
        ("read", vec!["LAMP-1", "CHAIR-1"]),
        ("READING", vec!["LAMP-1", "CHAIR-1"]),
        ("read lamp", vec!["LAMP-1"]),
        ("chai", vec!["CHAIR-1"]),
        ("furn", vec!["CHAIR-1"]),
        ("eading", vec![]),
        ("read nothing", vec![]),
        ("%", vec![]),
    ] {
        // What has no word in it is refused, which is no less than finding nothing.
        match catalog.list_products(&bench.anybody(), search(words)).await {
            Ok(page) => {
                let skus = page.items.into_iter().map(|product| product.sku).collect::<Vec<_>>();
                assert_eq!(skus, found, "{words:?}");
            }
            Err(error) => assert!(words == "%", "{words:?}: {error:?}"),
        }
    }
    let furniture = ListProducts { category: Some("furniture".to_owned()), ..ListProducts::default() };
    assert_eq!(bench.skus(&catalog, furniture.clone()).await, ["CHAIR-1"]);
    let both = ListProducts { q: Some("lamp".to_owned()), ..furniture };
    assert!(bench.skus(&catalog, both).await.is_empty());
}

async fn a_parameter_out_of_its_bounds_is_refused_by_name(catalog: Rc<dyn Catalog>, bench: &Bench) {
    let usual = ListProducts::default();
    for (parameter, wrong) in [
        ("limit", ListProducts { limit: Some(0), ..usual.clone() }),
        ("limit", ListProducts { limit: Some(101), ..usual.clone() }),
        ("cursor", ListProducts { cursor: Some("nonsense".to_owned()), ..usual.clone() }),
        ("category", ListProducts { category: Some("Not a slug".to_owned()), ..usual.clone() }),
        ("q", search(&"x".repeat(MAX_QUERY_CHARS + 1))),
    ] {
        match catalog.list_products(&bench.anybody(), wrong.clone()).await {
            Err(CatalogError::InvalidParameter { parameter: named, .. }) => {
                assert_eq!(named, parameter, "{wrong:?}");
            }
            other => panic!("{wrong:?}: {other:?}"),
        }
    }
}

async fn a_call_after_its_deadline_is_not_begun(catalog: Rc<dyn Catalog>, bench: &Bench) {
    let listed = catalog.list_products(&bench.overdue(), ListProducts::default()).await;
    assert_eq!(listed, Err(CatalogError::Timeout));
    assert_eq!(catalog.create_product(&bench.overdue(), lamp("LAMP-1")).await, Err(CatalogError::Timeout));
    assert!(bench.skus(&catalog, ListProducts::default()).await.is_empty());
}

impl Bench {
    async fn create(&self, catalog: &Rc<dyn Catalog>, product: NewProduct) -> Product {
        let context = self.command(&product.sku);
        catalog.create_product(&context, product).await.expect("the product is made")
    }

    async fn skus(&self, catalog: &Rc<dyn Catalog>, request: ListProducts) -> Vec<String> {
        let page = catalog.list_products(&self.anybody(), request).await.expect("a page");
        page.items.into_iter().map(|product| product.sku).collect()
    }
}

fn search(words: &str) -> ListProducts {
    ListProducts { q: Some(words.to_owned()), ..ListProducts::default() }
}
