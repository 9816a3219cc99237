//! Drives the sandbox over HTTP, as a client of Loop would, with nothing of this crate's client.
#![cfg(feature = "sandbox")]
// Clippy's exception for tests does not reach their helpers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use loop_client::sandbox::{
    DeliveryOutcome, NewLine, NewReturn, Processing, ReturnTruth, Sandbox, SandboxBuilder,
};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use sha2::Sha256;

/// A clock that a test moves by hand, beginning at 2026-06-15 12:00:00.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

const NOON: i64 = 1_781_524_800_000;

impl Hands {
    fn new() -> Hands {
        Hands(Arc::new(AtomicI64::new(NOON)))
    }

    fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    fn set_hours_before_noon(&self, hours: i64) {
        self.0.store(NOON - hours * 3_600_000, Ordering::SeqCst);
    }

    fn on(&self, builder: SandboxBuilder) -> SandboxBuilder {
        let hands = Arc::clone(&self.0);
        builder.now(Arc::new(move || hands.load(Ordering::SeqCst)))
    }
}

type Pairs<'a> = &'a [(&'a str, &'a str)];

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

/// A bare HTTP client with the right key.
struct Api {
    http: reqwest::Client,
    base: String,
    key: String,
}

impl Api {
    fn of(sandbox: &Sandbox) -> Api {
        Api::version(sandbox, "2026-10")
    }

    fn version(sandbox: &Sandbox, version: &str) -> Api {
        Api {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            base: format!("{}/{version}", sandbox.base_url()),
            key: sandbox.api_key().to_owned(),
        }
    }

    async fn send(&self, method: Method, url: &str, body: Option<&Value>) -> Answer {
        let mut request = self
            .http
            .request(method, url)
            .header("X-Authorization", &self.key);
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap()
        };
        Answer {
            status,
            headers,
            body,
        }
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        let url = Url::parse_with_params(&format!("{}{path}", self.base), query).unwrap();
        self.send(Method::GET, url.as_str(), None).await
    }

    async fn post(&self, path: &str, body: Option<&Value>) -> Answer {
        let url = format!("{}{path}", self.base);
        self.send(Method::POST, &url, body).await
    }

    async fn act(&self, id: u64, action: &str) -> Answer {
        self.post(&format!("/warehouse/return/{id}/{action}"), None)
            .await
    }

    async fn list(&self, query: &[(&str, &str)]) -> Answer {
        self.get("/warehouse/return/list", query).await
    }

    async fn details(&self, name: &str, value: &str) -> Answer {
        self.get("/warehouse/return/details", &[(name, value)])
            .await
    }

    async fn subscribe(&self, topic: &str, trigger: &str, url: &str) -> u64 {
        let body = json!({"topic": topic, "trigger": trigger, "url": url, "status": "active"});
        let answer = self.post("/webhooks", Some(&body)).await;
        assert_eq!(answer.status, 201);
        answer.body["id"].as_u64().unwrap()
    }
}

fn list_ids(rows: &Value) -> Vec<String> {
    let rows = rows.as_array().unwrap();
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

fn truth_of(sandbox: &Sandbox, id: u64) -> ReturnTruth {
    let all = sandbox.truth();
    all.into_iter().find(|truth| truth.id == id).unwrap()
}

fn shirts() -> NewReturn {
    NewReturn::new("#1001")
        .customer_email("shopper@example.com")
        .line(NewLine::new("SHIRT-S").price("78.00"))
        .line(NewLine::new("SHIRT-S").price("78.00"))
}

async fn held() -> Sandbox {
    Sandbox::builder()
        .processing(Processing::Held)
        .start()
        .await
        .unwrap()
}

/// What arrived at a webhook receiver: the signature and the raw bytes.
type Inbox = Arc<Mutex<Vec<(String, Bytes)>>>;

#[derive(Clone)]
struct Receiver {
    inbox: Inbox,
    /// How many deliveries to answer with 500 before the next 200.
    failures: Arc<AtomicUsize>,
}

impl Receiver {
    async fn start() -> (Receiver, String) {
        let receiver = Receiver {
            inbox: Arc::default(),
            failures: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    fn bodies(&self) -> Vec<Value> {
        let inbox = self.inbox.lock().unwrap();
        inbox
            .iter()
            .map(|(_, body)| serde_json::from_slice(body).unwrap())
            .collect()
    }

    fn triggers(&self) -> Vec<String> {
        let bodies = self.bodies();
        bodies
            .iter()
            .map(|body| body["trigger"].as_str().unwrap().to_owned())
            .collect()
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers["x-loop-signature"].to_str().unwrap().to_owned();
    receiver.inbox.lock().unwrap().push((signature, body));
    let failing = |left: usize| left.checked_sub(1);
    if receiver
        .failures
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, failing)
        .is_ok()
    {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        StatusCode::OK
    }
}

/// The refusals that more than one action gives.
fn coded(message: &str, code: &str) -> Value {
    json!({"errors": {"message": message, "code": code}})
}

fn state_error(state: &str) -> Value {
    let message = format!("Return is {state} and therefore cannot be processed.");
    coded(&message, "UNPROCESSABLE_RETURN")
}

fn bare_message(state: &str) -> Value {
    json!({"message": format!("Return is {state} and therefore cannot be processed.")})
}

fn bare_content(state: &str) -> Value {
    json!({"content": format!("Return is {state} and cannot be processed.")})
}

fn no_flag(state: &str) -> Value {
    let message = format!("Return is {state} and therefore cannot be flagged.");
    coded(&message, "UNPROCESSABLE_RETURN")
}

const STATES: [(&str, bool); 7] = [
    ("open", false),
    ("open", true),
    ("review", false),
    ("review", true),
    ("closed", false),
    ("cancelled", false),
    ("expired", false),
];

/// Runs an action once in each of [`STATES`] and compares the answers.
async fn check_action(action: &str, expected: [Value; 7]) {
    let mut sandboxes = Vec::new();
    for flag_moves_to_review in [true, false] {
        let sandbox = Sandbox::builder()
            .processing(Processing::Held)
            .flag_moves_to_review(flag_moves_to_review)
            .start()
            .await
            .unwrap();
        sandboxes.push(sandbox);
    }
    for ((state, flagged), expected) in STATES.into_iter().zip(expected) {
        let sandbox = &sandboxes[usize::from(state == "open")];
        let api = Api::of(sandbox);
        let id = sandbox.create_return(shirts());
        if flagged {
            assert_eq!(api.act(id, "flag").await.body, true);
        } else {
            assert!(sandbox.set_state(id, state));
        }
        let label = format!("{action} in {state}, flagged {flagged}");
        assert_eq!(truth_of(sandbox, id).state, state, "{label}");
        let answer = api.act(id, action).await;
        assert_eq!(answer.status, 200, "{label}");
        assert_eq!(answer.body, expected, "{label}");
    }
}

#[tokio::test]
async fn process_in_each_state() {
    let flagged = coded(
        "Return is open and therefore cannot be processed.",
        "UNPROCESSABLE_FLAGGED_RETURN",
    );
    let expected = [
        json!(true),
        flagged,
        bare_message("review"),
        bare_message("review"),
        state_error("closed"),
        bare_message("cancelled"),
        state_error("expired"),
    ];
    check_action("process", expected).await;
}

#[tokio::test]
async fn flag_in_each_state() {
    let expected = [
        json!(true),
        no_flag("flagged"),
        json!(true),
        no_flag("flagged"),
        no_flag("closed"),
        no_flag("cancelled"),
        no_flag("expired"),
    ];
    check_action("flag", expected).await;
}

#[tokio::test]
async fn cancel_in_each_state() {
    let expected = [
        json!(true),
        bare_content("flagged"),
        state_error("review"),
        bare_content("flagged"),
        state_error("closed"),
        state_error("cancelled"),
        bare_content("expired"),
    ];
    check_action("cancel", expected).await;
}

#[tokio::test]
async fn close_in_each_state() {
    let expected = [
        json!(true),
        json!(true),
        json!(true),
        json!(true),
        state_error("closed"),
        bare_message("cancelled"),
        state_error("expired"),
    ];
    check_action("close", expected).await;
}

#[tokio::test]
async fn an_unknown_return_is_refused_with_200() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let expected = json!({"errors": {"message": "No return found with this ID."}});
    for id in ["1", "0", "abc", "99999999999999999999999"] {
        for action in ["process", "flag", "cancel", "close"] {
            let path = format!("/warehouse/return/{id}/{action}");
            let answer = api.post(&path, None).await;
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(answer.body, expected, "{path}");
        }
        let path = format!("/warehouse/return/{id}/notes");
        assert_eq!(api.get(&path, &[]).await.body, expected, "{path}");
        let path = format!("/warehouse/return/{id}/note");
        let note = json!({"content": "x"});
        assert_eq!(api.post(&path, Some(&note)).await.body, expected, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_key_is_401_everywhere() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut api = Api::of(&sandbox);
    api.key = "wrong".to_owned();
    let expected = json!({"error": {
        "code": "401", "http_code": "GEN-UNAUTHORIZED", "message": "Unauthorized.",
    }});
    for path in ["/warehouse/return/list", "/webhooks", "/nothing"] {
        let answer = api.get(path, &[]).await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.body, expected, "{path}");
    }
    let url = format!("{}/warehouse/return/list", api.base);
    let without = api.http.get(url).send().await.unwrap();
    assert_eq!(without.status().as_u16(), 401);
}

#[tokio::test]
async fn anything_else_is_404() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    assert_eq!(api.get("/draft-returns", &[]).await.status, 404);
    assert_eq!(api.get("", &[]).await.status, 404);
    let wrong_method = api.post("/warehouse/return/list", None).await;
    assert_eq!(wrong_method.status, 404);
    let unknown = Api::version(&sandbox, "2025-01").list(&[]).await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.body.is_object());
    for version in ["2026-10", "2026-07", "v1", "latest", "unstable"] {
        let answer = Api::version(&sandbox, version).list(&[]).await;
        assert_eq!(answer.status, 200, "{version}");
    }
}

/// No answer but a proxy's is anything else than JSON, whatever comes in.
#[tokio::test]
async fn a_request_that_cannot_be_read_is_refused_as_json() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    for (path, body, status) in [
        ("/warehouse/return/%FF/process", json!({}), 400),
        ("/cart/%ff", json!({}), 400),
        ("/cart", json!({"cart": "7".repeat(3 << 20)}), 413),
    ] {
        let answer = api.post(path, Some(&body)).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body["message"].is_string(), "{path}");
        assert_eq!(answer.headers["content-type"], "application/json", "{path}");
    }
}

#[tokio::test]
async fn too_many_requests_are_429_until_the_minute_is_over() {
    let hands = Hands::new();
    let builder = hands.on(Sandbox::builder().rate_limit_per_minute(2));
    let sandbox = builder.start().await.unwrap();
    let api = Api::of(&sandbox);
    let id = sandbox.create_return(shirts());
    for remaining in ["1", "0"] {
        let answer = api.list(&[]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["x-ratelimit-limit"], "2");
        assert_eq!(answer.headers["x-ratelimit-remaining"], remaining);
    }
    let refused = api.act(id, "process").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.headers["x-ratelimit-remaining"], "0");
    assert_eq!(truth_of(&sandbox, id).process_requests, 0);
    hands.advance(60);
    assert_eq!(api.act(id, "process").await.body, true);
}

#[tokio::test]
async fn the_list_covers_24_hours_unless_both_dates_are_given() {
    let hands = Hands::new();
    let sandbox = hands.on(Sandbox::builder()).start().await.unwrap();
    let api = Api::of(&sandbox);
    let mut ids = Vec::new();
    for hours in [60, 30, 23, 1] {
        hands.set_hours_before_noon(hours);
        ids.push(sandbox.create_return(shirts()).to_string());
    }
    hands.set_hours_before_noon(0);
    let at = |positions: &[usize]| -> Vec<String> {
        let picked = positions.iter().map(|position| ids[*position].clone());
        picked.collect()
    };
    let from = ("from", "2026-06-01T00:00:00.000Z");
    let noon = ("to", "2026-06-15 12:00:00");
    // (query, positions of the returns)
    let table: [(Pairs<'_>, &[usize]); 6] = [
        (&[], &[3, 2]),
        (&[("to", "2026-06-14")], &[3, 2]),
        (&[("from", "2026-06-13 00:00:00")], &[0]),
        (&[from, noon], &[3, 2, 1, 0]),
        (&[from, ("to", "2026-06-13T01:00:00+01:00")], &[0]),
        (&[from, noon, ("filter", "updated_at")], &[3, 2, 1, 0]),
    ];
    for (query, positions) in table {
        let answer = api.list(query).await;
        assert_eq!(answer.status, 200, "{query:?}");
        assert_eq!(list_ids(&answer.body), at(positions), "{query:?}");
    }

    sandbox.set_state(ids[0].parse().unwrap(), "expired");
    let touched = api.list(&[("filter", "updated_at")]).await;
    assert_eq!(list_ids(&touched.body), at(&[0, 3, 2]));
}

#[tokio::test]
async fn wrong_list_parameters_are_422() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let table: [(Pairs<'_>, &str); 7] = [
        (&[("from", "soon")], "from"),
        (&[("from", "2026-01-01"), ("to", "N/A")], "to"),
        (&[("from", "2026-01-01"), ("to", "2026-05-02")], "to"),
        (&[("from", "2026-01-02"), ("to", "2026-01-01")], "to"),
        (&[("state", "archived")], "state"),
        (&[("filter", "closed_at")], "filter"),
        (&[("pageSize", "751")], "pageSize"),
    ];
    for (query, field) in table {
        let answer = api.list(query).await;
        assert_eq!(answer.status, 422, "{query:?}");
        assert_eq!(answer.body["message"], "The given data was invalid.");
        assert!(answer.body["errors"][field][0].is_string(), "{query:?}");
    }
}

#[tokio::test]
async fn review_and_cancelled_are_hidden_unless_asked_for() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let mut shown = Vec::new();
    for state in ["open", "closed", "expired", "review", "cancelled"] {
        let id = sandbox.create_return(shirts());
        sandbox.set_state(id, state);
        let asked = api.list(&[("state", state)]).await;
        assert_eq!(list_ids(&asked.body), [id.to_string()], "{state}");
        assert_eq!(asked.body[0]["state"], state);
        if !matches!(state, "review" | "cancelled") {
            shown.push(id.to_string());
        }
    }
    let mut listed = list_ids(&api.list(&[]).await.body);
    listed.sort();
    assert_eq!(listed, shown);
}

#[tokio::test]
async fn pages_lead_to_every_return_of_one_second() {
    let hands = Hands::new();
    let sandbox = hands.on(Sandbox::builder()).start().await.unwrap();
    let api = Api::version(&sandbox, "2026-07");
    let mut expected: Vec<String> = (0..7)
        .map(|_| sandbox.create_return(shirts()).to_string())
        .collect();
    expected.reverse();
    let own = [("paginate", "true"), ("pageSize", "2")];
    let mut found = Vec::new();
    let mut page = api.list(&own).await.body;
    assert_eq!(page["previousPageUrl"], Value::Null);
    loop {
        found.extend(list_ids(&page["returns"]));
        let Some(next) = page["nextPageUrl"].as_str() else {
            break;
        };
        let next = Url::parse(next).unwrap();
        let names: Vec<_> = next.query_pairs().map(|(name, _)| name).collect();
        assert_eq!(names, ["filter", "pageSize", "cursor"]);
        assert_eq!(next.path(), "/api/v1/warehouse/return/list");
        let cursor = next.query_pairs().find(|(name, _)| name == "cursor");
        let cursor = cursor.unwrap().1.into_owned();
        let mut query = own.to_vec();
        query.push(("cursor", &cursor));
        page = api.list(&query).await.body;
        assert!(page["previousPageUrl"].is_string());
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_page_link_followed_as_it_is_forgets_state_and_window() {
    let hands = Hands::new();
    let sandbox = hands.on(Sandbox::builder()).start().await.unwrap();
    let api = Api::of(&sandbox);
    hands.set_hours_before_noon(100);
    for _ in 0..3 {
        let id = sandbox.create_return(shirts());
        sandbox.set_state(id, "review");
    }
    hands.set_hours_before_noon(0);
    let query = [
        ("from", "2026-06-01"),
        ("to", "2026-06-15"),
        ("state", "review"),
        ("paginate", "true"),
        ("pageSize", "2"),
    ];
    let page = api.list(&query).await.body;
    assert_eq!(list_ids(&page["returns"]).len(), 2);
    let next = page["nextPageUrl"].as_str().unwrap();
    let followed = api.send(Method::GET, next, None).await.body;
    assert_eq!(followed["returns"], json!([]), "the link lost the window");
}

#[tokio::test]
async fn details_are_found_in_three_ways() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let first = sandbox.create_return(shirts());
    let other = sandbox.create_return(NewReturn::new("#1002"));
    let again = sandbox.create_return(shirts());
    let by_id = api.details("return_id", &first.to_string()).await.body;
    assert_eq!(by_id["id"], first);
    assert_eq!(by_id["line_items"][0]["reason"], "Other");
    let order_id = by_id["provider_order_id"].to_string();
    let newest = api.details("order_id", &order_id).await.body;
    assert_eq!(newest["id"], again);
    for name in ["#1002", "1002"] {
        assert_eq!(api.details("order_name", name).await.body["id"], other);
    }
}

#[tokio::test]
async fn unknown_details_are_200_with_an_error() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    sandbox.create_return(shirts());
    let expected = json!({"error": {"message": "No return found with this ID."}});
    for (name, value) in [
        ("return_id", "1"),
        ("return_id", "abc"),
        ("order_name", "#9"),
        ("order_id", "9"),
        ("currency_type", "shop"),
    ] {
        let answer = api.details(name, value).await;
        assert_eq!(answer.status, 200, "{name}={value}");
        assert_eq!(answer.body, expected, "{name}={value}");
    }
}

#[tokio::test]
async fn notes_none_and_one_in_both_forms() {
    let hands = Hands::new();
    let sandbox = hands.on(Sandbox::builder()).start().await.unwrap();
    let id = sandbox.create_return(shirts());
    let path = format!("/warehouse/return/{id}/notes");
    let (new, old) = (Api::of(&sandbox), Api::version(&sandbox, "v1"));
    for api in [&new, &old] {
        let none = api.get(&path, &[]).await;
        assert_eq!((none.status, none.body), (422, json!(false)));
    }
    let write = format!("/warehouse/return/{id}/note");
    let note = json!({"content": "Line 1 damaged"});
    assert_eq!(new.post(&write, Some(&note)).await.body, true);
    let bare = new.get(&path, &[]).await.body;
    assert_eq!(bare[0]["content"], "Line 1 damaged");
    assert_eq!(bare[0]["created_at"], "2026-06-15 12:00:00");
    let wrapped = old.get(&path, &[]).await.body;
    assert_eq!(wrapped["notes"][0]["created_at"], "2026-06-15T12:00:00Z");
    assert_eq!(wrapped["notes"][0]["id"], bare[0]["id"]);
    assert_eq!(truth_of(&sandbox, id).notes, ["Line 1 damaged"]);
}

#[tokio::test]
async fn a_note_needs_content_below_255_characters() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let id = sandbox.create_return(shirts());
    let path = format!("/warehouse/return/{id}/note");
    let text = "Content is required and must be less than 255 characters.";
    let expected = json!({"errors": {"message": text}});
    for body in [
        None,
        Some(json!({})),
        Some(json!([])),
        Some(json!({"content": ""})),
        Some(json!({"content": 7})),
        Some(json!({"content": "é".repeat(255)})),
    ] {
        let answer = api.post(&path, body.as_ref()).await;
        assert_eq!(answer.status, 422, "{body:?}");
        assert_eq!(answer.body, expected, "{body:?}");
    }
    let longest = json!({"content": "é".repeat(254)});
    assert_eq!(api.post(&path, Some(&longest)).await.body, true);
    assert_eq!(truth_of(&sandbox, id).notes.len(), 1);
}

#[tokio::test]
async fn a_second_process_while_one_is_queued_refunds_twice() {
    let sandbox = held().await;
    let api = Api::of(&sandbox);
    let id = sandbox.create_return(shirts());
    assert_eq!(api.act(id, "process").await.body, true);
    let still = api.details("return_id", &id.to_string()).await.body;
    assert_eq!(still["state"], "open");
    assert_eq!(api.act(id, "process").await.body, true);
    assert_eq!(truth_of(&sandbox, id).refunds, 0);
    assert_eq!(sandbox.finish_processing(), 2);
    assert_eq!(sandbox.finish_processing(), 0);
    let refused = api.act(id, "process").await.body;
    assert_eq!(refused["errors"]["code"], "UNPROCESSABLE_RETURN");

    let truth = truth_of(&sandbox, id);
    assert_eq!(truth.state, "closed");
    assert_eq!(truth.refunds, 2);
    assert_eq!(truth.process_requests, 3);
    assert_eq!(truth.process_accepted, 2);
    let after = api.details("return_id", &id.to_string()).await.body;
    assert_eq!(after["refunds"].as_array().unwrap().len(), 2);
}

/// `true` is no promise: whoever waits for `return.closed` waits for ever.
#[tokio::test]
async fn processing_a_reshop_return_is_accepted_and_does_nothing() {
    let sandbox = held().await;
    let api = Api::of(&sandbox);
    let (receiver, url) = Receiver::start().await;
    let id = sandbox.create_return(shirts().is_reshop(true));
    for trigger in ["return.closed", "return.processing.failed"] {
        api.subscribe("return", trigger, &url).await;
    }
    for _ in 0..2 {
        assert_eq!(api.act(id, "process").await.body, true);
        assert_eq!(sandbox.finish_processing(), 0);
        assert!(!sandbox.fail_processing(id, "nothing waits"));
    }
    let line = truth_of(&sandbox, id).line_item_ids[0];
    let removed = api.act(id, &format!("remove?line_item_id={line}")).await;
    assert_eq!(removed.body, true);
    assert_eq!(sandbox.finish_processing(), 0);

    let truth = truth_of(&sandbox, id);
    assert_eq!((truth.state.as_str(), truth.refunds), ("open", 0));
    assert_eq!(truth.process_accepted, 2);
    assert!(truth.notes.is_empty());
    sandbox.webhooks_delivered().await;
    assert!(receiver.bodies().is_empty());

    assert!(sandbox.set_state(id, "closed"));
    let refused = api.act(id, "process").await.body;
    assert_eq!(refused["errors"]["code"], "UNPROCESSABLE_RETURN");
}

#[tokio::test]
async fn accepted_processing_is_carried_out_in_the_background() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let id = sandbox.create_return(shirts());
    let details = json!({"rma": "7"});
    let path = format!("/warehouse/return/{id}/process");
    assert_eq!(api.post(&path, Some(&details)).await.body, true);
    sandbox.webhooks_delivered().await;
    let truth = truth_of(&sandbox, id);
    assert_eq!((truth.state.as_str(), truth.refunds), ("closed", 1));
    assert_eq!(truth.notes.len(), 1);
}

#[tokio::test]
async fn delayed_processing_comes_by_itself() {
    let builder = Sandbox::builder().processing(Processing::After(Duration::from_millis(1)));
    let sandbox = builder.start().await.unwrap();
    let api = Api::of(&sandbox);
    let (_, url) = Receiver::start().await;
    api.subscribe("return", "return.closed", &url).await;
    let id = sandbox.create_return(shirts());
    assert_eq!(api.act(id, "process").await.body, true);
    while truth_of(&sandbox, id).refunds == 0 {
        tokio::task::yield_now().await;
    }
    sandbox.webhooks_delivered().await;
    assert_eq!(sandbox.deliveries().len(), 1);
}

#[tokio::test]
async fn what_is_no_object_does_not_stop_processing() {
    let sandbox = held().await;
    let api = Api::of(&sandbox);
    for body in [json!([]), json!("text"), json!(null), json!({})] {
        let id = sandbox.create_return(shirts());
        let path = format!("/warehouse/return/{id}/process");
        assert_eq!(api.post(&path, Some(&body)).await.body, true, "{body}");
        sandbox.finish_processing();
        assert!(truth_of(&sandbox, id).notes.is_empty(), "{body}");
    }
}

#[tokio::test]
async fn webhooks_are_signed_over_the_bytes_that_arrive() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let (receiver, url) = Receiver::start().await;
    for trigger in ["return.created", "return.updated", "return.closed"] {
        api.subscribe("return", trigger, &url).await;
    }
    let id = sandbox.create_return(shirts().tracking("1Z").carrier("UPS"));
    assert_eq!(api.act(id, "process").await.body, true);
    sandbox.webhooks_delivered().await;

    let arrived = receiver.inbox.lock().unwrap().clone();
    for (signature, body) in &arrived {
        let key = sandbox.webhook_secret().as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(body);
        assert_eq!(STANDARD.encode(mac.finalize().into_bytes()), *signature);
        assert!(body.is_ascii(), "non-ASCII is escaped");
        let text = std::str::from_utf8(body).unwrap();
        assert!(text.contains(r"https:\/\/"), "slashes are escaped");
        assert!(text.contains(r"Zo\u00eb"), "accents are escaped");
        assert!(!text.contains('\n') && !text.contains("\": "), "compact");
    }
    let triggers = ["return.created", "return.updated", "return.closed"];
    assert_eq!(receiver.triggers(), triggers);
    let bodies = receiver.bodies();
    let text_id = json!(id.to_string());
    assert!(bodies.iter().all(|body| body["id"] == text_id));
    assert_eq!(bodies[0]["state"], "open");
    assert_eq!(bodies[1]["state"], "closed");

    let deliveries = sandbox.deliveries();
    assert_eq!(deliveries.len(), 3);
    for (delivery, trigger) in deliveries.iter().zip(triggers) {
        assert_eq!(delivery.return_id, id);
        assert_eq!(delivery.trigger, trigger);
        assert_eq!(delivery.url, url);
        assert_eq!(delivery.attempts, 1);
        assert!(delivery.succeeded());
    }
}

#[tokio::test]
async fn a_body_has_the_form_of_its_topic() {
    let sandbox = held().await;
    let api = Api::of(&sandbox);
    let (receiver, url) = Receiver::start().await;
    let failed = "return.processing.failed";
    api.subscribe("label", "return.created", &url).await;
    api.subscribe("return.processing", failed, &url).await;
    api.subscribe("return", failed, &url).await;
    sandbox.create_return(shirts());
    let id = sandbox.create_return(shirts().tracking("1Z"));
    assert_eq!(api.act(id, "process").await.body, true);
    assert!(sandbox.fail_processing(id, "Card declined"));
    assert!(!sandbox.fail_processing(id, "Card declined"));
    sandbox.webhooks_delivered().await;
    let bodies = receiver.bodies();
    assert_eq!(bodies.len(), 3, "without a label there is no label body");
    assert_eq!(bodies[0]["topic"], "label");
    assert_eq!(bodies[0]["id"], id);
    assert_eq!(bodies[1]["return_id"], id);
    assert_eq!(bodies[1]["return_state"], "open");
    assert_eq!(bodies[1]["message"], "Card declined");
    assert_eq!(bodies[2]["topic"], "return");
    assert_eq!(truth_of(&sandbox, id).refunds, 0);
}

#[tokio::test]
async fn failed_deliveries_are_tried_again_and_given_up() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let (receiver, url) = Receiver::start().await;
    api.subscribe("return", "return.created", &url).await;
    for (failures, attempts, status) in [(0, 1, 200), (2, 3, 200), (4, 4, 500)] {
        receiver.failures.store(failures, Ordering::SeqCst);
        sandbox.create_return(shirts());
        sandbox.webhooks_delivered().await;
        let last = sandbox.deliveries().pop().unwrap();
        assert_eq!(last.attempts, attempts);
        assert_eq!(last.outcome, DeliveryOutcome::Status(status));
    }

    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let unreachable = format!("http://{}/hook", free.local_addr().unwrap());
    drop(free);
    api.subscribe("return", "return.updated", &unreachable)
        .await;
    let id = sandbox.create_return(shirts());
    sandbox.set_state(id, "expired");
    sandbox.webhooks_delivered().await;
    let last = sandbox.deliveries().pop().unwrap();
    assert!(matches!(last.outcome, DeliveryOutcome::Failed(_)));
    assert!(!last.succeeded());
}

#[tokio::test]
async fn lost_webhooks_never_arrive() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let (receiver, url) = Receiver::start().await;
    api.subscribe("return", "return.created", &url).await;
    api.subscribe("return", "return.updated", &url).await;
    let lost = sandbox.create_return(shirts());
    sandbox.lose_webhooks_of(lost);
    let other = sandbox.create_return(shirts());
    sandbox.set_state(lost, "expired");
    sandbox.set_state(other, "expired");
    sandbox.webhooks_delivered().await;
    let bodies = receiver.bodies();
    let arrived: Vec<&str> = bodies
        .iter()
        .map(|body| body["id"].as_str().unwrap())
        .collect();
    let (lost_id, other_id) = (lost.to_string(), other.to_string());
    assert_eq!(arrived, [&lost_id, &other_id, &other_id]);
    let unsent: Vec<_> = sandbox
        .deliveries()
        .into_iter()
        .filter(|delivery| delivery.outcome == DeliveryOutcome::Lost)
        .map(|delivery| (delivery.return_id, delivery.trigger, delivery.attempts))
        .collect();
    assert_eq!(unsent, [(lost, "return.updated".to_owned(), 0)]);
}

#[tokio::test]
async fn subscriptions_are_made_changed_and_removed() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let (receiver, url) = Receiver::start().await;
    let wanted = json!({"topic": "return", "trigger": "return.created", "url": url});
    let made = api.post("/webhooks", Some(&wanted)).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.body["status"], "inactive", "the default sends nothing");
    assert_eq!(made.body["shop_id"], 12_345);
    sandbox.create_return(shirts());
    sandbox.webhooks_delivered().await;
    assert!(receiver.bodies().is_empty());

    let one = format!("{}/webhooks/{}", api.base, made.body["id"]);
    let mut active = wanted.clone();
    active["status"] = json!("active");
    let changed = api.send(Method::PUT, &one, Some(&active)).await;
    assert_eq!((changed.status, changed.body), (204, Value::Null));
    let all = api.get("/webhooks", &[]).await.body;
    assert_eq!(all["webhooks"][0]["status"], "active");
    sandbox.create_return(shirts());
    sandbox.webhooks_delivered().await;
    assert_eq!(receiver.bodies().len(), 1);

    assert_eq!(api.send(Method::DELETE, &one, None).await.status, 204);
    for answer in [
        api.send(Method::DELETE, &one, None).await,
        api.send(Method::PUT, &one, Some(&active)).await,
    ] {
        assert_eq!(answer.status, 404);
        assert_eq!(answer.body, json!({"errors": {"code": "NOT_FOUND"}}));
    }
    let mut unknown = wanted;
    unknown["topic"] = json!("label_request");
    let refused = api.post("/webhooks", Some(&unknown)).await;
    assert_eq!(refused.status, 422);
    let text = refused.body["message"].as_str().unwrap();
    assert!(text.starts_with("Must be one of the following values:return,label,restock"));
    assert!(refused.body["errors"]["topic"].is_array());
}

#[tokio::test]
async fn the_asn_report_has_one_row_per_unit() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let first = sandbox.create_return(shirts());
    let second = sandbox.create_return(NewReturn::new("#1002").line(NewLine::new("SOCKS")));
    sandbox.set_state(second, "cancelled");
    sandbox.create_return(NewReturn::new("#1003"));
    let rows = api.get("/warehouse/reporting/asn", &[]).await.body;
    let rows = rows.as_array().unwrap();
    let ids: Vec<u64> = rows.iter().map(|row| row["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, [first, first, second]);
    let lines: Vec<String> = rows
        .iter()
        .map(|row| row["return_line_item_id"].as_str().unwrap().to_owned())
        .collect();
    let known: Vec<String> = sandbox
        .truth()
        .iter()
        .flat_map(|truth| truth.line_item_ids.iter().map(u64::to_string))
        .collect();
    assert_eq!(lines, known);
    assert_eq!(rows[2]["state"], "cancelled");
    assert_eq!(rows[2]["sku"], "SOCKS");
}

#[tokio::test]
async fn an_unreadable_asn_date_asks_for_everything() {
    let hands = Hands::new();
    let sandbox = hands.on(Sandbox::builder()).start().await.unwrap();
    hands.set_hours_before_noon(24 * 300);
    sandbox.create_return(shirts());
    hands.set_hours_before_noon(24);
    sandbox.create_return(shirts());
    hands.set_hours_before_noon(0);
    let path = "/warehouse/reporting/asn";
    let june = [("from", "2026-06-14"), ("to", "2026-06-15")];
    // (version, query, rows; None is a 422)
    let table: [(&str, Pairs<'_>, Option<usize>); 8] = [
        ("v1", &[], Some(2)),
        ("v1", &[("from", "last week")], Some(4)),
        ("2026-07", &[("from", "2025-06-01")], Some(4)),
        ("2026-07", &[("to", "tomorrow")], Some(0)),
        ("2026-10", &[("from", "last week")], None),
        ("latest", &[("from", "2025-06-01")], None),
        ("unstable", &[("from", "2025-06-01")], None),
        ("2026-10", &june, Some(2)),
    ];
    for (version, query, expected) in table {
        let answer = Api::version(&sandbox, version).get(path, query).await;
        let label = format!("{version} {query:?}");
        match expected {
            Some(rows) => assert_eq!(answer.body.as_array().unwrap().len(), rows, "{label}"),
            None => assert_eq!(answer.status, 422, "{label}"),
        }
    }
}

#[tokio::test]
async fn what_the_merchant_does_is_told_and_shown() {
    let sandbox = held().await;
    let api = Api::of(&sandbox);
    let (receiver, url) = Receiver::start().await;
    for trigger in ["return.updated", "return.closed"] {
        api.subscribe("return", trigger, &url).await;
    }
    let id = sandbox.create_return(shirts());
    let line = truth_of(&sandbox, id).line_item_ids[0];
    assert!(sandbox.remove_line(id, line));
    assert!(!sandbox.remove_line(id, line));
    let details = api.details("return_id", &id.to_string()).await.body;
    assert_eq!(details["line_items"].as_array().unwrap().len(), 1);
    assert!(details["edited_at"].is_string());
    assert!(sandbox.set_state(id, "closed"));
    assert!(!sandbox.set_state(1, "closed"));
    sandbox.webhooks_delivered().await;
    assert_eq!(
        receiver.triggers(),
        ["return.updated", "return.updated", "return.closed"]
    );
    assert_eq!(truth_of(&sandbox, id).refunds, 0, "closed by hand");
}

#[tokio::test]
async fn the_setting_lets_flagged_returns_process() {
    let sandbox = held().await;
    let api = Api::of(&sandbox);
    let id = sandbox.create_return(shirts());
    assert_eq!(api.act(id, "flag").await.body, true);
    assert_ne!(api.act(id, "process").await.body, true);
    sandbox.allow_flagged_to_process(true);
    assert_eq!(api.act(id, "process").await.body, true);
    assert_eq!(sandbox.finish_processing(), 1);
    let truth = truth_of(&sandbox, id);
    assert!(truth.flagged);
    assert_eq!((truth.flag_calls, truth.refunds), (1, 1));
}

#[tokio::test]
async fn calls_are_recorded_without_the_key() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let id = sandbox.create_return(shirts());
    api.list(&[("state", "open")]).await;
    api.act(id, "flag").await;
    api.get("/nothing", &[]).await;
    let calls = sandbox.calls();
    let seen: Vec<_> = calls
        .iter()
        .map(|call| (call.method.as_str(), call.status, call.return_id))
        .collect();
    let expected = [
        ("GET", 200, None),
        ("POST", 200, Some(id)),
        ("GET", 404, None),
    ];
    assert_eq!(seen, expected);
    assert_eq!(
        calls[0].path,
        "/api/2026-10/warehouse/return/list?state=open"
    );
    assert!(!format!("{calls:?}").contains(sandbox.api_key()));
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let builder = Sandbox::builder()
        .api_key("marker-key")
        .webhook_secret("marker-secret");
    assert!(!format!("{builder:?}").contains("marker"));
    let sandbox = builder.start().await.unwrap();
    assert_eq!(sandbox.api_key(), "marker-key");
    assert_eq!(sandbox.webhook_secret(), "marker-secret");
    assert!(!format!("{sandbox:?}").contains("marker"));
}

#[tokio::test]
async fn the_server_stops_with_its_last_handle() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let clone = sandbox.clone();
    drop(sandbox);
    assert_eq!(api.list(&[]).await.status, 200);
    drop(clone);
    // The server notices in its own task: ask until it is gone, on the kept connection too.
    let url = format!("{}/warehouse/return/list", api.base);
    while api.http.get(&url).send().await.is_ok() {}
}

#[tokio::test]
async fn ids_begin_where_the_builder_says_and_exceed_32_bits() {
    let first = u64::from(u32::MAX) + 7;
    let builder = Sandbox::builder().first_return_id(first);
    let sandbox = builder.start().await.unwrap();
    assert_eq!(sandbox.create_return(shirts()), first);
    assert_eq!(sandbox.create_return(shirts()), first + 1);
    let ids: Vec<u64> = sandbox.truth().iter().map(|truth| truth.id).collect();
    assert_eq!(ids, [first, first + 1]);
    let asked = format!("{first}");
    let found = Api::of(&sandbox).details("return_id", &asked).await.body;
    assert_eq!(found["id"], first);
}
