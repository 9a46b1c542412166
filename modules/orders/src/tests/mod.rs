//! The orders on a database file of their own, among modules in memory that fail on demand, with a clock that tests move.

mod crashes;
mod keys;
mod migrations;
mod others;
mod placing;
mod races;
mod refusals;
mod world;

use others::Fault;
use world::{World, account, money, paid_with};

#[test]
fn all_tests_pass_again_on_postgres() {
    cleave_db::testing::all_again_on_postgres("all_tests_pass_again_on_postgres");
}
