//! A hundred thousand returns paged from the sandbox: calls made beside the least possible, and
//! time per row beside that of decoding the same bytes from memory.
//!
//! The sandbox is a process of its own, so that the client's processor time is its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a benchmark stops at the first thing that is wrong"
)]

mod client;
mod sandbox;

use loop_ams_benches::{role, serve};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("sandbox") => sandbox::serve(),
        _ => measure(),
    }
}

fn measure() {
    let (mut sandbox, address) = serve(role(&["sandbox"]).unwrap()).unwrap();
    client::measure(&address);
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
}
