//! What a command says on standard output, where nobody may be reading any more.

use std::fmt::Arguments;
use std::io::{self, Write as _};

use serde::Serialize;

use super::{Failure, Outcome, failed};

/// Prints a line. Where the reader has gone, as in `cleave events tail orders | head -1`, the command ends, and well.
pub(super) fn line(text: Arguments<'_>) -> Outcome {
    let mut out = io::stdout().lock();
    out.write_fmt(text).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()).map_err(ended)
}

/// Prints lines that end as they are to.
pub(super) fn text(text: &str) -> Outcome {
    line(format_args!("{}", text.trim_end_matches('\n')))
}

/// Prints a value as JSON of many lines.
pub(super) fn json(value: &impl Serialize) -> Outcome {
    line(format_args!("{}", serde_json::to_string_pretty(value).map_err(failed)?))
}

fn ended(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe { Failure::Told(0) } else { failed(error) }
}

/// Prints a line as `println!` does, and gives its [`Outcome`].
macro_rules! say {
    ($($text:tt)*) => {
        $crate::cli::print::line(format_args!($($text)*))
    };
}
pub(super) use say;
