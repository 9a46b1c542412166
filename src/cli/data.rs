//! `cleave data`: the databases before the store runs.

use std::io::IsTerminal as _;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::Subcommand;
use cleave_core::{Ids, SystemClock};

use super::{Common, Outcome, block_on, failed, not_provisioned, start_logging};
use crate::provision::{self, ADMIN_EMAIL, Goods};
use crate::settings::Settings;

/// What `data` does.
#[derive(Debug, Subcommand)]
pub(super) enum DataCommand {
    /// Bring the tables of every module to the state that this binary knows
    Migrate,
    /// Check on the databases what must always be true: stock, money, keys, events
    Audit {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Bring goods into the store, open the account with admin rights, and print a token of it for development
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
    if let DataCommand::Audit { json } = *command {
        return block_on(audit(&settings, json));
    }
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
        let admin = provision::ensure_admin(&settings, clock.clone(), ids).await.map_err(not_provisioned)?;
        let token =
            provision::admin_token(&settings, clock.as_ref(), admin.account_id).context("no admin token")?;
        println!("{handled} products are in {}", settings.data_dir.display());
        let password = match admin.password {
            Some(password) => format!("the password {password}"),
            None => "keeps its password".to_owned(),
        };
        println!("the account {ADMIN_EMAIL} has admin rights, and {password}");
        println!("a token of it, good for 30 days, for development only:");
        println!("{token}");
        Ok(())
    })
}

async fn audit(settings: &Settings, json: bool) -> Outcome {
    provision::require_data_directory(settings).map_err(not_provisioned)?;
    let clock = Arc::new(SystemClock);
    let ids = Arc::new(Ids::from_system(clock.clone()));
    let findings = provision::audit(settings, clock, ids).await.map_err(not_provisioned)?;
    if json {
        println!("{}", serde_json::to_string_pretty(&findings).map_err(failed)?);
    } else {
        for finding in &findings {
            println!("{finding}");
        }
    }
    match findings.iter().filter(|finding| finding.counterexample.is_some()).count() {
        0 => Ok(()),
        broken => Err(failed(anyhow!("{broken} of {} invariants do not hold", findings.len()))),
    }
}
