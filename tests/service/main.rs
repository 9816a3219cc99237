//! The service of `examples/service` as whoever operates it meets it: a process of its own, beside
//! it Loop's stand-in and an OMS, each a process too. Nothing here knows how it is made inside.
//!
//! ```text
//! cargo test --workspace --test service -- --nocapture
//! ```
//!
//! The programs are built first, if they have changed (`programs`). Each scenario has a town of its
//! own (`town`): shops, a warehouse, a load balancer, one or two services, and some misfortune. At
//! its end the books are audited (`audit`): nothing lost, nothing doubled, the log tells of every
//! decision, and no secret and nothing about a person stands in anything that was printed or
//! served.
//!
//! On PostgreSQL: `REQUIRE_POSTGRES=1` makes it fail where there is no server; otherwise that part
//! is skipped, and says so.
#![cfg(unix)]
// Clippy's exception for tests does not reach their helpers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failure has to end the test"
)]

mod ailments;
mod audit;
mod canaries;
mod configuration;
mod database;
mod demo;
mod disk;
mod dock;
mod door;
mod ending;
mod flood;
mod front;
mod kills;
mod later;
mod ledgers;
mod load;
mod log;
mod loop_side;
mod merchant;
mod metrics;
mod neighbours;
mod oms_side;
mod patience;
mod planted;
#[path = "../../ams-loop-bridge/tests/common/postgres.rs"]
mod postgres;
mod process;
mod programs;
mod service;
mod slow;
mod town;
