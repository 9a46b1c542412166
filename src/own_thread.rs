//! Work that stays on a thread of its own, beside the workers that serve.

use std::io;
use std::thread::{Builder, JoinHandle};

use tokio::task::LocalSet;

/// Does work on a thread of this name that has a runtime of its own. The future never leaves it.
pub(crate) fn spawn<Work: Future<Output = ()>>(
    name: &str,
    work: impl FnOnce() -> Work + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let name = name.to_owned();
    Builder::new().name(name.clone()).spawn(move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                tracing::error!(%error, name, "the work of a thread cannot start");
                return;
            }
        };
        // What is under way at the end is dropped there, and gives its connections back to their pools.
        let _inside = runtime.enter();
        LocalSet::new().block_on(&runtime, work());
    })
}
