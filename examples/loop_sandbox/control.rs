//! The control side: what people and time do to Loop, what goes wrong, and what really happened.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use loop_client::sandbox::{FaultId, NewLine, NewReturn, ReleaseOrder, Sandbox};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::faults::{CallFault, FaultOfWebhooks};

/// The answer, or what was wrong with the request, in one line.
type Answer = Result<Json<Value>, (StatusCode, String)>;

pub(crate) fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/returns", post(create_return))
        .route("/returns/{id}/state/{state}", post(set_state))
        .route("/returns/{id}/processing/fail", post(fail_processing))
        .route("/returns/{id}/webhooks/lose", post(lose_webhooks))
        .route("/processing/finish", post(finish_processing))
        .route("/faults", post(inject).delete(clear_all))
        .route("/faults/{id}", delete(clear))
        .route("/webhooks/faults", post(disturb))
        .route("/webhooks/release", post(release))
        .route("/inbox", post(async || "taken\n"))
        .route("/truth", get(truth))
        .route("/calls", get(calls))
        .route("/deliveries", get(deliveries))
        .with_state(sandbox)
}

/// Whatever content type is claimed: that of `curl -d` is not JSON's.
fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, (StatusCode, String)> {
    serde_json::from_slice(body).map_err(|problem| wrong(&problem))
}

fn wrong(problem: &impl ToString) -> (StatusCode, String) {
    (
        StatusCode::BAD_REQUEST,
        format!("{}\n", problem.to_string()),
    )
}

fn found(done: bool) -> Answer {
    let missing = || (StatusCode::NOT_FOUND, "there is no such thing\n".to_owned());
    done.then_some(Json(json!(true))).ok_or_else(missing)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submitted {
    order: String,
    outcome: Option<String>,
    #[serde(default)]
    lines: Vec<SubmittedLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubmittedLine {
    sku: String,
    price: Option<String>,
}

async fn create_return(State(sandbox): State<Sandbox>, body: Bytes) -> Answer {
    let submitted: Submitted = read(&body)?;
    let mut new = NewReturn::new(submitted.order);
    new = submitted.outcome.into_iter().fold(new, NewReturn::outcome);
    for SubmittedLine { sku, price } in submitted.lines {
        new = new.line(price.into_iter().fold(NewLine::new(sku), NewLine::price));
    }
    Ok(Json(json!({ "id": sandbox.create_return(new) })))
}

async fn set_state(
    State(sandbox): State<Sandbox>,
    Path((id, state)): Path<(u64, String)>,
) -> Answer {
    found(sandbox.set_state(id, &state))
}

async fn fail_processing(
    State(sandbox): State<Sandbox>,
    Path(id): Path<u64>,
    message: String,
) -> Answer {
    found(sandbox.fail_processing(id, &message))
}

async fn finish_processing(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(json!({ "carried_out": sandbox.finish_processing() }))
}

async fn lose_webhooks(State(sandbox): State<Sandbox>, Path(id): Path<u64>) -> Json<bool> {
    sandbox.lose_webhooks_of(id);
    Json(true)
}

async fn inject(State(sandbox): State<Sandbox>, body: Bytes) -> Answer {
    let (fault, on) = read::<CallFault>(&body)?.read().map_err(|it| wrong(&it))?;
    Ok(Json(json!({ "id": sandbox.inject(fault, on).get() })))
}

async fn disturb(State(sandbox): State<Sandbox>, body: Bytes) -> Answer {
    let (fault, on) = read::<FaultOfWebhooks>(&body)?
        .read()
        .map_err(|it| wrong(&it))?;
    Ok(Json(
        json!({ "id": sandbox.disturb_webhooks(fault, on).get() }),
    ))
}

async fn clear(State(sandbox): State<Sandbox>, Path(id): Path<u64>) -> Answer {
    found(sandbox.clear_fault(FaultId::from(id)))
}

async fn clear_all(State(sandbox): State<Sandbox>) -> Json<bool> {
    sandbox.clear_faults();
    Json(true)
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", tag = "order")]
enum Order {
    Kept,
    Reversed,
    Shuffled { seed: u64 },
}

async fn release(State(sandbox): State<Sandbox>, body: Bytes) -> Answer {
    let order = match read(&body)? {
        Order::Kept => ReleaseOrder::Kept,
        Order::Reversed => ReleaseOrder::Reversed,
        Order::Shuffled { seed } => ReleaseOrder::Shuffled(seed),
    };
    Ok(Json(json!({ "released": sandbox.release_webhooks(order) })))
}

async fn truth(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(json!(sandbox.truth()))
}

async fn calls(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(json!(sandbox.calls()))
}

/// Waits for those that are on their way.
async fn deliveries(State(sandbox): State<Sandbox>) -> Json<Value> {
    sandbox.webhooks_delivered().await;
    Json(json!(sandbox.deliveries()))
}
