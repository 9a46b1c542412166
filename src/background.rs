//! What runs once a process, whether or not anybody asks: reactions and expiries.

use std::sync::Arc;
use std::time::Duration;

use cleave_core::{Context, ContractError};
use tokio::sync::watch;

use crate::compose::Cell;
use crate::process::Process;

/// How long one step may take.
const STEP_DEADLINE: Duration = Duration::from_secs(10);

/// The most reservations that one step releases.
const EXPIRY_BATCH: u32 = 100;

/// The thread of background work; dropped or stopped, it ends after the step that is under way.
#[derive(Debug)]
pub struct Background {
    stop: watch::Sender<bool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Background {
    /// Starts the work of the hosted modules on a thread with a cell of its own.
    pub fn start(process: &Arc<Process>) -> std::io::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let process = process.clone();
        let thread = std::thread::Builder::new().name("background".to_owned()).spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    tracing::error!(%error, "background work cannot start");
                    return;
                }
            };
            tokio::task::LocalSet::new().block_on(&runtime, run(&process, stopped));
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Stops the work and waits for its last step.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _nobody_listens = self.stop.send(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("background work ended in a panic");
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.end();
    }
}

async fn run(process: &Arc<Process>, stopped: watch::Receiver<bool>) {
    let cell = Cell::build(process);
    let follow_stock = async {
        let Some(catalog) = &cell.catalog else { return };
        let pause = process.settings.catalog.stock_poll_interval();
        repeat("follow_stock", pause, stopped.clone(), async || {
            let context = context(process);
            catalog.follow_stock(&context).await.map(|applied| applied > 0)
        })
        .await;
    };
    let expire_reservations = async {
        let Some(inventory) = &cell.inventory else { return };
        let pause = process.settings.inventory.expiry_interval();
        repeat("expire_reservations", pause, stopped.clone(), async || {
            let context = context(process);
            inventory.expire_reservations(&context, EXPIRY_BATCH).await.map(|expired| expired > 0)
        })
        .await;
    };
    tokio::join!(follow_stock, expire_reservations);
}

/// Takes steps until told to stop: at once while there is more to do, else after a pause. A failing step is
/// logged when it begins to fail and when it works again, not each time.
async fn repeat<E: ContractError>(
    name: &str,
    pause: Duration,
    mut stopped: watch::Receiver<bool>,
    step: impl AsyncFn() -> Result<bool, E>,
) {
    let mut failing = false;
    while !*stopped.borrow() {
        let more = match step().await {
            Ok(more) => {
                if failing {
                    tracing::info!(name, "background work goes on");
                }
                failing = false;
                more
            }
            Err(error) => {
                if !failing {
                    tracing::warn!(name, %error, "background work has to wait");
                }
                failing = true;
                false
            }
        };
        if !more {
            // The receiver is there: this only ends early when the process stops.
            let _stopped_or_time_to_go_on = tokio::time::timeout(pause, stopped.changed()).await;
        }
    }
}

fn context(process: &Process) -> Context {
    Context::background(&process.ids, process.clock.instant() + STEP_DEADLINE)
}
