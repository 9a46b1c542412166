//! How a crew ends.

use std::future::Future;
use std::pin::pin;

use tokio::time::{sleep, timeout};

use super::member::{Death, Running, State};
use super::{Crew, Happening};

impl Crew {
    /// Stops all: first those with the public listener, then the others. A process that is still there after
    /// the time that it has is killed; as soon as `hurry` completes, all are. All that die are reaped.
    pub(in crate::supervisor) async fn stop(&mut self, hurry: impl Future<Output = ()>) {
        let mut hurry = pin!(hurry);
        let mut hurried = false;
        self.give_up_scalings();
        let patience = self.plan.limits.stop_within;
        for member in &mut self.members {
            if let State::Resting(_) = member.state {
                member.state = State::Stopped;
            }
        }
        for public in [true, false] {
            for member in self.members.iter_mut().filter(|member| member.service.public == public) {
                member.close();
                if let State::Running(running) = &mut member.state {
                    running.process.request_stop();
                }
            }
            tokio::select! {
                () = self.all_stopped(public) => continue,
                () = sleep(patience) => {}
                () = &mut hurry, if !hurried => hurried = true,
            }
            self.kill_the_rest(public);
            if hurried {
                self.kill_the_rest(!public);
            }
            // Only a process stuck in the kernel survives this; waiting longer would not help.
            let _ = timeout(patience, self.all_stopped(public)).await;
        }
    }

    fn running(&mut self, public: bool) -> impl Iterator<Item = (&str, &mut Running)> {
        self.members.iter_mut().filter(move |member| member.service.public == public).filter_map(|member| {
            match &mut member.state {
                State::Running(running) => Some((member.label.as_str(), running)),
                State::Resting(_) | State::Stopped => None,
            }
        })
    }

    async fn all_stopped(&mut self, public: bool) {
        while self.running(public).next().is_some() {
            if let Happening::Died(Death { life: Some(life), .. }) = self.next(None).await {
                life.process.log.release();
            }
        }
    }

    fn kill_the_rest(&mut self, public: bool) {
        let mut killed = Vec::new();
        for (label, running) in self.running(public) {
            running.process.kill();
            killed.push((label.to_owned(), running.process.pid));
        }
        for (label, pid) in killed {
            self.notice(&format!("service `{label}` (pid {pid}) had not stopped yet; killed"));
        }
    }
}
