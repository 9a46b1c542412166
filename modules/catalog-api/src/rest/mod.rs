//! The REST adapter: what carries the contract from one process to another, and to the public.

mod adapter;
mod client;
pub mod paths;
mod server;

pub use adapter::CatalogAdapter;
pub use client::RemoteCatalog;
pub use server::{InternalApi, PublicApi, mount};
