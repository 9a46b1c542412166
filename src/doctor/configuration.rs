//! Files, variables and flags: what was refused of them.

use super::Check;
use crate::settings::{Settings, SettingsError};

const WHAT: &str = "keys and values";

pub(super) fn check(settings: Option<&Settings>, refusals: &[SettingsError]) -> Vec<Check> {
    let mut checks = refusals.iter().map(refused).collect::<Vec<_>>();
    match settings {
        Some(_) if refusals.is_empty() => {
            checks.push(Check::ok(WHAT, "every key is known, and every value can be"));
        }
        Some(_) => checks.push(Check::not_checked(
            "the values that were refused",
            "what follows was looked at without them",
            "run this again when the configuration is mended",
        )),
        None => {}
    }
    checks
}

fn refused(refusal: &SettingsError) -> Check {
    let SettingsError::Refused { key, value, place, reason } = refusal else {
        return Check::refused(WHAT, refusal);
    };
    let said = format!("{place} says {key} = {value}");
    match reason.split_once("; there are ") {
        Some((found, known)) => {
            Check::wrong(key, format!("{said}: {found}"), format!("in {place}, write one of {known}"))
        }
        None => Check::wrong(key, said, format!("in {place}: {reason}")),
    }
}
