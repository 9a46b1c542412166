//! The answers are the store's. What the store answers with is tested where it is made; here stand two of its answers.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use actix_web::{App, test, web};
use cleave_core::Cursor;
use serde_json::{Value, json};
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, Connection as _, Executor as _};

use super::answers::Answers;
use super::queries::Databases;
use super::{echo, queried};

const LAMP: &str = "01990000-0000-7000-8000-000000000001";

async fn fill(file: &Path, schema: &'static str, rows: &'static str) -> String {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite:{}", file.display());
    let options: AnyConnectOptions = format!("{url}?mode=rwc").parse().expect("a URL");
    let mut connection = AnyConnection::connect_with(&options).await.expect("the file opens");
    connection.execute(schema).await.expect("the schema is valid");
    connection.execute(rows).await.expect("the rows fit");
    connection.close().await.expect("it closes");
    url
}

async fn databases(directory: &Path) -> Databases {
    let catalog_url = fill(
        &directory.join("catalog.db"),
        include_str!("../../../migrations/catalog/0001_products_prefixes_follower.sql"),
        "UPDATE product_head SET number = 3, currency = 'EUR'; \
         INSERT INTO products VALUES \
         ('01990000-0000-7000-8000-000000000001', 1, 'L-1', 'Lamp', 'Gives light.', 'living', 1999, 1, 0, 0), \
         ('01990000-0000-7000-8000-000000000002', 2, 'G-1', 'Rake', '', 'garden', 500, 1, 0, 0), \
         ('01990000-0000-7000-8000-000000000003', 3, 'L-2', 'Rug', '', 'living', 9000, 0, 0, 0)",
    )
    .await;
    let inventory_url = fill(
        &directory.join("inventory.db"),
        include_str!("../../../migrations/inventory/0001_levels_ledger_reservations.sql"),
        "INSERT INTO stock_levels VALUES ('01990000-0000-7000-8000-000000000001', 7, 7, 0, 0, 1), \
         ('01990000-0000-7000-8000-000000000002', 1, 1, 0, 0, 1), \
         ('01990000-0000-7000-8000-000000000003', 0, 0, 0, 0, 1)",
    )
    .await;
    Databases::open(&catalog_url, &inventory_url, 1).await.expect("both are there")
}

async fn get(path: &str) -> Result<Value, u16> {
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    let databases = web::Data::new(databases(directory.path()).await);
    let app = test::init_service(App::new().app_data(databases).configure(queried)).await;
    let response = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
    if !response.status().is_success() {
        return Err(response.status().as_u16());
    }
    Ok(test::read_body_json(response).await)
}

fn lamp() -> Value {
    json!({
        "id": LAMP,
        "sku": "L-1",
        "name": "Lamp",
        "description": "Gives light.",
        "category": "living",
        "price": {"amount": 1999, "currency": "EUR"},
        "in_stock": true
    })
}

fn names(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().expect("items");
    items.iter().filter_map(|item| item["name"].as_str()).collect()
}

#[tokio::test]
async fn a_page_of_a_category_is_what_the_store_answers() {
    let page = get("/api/v1/products?category=living&limit=1").await;
    assert_eq!(page, Ok(json!({"items": [lamp()], "next_cursor": Cursor(1).encode()})));
}

#[tokio::test]
async fn pages_follow_one_another_with_and_without_a_category() {
    let cursor = Cursor(1).encode();
    let page = get(&format!("/api/v1/products?category=living&cursor={cursor}")).await.expect("a page");
    assert_eq!((names(&page), &page["next_cursor"]), (vec!["Rug"], &Value::Null));
    let page = get(&format!("/api/v1/products?cursor={cursor}")).await.expect("a page");
    assert_eq!(names(&page), ["Rake", "Rug"]);
    let page = get("/api/v1/products").await.expect("a page");
    assert_eq!(names(&page), ["Lamp", "Rake", "Rug"]);
}

#[tokio::test]
async fn a_product_is_answered_with_its_stock() {
    let mut expected = lamp();
    expected["available"] = json!(7);
    assert_eq!(get(&format!("/api/v1/products/{LAMP}")).await, Ok(expected));
    assert_eq!(get("/api/v1/products/01990000-0000-7000-8000-000000000009").await, Err(404));
}

#[tokio::test]
async fn the_answers_that_are_always_the_same_are_those_of_median_size() {
    let answers = answers().await;
    assert_eq!(json(&answers.product)["name"], "Rug", "the lamp has more to say, the rake less");
    assert_eq!(names(&json(&answers.page)), ["Lamp", "Rug"], "of two pages the larger");
}

#[tokio::test]
async fn the_echo_answers_one_question_after_the_other_even_in_pieces() {
    let answers = answers().await;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut stream = TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
    echo::serve(&answers, listener).expect("a thread");
    for (question, body) in [("?limit=20", &answers.page), ("/4711", &answers.product)] {
        let question = format!("GET /api/v1/products{question} HTTP/1.1\r\nhost: here\r\n\r\n");
        for piece in question.as_bytes().chunks(30) {
            stream.write_all(piece).expect("it reads");
        }
        let expected = echo::with_head(body);
        let mut answer = vec![0; expected.len()];
        stream.read_exact(&mut answer).expect("it answers");
        assert_eq!(answer, expected);
        assert!(answer.ends_with(body));
    }
}

async fn answers() -> Answers {
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    Answers::of(&databases(directory.path()).await).await.expect("there are goods")
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}
