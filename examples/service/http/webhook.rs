//! The endpoint that Loop sends webhooks to, one for each merchant.

use ams_loop_bridge::WebhookOutcome;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use loop_client::webhook::WebhookVerifier;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::Service;
use super::limits::{BODY, READING, TAKING, TURN};
use crate::merchant::Merchant;
use crate::now;

pub(super) async fn take(
    State(service): State<Service>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let Some(merchant) = service.merchants.get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (head, body) = request.into_parts();
    let span = tracing::info_span!("merchant", merchant = %merchant.id());
    let taken = answer(merchant, &head.headers, body)
        .instrument(span.clone())
        .await;
    let (outcome, status) = taken.unwrap_or_else(|(outcome, status)| {
        // Anybody can send what is refused.
        if let Some(more) = merchant.refusals.passes() {
            span.in_scope(|| {
                tracing::warn!(outcome, more, "a request was not taken as a webhook");
            });
        }
        (outcome, status)
    });
    merchant.metrics.webhook(outcome);
    match status {
        StatusCode::SERVICE_UNAVAILABLE => (status, [(header::RETRY_AFTER, "30")]).into_response(),
        // What was not read of the request is not waited for.
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT | StatusCode::UNAUTHORIZED => {
            (status, [(header::CONNECTION, "close")]).into_response()
        }
        _ => status.into_response(),
    }
}

/// The outcome's name, and the status to answer with.
type Answer = (&'static str, StatusCode);

/// An error is what never got to the bridge.
async fn answer(merchant: &Merchant, headers: &HeaderMap, body: Body) -> Result<Answer, Answer> {
    // Who does not even claim to be Loop need not be listened to.
    if !headers.contains_key(WebhookVerifier::HEADER) {
        return Err(("refused", StatusCode::UNAUTHORIZED));
    }
    let body = read(headers, body).await?;
    let signatures = || {
        let values = headers.get_all(WebhookVerifier::HEADER).iter();
        values.map(HeaderValue::as_bytes)
    };
    // The bridge looks again; here it is so that nobody takes a place from Loop's own.
    let verifier = merchant.settings.webhooks.as_ref();
    if verifier.is_none_or(|verifier| verifier.verify(signatures(), &body).is_err()) {
        return Err(("refused", StatusCode::UNAUTHORIZED));
    }
    let turn = async {
        (
            merchant.webhooks_at_once.acquire().await,
            merchant.bridge.wait().await,
        )
    };
    let Ok((Ok(_turn), bridge)) = timeout(TURN, turn).await else {
        let status = if merchant.webhook_not_taken() {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::OK
        };
        return Err(("not_recorded", status));
    };
    let taken = bridge.accept_webhook(signatures(), &body, now());
    let Ok(reply) = timeout(TAKING, taken).await else {
        // The news is written down before the OMS is asked for anything.
        tracing::warn!("taking a webhook took too long");
        merchant.webhook_came();
        return Ok(("timed_out", StatusCode::OK));
    };
    let status = StatusCode::from_u16(reply.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match &reply.outcome {
        WebhookOutcome::Recorded(key) => {
            merchant.webhook_came();
            let return_id = key.rma_number.get();
            tracing::info!(return_id, "webhook recorded");
            Ok(("recorded", status))
        }
        WebhookOutcome::Unreadable(error) => {
            tracing::warn!(%error, "a signed webhook cannot be read");
            Ok(("unreadable", status))
        }
        // The bridge has said which return it was.
        WebhookOutcome::NotRecorded(_) => Ok(("not_recorded", status)),
        WebhookOutcome::Refused(_) | WebhookOutcome::NotConfigured => Err(("refused", status)),
        _ => Ok(("ignored", status)),
    }
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Answer> {
    let too_large = ("too_large", StatusCode::PAYLOAD_TOO_LARGE);
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY) {
        return Err(too_large);
    }
    match timeout(READING, to_bytes(body, BODY)).await {
        Ok(Ok(body)) => Ok(body),
        // Either it is too long, or the client is gone and reads no answer.
        Ok(Err(_)) => Err(too_large),
        Err(_) => Err(("timed_out", StatusCode::REQUEST_TIMEOUT)),
    }
}
