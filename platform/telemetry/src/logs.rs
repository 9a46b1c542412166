//! Log lines: pretty for people, JSON for machines.

use std::io::IsTerminal as _;
use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One line for a person, with colours on a terminal.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// The filter cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{filter}` is not a log filter ({reason}); write a level (`info`) or targets (`info,MODULE=debug`)")]
pub struct InvalidFilter {
    filter: String,
    reason: String,
}

/// Starts logging to standard error for the whole process. Call it once, from `main`.
///
/// `filter` is a level or a list of targets with levels. A second call changes nothing.
pub fn install(format: LogFormat, filter: &str) -> Result<(), InvalidFilter> {
    let targets = parse(filter)?;
    let colour = std::io::stderr().is_terminal();
    let layer = match format {
        LogFormat::Pretty => fmt::layer().with_writer(std::io::stderr).with_ansi(colour).boxed(),
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(std::io::stderr).boxed(),
    };
    let quietest = targets.default_level().unwrap_or(LevelFilter::OFF);
    let _already_installed =
        tracing_subscriber::registry().with(layer.with_filter(quiet_libraries(targets, quietest))).try_init();
    Ok(())
}

/// Whether `filter` can be read; for those who check a configuration before they act on it.
pub fn check_filter(filter: &str) -> Result<(), InvalidFilter> {
    parse(filter).map(|_| ())
}

fn parse(filter: &str) -> Result<Targets, InvalidFilter> {
    let invalid = |reason: String| InvalidFilter { filter: filter.to_owned(), reason };
    Targets::from_str(filter).map_err(|error| invalid(error.to_string()))
}

/// What libraries log below a warning is of use only to somebody who asks for it by name.
fn quiet_libraries(targets: Targets, default_level: LevelFilter) -> Targets {
    if default_level > LevelFilter::INFO {
        return targets;
    }
    ["actix_server", "sqlx"].into_iter().fold(targets, |targets, library| {
        let named = targets.iter().any(|(target, _)| target.starts_with(library));
        if named { targets } else { targets.with_target(library, LevelFilter::WARN) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_is_refused_by_name() {
        let error = install(LogFormat::Pretty, "catalog=loud").expect_err("loud is no level");
        assert!(error.to_string().contains("catalog=loud"), "{error}");
    }
}
