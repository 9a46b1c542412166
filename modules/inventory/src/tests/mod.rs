//! The inventory on a database file of its own, with a clock that tests move.

mod audit;
mod changes;
mod conservation;
mod expiry;
mod import;
mod migrations;
mod racing;
mod receipts;
mod refusals;
mod reservations;
mod returns;
mod world;

use world::{World, line};

#[test]
fn all_tests_pass_again_on_postgres() {
    cleave_db::testing::all_again_on_postgres("all_tests_pass_again_on_postgres");
}
