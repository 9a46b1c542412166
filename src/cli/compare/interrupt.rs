//! Ctrl-C during a run: the first asks for an end with what there is by then, the second for an end at once.

use std::thread;

use anyhow::Context as _;
use cleave_compare::Interruption;

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
                "\nends in some seconds, with the rounds that are complete; press Ctrl-C again to end at once, without results"
            );
            signal.received().await;
        });
        end_at_once();
    };
    thread::Builder::new().name("interrupt".to_owned()).spawn(wait).context("no thread for Ctrl-C")?;
    Ok(interruption)
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever presses Ctrl-C twice wants no more; children notice that it is gone"
)]
fn end_at_once() {
    std::process::exit(i32::from(EXIT_CODE));
}
