//! The REST adapter: what carries the contract from one process to another, and to the public.

mod client;
pub mod paths;
mod server;

pub use client::RemoteCatalog;
pub use server::{PublicApi, mount};
