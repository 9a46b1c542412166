//! Both halves of an adapter, with all that adapters have in common, so that one of them is a few lines an
//! operation.
//!
//! * [`Peer`] is the client half's end: it carries one call over a `memory`, `thread`, `unix` or `tcp` link, with
//!   its deadline, its identity and its key, and brings back the answer or the typed error.
//! * [`server`] is what a server half is made of: extractors with limits, the [`server::Call`] with its
//!   context, answers as JSON, errors as [`Problem`]s.
//! * [`Calls`] times a call over any link, `direct` included.
//!
//! It knows no module. What a topology is, and which link a call takes, is decided by who builds a [`Peer`].

mod adapter;
mod calls;
pub mod headers;
mod memory;
mod operation;
mod peer;
mod pipe;
mod problem;
pub mod server;

pub use adapter::Adapter;
pub use calls::Calls;
pub use memory::MemoryServer;
pub use operation::Operation;
pub use peer::{
    AddressBook, Answer, Endpoint, Fields, InvalidPath, Outgoing, Peer, PeerAddress, PooledBody, Request,
    RoundTrip, query_string,
};
pub use pipe::{PipeAddress, PipeListener};
pub use problem::{Problem, status_of};
