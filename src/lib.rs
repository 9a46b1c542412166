//! Cleave: an online store cut into modules behind traits, in one binary.
//!
//! A [`topology`] says which modules share a process. Inside a process a call is a method call; across
//! processes it is REST. This package is the only place that knows every module: [`house`] lists them,
//! [`compose`] puts them together, [`server`] and [`gateway`] open them to others, [`supervisor`] runs a whole
//! topology on one machine, [`doctor`] finds what is wrong with one, and [`cli`] is what a person types.
//!
//! Start with `docs/ARCHITECTURE.md`, or with [`compose`].

pub mod audit;
pub mod background;
pub mod callees;
pub mod cli;
pub mod compose;
pub mod directory;
pub mod doctor;
pub mod gateway;
pub mod house;
pub mod journeys;
mod lag;
pub mod listeners;
pub mod membership;
pub mod openapi;
mod own_thread;
pub mod process;
pub mod provision;
pub mod server;
pub mod settings;
pub mod settled;
pub mod supervisor;
pub mod topology;
