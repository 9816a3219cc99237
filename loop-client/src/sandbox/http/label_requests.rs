//! Label requests, and the labels with which a provider answers them.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{get, post, put};
use axum::{Extension, Router};
use serde_json::Value;

use super::Version;
use super::input::{RawQuery, SharedCore, number, params, parse};
use crate::sandbox::answer;
use crate::sandbox::core::Core;
use crate::sandbox::moment::Moment;
use crate::sandbox::refused::Refused;
use crate::sandbox::shop::{Shop, read_label, read_label_status};
use crate::sandbox::world::World;

pub(super) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/label-requests", get(list))
        .route("/label-requests/{id}", get(read))
        .route("/label-requests/{id}/errors", post(report_error))
        .route("/labels", post(create_label))
        .route("/labels/{id}", put(move_label))
}

async fn list(State(core): SharedCore, query: RawQuery) -> Response {
    let params = params(query);
    core.act_on_shop(|_, shop, _| shop.label_requests.list(&params))
        .map_or_else(|invalid| answer::invalid(&invalid), answer::ok)
}

async fn read(State(core): SharedCore, Path(id): Path<String>) -> Response {
    let found = core.act_on_shop(|_, shop, _| shop.label_requests.get(&id));
    answer::reply(StatusCode::OK, found)
}

async fn report_error(State(core): SharedCore, Path(id): Path<String>, body: Bytes) -> Response {
    let reported =
        core.act_on_shop(|_, shop, now| shop.label_requests.report_error(&id, &parse(&body), now));
    answer::reply(StatusCode::OK, reported)
}

async fn create_label(
    State(core): SharedCore,
    Extension(version): Extension<Version>,
    body: Bytes,
) -> Response {
    let made = core.act_on_shop(|world, shop, now| answer_request(world, shop, &parse(&body), now));
    if !version.label_is_created {
        return answer::reply(StatusCode::OK, made);
    }
    let location = made.as_ref().ok().and_then(|label| {
        let address = format!("{}/v1/labels/{}", core.base_url, label.get("id")?);
        HeaderValue::from_str(&address).ok()
    });
    let mut response = answer::reply(StatusCode::CREATED, made);
    if let Some(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// The label of an issued request becomes one of the return's labels.
fn answer_request(
    world: &mut World,
    shop: &mut Shop,
    body: &Value,
    now: Moment,
) -> Result<Value, Refused> {
    let sent = read_label(body)?;
    let return_id = shop.label_requests.fulfil(sent.label_request_id)?;
    let id = world
        .add_provider_label(return_id, sent.label.clone(), now)
        .ok_or_else(|| Refused::not_found("return"))?;
    let answer = sent.json(id, now);
    shop.label_requests.keep_label(id, answer.clone());
    Ok(answer)
}

async fn move_label(State(core): SharedCore, Path(id): Path<String>, body: Bytes) -> Response {
    let moved = core.act_on_shop(|world, shop, now| {
        let id = number(&id).ok_or_else(|| Refused::not_found("label"))?;
        shop.label_requests.label(id)?;
        let status = read_label_status(&parse(&body))?;
        world.move_provider_label(id, &status, now);
        shop.label_requests.move_label(id, &status)
    });
    answer::reply(StatusCode::OK, moved)
}
