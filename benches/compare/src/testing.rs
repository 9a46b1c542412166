//! What tests load and what they read: a tiny server, and results that nobody measured.

mod attribution;
mod distance;
mod made_up;
mod made_up_ladder;
mod server;

pub(crate) use distance::Distance;
pub(crate) use made_up::{MadeUp, normal};
pub(crate) use server::Server;
