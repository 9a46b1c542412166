//! What one transaction is good for. That the answers are the store's is tested beside the store, in `tests/it/plain.rs`.

use std::path::Path;
use std::time::Duration;

use actix_web::{App, test, web};
use cleave_auth::{Claims, TokenIssuer};
use cleave_core::{Clock as _, SystemClock};
use cleave_db::DatabaseSettings;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use serde_json::{Value, json};
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, Connection as _, Executor as _};
use tempfile::TempDir;
use uuid::Uuid;

use super::shop::Shop;
use super::{PlainSettings, fill, routes};

const LAMP: &str = "01990000-0000-7000-8000-000000000001";

struct Stand {
    shop: web::Data<Shop>,
    token: String,
    _folder: TempDir,
}

impl Stand {
    async fn open() -> Self {
        let folder = TempDir::new().expect("a temporary directory");
        let [plain, goods, stock] =
            ["plain.db", "catalog.db", "inventory.db"].map(|it| folder.path().join(it));
        let schema = include_str!("../../../migrations/catalog/0001_products_prefixes_follower.sql");
        let rows = "UPDATE product_head SET number = 1, currency = 'EUR'; INSERT INTO products VALUES \
                    ('01990000-0000-7000-8000-000000000001', 1, 'L-1', 'Lamp', 'Gives light.', 'living', 1999, 1, 0, 0)";
        run(&goods, &[schema, rows]).await;
        let schema = include_str!("../../../migrations/inventory/0001_levels_ledger_reservations.sql");
        let rows = "INSERT INTO stock_levels VALUES ('01990000-0000-7000-8000-000000000001', 7, 7, 0, 0, 1)";
        run(&stock, &[schema, rows]).await;
        fill(&plain, &goods, &stock).await.expect("two databases fit into one");
        let issuer = TokenIssuer::load_or_create(&folder.path().join("accounts.key"), &mut UnwrapErr(SysRng));
        let issued_at_s = SystemClock.now().as_unix_seconds();
        let expires_at_s = issued_at_s + 60;
        let claims = Claims { account_id: Uuid::from_u128(7), admin: false, issued_at_s, expires_at_s };
        let database = DatabaseSettings {
            url: format!("sqlite:{}", plain.display()),
            password: None,
            max_readers: 1,
            acquire_timeout: Duration::from_secs(5),
        };
        let settings = PlainSettings { database, keys: folder.path().to_owned() };
        let shop = Shop::open(&settings).await.expect("it is filled");
        let token = issuer.expect("a key").issue(&claims);
        Self { shop: web::Data::new(shop), token, _folder: folder }
    }

    async fn send(&self, request: test::TestRequest) -> (u16, Value) {
        let app = test::init_service(App::new().app_data(self.shop.clone()).configure(routes)).await;
        let request = request.insert_header(("authorization", format!("Bearer {}", self.token)));
        let response = test::call_service(&app, request.to_request()).await;
        (response.status().as_u16(), test::read_body_json(response).await)
    }

    async fn pick(&self, quantity: i64) {
        let request = test::TestRequest::put().uri(&format!("/api/v1/cart/items/{LAMP}"));
        assert_eq!(self.send(request.set_json(json!({"quantity": quantity}))).await.0, 200);
    }

    async fn buy(&self, key: &str) -> (u16, Value) {
        let request = test::TestRequest::post().uri("/api/v1/orders").insert_header(("idempotency-key", key));
        self.send(request.set_json(json!({"payment_token": "tok_visa"}))).await
    }

    async fn count(&self, statement: &'static str) -> i64 {
        sqlx::query_scalar(statement).fetch_one(self.shop.database.readers()).await.expect("a number")
    }
}

async fn run(file: &Path, statements: &[&'static str]) {
    sqlx::any::install_default_drivers();
    let options: AnyConnectOptions = format!("sqlite:{}?mode=rwc", file.display()).parse().expect("a URL");
    let mut connection = AnyConnection::connect_with(&options).await.expect("the file opens");
    for statement in statements {
        connection.execute(*statement).await.expect("the statement is valid");
    }
    connection.close().await.expect("it closes");
}

#[tokio::test]
async fn a_checkout_writes_all_that_belongs_to_it() {
    let stand = Stand::open().await;
    stand.pick(3).await;
    let (status, order) = stand.buy("one").await;
    assert_eq!(
        (status, &order["status"], &order["total"]["amount"]),
        (201, &json!("confirmed"), &json!(5997))
    );
    for (statement, expected) in [
        ("SELECT available FROM stock", 4),
        ("SELECT sold FROM stock", 3),
        ("SELECT SUM(quantity) FROM stock_movements", 3),
        ("SELECT amount FROM payments", 5997),
        ("SELECT COUNT(*) FROM cart_lines", 0),
        (
            "SELECT COUNT(*) FROM notifications WHERE subject = 'Your order is confirmed: 3 items, 59.97 EUR'",
            1,
        ),
    ] {
        assert_eq!(stand.count(statement).await, expected, "{statement}");
    }
}

#[tokio::test]
async fn a_checkout_that_breaks_in_the_middle_has_written_nothing() {
    let stand = Stand::open().await;
    stand.pick(3).await;
    sqlx::query("DROP TABLE notifications").execute(stand.shop.database.writer()).await.expect("it is gone");
    assert_eq!(stand.buy("one").await.0, 500);
    for (statement, expected) in [
        ("SELECT available FROM stock", 7),
        ("SELECT COUNT(*) FROM orders", 0),
        ("SELECT COUNT(*) FROM payments", 0),
        ("SELECT COUNT(*) FROM cart_lines", 1),
    ] {
        assert_eq!(stand.count(statement).await, expected, "{statement}");
    }
}

#[tokio::test]
async fn customers_who_buy_at_the_same_time_get_what_there_is_and_no_more() {
    let stand = Stand::open().await;
    stand.pick(3).await;
    let (one, two) = tokio::join!(stand.buy("same"), stand.buy("same"));
    assert_eq!(one, two, "the same key is the same order");
    assert_eq!(stand.count("SELECT available FROM stock").await, 4);
    stand.pick(5).await;
    let (status, problem) = stand.buy("more").await;
    assert_eq!((status, &problem["code"]), (409, &json!("out_of_stock")));
    assert_eq!(stand.count("SELECT available FROM stock").await, 4);
}
