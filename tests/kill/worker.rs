//! The worker process: the real client, bridge and ledger, in a loop that ends with a SIGKILL.

use std::io::{self, Write as _};
use std::net::TcpListener;
use std::os::fd::AsFd as _;
use std::os::unix::process::parent_id;
use std::process::exit;
use std::sync::Arc;
use std::time::Duration;

use ams_loop_bridge::{Bridge, SettleReport};
use ams_oms_client::HttpOms;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::post;
use loop_client::webhook::WebhookVerifier;
use loop_client::{ApiKey, Client, RateLimit};

use crate::clock::SharedClock;
use crate::orders::Orders;
use crate::planted::Forgetful;
use crate::{merchant, policy};

/// Webhooks may get lost, so it asks Loop now and then.
const PASSES_PER_PULL: u64 = 6;

/// How the line of the log begins that names the ledger's epoch.
pub(crate) const EPOCH: &str = "epoch ";

/// Writes a line in one piece: the workers share a log.
fn say(line: &str) {
    io::stderr().write_all(format!("{line}\n").as_bytes()).ok();
}

pub(crate) async fn work(orders: Orders) {
    let clock = SharedClock::reading(&orders.clock);
    let life = orders.life;
    let client = Client::builder(ApiKey::new(&orders.loop_key).unwrap())
        .base_url(format!("{}/loop/{life}/api", orders.tap))
        .rate_limit(RateLimit::per_minute(u32::MAX))
        .build()
        .unwrap();
    let oms = HttpOms::builder(format!("{}/oms/{life}", orders.tap), &orders.oms_key)
        .build()
        .unwrap();
    let verifier = WebhookVerifier::new([orders.webhook_secret.as_str()]).unwrap();
    let mut ledger = orders.store.open().await;
    match ledger.epoch().await {
        Ok(epoch) => say(&format!("{EPOCH}{epoch}")),
        Err(error) => say(&format!("{life}: no epoch: {error}")),
    }
    if orders.planted {
        ledger = Arc::new(Forgetful::new(ledger, clock.now()));
    }
    let bridge = Bridge::new(merchant(), client, oms, ledger)
        .with_policy(policy())
        .unwrap()
        .with_clock(clock.clone())
        .with_webhooks(verifier);
    tokio::spawn(take_webhooks(bridge.clone(), clock.clone()));

    let gate = format!("{}/gate/{life}", orders.tap);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for pass in 0_u64.. {
        let admitted = http.get(&gate).send().await.is_ok();
        if !admitted || parent_id() != orders.parent {
            exit(0);
        }
        if pass % PASSES_PER_PULL == 1
            && let Err(error) = bridge.pull(clock.now()).await
        {
            say(&format!("{life}: pull: {error}"));
        }
        match bridge.settle(clock.now()).await {
            Ok(SettleReport {
                looks, failures, ..
            }) => {
                for failure in &failures {
                    say(&format!(
                        "{life}: {}: {}",
                        failure.key.rma_number, failure.error
                    ));
                }
                if looks.is_empty() {
                    // Leaves the processor to whoever has work.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
            Err(error) => {
                say(&format!("{life}: settle: {error}"));
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// On the socket that all workers inherit.
async fn take_webhooks(bridge: Bridge, clock: SharedClock) {
    let socket = io::stdin().as_fd().try_clone_to_owned().unwrap();
    let listener = TcpListener::from(socket);
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let app = Router::new()
        .route("/webhooks", post(accept))
        .with_state((bridge, clock));
    axum::serve(listener, app).await.unwrap();
}

async fn accept(
    State((bridge, clock)): State<(Bridge, SharedClock)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let signatures = headers
        .get_all(WebhookVerifier::HEADER)
        .iter()
        .map(HeaderValue::as_bytes);
    let reply = bridge.accept_webhook(signatures, &body, clock.now()).await;
    StatusCode::from_u16(reply.status()).unwrap()
}
