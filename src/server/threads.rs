//! The threads of what is called over links of the kind `thread`.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use cleave_rest::MemoryServer;
use tokio::sync::watch;

use crate::compose::Cell;
use crate::own_thread;
use crate::process::Process;

/// One thread a callee; dropped or stopped, they end with what is under way there.
#[derive(Debug)]
pub(super) struct Threads {
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Threads {
    /// Has each callee answer, from a cell of its own, by the same routes as the internal listener.
    pub(super) fn start(process: &Arc<Process>) -> io::Result<Self> {
        let (stop, _) = watch::channel(false);
        let mut running = Self { stop, threads: Vec::new() };
        for (part, listener) in process.callees.take_listeners() {
            let (process, mut stopped) = (process.clone(), running.stop.subscribe());
            let thread = own_thread::spawn(part, async move || {
                let (cell, clock) = (Cell::build(&process), process.request_clock());
                let server = MemoryServer::new(move |config| super::mount_internal(&cell, config), clock);
                tokio::select! {
                    () = listener.serve(server) => {}
                    // An error means that nobody is left who could stop it.
                    _stopped = stopped.wait_for(|is_stopping| *is_stopping) => {}
                }
            });
            running.threads.push(thread?);
        }
        Ok(running)
    }

    /// Ends them and waits until they have ended.
    pub(super) fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.send_replace(true);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread that answers others ended in a panic");
            }
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.end();
    }
}
