//! What an audit is told.

use inventory_api::ReservationState;
use sqlx::AssertSqlSafe;

use super::{World, line};
use crate::audit::{AuditFacts, LevelFacts, ReservationFacts, Units, audit_facts};

async fn facts(world: &World) -> AuditFacts {
    audit_facts(world.inventory.database()).await.expect("the facts can be read")
}

#[tokio::test]
async fn an_audit_is_told_of_every_level_and_every_reservation() {
    let world = World::new().await;
    let (product_id, empty) = (world.product(10).await, world.product(0).await);
    let [held, sold, returned, released, buried] = std::array::from_fn(|_| world.new_reservation_id());
    for (id, quantity) in [(held, 1), (sold, 2), (returned, 3), (released, 4)] {
        world.reserve(id, &[line(product_id, quantity)]).await.expect("there are enough");
    }
    world.commit(sold).await.expect("it is reserved");
    world.commit(returned).await.expect("it is reserved");
    world.take_back(returned).await.expect("it is committed");
    world.release(released).await.expect("it is reserved");
    world.release(buried).await.expect("a tombstone is left");

    let facts = facts(&world).await;
    let units = Units { received: 10, available: 7, reserved: 1, sold: 2 };
    let level = LevelFacts {
        product_id,
        level: units,
        ledger: units,
        lines_reserved: 1,
        lines_sold: 2,
        last_movement: 10,
        movements: 10,
    };
    let nothing = LevelFacts {
        product_id: empty,
        level: Units::default(),
        ledger: Units::default(),
        lines_reserved: 0,
        lines_sold: 0,
        last_movement: 1,
        movements: 1,
    };
    let mut levels = [level, nothing];
    levels.sort_by_key(|level| level.product_id);
    assert_eq!(facts.levels, levels);
    let reservation = |reservation_id, state, quantity: Option<i64>| ReservationFacts {
        reservation_id,
        state,
        lines: quantity.map(|quantity| line(product_id, quantity)).into_iter().collect(),
    };
    let mut reservations = [
        reservation(held, ReservationState::Reserved, Some(1)),
        reservation(sold, ReservationState::Committed, Some(2)),
        reservation(returned, ReservationState::Returned, Some(3)),
        reservation(released, ReservationState::Released, Some(4)),
        reservation(buried, ReservationState::Released, None),
    ];
    reservations.sort_by_key(|reservation| reservation.reservation_id);
    assert_eq!(facts.reservations, reservations);
}

#[tokio::test]
async fn an_audit_keeps_the_lines_of_a_reservation_together_and_in_order() {
    let world = World::new().await;
    let mut products = [world.product(9).await, world.product(9).await, world.product(9).await];
    products.sort_unstable();
    let lines = products.map(|product_id| line(product_id, 1));
    for _ in 0..3 {
        world.reserve(world.new_reservation_id(), &lines).await.expect("there are enough");
    }
    let facts = facts(&world).await;
    assert_eq!(facts.reservations.len(), 3);
    assert!(facts.reservations.iter().all(|reservation| reservation.lines == lines), "{facts:?}");
}

#[tokio::test]
async fn an_audit_sees_each_table_as_it_is() {
    let world = World::new().await;
    let product_id = world.product(10).await;
    let id = world.new_reservation_id();
    world.reserve(id, &[line(product_id, 2)]).await.expect("there are enough");
    let honest = facts(&world).await.levels.remove(0);
    let after = async |sql: &str| {
        let tampered = world.inventory.database().write(async |transaction| {
            sqlx::query(AssertSqlSafe(sql)).execute(transaction).await?;
            Ok::<_, cleave_db::WriteError<()>>(())
        });
        tampered.await.expect("the statement is right");
        facts(&world).await.levels.remove(0)
    };
    let level = after("UPDATE stock_levels SET received = received - 1, available = available - 1").await;
    assert_eq!((level.level.available, level.ledger), (7, honest.ledger));
    let ledger = after("UPDATE stock_movements SET quantity = 3 WHERE kind = 'reserved'").await;
    assert_eq!((ledger.ledger.reserved, ledger.level), (3, level.level));
    let lines = after("UPDATE reservation_lines SET quantity = 5").await;
    assert_eq!((lines.lines_reserved, lines.level.reserved, lines.ledger.reserved), (5, 2, 3));
    let lost = after("DELETE FROM stock_movements WHERE kind = 'opened'").await;
    assert_eq!((lost.movements, lost.last_movement), (2, 3));
}
