//! **The smallest honest webhook endpoint**: it verifies Loop's webhooks, writes down that there is
//! news of a return, and makes the RMA. For whoever has a web server and wants to see what goes
//! into it.
//!
//! ```text
//! cargo run --example webhook_receiver                             # no account: a stand-in
//! LOOP_API_KEY=... LOOP_WEBHOOK_SECRET=... LISTEN=0.0.0.0:8080 cargo run --example webhook_receiver
//! ```
//!
//! Webhooks get lost, and they settle nothing: run `poller` on the same ledger and OMS beside it.
//! The variables are those of `account.rs`. There is no TLS: put a proxy in front. **What to
//! change:** `account.rs`, for your own `Oms`; and see `service` for what production needs besides.

#[path = "../account.rs"]
mod account;

use account::{Account, Outcome, now, shop, variable};
use ams_loop_bridge::{Bridge, WebhookOutcome};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::{Router, routing::post};
use loop_client::webhook::{Topic, Trigger, WebhookVerifier};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Outcome<()> {
    let account = Account::open().await?;
    let app = Router::new()
        .route("/webhooks/loop", post(take))
        .layer(DefaultBodyLimit::max(512 * 1024))
        .with_state(account.bridge.clone());
    let listener = TcpListener::bind(variable("LISTEN", "127.0.0.1:8080")).await?;
    let url = format!("http://{}/webhooks/loop", listener.local_addr()?);
    println!("listening on {url}");
    let server = axum::serve(listener, app).with_graceful_shutdown(async {
        // Where Ctrl-C cannot be heard, stopping at once is better than never.
        tokio::signal::ctrl_c().await.ok();
    });
    let server = tokio::spawn(server.into_future());
    if let Some(sandbox) = &account.stand_in {
        let (topic, trigger) = (Topic::Return, Trigger::ReturnCreated);
        account
            .client
            .webhooks()
            .create(&topic, &trigger, &url)
            .await?;
        shop(sandbox);
    }
    Ok(server.await??)
}

/// Headers and raw bytes in, a status out: the same with any web framework.
async fn take(State(bridge): State<Bridge>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signatures = headers
        .get_all(WebhookVerifier::HEADER)
        .iter()
        .map(HeaderValue::as_bytes);
    let reply = bridge.accept_webhook(signatures, &body, now()).await;
    match &reply.outcome {
        WebhookOutcome::Recorded(key) => println!("{} is written down", key.rma_number),
        other => println!("not taken: {other:?}"),
    }
    StatusCode::from_u16(reply.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
