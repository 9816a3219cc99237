//! The endpoint that Loop sends webhooks to, one for each merchant.

use ams_loop_bridge::WebhookOutcome;
use axum::body::Bytes;
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use loop_client::webhook::WebhookVerifier;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::Service;
use super::limits::{MAKING, READING, RECORDING, TURN};
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
    let span = tracing::info_span!("merchant", merchant = %merchant.id());
    let taken = answer(merchant, request).instrument(span.clone()).await;
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
async fn answer(merchant: &Merchant, request: Request) -> Result<Answer, Answer> {
    let headers = request.headers().clone();
    // Who does not even claim to be Loop need not be listened to.
    if !headers.contains_key(WebhookVerifier::HEADER) {
        return Err(("refused", StatusCode::UNAUTHORIZED));
    }
    let body = read(request).await?;
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
        return Err(not_recorded(merchant));
    };
    let recorded = bridge.record_webhook(signatures(), &body, now());
    let Ok(reply) = timeout(RECORDING, recorded).await else {
        return Err(not_recorded(merchant));
    };
    let status = StatusCode::from_u16(reply.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match &reply.outcome {
        WebhookOutcome::Recorded(key) => {
            merchant.webhook_came();
            let return_id = key.rma_number.get();
            tracing::info!(return_id, "webhook recorded");
            let made = bridge.make_rma_of(&reply, now());
            if timeout(MAKING, made).await.is_err() {
                tracing::warn!(
                    return_id,
                    "the OMS took too long; the next look makes the RMA"
                );
            }
            Ok(("recorded", status))
        }
        WebhookOutcome::Unreadable(error) => {
            tracing::warn!(%error, "a signed webhook cannot be read");
            Ok(("unreadable", status))
        }
        // The bridge has said which return it was.
        WebhookOutcome::NotRecorded(_) => {
            merchant.webhook_lost();
            Ok(("not_recorded", status))
        }
        WebhookOutcome::Refused(_) | WebhookOutcome::NotConfigured => Err(("refused", status)),
        _ => Ok(("ignored", status)),
    }
}

/// Loop is asked to send it again, unless that was asked too often.
fn not_recorded(merchant: &Merchant) -> Answer {
    let status = if merchant.webhook_not_taken() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    };
    ("not_recorded", status)
}

async fn read(request: Request) -> Result<Bytes, Answer> {
    match timeout(READING, Bytes::from_request(request, &())).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(("too_large", StatusCode::PAYLOAD_TOO_LARGE))
        }
        Ok(Err(_)) => Err(("broken_off", StatusCode::BAD_REQUEST)),
        Err(_) => Err(("timed_out", StatusCode::REQUEST_TIMEOUT)),
    }
}
