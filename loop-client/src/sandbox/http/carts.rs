//! Carts.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use super::input::{SharedCore, parse};
use crate::sandbox::answer;
use crate::sandbox::core::Core;

pub(super) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/cart", post(create))
        .route("/cart/{token}", get(read).post(overwrite).delete(delete))
}

async fn create(State(core): SharedCore, body: Bytes) -> Response {
    let made = core
        .act_on_shop(|world, shop, _| shop.carts.create(&parse(&body), |id| world.has_variant(id)));
    answer::reply(StatusCode::OK, made)
}

async fn read(State(core): SharedCore, Path(token): Path<String>) -> Response {
    let found = core.act_on_shop(|_, shop, _| shop.carts.get(&token));
    answer::reply(StatusCode::OK, found)
}

async fn overwrite(State(core): SharedCore, Path(token): Path<String>, body: Bytes) -> Response {
    let changed = core.act_on_shop(|world, shop, _| {
        shop.carts
            .overwrite(&token, &parse(&body), |id| world.has_variant(id))
    });
    answer::reply(StatusCode::OK, changed)
}

async fn delete(State(core): SharedCore, Path(token): Path<String>) -> Response {
    let deleted = core.act_on_shop(|_, shop, _| shop.carts.delete(&token));
    answer::reply(StatusCode::OK, deleted)
}
