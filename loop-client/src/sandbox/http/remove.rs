//! Removal of line items.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use serde_json::Value;

use super::input::{RawQuery, SharedCore, number, params};
use crate::sandbox::answer;
use crate::sandbox::core::Core;

pub(super) fn routes() -> Router<Arc<Core>> {
    Router::new().route("/warehouse/return/{id}/remove", post(remove))
}

async fn remove(State(core): SharedCore, Path(id): Path<String>, query: RawQuery) -> Response {
    let params = params(query);
    let line_item_ids = params.get("line_item_id").unwrap_or("");
    let removed = core.remove_lines(number(&id), line_item_ids);
    answer::reply(StatusCode::OK, removed.map(|()| Value::Bool(true)))
}
