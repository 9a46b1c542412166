//! `cleave topology`: what the topologies are.

use clap::{Subcommand, ValueEnum};

use super::print::{self, say};
use super::{Common, Outcome, usage};
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
            print::text(&list_text(&listed))?;
        }
        TopologyCommand::Show { topology, json: false } => {
            print::text(&show_text(&common.topology(topology)?))?;
        }
        TopologyCommand::Show { topology, json: true } => {
            print::json(&common.topology(topology)?)?;
        }
        TopologyCommand::Check { topology } => {
            let topology = common.topology(topology)?;
            say!("{} is valid: {}", topology.name(), topology.notation())?;
        }
        TopologyCommand::Render { topology, format: RenderFormat::Mermaid } => {
            print::text(&mermaid(&common.topology(topology)?))?;
        }
    }
    Ok(())
}
