//! Ctrl-C during a run: the first asks for an end with what there is by then, the second for an end at once.

use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use cleave_compare::{CompareError, Interruption};

use super::super::Failure;
use crate::supervisor::ShutdownSignal;

/// The exit code of a run that was interrupted, as shells have it for Ctrl-C.
pub(super) const EXIT_CODE: u8 = 130;

/// Listens for the rest of the process's life.
pub(super) fn listen() -> anyhow::Result<Interruption> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signal = {
        let _entered = runtime.enter();
        ShutdownSignal::install().context("Ctrl-C cannot be caught")?
    };
    let interruption = Interruption::default();
    let wish = interruption.clone();
    let wait = move || {
        runtime.block_on(async {
            signal.received().await;
            wish.want();
            eprintln!(
                "\nends in a moment, with what is complete; press Ctrl-C again to end at once, without results"
            );
            signal.received().await;
        });
        end_at_once();
    };
    thread::Builder::new().name("interrupt".to_owned()).spawn(wait).context("no thread for Ctrl-C")?;
    Ok(interruption)
}

/// Does this, unless an end is wished before it is done.
pub(super) async fn unless_wanted<T>(
    interruption: &Interruption,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        done = work => done,
        () = wanted(interruption) => Err(ended()),
    }
}

/// Completes soon after an end is wished.
pub(super) async fn wanted(interruption: &Interruption) {
    const LOOK_AGAIN: Duration = Duration::from_millis(20);
    while !interruption.is_wanted() {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// How a run ends that was interrupted before there was anything to tell.
pub(super) fn ended() -> Failure {
    eprintln!("{}", CompareError::Interrupted);
    Failure::Told(EXIT_CODE)
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever presses Ctrl-C twice wants no more; children notice that it is gone"
)]
fn end_at_once() {
    std::process::exit(i32::from(EXIT_CODE));
}
