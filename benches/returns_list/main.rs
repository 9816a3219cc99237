//! A hundred thousand returns paged from the sandbox: calls made beside the least possible, and time
//! per row beside that of decoding the same bytes from memory.
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

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("sandbox") => sandbox::serve(),
        _ => measure(),
    }
}

fn measure() {
    let mut sandbox = Command::new(std::env::current_exe().unwrap())
        .arg("sandbox")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    let output = sandbox.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut address).unwrap();
    client::measure(address.trim());
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
}
