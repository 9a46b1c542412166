//! `cleave data`: the databases before the store runs.

use std::io::IsTerminal as _;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Subcommand;
use cleave_core::{Ids, SystemClock};

use super::{Common, Outcome, block_on, not_provisioned, start_logging};
use crate::provision::{self, Goods};

/// What `data` does.
#[derive(Debug, Subcommand)]
pub(super) enum DataCommand {
    /// Bring the tables of every module to the state that this binary knows
    Migrate,
    /// Bring goods into the store, and print a token with admin rights for development
    Seed {
        /// Generate this many products instead of the bundled catalogue
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
        products: Option<u64>,
        /// The same seed generates the same products
        #[arg(long, value_name = "SEED", default_value_t = 1, requires = "products")]
        seed: u64,
    },
}

pub(super) fn run(common: &Common, command: &DataCommand) -> Outcome {
    let settings = common.settings(None)?;
    start_logging(&settings)?;
    block_on(async {
        provision::create_keys(&settings).map_err(not_provisioned)?;
        provision::migrate(&settings).await.map_err(not_provisioned)?;
        let DataCommand::Seed { products, seed } = *command else {
            println!("the tables in {} are up to date", settings.data_dir.display());
            return Ok(());
        };
        let clock = Arc::new(SystemClock);
        let ids = Arc::new(Ids::from_system(clock.clone()));
        let goods = products.map_or(Goods::Bundled, |count| Goods::Generated { count, seed });
        let on_terminal = std::io::stderr().is_terminal();
        let progress = |handled: u64| {
            if let Some(count) = products {
                if on_terminal {
                    eprint!("\r{handled} of {count} products");
                } else if handled.is_multiple_of(100_000) {
                    eprintln!("{handled} of {count} products");
                }
            }
        };
        let handled = provision::seed(&settings, clock.clone(), ids.clone(), goods, progress).await;
        if on_terminal && products.is_some() {
            eprintln!();
        }
        let handled = handled.map_err(not_provisioned)?;
        let token = provision::admin_token(&settings, clock.as_ref(), &ids).context("no admin token")?;
        println!("{handled} products are in {}", settings.data_dir.display());
        println!("a token with admin rights, good for 30 days, for development only:");
        println!("{token}");
        Ok(())
    })
}
