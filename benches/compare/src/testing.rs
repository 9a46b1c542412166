//! What tests load and what they read: a tiny server, a deployment of two processes, and results that nobody measured.

mod attribution;
mod certificates;
mod distance;
mod get;
mod made_up;
mod made_up_ladder;
mod served;
mod server;
mod two;

pub(crate) use certificates::Certificates;
pub(crate) use distance::Distance;
pub(crate) use get::Get;
pub(crate) use made_up::{MadeUp, normal};
pub(crate) use served::Served;
pub(crate) use server::Server;
pub(crate) use two::Two;
