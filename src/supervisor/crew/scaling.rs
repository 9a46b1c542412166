//! How a service gets more processes or fewer while it runs.

use tokio::sync::oneshot;

use super::member::{Death, Member, State};
use super::{Crew, now};
use crate::supervisor::ScaleError;

/// A change that was asked for and is not complete.
pub(super) struct Scaling {
    service: String,
    replicas: usize,
    answer: oneshot::Sender<Result<(), ScaleError>>,
}

impl Crew {
    /// Begins to bring a service to so many processes. The answer comes when all that are new are ready, or all that are too
    /// many have ended.
    pub(in crate::supervisor) fn scale(
        &mut self,
        service: &str,
        replicas: usize,
        answer: oneshot::Sender<Result<(), ScaleError>>,
    ) {
        if let Err(refusal) = self.admit(service) {
            // Who does not wait any more need not hear it.
            let _nobody_waits = answer.send(Err(refusal));
            return;
        }
        let time = now();
        for replica in 1..=replicas {
            let slot = self.members.iter_mut().find(|it| it.service.name == service && it.replica == replica);
            match slot {
                Some(member) if member.is_active() => {}
                Some(member) => member.join(time),
                None => {
                    let plan = self.members.iter().find(|it| it.service.name == service);
                    let plan = plan.expect("it was admitted").service.clone();
                    let mut member = Member::new(&plan, replica, time);
                    member.join(time);
                    self.label_width = self.label_width.max(member.label.chars().count());
                    self.members.push(member);
                }
            }
        }
        self.retire_above(service, replicas);
        self.introduce();
        self.scalings.push(Scaling { service: service.to_owned(), replicas, answer });
        self.answer_complete_scalings();
    }

    fn admit(&self, service: &str) -> Result<(), ScaleError> {
        let service = service.to_owned();
        let Some(member) = self.members.iter().find(|it| it.service.name == service) else {
            return Err(ScaleError::UnknownService { service, known: self.service_names() });
        };
        if let Some(reason) = member.service.singular {
            return Err(ScaleError::Singular { service, reason });
        }
        if self.scalings.iter().any(|scaling| scaling.service == service) {
            return Err(ScaleError::Busy { service });
        }
        Ok(())
    }

    fn service_names(&self) -> String {
        let mut names: Vec<&str> = self.members.iter().map(|member| member.service.name.as_str()).collect();
        names.dedup();
        names.join(", ")
    }

    /// Lets the processes of a service go whose number is higher than this.
    fn retire_above(&mut self, service: &str, replicas: usize) {
        let stop_by = now() + self.plan.limits.stop_within;
        let members = self.members.iter_mut();
        members
            .filter(|it| it.service.name == service && it.replica > replicas)
            .for_each(|member| member.retire(stop_by));
    }

    /// Answers those whose change is complete.
    pub(in crate::supervisor) fn answer_complete_scalings(&mut self) {
        let members = &self.members;
        let is_complete = |scaling: &mut Scaling| {
            let mut members = members.iter().filter(|member| member.service.name == scaling.service);
            members.all(|member| {
                if member.replica <= scaling.replicas { member.is_ready() } else { !member.is_there() }
            })
        };
        for Scaling { service, replicas, answer } in
            self.scalings.extract_if(.., is_complete).collect::<Vec<_>>()
        {
            self.notice(&format!("service `{service}` is at {replicas}"));
            let _nobody_waits = answer.send(Ok(()));
        }
    }

    /// The end of a process that was to go, or of one that had just come; `None` where it was neither and is to be started again.
    pub(super) fn end_of_scaled(&mut self, death: &Death) -> Option<()> {
        let member = &mut self.members[death.member];
        let label = member.label.clone();
        if member.is_retiring {
            member.is_retiring = false;
            if let Some(life) = &death.life {
                life.process.log.release();
            }
            self.notice(&format!("service `{label}` has left"));
            return Some(());
        }
        if !member.is_joining {
            return None;
        }
        member.is_joining = false;
        let service = member.service.name.clone();
        let last_lines = death.last_lines();
        self.notice(&format!("service `{label}` {}: it is given up", death.ending));
        let place = self.scalings.iter().position(|scaling| scaling.service == service)?;
        let Scaling { answer, .. } = self.scalings.swap_remove(place);
        // The others that were to come with it go again; those that were there before stay.
        let stop_by = now() + self.plan.limits.stop_within;
        let joining = self.members.iter_mut().filter(|it| it.service.name == service && it.is_joining);
        joining.for_each(|member| member.retire(stop_by));
        let failure = ScaleError::Failed { service: label, ending: death.ending.clone(), last_lines };
        let _nobody_waits = answer.send(Err(failure));
        Some(())
    }

    /// What is under way is not going to be complete.
    pub(super) fn give_up_scalings(&mut self) {
        for Scaling { answer, .. } in self.scalings.drain(..) {
            let _nobody_waits = answer.send(Err(ScaleError::Stopping));
        }
    }
}

impl Member {
    /// Comes in while the others run.
    fn join(&mut self, at: tokio::time::Instant) {
        self.state = State::Resting(at);
        (self.is_joining, self.is_retiring) = (true, false);
    }

    /// Goes: one that runs is asked to stop, and has until `stop_by`.
    fn retire(&mut self, stop_by: tokio::time::Instant) {
        self.is_joining = false;
        self.close();
        match &mut self.state {
            State::Running(running) => {
                running.process.request_stop();
                (running.ready_by, running.stop_by) = (None, Some(stop_by));
                self.is_retiring = true;
            }
            State::Resting(_) => self.state = State::Stopped,
            State::Stopped => {}
        }
    }

    /// Whether it is there and is to stay.
    fn is_active(&self) -> bool {
        self.is_there() && !self.is_retiring
    }

    fn is_there(&self) -> bool {
        !matches!(self.state, State::Stopped)
    }
}
