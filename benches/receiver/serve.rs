//! What the peers do, with the crates and the web framework of `examples/webhook_receiver`: the
//! roles that this binary plays as a process of its own.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;

use ams_loop_bridge::ledger::SqliteLedger;
use ams_loop_bridge::{Bridge, Mapping, Policy, map_return};
use ams_oms_client::{MemoryOms, MerchantId};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::{MethodRouter, post};
use axum::{Router, serve};
use loop_client::webhook::{Event, WebhookVerifier};
use loop_client::{ApiKey, Client, Timestamp};
use tokio::net::TcpListener;

use crate::load::PATH;

/// Verifies, decodes and maps, and forgets it.
pub(crate) const MAP: &str = "map";
/// Verifies and decodes, and writes down in the ledger that the return has news.
pub(crate) const RECORD: &str = "record";

#[tokio::main]
pub(crate) async fn serve_as(role: &str) {
    let secret = env::var("LOOP_WEBHOOK_SECRET").unwrap();
    let verifier = WebhookVerifier::new([secret]).unwrap();
    let take = match role {
        MAP => post(map).with_state(Arc::new(verifier)),
        _ => recording(verifier).await,
    };
    let app = Router::new()
        .route(PATH, take)
        .layer(DefaultBodyLimit::max(512 * 1024));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!(
        "listening on http://{}{PATH}",
        listener.local_addr().unwrap()
    );
    serve(listener, app).await.unwrap();
}

async fn map(
    State(verifier): State<Arc<WebhookVerifier>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let signatures = headers.get_all(WebhookVerifier::HEADER);
    let signatures = signatures.iter().map(HeaderValue::as_bytes);
    if verifier.verify(signatures, &body).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(Event::Return(event)) = Event::decode(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let merchant = MerchantId::new("acme").unwrap();
    match map_return(&merchant, &Policy::default(), &event.data) {
        Mapping::Owed { rma, .. } => {
            std::hint::black_box(rma);
            StatusCode::OK
        }
        _ => StatusCode::BAD_REQUEST,
    }
}

async fn recording(verifier: WebhookVerifier) -> MethodRouter {
    let folder = PathBuf::from(env::var_os("STATE").unwrap());
    let ledger = SqliteLedger::open(folder.join("record.sqlite"))
        .await
        .unwrap();
    let client = Client::builder(ApiKey::new("no-key").unwrap())
        .build()
        .unwrap();
    let merchant = MerchantId::new("acme").unwrap();
    let bridge = Bridge::new(merchant, client, MemoryOms::new(), ledger).with_webhooks(verifier);
    post(record).with_state(bridge)
}

async fn record(State(bridge): State<Bridge>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signatures = headers.get_all(WebhookVerifier::HEADER);
    let signatures = signatures.iter().map(HeaderValue::as_bytes);
    let now = Timestamp::now();
    let reply = bridge.record_webhook(signatures, &body, now).await;
    StatusCode::from_u16(reply.status()).unwrap()
}
