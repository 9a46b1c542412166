//! Whatever happens, in whatever order, no unit is lost or made.

use std::time::Duration;

use inventory_api::{InventoryError, ReservationId};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::{World, line};

const STEPS: usize = 150;

#[tokio::test]
async fn stock_is_conserved_after_each_of_many_random_operations() {
    for seed in 1..=3 {
        let mut random = StdRng::seed_from_u64(seed);
        let world = World::new().await;
        let products = [world.product(3).await, world.product(0).await, world.product(20).await];
        let mut reservations: Vec<ReservationId> = vec![world.new_reservation_id()];
        let mut done = 0;
        for step in 0..STEPS {
            let old = reservations[random.random_range(0..reservations.len())];
            let product_id = products[random.random_range(0..products.len())];
            let outcome = match random.random_range(0..12) {
                0 => {
                    let key = format!("key-{}", random.random_range(0..20));
                    world.receive(&key, product_id, random.random_range(1..5)).await.map(|_| ())
                }
                1..=4 => {
                    let id = if random.random_bool(0.2) { old } else { world.new_reservation_id() };
                    reservations.push(id);
                    let mut lines = vec![line(product_id, random.random_range(1..4))];
                    if product_id != products[2] && random.random_bool(0.5) {
                        lines.push(line(products[2], random.random_range(1..4)));
                    }
                    world.reserve(id, &lines).await.map(|_| ())
                }
                5 | 6 => world.commit(old).await.map(|_| ()),
                7 => world.release(old).await.map(|_| ()),
                8 => {
                    let id = world.new_reservation_id();
                    reservations.push(id);
                    world.release(id).await.map(|_| ())
                }
                9 | 10 => world.take_back(old).await.map(|_| ()),
                _ => {
                    world.clock.advance(Duration::from_secs(random.random_range(1..30)));
                    world.expire().await;
                    Ok(())
                }
            };
            let failed =
                matches!(outcome, Err(InventoryError::Internal | InventoryError::Unavailable { .. }));
            assert!(!failed, "seed {seed}, step {step}: {outcome:?}");
            done += usize::from(outcome.is_ok());
            world.check().await;
        }
        assert!(done > STEPS / 3, "seed {seed} does something: {done} of {STEPS}");
    }
}
