//! Commerce data.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::Value;

use super::Version;
use super::input::{SharedCore, parse};
use crate::sandbox::answer;
use crate::sandbox::core::Core;
use crate::sandbox::form::Form;
use crate::sandbox::moment::Moment;
use crate::sandbox::refused::Refused;
use crate::sandbox::shop::{Shop, Upserted, eligibility, ids_as_text, no_order};
use crate::sandbox::world::World;

pub(super) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/orders", get(list).post(create).put(upsert))
        .route("/orders/return-eligibility", post(return_eligibility))
        .route("/orders/{id}", get(read).put(replace).delete(delete))
}

/// A request header may ask for ids as text.
fn answered(
    status: StatusCode,
    headers: &HeaderMap,
    mut result: Result<Value, Refused>,
) -> Response {
    let wants_text = headers
        .get("x-loop-global-identifier-type")
        .is_some_and(|kind| kind == "string");
    if let (true, Ok(body)) = (wants_text, &mut result) {
        ids_as_text(body);
    }
    answer::reply(status, result)
}

async fn list(State(core): SharedCore, headers: HeaderMap) -> Response {
    let all = core.act_on_shop(|_, shop, _| shop.orders.list());
    answered(StatusCode::OK, &headers, Ok(all))
}

async fn create(
    State(core): SharedCore,
    Extension(version): Extension<Version>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let dated = version.orders_are_dated;
    let made = core.act_on_shop(|_, shop, _| shop.orders.create(&parse(&body), dated));
    answered(StatusCode::CREATED, &headers, made)
}

async fn upsert(
    State(core): SharedCore,
    Extension(version): Extension<Version>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let dated = version.orders_are_dated;
    match core.act_on_shop(|_, shop, _| shop.orders.upsert(&parse(&body), dated)) {
        Ok(Upserted::Created(order)) => answered(StatusCode::CREATED, &headers, Ok(order)),
        Ok(Upserted::Replaced(order)) => answered(StatusCode::OK, &headers, Ok(order)),
        Err(refused) => answer::refused(refused),
    }
}

async fn read(State(core): SharedCore, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let found = core.act_on_shop(|_, shop, _| shop.orders.get(&id));
    answered(StatusCode::OK, &headers, found)
}

async fn replace(
    State(core): SharedCore,
    Extension(version): Extension<Version>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let dated = version.orders_are_dated;
    let changed = core.act_on_shop(|_, shop, _| shop.orders.replace(&id, &parse(&body), dated));
    answered(StatusCode::OK, &headers, changed)
}

async fn delete(State(core): SharedCore, Path(id): Path<String>) -> Response {
    answer::reply_empty(core.act_on_shop(|_, shop, _| shop.orders.delete(&id)))
}

async fn return_eligibility(State(core): SharedCore, headers: HeaderMap, body: Bytes) -> Response {
    let read = core.act_on_shop(|world, shop, now| eligibility_of(world, shop, &parse(&body), now));
    answered(StatusCode::OK, &headers, read)
}

/// Of an order of the orders API, or else of the order of some return.
fn eligibility_of(world: &World, shop: &Shop, body: &Value, now: Moment) -> Result<Value, Refused> {
    let mut form = Form::of(body);
    let name = form.required_text("order_name", 255);
    let name = form.finish(name)?;
    let known = shop.orders.named(&name).or_else(|| world.order_id(&name));
    known
        .map(|order_id| eligibility(order_id, now))
        .ok_or_else(no_order)
}
