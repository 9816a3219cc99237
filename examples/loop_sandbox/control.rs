//! The control side: what people and time do to Loop, what goes wrong, and what really happened.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use loop_client::sandbox::{FaultId, NewLine, NewReturn, ReleaseOrder, Sandbox};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::faults::{CallFault, FaultOfWebhooks};
use crate::shop;

/// The answer, or what was wrong with the request, in one line.
pub(crate) type Answer = Result<Json<Value>, (StatusCode, String)>;

pub(crate) fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/returns", post(create_return))
        .route("/returns/{id}/state/{state}", post(set_state))
        .route("/returns/{id}/processing/fail", post(fail_processing))
        .route("/returns/{id}/webhooks/lose", post(lose_webhooks))
        .route("/processing/finish", post(finish_processing))
        .route("/faults", post(inject).delete(clear_all))
        .route("/faults/{id}", delete(clear).get(hits))
        .route("/webhooks/faults", post(disturb))
        .route("/webhooks/release", post(release))
        .route("/webhooks/held", get(held))
        .route("/inbox", post(async || "taken\n"))
        .route("/truth", get(truth))
        .route("/calls", get(calls))
        .route("/deliveries", get(deliveries))
        .merge(shop::routes())
        .with_state(sandbox)
}

/// Whatever content type is claimed: that of `curl -d` is not JSON's.
pub(crate) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, (StatusCode, String)> {
    serde_json::from_slice(body).map_err(|problem| wrong(&problem))
}

fn wrong(problem: &impl ToString) -> (StatusCode, String) {
    (
        StatusCode::BAD_REQUEST,
        format!("{}\n", problem.to_string()),
    )
}

pub(crate) fn found(done: bool) -> Answer {
    let missing = || (StatusCode::NOT_FOUND, "there is no such thing\n".to_owned());
    done.then_some(Json(json!(true))).ok_or_else(missing)
}

/// Everything but the order may be left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submitted {
    order: String,
    outcome: Option<String>,
    email: Option<String>,
    destination: Option<u64>,
    return_method: Option<Value>,
    carrier: Option<String>,
    tracking: Option<String>,
    gift: Option<bool>,
    reshop: Option<bool>,
    #[serde(default)]
    lines: Vec<SubmittedLine>,
    /// Fields that Loop's answers and webhooks shall have, whatever else they would.
    #[serde(default)]
    fields: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubmittedLine {
    sku: String,
    title: Option<String>,
    variant: Option<String>,
    price: Option<String>,
    barcode: Option<String>,
    outcome: Option<String>,
    reason: Option<String>,
}

/// Sets what was given.
fn set<N, T>(new: N, given: Option<T>, setter: fn(N, T) -> N) -> N {
    given.into_iter().fold(new, setter)
}

impl Submitted {
    fn into_return(self) -> NewReturn {
        let new = NewReturn::new(self.order);
        let new = set(new, self.outcome, NewReturn::outcome);
        let new = set(new, self.email, NewReturn::customer_email);
        let new = set(new, self.destination, NewReturn::destination_id);
        let new = set(new, self.return_method, NewReturn::return_method);
        let new = set(new, self.carrier, NewReturn::carrier);
        let new = set(new, self.tracking, NewReturn::tracking);
        let new = set(new, self.gift, NewReturn::is_gift);
        let new = set(new, self.reshop, NewReturn::is_reshop);
        let lines = self.lines.into_iter().map(SubmittedLine::into_line);
        let new = lines.fold(new, NewReturn::line);
        let fields = self.fields.into_iter();
        fields.fold(new, |new, (name, value)| new.field(name, value))
    }
}

impl SubmittedLine {
    fn into_line(self) -> NewLine {
        let new = NewLine::new(self.sku);
        let new = set(new, self.title, NewLine::title);
        let new = set(new, self.variant, NewLine::variant);
        let new = set(new, self.price, NewLine::price);
        let new = set(new, self.barcode, NewLine::barcode);
        let new = set(new, self.outcome, NewLine::outcome);
        set(new, self.reason, NewLine::reason)
    }
}

async fn create_return(State(sandbox): State<Sandbox>, body: Bytes) -> Answer {
    let submitted: Submitted = read(&body)?;
    Ok(Json(
        json!({ "id": sandbox.create_return(submitted.into_return()) }),
    ))
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

/// How often it has hit; 0 for one that is not there.
async fn hits(State(sandbox): State<Sandbox>, Path(id): Path<u64>) -> Json<Value> {
    Json(json!({ "hits": sandbox.fault_hits(FaultId::from(id)) }))
}

async fn held(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(json!({ "held": sandbox.held_webhooks() }))
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
