//! The REST adapter: what carries the contract from one process to another, and to the public.

mod adapter;
mod body;
mod client;
pub mod paths;
mod server;

pub use adapter::InventoryAdapter;
pub use client::RemoteInventory;
pub use server::{InternalApi, PublicApi, mount};
