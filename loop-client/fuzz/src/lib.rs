//! What the fuzzers check, as plain functions: `tests/fuzz_seeds.rs` of loop-client drives them
//! too, without a fuzzer.

// A finding is a panic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a finding is a panic"
)]

mod asn_report;
mod process_answer;
mod returns_list;
mod scripted;
mod two_passes;
mod webhook;

pub use asn_report::asn_report;
pub use process_answer::process_answer;
pub use returns_list::returns_list;
pub use webhook::webhook;

/// Where an input holds personal data, it holds this.
const CANARY: &str = "canary@example.com";

/// A position that depends on all of the input, so that the fuzzer chooses it and a finding can be
/// repeated.
fn position(input: &[u8], below: usize) -> usize {
    let hash = input.iter().fold(0x811c_9dc5u32, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    });
    usize::try_from(hash).unwrap_or(0) % below.max(1)
}
