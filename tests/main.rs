//! Tests that need more than one crate, in one binary because each would link everything anew.
// Clippy's exception for tests does not reach their helpers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure has to end the test"
)]

mod article;
mod flow;
mod links;
mod payloads;
mod samples;
