//! The pure core: mapping, policy and decisions, without any I/O.
// Clippy's exception for tests does not reach their helpers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod attacks;
mod cases;
#[path = "../common/mod.rs"]
mod common;
mod effects;
mod fingerprints;
mod inspections;
mod mapping;
mod notes;
mod plans;
mod policies;
mod properties;
mod support;
mod table;
