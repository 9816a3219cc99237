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
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::process::ExitCode;

use account::environment::{self, Problem, Variables};
use account::{Account, now, program, shop, text_or};
use ams_loop_bridge::{Bridge, WebhookOutcome};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::{Router, body::Bytes, routing::post};
use loop_client::webhook::{Topic, Trigger, WebhookVerifier};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    program("webhook_receiver", run(&environment::of_the_process)).await
}

async fn run(variables: Variables<'_>) -> Result<(), Problem> {
    if variables("LOOP_API_KEY").is_some() && variables("LOOP_WEBHOOK_SECRET").is_none() {
        let problem = "LOOP_WEBHOOK_SECRET is not set: every webhook would be refused";
        return Err(Problem::Setup(problem.to_owned()));
    }
    let address = text_or(variables, "LISTEN", "127.0.0.1:8080")?;
    let name = format!("LISTEN {address}");
    let address: SocketAddr = address.parse().map_err(|it| Problem::setup(&name, &it))?;
    let failed = |error| Problem::failed(&name, &error);
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let local = listener.local_addr().map_err(failed)?;
    let url = format!("http://{local}/webhooks/loop");
    let account = Account::open(variables).await?;
    let app = Router::new()
        .route("/webhooks/loop", post(take))
        .layer(DefaultBodyLimit::max(512 * 1024))
        .with_state(account.bridge.clone());
    println!("listening on {url}");
    if let Some(sandbox) = &account.stand_in {
        // What it sends before the server runs waits in the socket.
        let webhooks = account.client.webhooks();
        let made = webhooks.create(&Topic::Return, &Trigger::ReturnCreated, &url);
        made.await
            .map_err(|error| Problem::failed("the stand-in", &error))?;
        shop(sandbox);
    }
    let server = axum::serve(listener, app).with_graceful_shutdown(async {
        // Where Ctrl-C cannot be heard, stopping at once is better than never.
        tokio::signal::ctrl_c().await.ok();
    });
    server.await.map_err(failed)
}

/// Headers and raw bytes in, a status out: the same with any web framework.
async fn take(State(bridge): State<Bridge>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signatures = headers.get_all(WebhookVerifier::HEADER);
    let signatures = signatures.iter().map(HeaderValue::as_bytes);
    let reply = bridge.accept_webhook(signatures, &body, now()).await;
    match &reply.outcome {
        WebhookOutcome::Recorded(key) => println!("{} is written down", key.rma_number),
        other => println!("not taken: {other:?}"),
    }
    StatusCode::from_u16(reply.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
