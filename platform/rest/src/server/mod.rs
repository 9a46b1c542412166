//! What a server half is made of.
//!
//! A handler takes a [`Call`] (its contract and its [`Context`](cleave_core::Context)), perhaps a [`PathId`],
//! a [`Query`] or a [`Body`], awaits one operation and hands the result to [`Call::reply`]. All that can be
//! wrong with a request before it reaches the contract is refused here, as a [`Problem`](crate::Problem).

mod body;
mod call;
mod edge;
mod http;
mod names;
mod params;
mod path;
mod routes;
mod timing;
mod watched;

pub use body::{Body, PeerBody};
pub use call::Call;
pub use edge::{Edge, Exposure, Limits, UNAUTHENTICATED};
pub use http::{KEEP_ALIVE, http_service};
pub use params::{PathId, Query};
pub use routes::{Routes, not_found};
