//! The contract over HTTP: document, client and server against each other.
#![cfg(all(
    feature = "http",
    feature = "http-server",
    feature = "memory",
    feature = "conformance"
))]
// Helpers of an integration test are not seen as test code by Clippy's own exemption.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure has to end the test"
)]

mod canned;
#[path = "../common/mod.rs"]
mod common;
mod document;
mod faults;
mod keys;
mod notices;
mod recorder;
mod schema;
mod scripted;
mod together;

use std::sync::Arc;

use ams_oms_client::HttpOms;
use axum::Router;
use tokio::net::TcpListener;

const KEY: &str = "the-test-key";

/// Serves the router on a free port of this machine for as long as the test runs.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

async fn connect(base_url: &str, key: &str) -> HttpOms {
    let oms = HttpOms::builder(base_url, key).build().unwrap();
    oms.learn_capabilities().await.unwrap()
}

/// The class of a failure, by the word of the contract.
fn class(error: &ams_oms_client::OmsError) -> &'static str {
    use ams_oms_client::OmsError;
    match error {
        OmsError::Transient { .. } => "transient",
        OmsError::Ambiguous { .. } => "ambiguous",
        OmsError::Auth { .. } => "auth",
        OmsError::NotFound => "not_found",
        OmsError::Conflict { .. } => "conflict",
        OmsError::TooLate { .. } => "too_late",
        OmsError::Rejected { .. } => "rejected",
        OmsError::Partial { .. } => "partial",
        OmsError::Unsupported { .. } => "unsupported",
        OmsError::Malformed { .. } => "malformed",
        OmsError::CursorLost => "cursor_lost",
        other => panic!("{other:?}"),
    }
}

/// A shared store with its warehouse, served with one key for everything.
fn memory() -> (ams_oms_client::MemoryOms, Router) {
    use ams_oms_client::server::{ServerKey, router_with_warehouse};
    let oms = ams_oms_client::MemoryOms::new();
    let key = ServerKey::new(KEY).unwrap().with_warehouse();
    let shared = Arc::new(oms.clone());
    (oms, router_with_warehouse(shared.clone(), shared, [key]))
}
