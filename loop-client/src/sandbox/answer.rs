//! The bodies of answers. Loop has more than a dozen forms of errors; each stands here with where it
//! is seen.

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::limit::Allowance;
use super::query::Invalid;
use super::refused::{NO_RETURN, Refused};
use super::subscriptions::SubscriptionRefusal;
use super::world::Refusal;

pub(super) fn with_status(status: StatusCode, body: Value) -> Response {
    (status, Json(body)).into_response()
}

pub(super) fn ok(body: Value) -> Response {
    with_status(StatusCode::OK, body)
}

/// What a resource answers: the body with this status, or the refusal with its own.
pub(super) fn reply(status: StatusCode, result: Result<Value, Refused>) -> Response {
    result.map_or_else(refused, |body| with_status(status, body))
}

/// As [`reply`], for calls that answer with no body.
pub(super) fn reply_empty(result: Result<(), Refused>) -> Response {
    result.map_or_else(refused, |()| no_content())
}

pub(super) fn refused(refused: Refused) -> Response {
    with_status(refused.status, refused.body)
}

pub(super) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// Success of an action is the bare `true`.
pub(super) fn action(result: Result<(), Refusal>) -> Response {
    result.map_or_else(|why| refusal(&why), |()| ok(Value::Bool(true)))
}

/// Envelopes 3, 5, 8 and 9: refusals come with status 200.
pub(super) fn refusal(refusal: &Refusal) -> Response {
    ok(match refusal {
        Refusal::NotFound => json!({ "errors": { "message": NO_RETURN } }),
        Refusal::Coded { code, message } => {
            json!({ "errors": { "message": message, "code": code } })
        }
        Refusal::Message(message) => json!({ "message": message }),
        Refusal::Content(content) => json!({ "content": content }),
    })
}

/// Of return details, which come with status 200.
pub(super) fn no_details() -> Response {
    ok(json!({ "error": { "message": NO_RETURN } }))
}

/// Of the gateway before all calls, with its two codes swapped as Loop has them.
pub(super) fn unauthorized() -> Response {
    let error = json!({
        "code": "401",
        "http_code": "GEN-UNAUTHORIZED",
        "message": "Unauthorized.",
    });
    with_status(StatusCode::UNAUTHORIZED, json!({ "error": error }))
}

/// The one call whose missing scope is documented as 403; its body is not known.
pub(super) fn forbidden() -> Response {
    with_status(StatusCode::FORBIDDEN, json!({ "message": "Forbidden" }))
}

/// Of Laravel's validation, for one field.
pub(super) fn invalid(invalid: &Invalid) -> Response {
    let errors = json!({ invalid.field: [invalid.message] });
    let body = json!({ "message": "The given data was invalid.", "errors": errors });
    with_status(StatusCode::UNPROCESSABLE_ENTITY, body)
}

/// Of notes.
pub(super) fn invalid_note() -> Response {
    let text = "Content is required and must be less than 255 characters.";
    let body = json!({ "errors": { "message": text } });
    with_status(StatusCode::UNPROCESSABLE_ENTITY, body)
}

/// Of a return without notes.
pub(super) fn no_notes() -> Response {
    with_status(StatusCode::UNPROCESSABLE_ENTITY, Value::Bool(false))
}

/// Of subscriptions, whose validation repeats the sentence as its message.
pub(super) fn subscription_refusal(refusal: &SubscriptionRefusal) -> Response {
    match refusal {
        SubscriptionRefusal::NotFound => with_status(
            StatusCode::NOT_FOUND,
            json!({ "errors": { "code": "NOT_FOUND" } }),
        ),
        SubscriptionRefusal::Invalid(invalid) => {
            let errors = json!({ invalid.field: [invalid.message] });
            let body = json!({ "message": invalid.message, "errors": errors });
            with_status(StatusCode::UNPROCESSABLE_ENTITY, body)
        }
    }
}

/// What Loop answers to an unknown path is not known.
pub(super) fn not_found() -> Response {
    with_status(StatusCode::NOT_FOUND, json!({ "message": "Not Found" }))
}

/// A request that no route could take (a path that is no text, a body beyond all bounds) is
/// refused by the framework in plain text, which no part of Loop's API is. What Loop answers is
/// not known.
pub(super) async fn as_json(response: Response) -> Response {
    let is_plain = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !is_plain {
        return response;
    }
    let status = response.status();
    let message = status.canonical_reason().unwrap_or("Bad Request");
    with_status(status, json!({ "message": message }))
}

/// The body of a 429 is not known; this is the one of a Laravel throttle. `Retry-After` was never
/// seen, so it is not sent.
pub(super) fn too_many_requests() -> Response {
    let body = json!({ "message": "Too Many Attempts." });
    with_status(StatusCode::TOO_MANY_REQUESTS, body)
}

pub(super) fn put_allowance(response: &mut Response, allowance: Allowance) {
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-ratelimit-limit", allowance.limit),
        ("x-ratelimit-remaining", allowance.remaining),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}
