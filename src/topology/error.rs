//! What can be wrong with a topology, said so that a person can mend it.

use std::fmt;

use super::{Link, MAX_REPLICAS, MAX_SERVICE_NAME_BYTES};

/// A topology that was refused, with everything that is wrong with it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct TopologyError {
    /// The file, or the line that was typed.
    pub origin: String,
    /// At least one.
    pub problems: Vec<Problem>,
}

impl TopologyError {
    pub(super) fn single(origin: impl Into<String>, fault: Fault) -> Self {
        Self { origin: origin.into(), problems: vec![Problem { place: None, fault }] }
    }
}

impl fmt::Display for TopologyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [problem] = self.problems.as_slice() {
            return write!(formatter, "{}: {problem}", self.origin);
        }
        write!(formatter, "{}: {} problems", self.origin, self.problems.len())?;
        self.problems.iter().try_for_each(|problem| write!(formatter, "\n  {problem}"))
    }
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line, column and key in a file, the column in a notation; `None` where it is the whole.
    pub place: Option<String>,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(formatter, "{place}: {}", self.fault),
            None => self.fault.fmt(formatter),
        }
    }
}

/// The two kinds of things that a service hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A business capability.
    Module,
    /// A piece of infrastructure.
    Role,
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Module => "module",
            Self::Role => "role",
        })
    }
}

/// What is wrong. Every message names the value and says how to mend it; [`Problem`] adds the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant is its documentation")]
pub enum Fault {
    #[error(
        "no file of that name in {folder}; {hint}there are: {existing}; or write a topology in one line, such as \
         {example:?}: groups between bars, + inside a group, * for the rest"
    )]
    UnknownTopology { folder: String, hint: String, existing: String, example: String },
    #[error(
        "a topology cannot be called {name:?}, because `cleave compare {name}` is a command; give the file another name"
    )]
    ReservedName { name: String },
    #[error("no service {name:?}; {hint}the services are: {existing}")]
    UnknownService { name: String, hint: String, existing: String },
    #[error("cannot be read: {reason}; check the path and its permissions")]
    Unreadable { reason: String },
    #[error("{message}")]
    Toml { message: String },
    #[error("unknown {part} {name:?}; {hint}the {part}s are: {existing}")]
    Unknown { part: Part, name: String, hint: String, existing: String },
    #[error("{name:?} is not a {part}; list it under `{belongs_under}`")]
    OtherPart { part: Part, name: String, belongs_under: &'static str },
    #[error(
        "{part} {name:?} is already hosted by service {first_service:?} ({first_place}); keep one of the two"
    )]
    Twice { part: Part, name: String, first_service: String, first_place: String },
    #[error("{part} {name:?} is hosted by no service; {mend}")]
    Missing { part: Part, name: String, mend: &'static str },
    #[error("service {name:?} hosts nothing; give it `modules` or `roles`, or take it away")]
    EmptyService { name: String },
    #[error("a group is empty; name a module in it, or take a bar away")]
    EmptyGroup,
    #[error("a name is missing beside +; name a module, or take the + away")]
    EmptyMember,
    #[error("a second *; the rest can go to one group only, so name the modules of the other")]
    SecondStar,
    #[error(
        "{name:?} cannot be the name of a service, since files, containers and hosts are called by it; use 1 to \
         {MAX_SERVICE_NAME_BYTES} lower-case letters, digits and -, starting with a letter and not ending in -"
    )]
    ServiceName { name: String },
    #[error("{replicas} replicas of service {service:?}; there can be 1 to {MAX_REPLICAS}")]
    Replicas { service: String, replicas: i64 },
    #[error("unknown link {word:?}; {hint}the links are: {existing}")]
    UnknownLink { word: String, hint: String, existing: String },
    #[error(
        "{link} cannot be the link between processes, since it needs both ends in one; use \"tcp\" or \"unix\" (calls \
         within a process are direct already; single edges are set under [links])"
    )]
    NotBetweenProcesses { link: Link },
    #[error("{edge:?} is not an edge; write \"caller -> callee\"")]
    EdgeForm { edge: String },
    #[error("{edge:?} sets a call that nobody makes; {hint}the calls are: {existing}")]
    EdgeUncalled { edge: String, hint: String, existing: String },
    #[error("{edge:?} is set twice; keep one of the two")]
    EdgeTwice { edge: String },
    #[error(
        "{edge:?} cannot be {link}, since {services} are different processes and {link} \
         needs both ends in one; use \"tcp\" or \"unix\", or put both into one service"
    )]
    EdgeAcrossProcesses { edge: String, link: Link, services: String },
}
