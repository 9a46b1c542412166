//! The command line of Cleave: parse it, run one command.

use std::process::ExitCode;

fn main() -> ExitCode {
    cleave::cli::run()
}
