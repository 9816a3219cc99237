//! Every documented row in every documented spelling, and then bytes that nobody documents.
//!
//! The rows are made from tables of Loop's documented keys (`shapes`). What a row must mean is
//! known from how it was made, not from decoding a plainer row, so that the decoder has no say in
//! what is right.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod asn;
mod generators;
mod hostile;
mod meaning;
mod odd;
mod one_pass;
mod resources;
mod returns;
mod shapes;
mod small;
#[allow(unreachable_pub, reason = "it is the fuzz crate's")]
#[path = "../../fuzz/src/two_passes.rs"]
mod two_passes;
mod webhooks;
