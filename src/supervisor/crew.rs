//! The processes of a fleet and their lives: spawned, listening, ready, dead, resting before the restart.

mod kept;
mod member;
mod scaling;
mod stopping;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};

pub(super) use self::kept::Kept;
use self::member::{Death, Life, Member, Running, State};
use self::scaling::Scaling;
use super::child_log::ChildLog;
use super::error::seconds;
use super::process::{Event, Process};
use super::protocol::{Peers, Report};
use super::restart::Verdict;
use crate::listeners::{BindError, Listeners, hand_over};

use super::{FleetPlan, LastLines, ProcessInfo, SupervisorError, now};

/// The exit status by which a process says that its command line or configuration is wrong.
const CONFIGURATION_IS_WRONG: i32 = 2;

/// All processes of a plan.
pub(super) struct Crew {
    plan: FleetPlan,
    members: Vec<Member>,
    label_width: usize,
    peers: watch::Sender<Peers>,
    /// Whether all members have listened at once, so that the peers are known to all.
    introduced: bool,
    scalings: Vec<Scaling>,
    events: mpsc::UnboundedReceiver<Event>,
    events_sender: mpsc::UnboundedSender<Event>,
}

/// What has happened to a member.
pub(super) enum Happening {
    /// It listens, or something that asks for no reaction.
    Nothing,
    /// It has become ready, for the first time or again.
    Ready { member: usize, is_new: bool },
    /// It is dead.
    Died(Death),
    /// The time of [`Crew::next_due`] has come.
    Due,
}

/// Why a process could not be started.
#[derive(Debug, thiserror::Error)]
enum SpawnError {
    /// It has no sockets.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The system refuses.
    #[error(transparent)]
    Start(#[from] io::Error),
}

impl Crew {
    pub(super) fn new(plan: FleetPlan) -> Self {
        let time = now();
        let members: Vec<Member> = plan
            .services
            .iter()
            .flat_map(|service| {
                (1..=service.replicas.max(1)).map(move |replica| Member::new(service, replica, time))
            })
            .collect();
        let label_width = members.iter().map(|member| member.label.chars().count()).max().unwrap_or(0).max(6);
        let (events_sender, events) = mpsc::unbounded_channel();
        let peers = watch::Sender::new(Peers::new());
        let scalings = Vec::new();
        Self { plan, members, label_width, peers, introduced: false, scalings, events, events_sender }
    }

    /// Starts everyone for the first time and waits until all are ready. Any death ends it: nothing runs yet
    /// that a restart could save, and the reason is best read at once. Returns the address of the public
    /// listener.
    pub(super) async fn muster(&mut self) -> Result<SocketAddr, SupervisorError> {
        let deadline = now() + self.plan.limits.ready_within;
        for index in 0..self.members.len() {
            self.spawn(index).map_err(|error| self.not_spawned(index, error))?;
        }
        while !self.members.iter().all(Member::is_ready) {
            match self.next(Some(deadline)).await {
                Happening::Nothing | Happening::Ready { .. } => {}
                Happening::Due => return Err(self.not_ready()),
                Happening::Died(death) => return Err(self.ended_early(death)),
            }
        }
        let public = self.members.iter().find(|member| member.service.public);
        let address = public.and_then(|member| member.running()?.listening.as_ref()?.public);
        let service = public.map(|member| member.label.clone()).unwrap_or_default();
        address.ok_or(SupervisorError::NoPublicAddress { service })
    }

    /// Waits for the next thing to happen, no longer than until `due`. Safe to cancel.
    pub(super) async fn next(&mut self, due: Option<Instant>) -> Happening {
        let event = match due {
            Some(due) => match timeout_at(due, self.events.recv()).await {
                Ok(event) => event,
                Err(_) => return Happening::Due,
            },
            None => self.events.recv().await,
        };
        match event {
            Some(Event::Reported { member, pid, report }) => self.reported(member, pid, report),
            Some(Event::Exited { member, status }) => self.exited(member, status),
            // The crew holds a sender itself, so the channel does not close.
            None => Happening::Nothing,
        }
    }

    /// When [`Crew::do_what_is_due`] has something to do.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.members.iter().filter_map(Member::due).min()
    }

    /// Starts those whose rest is over, kills those that were started again and did not become ready in time.
    pub(super) fn do_what_is_due(&mut self) -> Result<(), SupervisorError> {
        let time = now();
        for index in 0..self.members.len() {
            let member = &mut self.members[index];
            if member.due().is_none_or(|due| due > time) {
                continue;
            }
            if let State::Running(running) = &mut member.state {
                let limits = &self.plan.limits;
                let (what, within) = match running.ready_by.take() {
                    Some(_) => ("was not ready", seconds(limits.ready_within)),
                    None => ("had not stopped", seconds(limits.stop_within)),
                };
                running.stop_by = None;
                running.process.kill();
                let (label, pid) = (&member.label, running.process.pid);
                let text = format!("service `{label}` (pid {pid}) {what} within {within}; killing it");
                self.notice(&text);
            } else if let Err(error) = self.spawn(index) {
                if matches!(error, SpawnError::Bind(_)) && !self.members[index].is_joining {
                    return Err(self.not_spawned(index, error));
                }
                self.members[index].close();
                let ending = format!("it could not be started: {error}");
                self.react(Death { member: index, ending, refused: false, is_orderly: false, life: None })?;
            }
        }
        Ok(())
    }

    /// Reports a death and plans the restart, or says why there is none.
    pub(super) fn react(&mut self, death: Death) -> Result<(), SupervisorError> {
        if self.end_of_scaled(&death).is_some() {
            return Ok(());
        }
        let member = &mut self.members[death.member];
        let service = member.label.clone();
        if death.is_orderly {
            member.state = State::Resting(now());
            if let Some(Life { process, lived }) = death.life {
                process.log.release();
                let (pid, lived) = (process.pid, seconds(lived));
                self.notice(&format!(
                    "service `{service}` (pid {pid}) was asked to stop and has, after {lived}; starting its successor"
                ));
            }
            self.introduce();
            return Ok(());
        }
        if death.refused {
            return Err(SupervisorError::Refused { service, last_lines: death.last_lines() });
        }
        let lived = death.life.as_ref().map_or(Duration::ZERO, |life| life.lived);
        match member.deaths.died(now(), lived, &self.plan.limits) {
            Verdict::GiveUp(deaths) => Err(SupervisorError::GaveUp {
                service,
                deaths,
                within: self.plan.limits.deaths_window,
                last_lines: death.last_lines(),
                ending: death.ending,
            }),
            Verdict::RestartAfter(pause) => {
                member.state = State::Resting(now() + pause);
                let pause = seconds(pause);
                let ending = death.ending;
                match death.life {
                    Some(Life { process, lived }) => {
                        process.log.release();
                        self.notice(&format!(
                            "service `{service}` (pid {}) died after {}, {ending}; restarting it in {pause}",
                            process.pid,
                            seconds(lived)
                        ));
                    }
                    None => self.notice(&format!("service `{service}`: {ending}; trying again in {pause}")),
                }
                self.introduce();
                Ok(())
            }
        }
    }

    /// The processes that are listening now, in the order of the plan, without those that are about to go.
    pub(super) fn processes(&self) -> Vec<ProcessInfo> {
        let place = |service: &str| self.plan.services.iter().position(|planned| planned.name == service);
        let info = |member: &Member| {
            if member.is_retiring {
                return None;
            }
            let Running { process, listening, .. } = member.running()?;
            let listening = listening.as_ref()?;
            Some(ProcessInfo {
                service: member.service.name.clone(),
                replica: member.replica,
                label: member.label.clone(),
                pid: process.pid,
                internal: listening.internal,
                public: listening.public,
            })
        };
        let mut processes = self.members.iter().filter_map(info).collect::<Vec<_>>();
        processes.sort_by_key(|process| (place(&process.service), process.replica));
        processes
    }

    /// Where it takes wishes.
    pub(super) fn control_socket(&self) -> Option<PathBuf> {
        self.plan.control.clone()
    }

    /// Says that a member is ready that has just come, or that died before.
    pub(super) fn notice_ready(&self, index: usize, is_new: bool) {
        let member = &self.members[index];
        if let State::Running(Running { process, listening: Some(listening), .. }) = &member.state {
            let (label, pid, internal) = (&member.label, process.pid, listening.internal);
            let after = seconds(now() - process.spawned);
            let what = if is_new { "has come" } else { "is back" };
            self.notice(&format!("service `{label}` (pid {pid}) {what} at {internal}, ready in {after}"));
        }
    }

    /// A line of the supervisor's own in the logs.
    pub(super) fn notice(&self, text: &str) {
        self.plan.logs.notice(self.label_width, text);
    }

    fn spawn(&mut self, index: usize) -> Result<(), SpawnError> {
        let plan = &self.plan;
        let member = &mut self.members[index];
        let mut command = Command::new(&plan.executable);
        command
            .args((plan.arguments)(&member.service, member.replica))
            .envs(member.service.env.iter().cloned());
        if let Some(places) = &member.service.places {
            let bind = || Listeners::bind(places, &member.replica.to_string());
            let listeners = member.kept.for_the_next(bind)?;
            hand_over(listeners, command.as_std_mut())?;
        }
        let prefix = plan.logs.prefix(&member.label, self.label_width, index);
        let log = ChildLog::new(plan.logs.clone(), prefix);
        let mut peers = self.peers.subscribe();
        if self.introduced {
            // Whoever comes later hears what the others have heard.
            peers.mark_changed();
        }
        let (kept, events) = (member.kept.clone(), self.events_sender.clone());
        let process = Process::spawn(command, index, log, peers, kept, events)?;
        let ready_by = self.introduced.then(|| process.spawned + plan.limits.ready_within);
        member.state =
            State::Running(Running { process, listening: None, ready: false, ready_by, stop_by: None });
        Ok(())
    }

    fn reported(&mut self, index: usize, pid: u32, report: Report) -> Happening {
        let State::Running(running) = &mut self.members[index].state else {
            return Happening::Nothing;
        };
        if running.process.pid != pid {
            return Happening::Nothing;
        }
        match report {
            Report::Listening(listening) => {
                running.process.log.release();
                running.listening = Some(listening);
                self.introduce();
                Happening::Nothing
            }
            Report::Ready => {
                running.ready = true;
                running.ready_by = None;
                let is_new = std::mem::take(&mut self.members[index].is_joining);
                Happening::Ready { member: index, is_new }
            }
        }
    }

    fn exited(&mut self, index: usize, status: io::Result<ExitStatus>) -> Happening {
        let member = &mut self.members[index];
        let state = std::mem::replace(&mut member.state, State::Stopped);
        let State::Running(running) = state else { return Happening::Nothing };
        let is_orderly =
            running.ready && !member.is_retiring && status.as_ref().is_ok_and(ExitStatus::success);
        if is_orderly && member.kept.is_open() {
            member.successor_at = running.address();
        } else {
            member.close();
        }
        let refused = status.as_ref().is_ok_and(|status| status.code() == Some(CONFIGURATION_IS_WRONG));
        let ending = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let process = running.process;
        let life = Some(Life { lived: now() - process.spawned, process });
        Happening::Died(Death { member: index, ending, refused, is_orderly, life })
    }

    /// Tells everyone where those are that are to be introduced, as soon as all of these have listened once, and then
    /// whenever it changes.
    fn introduce(&mut self) {
        let introduced = || self.members.iter().filter(|member| member.service.introduced);
        self.introduced |= introduced().all(|member| member.address().is_some());
        if self.introduced {
            let mut peers = Peers::new();
            for member in introduced() {
                peers.entry(member.service.name.clone()).or_default().extend(member.address());
            }
            self.peers.send_if_modified(|known| {
                let changed = *known != peers;
                *known = peers;
                changed
            });
        }
    }

    fn not_spawned(&self, index: usize, error: SpawnError) -> SupervisorError {
        let service = self.members[index].label.clone();
        match error {
            SpawnError::Bind(source) => SupervisorError::Bind { service, source },
            SpawnError::Start(source) => {
                SupervisorError::Spawn { service, executable: self.plan.executable.clone(), source }
            }
        }
    }

    fn not_ready(&self) -> SupervisorError {
        let deaf: Vec<&Member> = self.members.iter().filter(|member| member.address().is_none()).collect();
        let (late, missing) = if deaf.is_empty() {
            (self.members.iter().filter(|member| !member.is_ready()).collect(), "ready")
        } else {
            (deaf, "listening")
        };
        let names: Vec<String> = late.iter().map(|member| format!("service `{}`", member.label)).collect();
        let mut lines = Vec::new();
        for member in late {
            if let Some(running) = member.running() {
                let last = running.process.log.take_last();
                lines.extend(last.iter().map(|line| format!("{}: {line}", member.label)));
            }
        }
        SupervisorError::NotReady {
            services: names.join(", "),
            missing,
            within: self.plan.limits.ready_within,
            last_lines: LastLines(lines),
        }
    }

    fn ended_early(&self, death: Death) -> SupervisorError {
        let service = self.members[death.member].label.clone();
        let last_lines = death.last_lines();
        if death.refused {
            return SupervisorError::Refused { service, last_lines };
        }
        let pid = death.life.map_or(0, |life| life.process.pid);
        SupervisorError::EndedEarly { service, pid, ending: death.ending, last_lines }
    }
}
