//! `cleave topology`: what the topologies are.

use clap::{Subcommand, ValueEnum};

use super::{Common, Outcome, failed, usage};
use crate::house::HOUSE;
use crate::topology::{list, list_text, mermaid, show_text};

/// What `topology` does.
#[derive(Debug, Subcommand)]
pub(super) enum TopologyCommand {
    /// The topologies of the configuration
    List,
    /// What a topology puts where, and over which links its parts call each other
    Show {
        /// A name of the list, or one line such as "catalog+inventory | *"
        topology: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Whether a topology is valid
    Check {
        /// A name of the list, or one line such as "catalog+inventory | *"
        topology: String,
    },
    /// A topology in another form
    Render {
        /// A name of the list, or one line such as "catalog+inventory | *"
        topology: String,
        /// In which form
        #[arg(long, value_name = "F")]
        format: RenderFormat,
    },
}

/// The forms in which a topology can be rendered.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RenderFormat {
    /// A Mermaid flowchart
    Mermaid,
}

pub(super) fn run(common: &Common, command: &TopologyCommand) -> Outcome {
    match command {
        TopologyCommand::List => {
            let listed = list(&common.topologies(), &HOUSE).map_err(usage)?;
            print!("{}", list_text(&listed));
        }
        TopologyCommand::Show { topology, json: false } => {
            print!("{}", show_text(&common.topology(topology)?));
        }
        TopologyCommand::Show { topology, json: true } => {
            println!("{}", serde_json::to_string_pretty(&common.topology(topology)?).map_err(failed)?);
        }
        TopologyCommand::Check { topology } => {
            let topology = common.topology(topology)?;
            println!("{} is valid: {}", topology.name(), topology.notation());
        }
        TopologyCommand::Render { topology, format: RenderFormat::Mermaid } => {
            print!("{}", mermaid(&common.topology(topology)?));
        }
    }
    Ok(())
}
