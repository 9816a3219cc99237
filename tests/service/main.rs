//! The service of `examples/service` as whoever operates it meets it: a process of its own, beside
//! it Loop's stand-in and an OMS, each a process too. Nothing here knows how it is made inside.
//!
//! ```text
//! cargo test -p loop-ams-tests --test service -- --nocapture
//! ```
//!
//! The programs are built first, if they have changed (`programs`). Each scenario has a town of its
//! own (`town`): shops, a warehouse, a load balancer, one or two services, and some misfortune. At
//! its end the books are audited (`audit`): nothing lost, nothing doubled, the log tells of every
//! decision, and no secret and nothing about a person stands in anything that was printed or served.
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

mod audit;
mod canaries;
mod configuration;
mod database;
mod demo;
mod disk;
mod door;
mod flood;
mod front;
mod kills;
mod later;
mod load;
mod log;
mod loop_side;
mod merchant;
mod metrics;
mod neighbours;
mod oms_side;
mod patience;
#[path = "../../ams-loop-bridge/tests/common/postgres.rs"]
mod postgres;
mod process;
mod programs;
mod service;
mod slow;
mod town;

/// What takes its time to heal: the bridge leaves a merchant alone for half a minute after a
/// failure, and Loop's minute has sixty seconds. Mostly they wait, so they wait together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn troubles_pass_and_nothing_is_lost_or_doubled() {
    tokio::join!(
        neighbours::the_sick_one_troubles_nobody_else(),
        disk::full_and_empty_again(),
        database::restarted_under_two_services(),
    );
}
