//! Links into the return portal.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use serde_json::Value;

use super::input::{SharedCore, parse};
use crate::sandbox::answer;
use crate::sandbox::core::Core;
use crate::sandbox::refused::Refused;
use crate::sandbox::shop::{self, LinkRequest};

pub(super) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/order/link", post(link))
        .route("/order/qr", post(qr))
}

async fn link(State(core): SharedCore, body: Bytes) -> Response {
    let link = order_of(&core, &parse(&body)).map(|request| shop::link(&request));
    answer::reply(StatusCode::OK, link)
}

async fn qr(State(core): SharedCore, body: Bytes) -> Response {
    let qr = order_of(&core, &parse(&body)).map(|request| shop::qr(&request, &core.base_url));
    answer::reply(StatusCode::OK, qr)
}

/// The order must be known from a return or from the orders API.
fn order_of(core: &Core, body: &Value) -> Result<LinkRequest, Refused> {
    let request = LinkRequest::read(body)?;
    let known = core.act_on_shop(|world, shop, _| {
        world.order_id(&request.name).is_some() || shop.orders.named(&request.name).is_some()
    });
    if known {
        Ok(request)
    } else {
        Err(request.no_such_order())
    }
}
