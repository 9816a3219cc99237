//! Webhook subscriptions.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::input::{SharedCore, parse};
use crate::sandbox::answer;
use crate::sandbox::subscriptions::{Subscription, SubscriptionRefusal};

fn changed(result: Result<(), SubscriptionRefusal>) -> Response {
    result.map_or_else(
        |refusal| answer::subscription_refusal(&refusal),
        |()| answer::no_content(),
    )
}

pub(super) async fn list(State(core): SharedCore) -> Response {
    let all: Value = core.with_subscriptions(|subscriptions| {
        subscriptions.all().iter().map(Subscription::json).collect()
    });
    answer::ok(json!({ "webhooks": all }))
}

pub(super) async fn create(State(core): SharedCore, body: Bytes) -> Response {
    let body = parse(&body);
    core.with_subscriptions(|subscriptions| subscriptions.create(&body))
        .map_or_else(
            |refusal| answer::subscription_refusal(&refusal),
            |created| answer::with_status(StatusCode::CREATED, created.json()),
        )
}

pub(super) async fn replace(
    State(core): SharedCore,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let body = parse(&body);
    changed(core.with_subscriptions(|subscriptions| subscriptions.replace(&id, &body)))
}

pub(super) async fn delete(State(core): SharedCore, Path(id): Path<String>) -> Response {
    changed(core.with_subscriptions(|subscriptions| subscriptions.delete(&id)))
}
