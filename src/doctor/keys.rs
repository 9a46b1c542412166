//! The keys of access tokens and the service credential: there, readable by their owner alone, and fitting together.

use std::io;
use std::path::Path;

use cleave_auth::{KeyFileError, ServiceCredential, TokenIssuer, TokenVerifier};

use super::Check;
use super::scope::Scope;

const PUBLIC: &str = "public keys";

pub(super) fn check(scope: &Scope<'_>) -> Vec<Check> {
    let settings = scope.settings;
    if scope.is_new() && !settings.keys_dir().exists() {
        return vec![Check::warning("keys", "there are none yet", "`cleave up` makes them")];
    }
    let verifier = TokenVerifier::from_dir(&settings.keys_dir());
    let mut checks = Vec::new();
    if scope.hosts("accounts") {
        let file = settings.signing_key_file();
        match (TokenIssuer::load(&file), &verifier) {
            (Err(error), _) => checks.push(unusable(scope, "tokens.key", &file, &error)),
            (Ok(issuer), Ok(verifier)) => checks.push(fitting(scope, &issuer, verifier)),
            (Ok(_), Err(_)) => checks.push(Check::not_checked(
                "tokens.key",
                "there is no usable public key to compare it with",
                "mend the public keys first",
            )),
        }
    }
    checks.push(match &verifier {
        Ok(_) => Check::ok(PUBLIC, format!("those in {} can be used", settings.keys_dir().display())),
        Err(error) => unusable(scope, PUBLIC, &settings.keys_dir(), error),
    });
    let file = settings.credential_file();
    checks.push(match ServiceCredential::load(&file) {
        Ok(_) => Check::ok("service.credential", "it is there, and its owner's alone"),
        Err(error) => unusable(scope, "service.credential", &file, &error),
    });
    checks
}

/// What the private key signs must be accepted by the public ones.
fn fitting(scope: &Scope<'_>, issuer: &TokenIssuer, verifier: &TokenVerifier) -> Check {
    let key_id = issuer.key_id();
    if verifier.knows(issuer) {
        return Check::ok("tokens.key", format!("it is the private half of {key_id}.pub"));
    }
    let file = scope.settings.keys_dir().join(format!("{key_id}.pub"));
    let found =
        format!("no public key belongs to it: tokens that it signs are refused everywhere ({key_id}.pub)");
    if file.exists() {
        let mend =
            format!("remove {}, which holds another key, and run `cleave data migrate`", file.display());
        Check::wrong("tokens.key", found, mend)
    } else if scope.is_prepared_by_up() {
        let mend =
            "`cleave up` writes its public half; or bring the private key that belongs to the public ones";
        Check::warning("tokens.key", found, mend)
    } else {
        let mend = "run `cleave data migrate`, which writes its public half, and restart all processes; or bring the \
                    private key that belongs to the public ones";
        Check::wrong("tokens.key", found, mend)
    }
}

/// What `up` makes where it is missing is no fault before it has started.
fn unusable(scope: &Scope<'_>, what: &str, file: &Path, error: &KeyFileError) -> Check {
    let not_found = |source: &io::Error| source.kind() == io::ErrorKind::NotFound;
    let is_missing = match error {
        KeyFileError::Unreadable { source, .. } => not_found(source),
        KeyFileError::KeysUnavailable { source, .. } => source.as_ref().is_none_or(not_found),
        _ => false,
    };
    if !is_missing {
        return Check::refused(what, error);
    }
    let found = match error {
        KeyFileError::KeysUnavailable { .. } => format!("there are none in {}", file.display()),
        _ => format!("{} is not there", file.display()),
    };
    if scope.is_prepared_by_up() {
        let mend = "`cleave up` makes it; if other processes of the store have it, bring it from there";
        return Check::warning(what, found, mend);
    }
    let mend = "bring it from the store's other processes or from a copy; `cleave data migrate` makes a new one, after \
                which all processes must be restarted";
    Check::wrong(what, found, mend)
}
