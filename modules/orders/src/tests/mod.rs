//! The orders on a database file of their own, among modules in memory that fail on demand, with a clock that tests move.

mod audit;
mod cancelling;
mod crashes;
mod failures;
mod fencing;
mod keys;
mod lists;
mod migrations;
mod others;
mod placing;
mod races;
mod recovery;
mod refusals;
mod world;

use others::Fault;
use world::{World, account, money, paid_with};
