//! The round-trip time of a network, where there is none between the processes.
//!
//! Every attempt of a call waits once, before its request leaves, for as long as a request and its answer would be under way
//! together. What a network does beside that is not here: connections open at once, and nothing is lost, narrow or in a queue.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::time::Duration;

use cleave_core::Clock;
use cleave_telemetry::Timer as Histogram;

use self::timer::Timer;

/// How far away the processes of a peer seem to be, for one worker thread.
pub struct RoundTrip {
    length: Duration,
    /// Timers that nobody waits for.
    idle: RefCell<Vec<Timer>>,
    overshoot: Histogram,
}

impl RoundTrip {
    /// Whether this system has timers that are precise enough.
    pub const IS_SUPPORTED: bool = cfg!(target_os = "linux");

    /// A round trip of this length; by how much each one was longer is counted in `overshoot`.
    pub fn new(length: Duration, overshoot: Histogram) -> Self {
        Self { length, idle: RefCell::default(), overshoot }
    }

    /// Waits for one round trip, never shorter than asked.
    ///
    /// # Errors
    /// Where the system has no timer left, or none that is precise enough.
    pub async fn pass(&self, clock: &dyn Clock) -> io::Result<()> {
        let begun = clock.instant();
        let idle = self.idle.borrow_mut().pop();
        // Whoever gives up meanwhile drops the timer with its wait, so that no other one gets it while it runs.
        let mut timer = idle.map_or_else(Timer::new, Ok)?;
        timer.wait(self.length).await?;
        self.idle.borrow_mut().push(timer);
        self.overshoot.record(clock.instant().saturating_duration_since(begun).saturating_sub(self.length));
        Ok(())
    }
}

impl fmt::Debug for RoundTrip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RoundTrip").field("length", &self.length).finish_non_exhaustive()
    }
}

/// A timer of the kernel that wakes the thread as a socket does: nothing spins, and a round trip is longer than asked by less than
/// a tenth of a millisecond. The timers of the runtime tick once a millisecond.
#[cfg(target_os = "linux")]
mod timer {
    use std::io;
    use std::time::Duration;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::AsyncReadExt as _;
    use tokio::net::unix::pipe::Receiver;

    const NEVER_AGAIN: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

    /// It becomes readable as a pipe does, which is all that the runtime asks of a receiver.
    pub(super) struct Timer(Receiver);

    impl Timer {
        pub(super) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            Receiver::from_owned_fd_unchecked(timer).map(Self)
        }

        pub(super) async fn wait(&mut self, length: Duration) -> io::Result<()> {
            let it_value = Timespec::try_from(length).map_err(io::Error::other)?;
            let once = Itimerspec { it_interval: NEVER_AGAIN, it_value };
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
            // It says in 8 bytes how often it has run out. Room for more tells the runtime that nothing is left to be read.
            self.0.read(&mut [0; 16]).await.map(drop)
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod timer {
    use std::io;
    use std::time::Duration;

    /// There is none.
    pub(super) enum Timer {}

    impl Timer {
        pub(super) fn new() -> io::Result<Self> {
            Err(io::Error::new(io::ErrorKind::Unsupported, "only Linux has timers that are precise enough"))
        }

        pub(super) async fn wait(&mut self, _length: Duration) -> io::Result<()> {
            match *self {}
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
