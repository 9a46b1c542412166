//! Events: what a module tells others of what has happened.

/// Something that happened in a module, as its contract tells others of it.
///
/// One closed type (an enum) stands for all events of a module. They share a topic, which is named as the module is,
/// and are numbered in the order in which their changes were committed.
pub trait Event: Sized {
    /// The topic: the name of the module that tells.
    const TOPIC: &'static str;

    /// What happened, in snake case and the past tense: `order_confirmed`.
    fn name(&self) -> &'static str;

    /// The version of the payload's form, from 1 on. A field that is added keeps it; any other change takes the next.
    fn version(&self) -> u32;

    /// To what it happened. Events of one entity reach every consumer in their order, or not at all.
    fn entity(&self) -> String;

    /// What a reader has to know of it, as JSON.
    fn payload(&self) -> String;

    /// Reads what [`Event::payload`] wrote.
    fn read(name: &str, version: u32, payload: &str) -> Result<Self, UnreadableEvent>;
}

/// An event that this binary cannot read, and may be able to when it is newer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableEvent {
    /// No event of the topic has this name.
    #[error("the topic {topic} has no event {name} that this binary knows")]
    UnknownName {
        /// The topic.
        topic: &'static str,
        /// The name as it was recorded.
        name: String,
    },
    /// The event is known in other versions.
    #[error("this binary does not know version {version} of {name}")]
    UnknownVersion {
        /// The event.
        name: String,
        /// The version as it was recorded.
        version: u32,
    },
    /// The payload is not what its name and version promise.
    #[error("the payload of {name} cannot be read: {reason}")]
    Payload {
        /// The event.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}
