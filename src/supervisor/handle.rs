//! Wishes to a running fleet, from those who do not hold it.

use tokio::sync::{mpsc, oneshot};

use super::{ProcessInfo, ScaleError};

/// More wishes than this at a time wait for their turn.
const MOST_WISHES: usize = 16;

/// Something that somebody wants of a fleet.
pub(super) enum Wish {
    Scale { service: String, replicas: usize, answer: oneshot::Sender<Result<(), ScaleError>> },
    Tell { answer: oneshot::Sender<Vec<ProcessInfo>> },
}

/// A way to a fleet that is being watched. Clones lead to the same one.
#[derive(Clone, Debug)]
pub struct FleetHandle(mpsc::Sender<Wish>);

impl FleetHandle {
    pub(super) fn new() -> (Self, mpsc::Receiver<Wish>) {
        let (sender, receiver) = mpsc::channel(MOST_WISHES);
        (Self(sender), receiver)
    }

    /// Brings a service to so many processes. Completes when the new ones are ready, or those that are too many have finished
    /// what was under way and ended.
    pub async fn scale(&self, service: &str, replicas: usize) -> Result<(), ScaleError> {
        let (answer, answered) = oneshot::channel();
        let wish = Wish::Scale { service: service.to_owned(), replicas, answer };
        self.0.send(wish).await.map_err(|_| ScaleError::Stopping)?;
        answered.await.unwrap_or(Err(ScaleError::Stopping))
    }

    /// The processes that listen now; none where the fleet has ended.
    pub async fn processes(&self) -> Vec<ProcessInfo> {
        let (answer, answered) = oneshot::channel();
        if self.0.send(Wish::Tell { answer }).await.is_err() {
            return Vec::new();
        }
        answered.await.unwrap_or_default()
    }
}
