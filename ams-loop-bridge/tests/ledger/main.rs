//! One suite for every ledger, and what only some must do.
// Clippy's exception for tests does not reach their helpers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[path = "../common/mod.rs"]
mod common;
#[cfg(all(unix, feature = "postgres"))]
mod postgres;
#[cfg(all(unix, feature = "postgres"))]
#[path = "../common/postgres.rs"]
mod server;
#[cfg(feature = "sqlite")]
mod sqlite;
mod suite;

use ams_loop_bridge::ledger::MemoryLedger;
use suite::{one_wins, shared, suite};

#[tokio::test]
async fn memory_ledger() {
    suite(&MemoryLedger::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_ledger_one_wins() {
    one_wins(shared(&MemoryLedger::new())).await;
}
