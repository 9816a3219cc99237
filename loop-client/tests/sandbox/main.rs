//! Drives the sandbox over HTTP, as a client of Loop would, with nothing of this crate's client.
#![cfg(feature = "sandbox")]
// Clippy's exception for tests does not reach their helpers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod actions;
mod api;
mod asn;
mod backstage;
#[path = "../support/bare.rs"]
mod bare;
mod details;
mod gateway;
mod list;
mod processing;
mod webhooks;
