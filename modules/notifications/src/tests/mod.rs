//! What customers are told, how they read it, and how it reaches them by mail.

mod folder;
mod listing;
mod mail_server;
mod smtp;
mod telling;
mod world;

use mail_server::{MailServer, Reply};
use world::{Mail, World, account};

#[test]
fn all_tests_pass_again_on_postgres() {
    cleave_db::testing::all_again_on_postgres("all_tests_pass_again_on_postgres");
}
