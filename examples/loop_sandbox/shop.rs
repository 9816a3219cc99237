//! The control side's part for everything but the life of a return: what carriers, label
//! providers and the merchant's own settings do to Loop.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use loop_client::sandbox::Sandbox;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::control::{Answer, found, read};

/// What the guide prints of it.
pub(crate) const CALLS: &str = "\
    POST /returns/{id}/lines/{line}/remove, /returns/{id}/label/{status}, \
    /returns/{id}/label-request, /returns/{id}/restock, /returns/{id}/gift-card\n\
    POST /label-requests/{id}/cancel, /variants/{id}, /destinations/{id}/address/forget\n\
    POST /shipments with {\"shipment\":\"HR-1\",\"returns\":[1]}\n\
    POST /settings with allow_flagged_to_process, label_generation_fails, most_destinations\n\
    GET  /categories";

pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/returns/{id}/lines/{line}/remove", post(remove_line))
        .route("/returns/{id}/label/{status}", post(move_label))
        .route("/returns/{id}/label-request", post(issue_label_request))
        .route("/returns/{id}/restock", post(request_restock))
        .route("/returns/{id}/gift-card", post(request_gift_card))
        .route("/label-requests/{id}/cancel", post(cancel_label_request))
        .route("/shipments", post(record_shipment))
        .route("/variants/{id}", post(add_variant))
        .route("/destinations/{id}/address/forget", post(forget_address))
        .route("/settings", post(settings))
        .route("/categories", get(categories))
}

async fn remove_line(State(sandbox): State<Sandbox>, Path((id, line)): Path<(u64, u64)>) -> Answer {
    found(sandbox.remove_line(id, line))
}

async fn move_label(
    State(sandbox): State<Sandbox>,
    Path((id, status)): Path<(u64, String)>,
) -> Answer {
    found(sandbox.move_label(id, &status))
}

async fn issue_label_request(State(sandbox): State<Sandbox>, Path(id): Path<u64>) -> Answer {
    let issued = sandbox.issue_label_request(id);
    found(issued.is_some()).map(|_| Json(json!({ "id": issued })))
}

async fn cancel_label_request(State(sandbox): State<Sandbox>, Path(id): Path<u64>) -> Answer {
    found(sandbox.cancel_label_request(id))
}

async fn request_restock(State(sandbox): State<Sandbox>, Path(id): Path<u64>) -> Answer {
    found(sandbox.request_restock(id))
}

async fn request_gift_card(State(sandbox): State<Sandbox>, Path(id): Path<u64>) -> Answer {
    found(sandbox.request_gift_card(id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shipment {
    shipment: String,
    returns: Vec<u64>,
}

async fn record_shipment(State(sandbox): State<Sandbox>, body: Bytes) -> Answer {
    let Shipment { shipment, returns } = read(&body)?;
    Ok(Json(
        json!({ "id": sandbox.record_shipment(&shipment, &returns) }),
    ))
}

async fn add_variant(State(sandbox): State<Sandbox>, Path(id): Path<u64>) -> Json<bool> {
    sandbox.add_variant(id);
    Json(true)
}

async fn forget_address(State(sandbox): State<Sandbox>, Path(id): Path<u64>) -> Answer {
    found(sandbox.forget_destination_address(id))
}

/// What is not given stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    allow_flagged_to_process: Option<bool>,
    label_generation_fails: Option<bool>,
    most_destinations: Option<usize>,
}

async fn settings(State(sandbox): State<Sandbox>, body: Bytes) -> Answer {
    let wanted: Settings = read(&body)?;
    if let Some(on) = wanted.allow_flagged_to_process {
        sandbox.allow_flagged_to_process(on);
    }
    if let Some(fails) = wanted.label_generation_fails {
        sandbox.label_generation_fails(fails);
    }
    if let Some(most) = wanted.most_destinations {
        sandbox.limit_destinations(most);
    }
    Ok(Json(json!(true)))
}

async fn categories(State(sandbox): State<Sandbox>) -> Json<Value> {
    let pairs = sandbox.condition_categories().into_iter();
    Json(
        pairs
            .map(|(subject, title)| json!({ "subject": subject, "title": title }))
            .collect(),
    )
}
