//! Destinations.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::input::{SharedCore, parse};
use crate::sandbox::answer;
use crate::sandbox::core::Core;

pub(super) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/destinations", get(list).post(create))
        .route("/destinations/{id}", get(read).put(replace).delete(delete))
}

async fn list(State(core): SharedCore) -> Response {
    let all = core.act_on_shop(|_, shop, _| shop.destinations.list());
    answer::reply(StatusCode::OK, all)
}

async fn read(State(core): SharedCore, Path(id): Path<String>) -> Response {
    let found = core.act_on_shop(|_, shop, _| shop.destinations.get(&id));
    answer::reply(StatusCode::OK, found)
}

async fn create(State(core): SharedCore, body: Bytes) -> Response {
    let made = core.act_on_shop(|_, shop, _| shop.destinations.create(&parse(&body)));
    answer::reply(StatusCode::OK, made)
}

async fn replace(State(core): SharedCore, Path(id): Path<String>, body: Bytes) -> Response {
    let changed = core.act_on_shop(|_, shop, _| shop.destinations.replace(&id, &parse(&body)));
    answer::reply(StatusCode::OK, changed)
}

async fn delete(State(core): SharedCore, Path(id): Path<String>) -> Response {
    let deleted = core.act_on_shop(|_, shop, _| shop.destinations.delete(&id));
    answer::reply(StatusCode::OK, deleted)
}
