//! Labels that Loop buys.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use serde_json::json;

use super::input::{SharedCore, number};
use crate::sandbox::answer;
use crate::sandbox::core::Core;
use crate::sandbox::refused::Refused;

pub(super) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/returns/{id}/labels", post(generate))
        .route("/returns/{id}/labels/regenerate", post(regenerate))
}

async fn generate(State(core): SharedCore, Path(id): Path<String>) -> Response {
    let id = number(&id);
    queued(id, core.act(|world, now| world.generate_label(id, now)))
}

async fn regenerate(State(core): SharedCore, Path(id): Path<String>) -> Response {
    let id = number(&id);
    queued(id, core.act(|world, now| world.regenerate_label(id, now)))
}

fn queued(id: Option<u64>, result: Result<(), Refused>) -> Response {
    let body = json!({ "message": "Label generation queued", "returnId": id });
    answer::reply(StatusCode::ACCEPTED, result.map(|()| body))
}
