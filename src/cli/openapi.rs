//! `cleave openapi`: the document of the public API.

use super::Outcome;

pub(super) fn run() -> Outcome {
    print!("{}", crate::openapi::public_json());
    Ok(())
}
