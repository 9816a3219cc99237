//! Readiness: whether webhooks can be recorded now, tried out.

use std::time::Duration;

use ams_loop_bridge::ledger::CursorName;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::Service;
use crate::merchant::Merchant;
use crate::{now, with_causes};

/// However often it is asked for, it is tried out this often.
const FRESH: Duration = Duration::from_secs(2);
/// A ledger that takes longer than this to write a word is not one to rely on.
const LONGEST: Duration = Duration::from_secs(3);

/// The last finding, and when it was made.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Option<(Instant, bool, Value)>>);

pub(super) async fn answer(State(service): State<Service>) -> Response {
    let (ready, merchants) = service.ready.look(&service).await;
    let stopping = service.stop.is_asked_for();
    let ready = ready && !stopping;
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({ "ready": ready, "stopping": stopping, "merchants": merchants });
    (status, Json(body)).into_response()
}

impl Cache {
    /// Whether any merchant's webhooks can be recorded, and what is known of each. One merchant's
    /// broken ledger must not keep the others' webhooks away.
    async fn look(&self, service: &Service) -> (bool, Value) {
        let mut last = self.0.lock().await;
        if let Some((at, ready, merchants)) = &*last
            && at.elapsed() < FRESH
        {
            return (*ready, merchants.clone());
        }
        let looks = service.merchants.values().map(|merchant| async {
            let ledger = ledger(merchant).await;
            let ready = ledger.is_ok();
            let of_merchant = json!({
                "ready": ready,
                "ledger": ledger.err().unwrap_or_else(|| "ok".to_owned()),
                "loop": merchant.loop_known().words(),
                "oms": merchant.oms_known().words(),
                "stopped": merchant.status().stopped,
            });
            (merchant.id().to_string(), ready, of_merchant)
        });
        let (mut ready, mut merchants) = (false, Map::new());
        for (name, is_ready, of_merchant) in join_all(looks).await {
            ready |= is_ready;
            merchants.insert(name, of_merchant);
        }
        let merchants = Value::Object(merchants);
        *last = Some((Instant::now(), ready, merchants.clone()));
        (ready, merchants)
    }
}

/// Whether the merchant's ledger can be written.
async fn ledger(merchant: &Merchant) -> Result<(), String> {
    let Some(bridge) = merchant.bridge.get() else {
        return Err("not open".to_owned());
    };
    let (probe, text) = (CursorName::Probe, now().to_string());
    let written = bridge.ledger().store_cursor(merchant.id(), probe, &text);
    match timeout(LONGEST, written).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(with_causes(&error)),
        Err(_) => Err("does not answer".to_owned()),
    }
}
