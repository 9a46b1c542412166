//! The session that running stores have to answer alike: it leaves nothing behind.

use anyhow::Context as _;
use cleave_compare::{Client, Script, Step};

use super::script::{look_around, look_for_what_is_not_there};
use super::session::Session;
use super::{Goods, Normaliser};

/// What sells and is told of in pages changes from moment to moment in a store that runs, and between equal ones.
const OF_THE_MOMENT: &[&str] = &["available", "in_stock", "next_cursor"];

/// Somebody who looks around and errs, in a store that names its goods as it likes.
#[derive(Debug)]
pub struct ReadingSession;

impl Script for ReadingSession {
    fn replay(&self, client: &mut Client) -> anyhow::Result<Vec<Step>> {
        let goods = Goods::read(client)?;
        let mut normaliser = Normaliser::default();
        normaliser.let_pass(OF_THE_MOMENT);
        for (id, sku) in goods.ids_and_skus() {
            normaliser.name(id, sku);
        }
        let mut session = Session::with(client, normaliser);
        let shelf = goods.shelf();
        session.get("/api/v1/products?limit=100")?;
        look_around(&mut session, &shelf)?;
        let known = shelf.product_ids.first().context("nothing is for sale")?;
        look_for_what_is_not_there(&mut session, known)?;
        Ok(session.into_steps())
    }
}
