//! Drives the resources of the sandbox beside the life of a return, over HTTP and with nothing of
//! this crate's client: one walk through the documented answers per family of calls.
#![cfg(feature = "sandbox")]
// Clippy's exception for tests does not reach their helpers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod api;
#[path = "../support/bare.rs"]
mod bare;
mod commerce;
mod grading;
mod label_requests;
mod labels;
mod lists;
mod places;
mod removal;
mod scopes;
