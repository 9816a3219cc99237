//! Blocklist and allowlist, which differ in their path and their types only.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::input::{RawQuery, SharedCore, params, parse};
use crate::sandbox::answer;
use crate::sandbox::core::Core;
use crate::sandbox::pages::{Paging, page};
use crate::sandbox::shop::{Listing, Shop};

/// The size of a page is not documented; this is Laravel's own.
const PAGING: Paging = Paging {
    per_page: 15,
    of_listing: true,
};

/// Which of the two lists.
#[derive(Clone, Copy)]
enum Which {
    Block,
    Allow,
}

impl Which {
    fn of(self, shop: &mut Shop) -> &mut Listing {
        match self {
            Which::Block => &mut shop.blocklist,
            Which::Allow => &mut shop.allowlist,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Which::Block => "/blocklists",
            Which::Allow => "/allowlists",
        }
    }
}

pub(super) fn routes() -> Router<Arc<Core>> {
    routes_of(Which::Block).merge(routes_of(Which::Allow))
}

fn routes_of(which: Which) -> Router<Arc<Core>> {
    let all = get(move |core, query| async move { list(which, core, query) })
        .post(move |core, body: Bytes| async move { create(which, core, &body) });
    let one = get(move |core, id| async move { read(which, core, id) })
        .delete(move |core, id| async move { delete(which, core, id) });
    Router::new()
        .route(which.path(), all)
        .route(&format!("{}/{{id}}", which.path()), one)
}

fn list(which: Which, State(core): SharedCore, query: RawQuery) -> Response {
    let rows = core.act_on_shop(|_, shop, _| which.of(shop).rows());
    // Loop chooses the version of its links; elsewhere its documentation shows `v1`.
    let path = format!("{}/v1{}", core.base_url, which.path());
    answer::ok(page(&rows, &params(query), &path, PAGING))
}

fn create(which: Which, State(core): SharedCore, body: &Bytes) -> Response {
    let made = core.act_on_shop(|_, shop, _| which.of(shop).create(&parse(body)));
    answer::reply(StatusCode::CREATED, made)
}

fn read(which: Which, State(core): SharedCore, Path(id): Path<String>) -> Response {
    let found = core.act_on_shop(|_, shop, _| which.of(shop).get(&id));
    answer::reply(StatusCode::OK, found)
}

fn delete(which: Which, State(core): SharedCore, Path(id): Path<String>) -> Response {
    answer::reply_empty(core.act_on_shop(|_, shop, _| which.of(shop).delete(&id)))
}
