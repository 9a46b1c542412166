//! What customers and admins do, under every preset.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::answer::text;
use crate::support::person::lamp;
use crate::support::store::Store;
use crate::support::topologies::presets;
use crate::support::waiting::eventually;
use crate::support::world::World;

#[test]
fn a_customer_walks_through_the_whole_list_and_sees_each_product_once() {
    let stocked = Store::stocked();
    let for_sale = stocked.products().iter().map(|product| product.id.to_string()).collect::<Vec<_>>();
    assert!(for_sale.len() > 200, "a few hundred products come with the program, not {}", for_sale.len());
    for preset in presets() {
        let world = World::on(stocked.copy(), preset);
        let customer = world.visitor();
        for query in ["limit=7", "limit=100", ""] {
            let seen = customer.walk(query).iter().map(|product| text(product, "id")).collect::<Vec<_>>();
            assert_eq!(seen, for_sale, "{query:?} in {}", world.topology.name());
        }
    }
}

#[test]
fn a_customer_finds_products_by_category_and_by_the_beginnings_of_words() {
    let stocked = Store::stocked();
    let products = stocked.products();
    let categories = products.iter().map(|product| product.category.as_str()).collect::<BTreeSet<_>>();
    assert!(categories.len() > 3, "{categories:?}");
    for preset in presets() {
        let world = World::on(stocked.copy(), preset);
        let customer = world.visitor();
        let found = |query: &str| customer.walk(query).iter().map(|it| text(it, "sku")).collect::<Vec<_>>();

        let expected = |wanted: &dyn Fn(&str, &str) -> bool| {
            let fits = products.iter().filter(|it| wanted(&it.name.to_lowercase(), &it.category));
            fits.map(|product| product.sku.clone()).collect::<Vec<_>>()
        };
        for category in &categories {
            assert_eq!(found(&format!("category={category}&limit=9")), expected(&|_, own| own == *category));
        }
        let starts = |name: &str, start: &str| {
            name.split(|character: char| !character.is_alphanumeric()).any(|word| word.starts_with(start))
        };
        // Kitchens have knives; no SKU and no other category begins with these letters.
        let knives = expected(&|name, _| starts(name, "knif"));
        assert!(!knives.is_empty());
        assert_eq!(found("q=knif&limit=2"), knives);
        assert_eq!(found("q=KNIF%20kitch"), expected(&|name, own| starts(name, "knif") && own == "kitchen"));
        assert!(found("q=nobodysellsthis").is_empty());
    }
}

#[test]
fn a_customer_sees_of_each_product_what_the_inventory_has() {
    let stocked = Store::stocked();
    let products = stocked.products();
    assert!(products.iter().any(|product| !product.in_stock), "a few products are sold out on purpose");
    for preset in presets() {
        let world = World::on(stocked.copy(), preset);
        let customer = world.visitor();
        for product in products.iter().step_by(20).chain(products.iter().filter(|product| !product.in_stock))
        {
            let id = product.id.to_string();
            let shown = customer.get_product(&id).ok();
            let stock = customer.get_stock(&id).ok();
            assert_eq!(shown["available"], stock["available"], "{shown}");
            assert_eq!(shown["in_stock"], json!(stock["available"].as_i64() > Some(0)), "{shown}");
            assert_eq!(stock["product_id"], shown["id"]);
        }
    }
}

#[test]
fn everybody_sees_what_an_admin_creates_receives_and_changes() {
    for preset in presets() {
        let world = World::on(Store::empty(), preset);
        let (admin, other_admin, customer) = (world.admin(), world.admin(), world.visitor());

        let created = admin.create_product(&lamp("LAMP-1"), "lamp");
        let product = created.created();
        let id = text(&product, "id");
        let place = created.response.header("location").map(str::to_owned);
        assert_eq!(place, Some(format!("/api/v1/products/{id}")));
        for (field, value) in lamp("LAMP-1").as_object().expect("a product is an object") {
            assert_eq!(&product[field], value);
        }
        let shown = customer.get_product(&id).ok();
        assert_eq!((&shown["available"], &shown["in_stock"]), (&json!(0), &json!(false)));

        let receipt = admin.receive_stock(&id, 5, "first").created();
        assert_eq!((&receipt["quantity"], &receipt["available"]), (&json!(5), &json!(5)));
        let again = admin.receive_stock(&id, 5, "first").created();
        assert_eq!(again, receipt, "the same receipt, not another one");
        // A key is its owner's: another admin's command under the same key is another command.
        let other = other_admin.receive_stock(&id, 2, "first").created();
        assert_eq!(other["available"], 7);
        assert_eq!(customer.get_stock(&id).ok(), json!({"product_id": id, "available": 7}));
        assert_eq!(customer.get_product(&id).ok()["available"], 7);
        let in_lists = || customer.list_products("?q=lighthouse").ok()["items"][0]["in_stock"].clone();
        eventually("the list has heard of the goods", in_lists, |in_stock| *in_stock == true);

        let changes = json!({"name": "Harbour lantern", "price": {"amount": 3950, "currency": "EUR"}});
        let changed = admin.update_product(&id, &changes).ok();
        let shown = customer.get_product(&id).ok();
        for field in ["id", "sku", "name", "description", "category", "price"] {
            assert_eq!(changed[field], shown[field]);
            let expected = changes.get(field).unwrap_or(&product[field]);
            assert_eq!(&shown[field], expected);
        }
        let nobody = json!({"items": [], "next_cursor": Value::Null});
        assert_eq!(customer.list_products("?q=lighthouse").ok(), nobody);
        assert_eq!(customer.list_products("?q=lantern").ok()["items"][0]["id"], json!(id));
    }
}
