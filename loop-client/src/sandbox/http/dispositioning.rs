//! Grading and disposition.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Router};

use super::Version;
use super::input::{SharedCore, parse};
use crate::sandbox::answer;
use crate::sandbox::core::Core;

/// Thirty notes of full length in any script must fit.
const LARGEST_BODY: usize = 16 << 20;

pub(super) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/dispositioning/grade", post(grade))
        .route("/dispositioning/assess", post(assess))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
}

async fn grade(
    State(core): SharedCore,
    Extension(version): Extension<Version>,
    body: Bytes,
) -> Response {
    let graded = core.act(|world, _| world.grade(&parse(&body), version.categories));
    answer::reply(StatusCode::OK, graded)
}

async fn assess(
    State(core): SharedCore,
    Extension(version): Extension<Version>,
    body: Bytes,
) -> Response {
    let assessed = core.act(|world, _| world.assess(&parse(&body), version.categories));
    answer::reply(StatusCode::OK, assessed)
}
