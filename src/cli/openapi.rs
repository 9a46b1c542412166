//! `cleave openapi`: the document of the public API.

use std::io::Write as _;

use super::{Outcome, failed};

pub(super) fn run() -> Outcome {
    std::io::stdout().write_all(crate::openapi::public_json().as_bytes()).map_err(failed)
}
