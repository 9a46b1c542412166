//! `cleave data`: the databases before the store runs.

use std::io::IsTerminal as _;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use cleave_core::{Ids, SystemClock};
use cleave_db::CopiedTable;
use serde_json::json;

use super::print::{self, say};
use super::up::explain;
use super::{Common, Outcome, block_on, database_url, failed, not_provisioned, start_logging, usage};
use crate::house::MIGRATIONS;
use crate::provision::{self, ADMIN_EMAIL, Goods};
use crate::settings::Settings;
use crate::supervisor::Fleet;

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
    /// Copy the data of a store that is stopped to another place or engine, and prove that all of it arrived
    Copy(CopyArgs),
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

/// What `data copy` takes.
#[derive(Debug, Args)]
pub(super) struct CopyArgs {
    /// Where the data are, as database.url names it [default: the configuration's]
    #[arg(long, value_name = "URL", value_parser = database_url)]
    from: Option<String>,
    /// Where they go
    #[arg(long, value_name = "URL", value_parser = database_url)]
    to: String,
    /// Only the data of this module, or of the event log
    #[arg(long, value_name = "M", value_parser = PossibleValuesParser::new(MIGRATIONS.iter().map(|(module, _)| *module)))]
    module: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(common: &Common, command: &DataCommand) -> Outcome {
    if let DataCommand::Copy(args) = command {
        return copy(common, args);
    }
    let settings = common.settings(None)?;
    start_logging(&settings)?;
    if let DataCommand::Audit { json } = *command {
        return block_on(audit(&settings, json));
    }
    let (topology, _) = common.placed_topology(&settings, None)?;
    block_on(async {
        provision::create_keys(&settings).map_err(not_provisioned)?;
        provision::create_registration_keys(&settings, &topology).map_err(not_provisioned)?;
        provision::migrate(&settings).await.map_err(not_provisioned)?;
        let DataCommand::Seed { products, seed } = *command else {
            return say!("the tables in {} are up to date", settings.data_dir.display());
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
        say!("{handled} products are in {}", settings.data_dir.display())?;
        let password = match admin.password {
            Some(password) => format!("the password {password}"),
            None => "keeps its password".to_owned(),
        };
        say!("the account {ADMIN_EMAIL} has admin rights, and {password}")?;
        say!("a token of it, good for 30 days, for development only:")?;
        say!("{token}")
    })
}

fn copy(common: &Common, args: &CopyArgs) -> Outcome {
    let at = |url: Option<&String>| {
        let database = url.or(common.database.as_ref()).cloned();
        Common { database, ..common.clone() }.settings(None)
    };
    let (from, to) = (at(args.from.as_ref())?, at(Some(&args.to))?);
    start_logging(&from)?;
    if from.database.url == to.database.url {
        return Err(usage(anyhow!("--from and --to are the same place: name another one with --to")));
    }
    provision::require_data_directory(&from).map_err(not_provisioned)?;
    Fleet::refuse_if_in_use(&from.run_file()).map_err(explain)?;
    let on_terminal = std::io::stderr().is_terminal();
    let progress = |module: &str, table: &str, rows: u64| {
        if on_terminal {
            eprint!("\r\x1b[K{module}: {table}, {rows} rows");
        } else if rows.is_multiple_of(100_000) {
            eprintln!("{module}: {table}, {rows} rows");
        }
    };
    let is_wanted = |module: &str| args.module.as_deref().is_none_or(|wanted| wanted == module);
    let copied =
        block_on(async { provision::copy(&from, &to, is_wanted, progress).await.map_err(not_provisioned) });
    if on_terminal {
        eprint!("\r\x1b[K");
    }
    report(&copied?, args.json)
}

fn report(copied: &[(&'static str, CopiedTable)], json: bool) -> Outcome {
    if json {
        let tables = copied.iter().map(|(module, CopiedTable { table, rows, checksum })| {
            json!({"module": module, "table": table, "rows": rows, "checksum": format!("{checksum:016x}")})
        });
        print::json(&tables.collect::<Vec<_>>())?;
        return Ok(());
    }
    say!("{:<14} {:<20} {:>10}  CHECKSUM ON BOTH SIDES", "MODULE", "TABLE", "ROWS")?;
    for (module, CopiedTable { table, rows, checksum }) in copied {
        say!("{module:<14} {table:<20} {rows:>10}  {checksum:016x}")?;
    }
    say!("all of it is there; to use it, name the new place in database.url or with --database")
}

async fn audit(settings: &Settings, json: bool) -> Outcome {
    provision::require_data_directory(settings).map_err(not_provisioned)?;
    let clock = Arc::new(SystemClock);
    let ids = Arc::new(Ids::from_system(clock.clone()));
    let findings = provision::audit(settings, clock, ids).await.map_err(not_provisioned)?;
    // The exit code tells of a breach also where nobody reads.
    let _nobody_reads =
        if json { print::json(&findings) } else { findings.iter().try_for_each(|finding| say!("{finding}")) };
    match findings.iter().filter(|finding| finding.counterexample.is_some()).count() {
        0 => Ok(()),
        broken => Err(failed(anyhow!("{broken} of {} invariants do not hold", findings.len()))),
    }
}
