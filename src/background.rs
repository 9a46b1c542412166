//! What runs once a process, whether or not anybody asks: relays, consumers, recovery, expiries, e-mails.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cleave_core::{Context, ContractError};
use futures_util::future::join_all;
use tokio::sync::watch;

use crate::compose::Cell;
use crate::lag;
use crate::membership::{Discovery, be_a_member, follow_names};
use crate::own_thread;
use crate::process::Process;
use crate::settings::Settings;

/// How long one step may take.
const STEP_DEADLINE: Duration = Duration::from_secs(10);

/// The most reservations, orders or e-mails that one step takes.
const BATCH: u32 = 100;

/// The thread of background work; dropped or stopped, it ends after the step that is under way.
#[derive(Debug)]
pub struct Background {
    leave: watch::Sender<bool>,
    left: watch::Receiver<bool>,
    stop: watch::Sender<bool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Background {
    /// Starts the work of the hosted modules on a thread with a cell of its own, and there finds the others, where they have to be
    /// found.
    pub fn start(process: &Arc<Process>, discovery: Discovery) -> std::io::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let (leave, leaving) = watch::channel(false);
        let (has_left, left) = watch::channel(matches!(discovery, Discovery::Fixed));
        let process = process.clone();
        let thread = own_thread::spawn("background", async move || {
            run(&process, stopped, async |cell: &Rc<Cell>| {
                match discovery {
                    Discovery::Fixed => {}
                    Discovery::Registry(place) => be_a_member(cell, place, leaving).await,
                    Discovery::Dns(names) => follow_names(cell.process(), &names, leaving).await,
                }
                has_left.send_replace(true);
            })
            .await;
        })?;
        Ok(Self { leave, left, stop, thread: Some(thread) })
    }

    /// Ends the membership: when this completes, the others have heard that this process goes, or had time to.
    pub async fn leave(&self) {
        self.leave.send_replace(true);
        let mut left = self.left.clone();
        // An error means that the thread is gone, and with it the membership.
        let _left = left.wait_for(|left| *left).await;
    }

    /// Stops the work and waits for its last step.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.leave.send_replace(true);
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

async fn run(
    process: &Arc<Process>,
    stopped: watch::Receiver<bool>,
    membership: impl AsyncFnOnce(&Rc<Cell>),
) {
    let cell = Cell::build(process);
    let Settings { inventory, orders, notifications, .. } = &process.settings;
    let relays = join_all(cell.relays().iter().map(|relay| relay.run(stopped.clone())));
    let retentions = join_all(cell.retentions().iter().map(|retention| retention.run(stopped.clone())));
    let lag = lag::watch(&cell, stopped.clone());
    let consumers = join_all(cell.consumers().iter().map(|consumer| consumer.run(stopped.clone())));
    let expire_reservations = async {
        let Some(local) = &cell.inventory else { return };
        repeat("expire_reservations", inventory.expiry_interval(), stopped.clone(), async || {
            local.expire_reservations(&context(process), BATCH).await.map(|expired| expired > 0)
        })
        .await;
    };
    let recover_orders = async {
        let Some(local) = &cell.orders else { return };
        repeat("recover_orders", orders.recovery_interval(), stopped.clone(), async || {
            local.recover(&context(process), BATCH).await.map(|recovered| recovered > 0)
        })
        .await;
    };
    let send_emails = async {
        let Some(local) = &cell.notifications else { return };
        repeat("send_emails", notifications.send_interval(), stopped.clone(), async || {
            local.send_emails(&context(process), BATCH).await.map(|sent| sent > 0)
        })
        .await;
    };
    tokio::join!(
        membership(&cell),
        relays,
        retentions,
        consumers,
        lag,
        expire_reservations,
        recover_orders,
        send_emails
    );
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
