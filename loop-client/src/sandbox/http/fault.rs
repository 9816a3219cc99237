//! Carries out the faults of calls.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER};
use axum::http::response::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use crate::sandbox::answer;
use crate::sandbox::core::Core;
use crate::sandbox::faults::{FaultId, Kind, RetryAfter, add_fields, change_values};
use crate::sandbox::moment::Moment;

/// Far above any request to Loop; a larger one arrives empty.
const LARGEST_REQUEST: usize = 16 << 20;

const PIECES: usize = 8;

/// On a response: which fault made it, for the record of the call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) id: FaultId,
    pub(super) answered: bool,
}

/// Lets the route answer, unless a fault is due.
pub(super) async fn run(core: &Core, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().as_str(), request.uri().path());
    let Some((id, fault)) = core.with_faults(|faults| faults.of_call(method, path)) else {
        return next.run(request).await;
    };
    // A connection that is closed over an unread request is reset, which loses what was answered.
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_REQUEST).await.unwrap_or_default();
    let truth = if fault.has_effect {
        let request = Request::from_parts(parts, Body::from(body));
        next.run(request).await
    } else {
        Response::default()
    };
    let answered = !matches!(fault.kind, Kind::Lost);
    let now = core.read(|_, now| now);
    let mut response = apply(fault.kind, truth, now).await;
    response.extensions_mut().insert(Hit { id, answered });
    response
}

async fn apply(kind: Kind, truth: Response, now: Moment) -> Response {
    match kind {
        Kind::Json(code, body) => answer::with_status(status(code), body),
        Kind::Html(code) => html(status(code)),
        Kind::Empty(code) => status(code).into_response(),
        Kind::TooManyRequests(advice) => too_many_requests(advice, now),
        Kind::Unauthorized => answer::unauthorized(),
        Kind::Redirect(to) => redirect(&to),
        Kind::Lost => Response::new(broken(Vec::new())),
        Kind::CutBody => {
            with_body(truth, |parts, body| {
                put_length(parts, body.len());
                half(&body)
            })
            .await
        }
        Kind::CutChunks => {
            with_body(truth, |parts, body| {
                parts.headers.remove(CONTENT_LENGTH);
                half(&body)
            })
            .await
        }
        Kind::Truncated => {
            with_body(truth, |parts, body| {
                let half = body.slice(..body.len() / 2);
                put_length(parts, half.len());
                Body::from(half)
            })
            .await
        }
        Kind::SlowBody(pause) => with_body(truth, |_, body| slow(&body, pause)).await,
        Kind::Oversized(bytes) => {
            with_body(truth, |parts, body| {
                put_length(parts, body.len().saturating_add(bytes));
                after_white_space(body, bytes)
            })
            .await
        }
        Kind::UnknownFields => rewritten(truth, add_fields).await,
        Kind::UnknownValues => rewritten(truth, change_values).await,
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code)
        .ok()
        .filter(|status| !status.is_informational())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn html(status: StatusCode) -> Response {
    let page = format!(
        "<!DOCTYPE html>\n<html><head><title>{status}</title></head><body>\
         <h1>{status}</h1><hr>sandbox</body></html>\n"
    );
    (status, [(CONTENT_TYPE, "text/html")], page).into_response()
}

fn too_many_requests(advice: Option<RetryAfter>, now: Moment) -> Response {
    let mut response = answer::too_many_requests();
    match advice {
        None => {}
        Some(RetryAfter::Seconds(seconds)) => {
            put(&mut response, RETRY_AFTER, &seconds.to_string());
        }
        Some(RetryAfter::Date(seconds)) => {
            let then = now.plus(i64::from(seconds));
            put(&mut response, DATE, &now.http_date());
            put(&mut response, RETRY_AFTER, &then.http_date());
        }
    }
    response
}

fn redirect(to: &str) -> Response {
    let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
    put(&mut response, LOCATION, to);
    response
}

/// What cannot stand in a header is not sent.
fn put(response: &mut Response, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().insert(name, value);
    }
}

fn put_length(parts: &mut Parts, length: usize) {
    parts
        .headers
        .insert(CONTENT_LENGTH, HeaderValue::from(length));
}

/// Replaces a body by one made of it. Where there is none it stays so: some statuses allow none.
async fn with_body(truth: Response, spoil: impl FnOnce(&mut Parts, Bytes) -> Body) -> Response {
    let (mut parts, body) = truth.into_parts();
    // The sandbox's own bodies are in memory, so that reading one does not fail.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let body = if body.is_empty() {
        Body::empty()
    } else {
        spoil(&mut parts, body)
    };
    Response::from_parts(parts, body)
}

async fn rewritten(truth: Response, change: fn(&mut Value)) -> Response {
    with_body(truth, |parts, body| {
        let Ok(mut value) = serde_json::from_slice(&body) else {
            return Body::from(body);
        };
        change(&mut value);
        let text = value.to_string();
        put_length(parts, text.len());
        Body::from(text)
    })
    .await
}

fn half(body: &Bytes) -> Body {
    broken(vec![body.slice(..body.len() / 2)])
}

/// The server closes the connection over a body that fails. If it fails before anything was
/// written to the connection, not even the head of the answer leaves.
fn broken(pieces: Vec<Bytes>) -> Body {
    let written = !pieces.is_empty();
    let end = stream::once(async move {
        if written {
            // The server writes out what it has while it waits for more.
            tokio::task::yield_now().await;
        }
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    Body::from_stream(stream::iter(pieces).map(Ok).chain(end))
}

fn slow(body: &Bytes, pause: Duration) -> Body {
    let size = body.len().div_ceil(PIECES).max(1);
    let pieces: Vec<Bytes> = body.chunks(size).map(Bytes::copy_from_slice).collect();
    Body::from_stream(stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Infallible>(piece)
    }))
}

/// In pieces, so that a body beyond all bounds needs no memory here.
fn after_white_space(body: Bytes, bytes: usize) -> Body {
    let filler = Bytes::from_static(&[b' '; 64 << 10]);
    let whole = bytes / filler.len();
    let rest = filler.slice(..bytes % filler.len());
    let filler = std::iter::repeat_n(filler, whole);
    let pieces = filler.chain([rest, body]).map(Ok::<_, Infallible>);
    Body::from_stream(stream::iter(pieces))
}
