//! The log against servers of its own.

mod contract;
mod replicas;
mod troubles;

use std::sync::Arc;
use std::time::Duration;

use cleave_core::{Clock as _, Context, Ids, SystemClock};

use crate::NatsLog;
use crate::testing::NatsServer;

/// A server and a log in it.
struct World {
    server: NatsServer,
    clock: Arc<SystemClock>,
    ids: Arc<Ids>,
    log: NatsLog,
}

impl World {
    fn new() -> Self {
        Self::on(NatsServer::new())
    }

    fn on(server: NatsServer) -> Self {
        let clock = Arc::new(SystemClock);
        let ids = Arc::new(Ids::from_system(clock.clone()));
        let log = server.log(clock.clone());
        Self { server, clock, ids, log }
    }

    fn system(&self) -> Context {
        Context::background(&self.ids, self.clock.instant() + Duration::from_secs(10))
    }

    /// The log over another connection.
    fn other_log(&self) -> NatsLog {
        self.server.log(self.clock.clone())
    }
}
