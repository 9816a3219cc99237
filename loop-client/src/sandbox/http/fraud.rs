//! Fraud reports.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;

use super::input::{SharedCore, number, parse};
use crate::sandbox::answer;
use crate::sandbox::core::Core;

pub(super) fn routes() -> Router<Arc<Core>> {
    Router::new().route("/returns/{id}/fraud-report", post(report).delete(withdraw))
}

async fn report(State(core): SharedCore, Path(id): Path<String>, body: Bytes) -> Response {
    let reported = core.act(|world, now| world.report_fraud(number(&id), &parse(&body), now));
    answer::reply(StatusCode::CREATED, reported)
}

async fn withdraw(State(core): SharedCore, Path(id): Path<String>) -> Response {
    answer::reply_empty(core.act(|world, _| world.withdraw_fraud_report(number(&id))))
}
