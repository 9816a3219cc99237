//! Shipments of Happy Returns.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::input::{RawQuery, SharedCore, params};
use crate::sandbox::answer;
use crate::sandbox::core::Core;
use crate::sandbox::pages::{Paging, page};

const PAGING: Paging = Paging {
    per_page: 200,
    of_listing: false,
};

pub(super) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/happy-returns/shipments", get(list))
        .route("/happy-returns/shipments/{id}", get(read))
        .route("/happy-returns/shipments/{id}/items", get(items))
}

async fn list(State(core): SharedCore, query: RawQuery) -> Response {
    let params = params(query);
    match core.act_on_shop(|_, shop, now| shop.shipments.rows(&params, now)) {
        Ok(rows) => answer::ok(page(&rows, &params, &address(&core, ""), PAGING)),
        Err(invalid) => answer::invalid(&invalid),
    }
}

async fn read(State(core): SharedCore, Path(id): Path<String>) -> Response {
    let found = core.act_on_shop(|_, shop, _| shop.shipments.get(&id));
    answer::reply(StatusCode::OK, found)
}

async fn items(State(core): SharedCore, Path(id): Path<String>, query: RawQuery) -> Response {
    let params = params(query);
    let found = core.act_on_shop(|_, shop, _| shop.shipments.items(&id));
    let path = address(&core, &format!("/{id}/items"));
    answer::reply(
        StatusCode::OK,
        found.map(|rows| page(&rows, &params, &path, PAGING)),
    )
}

/// Loop chooses the version of its links; elsewhere its documentation shows `v1`.
fn address(core: &Core, rest: &str) -> String {
    format!("{}/v1/happy-returns/shipments{rest}", core.base_url)
}
