//! A deterministic simulation of the bridge: workers, Loop, the OMS, the ledger and everything
//! between them, from one seed, in virtual time, in one thread. `README.md` beside this file has
//! the commands and what they last showed.
//!
//! Three parts: the environment (`shop`, `yard`, `book`, with the ports to them), the load
//! (`load`, and the schedules in `run`), and the auditor (`audit`), which knows what is true on
//! both sides and shares no code with the bridge.
// Clippy's exception for tests does not reach their helpers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure has to end the test"
)]

mod audit;
mod book;
mod budget;
mod bugs;
mod cut;
mod faults;
mod load;
mod loop_port;
mod matrix;
mod merchants;
mod oms_port;
mod outage;
mod planted;
mod rng;
mod run;
mod search;
mod seeds;
mod shop;
mod sim;
mod time;
mod trace;
mod world;
mod yard;
