use std::time::Instant;
use super::{World, line};
use inventory_api::Inventory as _;
#[tokio::test]
async fn probe() {
    let world = World::new().await;
    let start = Instant::now();
    let mut ids = vec![];
    for _ in 0..200 {
        let batch: Vec<_> = (0..1000).map(|i| (world.new_product_id(), i % 100)).collect();
        world.inventory.import_stock(&world.system(), &batch).await.expect("ok");
        ids.push(batch[50].0);
    }
    println!("import 200k: {:?}", start.elapsed());
    let c = world.user();
    let start = Instant::now();
    for i in 0..5000 { world.inventory.get_stock(&c, ids[i % 200]).await.expect("ok"); }
    println!("get_stock: {:?}", start.elapsed() / 5000);
    let start = Instant::now();
    let mut rs = vec![];
    for i in 0..300 { let id = world.new_reservation_id(); rs.push(id); world.reserve(id, &[line(ids[i % 200], 1), line(ids[(i + 7) % 200], 1)]).await.expect("ok"); }
    println!("reserve 2 lines: {:?}", start.elapsed() / 300);
    let start = Instant::now();
    for id in rs { world.commit(id).await.expect("ok"); }
    println!("commit 2 lines: {:?}", start.elapsed() / 300);
    println!("file {} MB", 0);
    let plan = world.rows("EXPLAIN QUERY PLAN SELECT reservation_id FROM reservations WHERE state = 'reserved' AND expires_at <= 5 ORDER BY expires_at LIMIT 3").await;
    for r in plan { use sqlx::Row as _; println!("{}", r.get::<String,_>(3)); }
}
