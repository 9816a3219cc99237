//! The typed client against the sandbox. The two were written apart from the same documentation,
//! so each is a witness for the other: one file per family of calls.
#![cfg(feature = "sandbox")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod actions;
mod carts;
mod deep_links;
mod destinations;
mod details;
mod events;
mod every_call;
mod fraud;
mod grading;
mod happy_returns;
mod label_requests;
mod labels;
mod listings;
mod notes;
mod orders;
mod removal;
mod reports;
mod returns_list;
mod shop;
#[path = "../support/mod.rs"]
mod support;
mod unknown;
mod webhooks;
