//! Drives the resources of the sandbox beside the life of a return, over HTTP and with nothing of
//! this crate's client: one walk through the documented answers per family of calls.
#![cfg(feature = "sandbox")]
// Clippy's exception for tests does not reach their helpers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use loop_client::sandbox::{NewLine, NewReturn, Processing, ReturnTruth, Sandbox, SandboxBuilder};
use reqwest::Method;
use serde_json::{Value, json};

/// 2026-06-15 12:00:00
const NOON: i64 = 1_781_524_800_000;

const UNKNOWN_RETURN: &str = "No return found with this ID.";

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

/// A bare HTTP client with the right key, and the sandbox it talks to.
struct Api {
    http: reqwest::Client,
    base: String,
    sandbox: Sandbox,
    /// The sandbox's clock.
    hands: Arc<AtomicI64>,
}

impl Api {
    async fn start() -> Api {
        Api::with(Sandbox::builder()).await
    }

    async fn with(builder: SandboxBuilder) -> Api {
        let hands = Arc::new(AtomicI64::new(NOON));
        let clock = Arc::clone(&hands);
        let sandbox = builder
            .processing(Processing::Held)
            .rate_limit_per_minute(u32::MAX)
            .now(Arc::new(move || clock.load(Ordering::SeqCst)))
            .start()
            .await
            .unwrap();
        Api {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            base: format!("{}/2026-10", sandbox.base_url()),
            sandbox,
            hands,
        }
    }

    /// The same sandbox under another version.
    fn version(&self, version: &str) -> Api {
        Api {
            http: self.http.clone(),
            base: format!("{}/{version}", self.sandbox.base_url()),
            sandbox: self.sandbox.clone(),
            hands: Arc::clone(&self.hands),
        }
    }

    fn advance(&self, seconds: i64) {
        self.hands.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    async fn send(&self, method: Method, path: &str, body: &Value, header: &str) -> Answer {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .header("X-Authorization", self.sandbox.api_key())
            .header("X-Loop-Global-Identifier-Type", header);
        if !body.is_null() {
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

    async fn call(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let answer = self.send(method, path, &body, "integer").await;
        (answer.status, answer.body)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, body).await
    }

    async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::PUT, path, body).await
    }

    async fn delete(&self, path: &str) -> (u16, Value) {
        self.call(Method::DELETE, path, Value::Null).await
    }

    async fn details(&self, id: u64) -> Value {
        let path = format!("/warehouse/return/details?return_id={id}");
        self.get(&path).await.1
    }

    async fn row(&self, id: u64) -> Value {
        let path = "/warehouse/return/list?from=2026-06-01&to=2026-06-30";
        let rows = self.get(path).await.1;
        let rows = rows.as_array().unwrap();
        let id = id.to_string();
        rows.iter().find(|row| row["id"] == id).cloned().unwrap()
    }

    fn truth(&self, id: u64) -> ReturnTruth {
        let all = self.sandbox.truth();
        all.into_iter().find(|truth| truth.id == id).unwrap()
    }

    async fn subscribe(&self, topic: &str, trigger: &str, url: &str) {
        let body = json!({"topic": topic, "trigger": trigger, "url": url, "status": "active"});
        assert_eq!(self.post("/webhooks", body).await.0, 201);
    }
}

/// The bodies that arrived at a webhook receiver.
type Inbox = Arc<Mutex<Vec<Value>>>;

async fn receiver() -> (Inbox, String) {
    let inbox = Inbox::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/hook", post(receive))
        .with_state(Arc::clone(&inbox));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (inbox, url)
}

async fn receive(State(inbox): State<Inbox>, body: Bytes) {
    let body = serde_json::from_slice(&body).unwrap();
    inbox.lock().unwrap().push(body);
}

fn shirts() -> NewReturn {
    NewReturn::new("#1001")
        .line(NewLine::new("SHIRT-S").price("78.00").variant("Small"))
        .line(NewLine::new("SHIRT-M").price("78.00"))
}

fn errors_message(text: &str) -> Value {
    json!({"errors": {"message": text}})
}

/// The names of the fields that an envelope 10 complains about.
fn wrong_fields(body: &Value) -> Vec<String> {
    assert_eq!(body["message"], "The given data was invalid.");
    let fields = body["errors"].as_object().unwrap();
    fields.keys().cloned().collect()
}

// Removal of lines.

fn remove(id: u64, lines: &[u64]) -> String {
    let lines: Vec<String> = lines.iter().map(u64::to_string).collect();
    let lines = lines.join(",");
    format!("/warehouse/return/{id}/remove?line_item_id={lines}")
}

#[tokio::test]
async fn removal_takes_lines_and_then_processes() {
    let api = Api::start().await;
    let id = api.sandbox.create_return(shirts());
    let lines = api.truth(id).line_item_ids;
    let path = remove(id, &lines[..1]);
    assert_eq!(api.post(&path, Value::Null).await, (200, json!(true)));
    let waiting = api.truth(id);
    assert_eq!((waiting.state.as_str(), waiting.refunds), ("open", 0));
    assert_eq!(waiting.line_item_ids, lines[1..]);
    assert_eq!(waiting.process_requests, 0, "it was no process request");

    let again = api.post(&remove(id, &lines[1..]), Value::Null).await;
    let refused = json!({"message": "Return cannot be modified."});
    assert_eq!(again, (422, refused.clone()), "also while the first waits");
    assert_eq!(api.sandbox.finish_processing(), 1);
    let after = api.truth(id);
    assert_eq!((after.state.as_str(), after.refunds), ("closed", 1));
    assert_eq!(api.details(id).await["refunds"][0]["amount"], "78.00");
    let again = api.post(&remove(id, &lines[1..]), Value::Null).await;
    assert_eq!(again, (422, refused));
}

#[tokio::test]
async fn removal_is_carried_out_in_the_background_and_told() {
    let sandbox = Sandbox::start().await.unwrap();
    let (inbox, url) = receiver().await;
    let api = Api {
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        base: format!("{}/v1", sandbox.base_url()),
        sandbox,
        hands: Arc::default(),
    };
    api.subscribe("return", "return.updated", &url).await;
    api.subscribe("return", "return.closed", &url).await;
    let id = api.sandbox.create_return(shirts());
    let lines = api.truth(id).line_item_ids;
    let path = remove(id, &lines[..1]);
    assert_eq!(api.post(&path, Value::Null).await, (200, json!(true)));
    api.sandbox.webhooks_delivered().await;
    let told: Vec<_> = inbox
        .lock()
        .unwrap()
        .iter()
        .map(|body| (body["trigger"].clone(), body["state"].clone()))
        .collect();
    let expected = [
        (json!("return.updated"), json!("open")),
        (json!("return.updated"), json!("closed")),
        (json!("return.closed"), json!("closed")),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn removal_of_every_line_cancels() {
    let api = Api::start().await;
    let id = api.sandbox.create_return(shirts());
    let path = remove(id, &api.truth(id).line_item_ids);
    assert_eq!(api.post(&path, Value::Null).await, (200, json!(true)));
    let after = api.truth(id);
    assert_eq!((after.state.as_str(), after.refunds), ("cancelled", 0));
    assert_eq!(api.sandbox.finish_processing(), 0);
}

#[tokio::test]
async fn removal_needs_lines_that_pay_money_or_credit() {
    let api = Api::start().await;
    let none = json!({"message": "There are no line items that qualify for removal"});
    let some = json!({"message": "Not all line items qualify for removal"});
    let yes = json!(true);
    // (outcome, the first line's own outcome, positions; 9 is no line of it, answer)
    let table: [(&str, &str, &[usize], u16, &Value); 13] = [
        ("refund", "default", &[0], 200, &yes),
        ("credit", "default", &[1], 200, &yes),
        ("credit", "default", &[1, 1], 200, &yes),
        ("exchange", "default", &[0], 422, &none),
        ("exchange", "refund", &[0], 200, &yes),
        ("exchange", "refund", &[0, 1], 422, &some),
        ("exchange+refund", "default", &[0], 422, &none),
        ("exchange+refund", "default", &[1], 200, &yes),
        ("exchange+credit", "default", &[0, 1], 422, &some),
        ("refund", "exchange", &[0], 422, &none),
        ("upsell", "default", &[1], 422, &none),
        ("refund", "default", &[9], 422, &none),
        ("refund", "default", &[0, 9], 422, &some),
    ];
    for (outcome, own, positions, status, body) in table {
        let order = NewReturn::new("#1001")
            .outcome(outcome)
            .line(NewLine::new("A").outcome(own))
            .line(NewLine::new("B"))
            .line(NewLine::new("C"));
        let id = api.sandbox.create_return(order);
        let lines = api.truth(id).line_item_ids;
        let wanted: Vec<u64> = positions
            .iter()
            .map(|position| lines.get(*position).copied().unwrap_or(7))
            .collect();
        let answer = api.post(&remove(id, &wanted), Value::Null).await;
        let label = format!("{outcome} {own} {positions:?}");
        assert_eq!(answer, (status, body.clone()), "{label}");
        let left = api.truth(id).line_item_ids.len();
        assert_eq!(left, if status == 200 { 2 } else { 3 }, "{label}");
    }
}

#[tokio::test]
async fn removal_is_refused_in_these_ways() {
    let api = Api::start().await;
    let required = json!({"error": {"message": "The line item id field is required."}});
    let id = api.sandbox.create_return(shirts());
    for query in ["", "?line_item_id=", "?line_item_id=,%20,", "?other=1"] {
        let path = format!("/warehouse/return/{id}/remove{query}");
        let answer = api.post(&path, Value::Null).await;
        assert_eq!(answer, (422, required.clone()), "{query}");
    }
    let unknown = json!({"errors": [{"message": UNKNOWN_RETURN}]});
    for id in ["1", "abc"] {
        let path = format!("/warehouse/return/{id}/remove?line_item_id=1");
        assert_eq!(
            api.post(&path, Value::Null).await,
            (403, unknown.clone()),
            "{id}"
        );
    }
    let fixed = json!({"message": "Return cannot be modified."});
    for state in ["review", "closed", "cancelled", "expired", "else"] {
        let id = api.sandbox.create_return(shirts());
        let path = remove(id, &api.truth(id).line_item_ids[..1]);
        api.sandbox.set_state(id, state);
        let answer = api.post(&path, Value::Null).await;
        assert_eq!(answer, (422, fixed.clone()), "{state}");
        assert_eq!(api.truth(id).skus.len(), 2, "{state}");
    }
    let flag = format!("/warehouse/return/{id}/flag");
    assert_eq!(api.post(&flag, Value::Null).await.1, true);
    let path = remove(id, &api.truth(id).line_item_ids[..1]);
    assert_eq!(api.post(&path, Value::Null).await, (422, fixed));
    api.sandbox.allow_flagged_to_process(true);
    assert_eq!(api.post(&path, Value::Null).await, (200, json!(true)));
}

// Deep links.

#[tokio::test]
async fn a_deep_link_needs_an_order_that_exists() {
    let api = Api::start().await;
    api.sandbox.create_return(shirts());
    let order = json!({"name": "#2002", "created_at": "2026-06-01T00:00:00+00:00"});
    assert_eq!(api.post("/orders", order).await.0, 201);
    for path in ["/order/link", "/order/qr"] {
        for (body, status) in [
            (json!({"name": "1001", "zip": "62701"}), 200),
            (
                json!({"name": "#2002", "zip": "x", "gift": true, "type": "gif", "size": 9}),
                200,
            ),
            (json!({"name": "#9", "zip": "62701"}), 400),
            (json!({"name": "#1001"}), 422),
            (json!({"name": "#1001", "zip": ""}), 422),
            (json!({"zip": "62701"}), 422),
            (json!([]), 422),
        ] {
            let label = format!("{path} {body}");
            let (found, answer) = api.post(path, body).await;
            assert_eq!(found, status, "{label}");
            match status {
                400 => assert!(answer["errors"][0].is_string(), "{label}"),
                422 => assert!(answer["errors"]["message"].is_string(), "{label}"),
                _ if path == "/order/link" => {
                    let link = answer["url"].as_str().unwrap();
                    assert!(link.starts_with("https://sandbox.loopreturns.com/#/link/"));
                }
                _ => assert!(answer["qr"].is_string() && answer["deeplink_url"].is_string()),
            }
        }
    }
}

// Grading and disposition.

#[tokio::test]
async fn a_grade_shows_on_list_and_details() {
    let api = Api::start().await;
    let id = api.sandbox.create_return(shirts());
    let line = api.truth(id).line_item_ids[0];
    assert_eq!(api.row(id).await["line_items"][0]["condition"], Value::Null);
    let item = json!({
        "line_item_id": line,
        "description": "No refurbishment needed",
        "condition_category": "grade_a",
        "return_processor": "dock@example.com",
        "note": "Scuff marks.",
        "images": ["https://example.com/image.jpg"],
        "inspected_at": "2026-06-15 10:00:00",
    });
    for version in ["2026-07", "v1"] {
        let api = api.version(version);
        let graded = api
            .post("/dispositioning/grade", json!({"items": [item]}))
            .await;
        assert_eq!(graded, (200, json!([item])), "{version}");
    }
    let short = json!({
        "description": "No refurbishment needed", "category": "grade_a", "note": "Scuff marks.",
        "return_processor": "dock@example.com", "inspected_at": "2026-06-15 10:00:00",
    });
    assert_eq!(api.row(id).await["line_items"][0]["condition"], short);
    let long = api.details(id).await["line_items"][0]["condition"].clone();
    assert_eq!(long["condition_category"], "grade_a");
    assert_eq!(long["images"], item["images"]);
    assert_eq!(api.row(id).await["line_items"][1]["condition"], Value::Null);

    let disposed = json!({
        "line_item_id": line, "disposition_outcome": "donate", "return_processor": null,
        "note": null, "inspected_at": null,
    });
    let answer = api
        .post("/dispositioning/assess", json!({"items": [disposed]}))
        .await;
    assert_eq!(answer, (200, json!([disposed])));
    assert_eq!(
        api.row(id).await["line_items"][0]["disposition"]["outcome"],
        "donate"
    );
    let shown = api.details(id).await["line_items"][0]["disposition"].clone();
    assert_eq!(shown["disposition_outcome"], "donate");
    assert_eq!(api.truth(id).state, "open", "neither changes the state");
}

#[tokio::test]
async fn the_category_is_an_object_since_2026_10() {
    let api = Api::start().await;
    let id = api.sandbox.create_return(shirts());
    let line = api.truth(id).line_item_ids[0];
    let graded = |category: &Value| {
        json!({"items": [
            {"line_item_id": line, "description": "x", "condition_category": category},
        ]})
    };
    let object = json!({"subject": "Item condition grade", "title": "Grade A"});
    let text = json!("grade_a");
    for (version, right, wrong) in [
        ("2026-10", &object, &text),
        ("latest", &object, &text),
        ("unstable", &object, &text),
        ("2026-07", &text, &object),
        ("v1", &text, &object),
    ] {
        let api = api.version(version);
        let (status, body) = api.post("/dispositioning/grade", graded(right)).await;
        assert_eq!(status, 200, "{version}");
        let answered = &body[0]["condition_category"];
        assert_eq!(answered.is_object(), right.is_object(), "{version}");
        let (status, body) = api.post("/dispositioning/grade", graded(wrong)).await;
        assert_eq!(status, 422, "{version}");
        assert_eq!(
            wrong_fields(&body),
            ["items.0.condition_category"],
            "{version}"
        );
    }
    assert_eq!(api.sandbox.condition_categories().len(), 1);
    let typo = json!({"subject": "Item condition grade", "title": "Grade a"});
    assert_eq!(
        api.post("/dispositioning/grade", graded(&typo)).await.0,
        200
    );
    assert_eq!(
        api.sandbox.condition_categories().len(),
        2,
        "a typo makes a category"
    );
    let shown = api.row(id).await["line_items"][0]["condition"]["category"].clone();
    assert_eq!(shown, "Grade a");
}

#[tokio::test]
async fn lines_of_another_shop_are_refused_and_nothing_is_written() {
    let api = Api::start().await;
    let id = api.sandbox.create_return(shirts());
    let line = api.truth(id).line_item_ids[0];
    for (version, status) in [
        ("2026-10", 403),
        ("latest", 403),
        ("2026-07", 422),
        ("v1", 422),
    ] {
        for path in ["/dispositioning/grade", "/dispositioning/assess"] {
            let item = |line: u64| json!({"line_item_id": line, "description": "x", "disposition_outcome": "donate"});
            let body = json!({"items": [item(line), item(5)]});
            let (found, answer) = api.version(version).post(path, body).await;
            assert_eq!(found, status, "{version} {path}");
            if status == 422 {
                assert_eq!(wrong_fields(&answer), ["items.1.line_item_id"]);
            }
        }
    }
    let details = api.details(id).await;
    assert_eq!(details["line_items"][0]["condition"], Value::Null);
    assert_eq!(details["line_items"][0]["disposition"], Value::Null);
    let many: Vec<Value> = (0..31)
        .map(|_| json!({"line_item_id": line, "description": "x"}))
        .collect();
    let (status, body) = api
        .post("/dispositioning/grade", json!({"items": many[..30]}))
        .await;
    assert_eq!((status, body.as_array().unwrap().len()), (200, 30));
    let (status, body) = api
        .post("/dispositioning/grade", json!({"items": many}))
        .await;
    assert_eq!(
        (status, wrong_fields(&body)),
        (422, vec!["items".to_owned()])
    );
}

// Fraud reports.

#[tokio::test]
async fn a_fraud_report_is_made_once_and_withdrawn() {
    let api = Api::start().await;
    let id = api.sandbox.create_return(shirts());
    let path = format!("/returns/{id}/fraud-report");
    let report = json!({"category": "other", "comment": "A brick"});
    let (status, body) = api.post(&path, json!({"category": "other"})).await;
    assert_eq!(
        (status, wrong_fields(&body)),
        (422, vec!["comment".to_owned()])
    );
    let unknown = errors_message(UNKNOWN_RETURN);
    for other in ["1", "abc"] {
        let path = format!("/returns/{other}/fraud-report");
        assert_eq!(
            api.post(&path, report.clone()).await,
            (404, unknown.clone())
        );
        assert_eq!(api.delete(&path).await, (404, unknown.clone()));
    }
    assert_eq!(api.delete(&path).await.0, 404);

    let (status, body) = api.post(&path, report.clone()).await;
    assert_eq!(status, 201);
    assert!(body["id"].is_u64());
    assert_eq!(body["return_id"], id);
    assert_eq!(body["category"], "other");
    assert_eq!(body["comment"], "A brick");
    assert_eq!(body["created_at"], "2026-06-15T12:00:00Z");
    assert_eq!(api.truth(id).fraud_category.as_deref(), Some("other"));
    assert_eq!(api.truth(id).state, "open");
    let twice = errors_message("Fraud Report already exists.");
    assert_eq!(api.post(&path, report.clone()).await, (409, twice));

    assert_eq!(api.delete(&path).await, (204, Value::Null));
    assert_eq!(api.truth(id).fraud_category, None);
    assert_eq!(api.post(&path, report).await.0, 201);
    let calls = api.sandbox.calls();
    assert_eq!(calls.last().unwrap().return_id, Some(id));
}

// Labels.

#[tokio::test]
async fn a_label_is_generated_once_and_told() {
    let api = Api::start().await;
    let (inbox, url) = receiver().await;
    for trigger in ["label.created", "label.updated"] {
        api.subscribe("label", trigger, &url).await;
    }
    api.subscribe("return", "label.created", &url).await;
    let id = api.sandbox.create_return(shirts());
    assert!(
        !api.sandbox.move_label(id, "in_transit"),
        "there is none yet"
    );
    let path = format!("/returns/{id}/labels");
    api.sandbox.label_generation_fails(true);
    let (status, body) = api.post(&path, Value::Null).await;
    assert_eq!(
        (status, &body["code"]),
        (422, &json!("label_generation_failed"))
    );
    assert_eq!(api.details(id).await["labels"], json!([]));
    api.sandbox.label_generation_fails(false);

    let queued = json!({"message": "Label generation queued", "returnId": id});
    assert_eq!(api.post(&path, Value::Null).await, (202, queued));
    let (status, body) = api.post(&path, Value::Null).await;
    assert_eq!(
        (status, &body["code"]),
        (409, &json!("label_already_exists"))
    );
    let (status, body) = api.post("/returns/1/labels", Value::Null).await;
    assert_eq!((status, &body["code"]), (404, &json!("return_not_found")));
    for state in ["closed", "cancelled", "expired", "review"] {
        let other = api.sandbox.create_return(shirts());
        api.sandbox.set_state(other, state);
        let (status, body) = api
            .post(&format!("/returns/{other}/labels"), Value::Null)
            .await;
        let code = json!("return_cannot_receive_label");
        assert_eq!((status, &body["code"]), (422, &code), "{state}");
    }

    let details = api.details(id).await;
    let label = &details["labels"][0];
    assert_eq!(label["status"], "new");
    assert_eq!(details["label_status"], "new");
    assert_eq!(details["tracking_number"], label["tracking_number"]);
    assert_eq!(details["label_url"], label["url"]);
    api.advance(60);
    assert!(api.sandbox.move_label(id, "in_transit"));
    let row = api.row(id).await;
    assert_eq!(row["label_status"], "in_transit");
    assert_eq!(row["label_updated_at"], "2026-06-15T12:01:00+00:00");
    api.sandbox.webhooks_delivered().await;
    let told = inbox.lock().unwrap().clone();
    let kinds: Vec<_> = told
        .iter()
        .map(|body| {
            (
                body["topic"].as_str().unwrap(),
                body["trigger"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("label", "label.created"),
        ("return", "label.created"),
        ("label", "label.updated"),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(
        (&told[0]["id"], &told[0]["label_status"]),
        (&json!(id), &json!("new"))
    );
    assert_eq!(told[0]["tracking_number"], label["tracking_number"]);
    assert_eq!(told[1]["labels"][0]["url"], label["url"]);
    assert_eq!(told[2]["label_updated_at"], "2026-06-15T12:01:00.000Z");
}

#[tokio::test]
async fn only_a_label_that_is_not_on_its_way_is_regenerated() {
    let api = Api::start().await;
    // (state of the return, status of its label or none, answer)
    for (state, label, status) in [
        ("open", Some("new"), 202),
        ("open", Some("pre_transit"), 202),
        ("open", Some("in_transit"), 422),
        ("open", Some("delivered"), 422),
        ("open", None, 422),
        ("closed", Some("new"), 422),
    ] {
        let id = api.sandbox.create_return(shirts());
        if let Some(label) = label {
            let path = format!("/returns/{id}/labels");
            assert_eq!(api.post(&path, Value::Null).await.0, 202);
            api.sandbox.move_label(id, label);
        }
        api.sandbox.set_state(id, state);
        let old = api.details(id).await["labels"].clone();
        let path = format!("/returns/{id}/labels/regenerate");
        let (found, body) = api.post(&path, Value::Null).await;
        assert_eq!(found, status, "{state} {label:?}");
        let new = api.details(id).await["labels"].clone();
        if status == 202 {
            assert_eq!(body["returnId"], id);
            assert_eq!(new.as_array().unwrap().len(), 1);
            assert_ne!(new[0]["tracking_number"], old[0]["tracking_number"]);
        } else {
            assert_eq!(new, old, "{state} {label:?}");
        }
    }
    let (status, body) = api.post("/returns/1/labels/regenerate", Value::Null).await;
    assert_eq!((status, &body["code"]), (404, &json!("return_not_found")));
    let bought = api
        .sandbox
        .create_return(shirts().tracking("1Z").carrier("UPS"));
    let path = format!("/returns/{bought}/labels/regenerate");
    assert_eq!(
        api.post(&path, Value::Null).await.0,
        202,
        "one of the shopper"
    );
}

// Label requests.

fn sent_label(request: &Value) -> Value {
    json!({
        "label_request_id": request,
        "tracking_number": "LP1",
        "carrier": "Parcel",
        "label_url": "https://labels.example.com/1.pdf",
        "rate": {"amount": 512, "currency_code": "USD"},
    })
}

#[tokio::test]
async fn a_label_request_is_issued_answered_and_moved() {
    let api = Api::start().await;
    let (inbox, url) = receiver().await;
    for trigger in ["label.request.issued", "label.request.cancelled"] {
        api.subscribe("label.request", trigger, &url).await;
    }
    api.subscribe("return", "label.request.issued", &url).await;
    api.subscribe("label", "label.created", &url).await;
    api.subscribe("label", "label.updated", &url).await;
    let id = api.sandbox.create_return(shirts());
    assert_eq!(api.sandbox.issue_label_request(1), None);
    let request = api.sandbox.issue_label_request(id).unwrap();
    let (status, shown) = api.get(&format!("/label-requests/{request}")).await;
    assert_eq!(status, 200);
    assert_eq!(shown["id"], request.to_string(), "a text here");
    assert_eq!(shown["return_id"], id);
    assert_eq!(shown["status"], "issued");
    assert!(shown["addresses"]["origin"]["postal_code"].is_string());
    assert_eq!(
        shown["products"][0]["price"],
        json!({"amount": 7800, "currency": "USD"})
    );

    let path = "/labels";
    for (field, value, status) in [
        ("label_request_id", json!(5), 404),
        ("label_request_id", json!(request.to_string()), 422),
        ("tracking_number", json!("x".repeat(257)), 422),
        ("carrier", json!("x".repeat(33)), 422),
        ("label_url", Value::Null, 422),
        ("rate", json!(512), 422),
        ("rate", json!({"amount": 5.12, "currency_code": "USD"}), 422),
        ("rate", json!({"amount": 512, "currency": "USD"}), 422),
        ("tracking_url", json!("x".repeat(2049)), 422),
        ("qrcode_url", json!("x".repeat(513)), 422),
    ] {
        let mut body = sent_label(&json!(request));
        body[field] = value;
        let (found, answer) = api.post(path, body).await;
        assert_eq!(found, status, "{field} {answer}");
        if status == 404 {
            assert_eq!(answer, json!({"errors": "Label request not found."}));
        } else {
            let named = wrong_fields(&answer).remove(0);
            assert!(named.starts_with(field), "{field} {named}");
        }
    }
    assert_eq!(api.details(id).await["labels"], json!([]));

    let answer = api
        .send(Method::POST, path, &sent_label(&json!(request)), "")
        .await;
    assert_eq!(answer.status, 201);
    let label = answer.body["id"].as_u64().unwrap();
    assert!(label > u64::from(u32::MAX));
    let location = answer.headers["location"].to_str().unwrap();
    assert!(location.ends_with(&format!("/labels/{label}")));
    assert_eq!(answer.body["status"], "new");
    assert_eq!(
        answer.body["rate"],
        json!({"amount": 512, "currency_code": "USD"})
    );
    let (status, again) = api.post(path, sent_label(&json!(request))).await;
    assert_eq!(
        (status, wrong_fields(&again)),
        (422, vec!["label_request_id".to_owned()])
    );
    let details = api.details(id).await;
    assert_eq!(details["labels"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&details["carrier"], &details["label_rate"]),
        (&json!("Parcel"), &json!(512))
    );
    let regenerate = format!("/returns/{id}/labels/regenerate");
    assert_eq!(
        api.post(&regenerate, Value::Null).await.0,
        422,
        "made by a provider"
    );

    let one = format!("/labels/{label}");
    for (path, body, status) in [
        (one.as_str(), json!({"status": "in_transit"}), 200),
        (&one, json!({"status": "in_transit"}), 200),
        (&one, json!({"status": "lost"}), 422),
        (&one, json!({}), 422),
        ("/labels/1", json!({"status": "new"}), 404),
    ] {
        assert_eq!(api.put(path, body).await.0, status, "{path}");
    }
    assert_eq!(
        api.put(&one, json!({"status": "delivered"})).await.1["status"],
        "delivered"
    );
    assert_eq!(api.row(id).await["label_status"], "delivered");

    let second = api.sandbox.issue_label_request(id).unwrap();
    assert!(api.sandbox.cancel_label_request(second));
    for request in [second, request, 5] {
        assert!(!api.sandbox.cancel_label_request(request));
    }
    let (status, _) = api.post(path, sent_label(&json!(second))).await;
    assert_eq!(status, 422, "cancelled");
    let old = api.sandbox.issue_label_request(id).unwrap();
    let (status, _) = api.version("v1").post(path, sent_label(&json!(old))).await;
    assert_eq!(status, 200, "the older answer");

    api.sandbox.webhooks_delivered().await;
    let told = inbox.lock().unwrap().clone();
    let triggers: Vec<_> = told
        .iter()
        .map(|body| body["trigger"].as_str().unwrap())
        .collect();
    let expected = [
        "label.request.issued",
        "label.created",
        "label.updated",
        "label.updated",
        "label.request.issued",
        "label.request.cancelled",
        "label.request.issued",
        "label.created",
    ];
    assert_eq!(triggers, expected);
    assert_eq!(told[0]["id"], request, "a number here");
    assert!(told[0]["addresses"]["origin"]["zip"].is_string());
    assert_eq!(told[0].get("status"), None);
    assert_eq!(told[0]["return_id"], id);
}

#[tokio::test]
async fn label_requests_are_listed_by_time_return_and_status() {
    let api = Api::start().await;
    let (first, second) = (
        api.sandbox.create_return(shirts()),
        api.sandbox.create_return(shirts()),
    );
    let mut ids = Vec::new();
    for (position, of) in [first, second, second, first].into_iter().enumerate() {
        if position > 0 {
            api.advance(3600);
        }
        ids.push(api.sandbox.issue_label_request(of).unwrap());
    }
    assert!(api.sandbox.cancel_label_request(ids[1]));
    assert_eq!(api.post("/labels", sent_label(&json!(ids[2]))).await.0, 201);
    let of_first = format!("?return_id={first}");
    // (query, positions of the requests, or the field that is refused)
    let table: [(&str, Result<&[usize], &str>); 15] = [
        ("", Ok(&[0, 1, 2, 3])),
        ("?from=2026-06-15T13:00:00Z", Ok(&[1, 2, 3])),
        ("?to=2026-06-15T13:00:00Z", Ok(&[0])),
        (
            "?from=2026-06-15T13:00:00Z&to=2026-06-15T14:00:01Z",
            Ok(&[1, 2]),
        ),
        (&of_first, Ok(&[0, 3])),
        ("?status=issued", Ok(&[0, 3])),
        ("?status=cancelled", Ok(&[1])),
        ("?status=fulfilled", Ok(&[2])),
        ("?limit=2&offset=1", Ok(&[1, 2])),
        ("?limit=0", Ok(&[])),
        ("?limit=250&offset=4", Ok(&[])),
        ("?limit=251", Err("limit")),
        ("?status=new", Err("status")),
        ("?from=soon", Err("from")),
        ("?return_id=abc", Err("return_id")),
    ];
    for (query, expected) in table {
        let (status, body) = api.get(&format!("/label-requests{query}")).await;
        match expected {
            Ok(positions) => {
                assert_eq!(status, 200, "{query}");
                let found: Vec<&str> = body["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|request| request["id"].as_str().unwrap())
                    .collect();
                let wanted: Vec<String> = positions
                    .iter()
                    .map(|position| ids[*position].to_string())
                    .collect();
                assert_eq!(found, wanted, "{query}");
            }
            Err(field) => {
                assert_eq!(status, 422, "{query}");
                assert_eq!(wrong_fields(&body), [field], "{query}");
            }
        }
    }

    let errors = format!("/label-requests/{}/errors", ids[0]);
    let error = json!({"reason": "INVALID_ADDRESS", "message": "No such street"});
    let (status, body) = api.post(&errors, error).await;
    assert_eq!(
        (status, &body["created_at"]),
        (200, &json!("2026-06-15T15:00:00Z"))
    );
    let (status, body) = api.post(&errors, json!({"reason": "OTHER"})).await;
    assert_eq!(
        (status, wrong_fields(&body)),
        (422, vec!["reason".to_owned()])
    );
    let (_, shown) = api.get(&format!("/label-requests/{}", ids[0])).await;
    assert_eq!(shown["status"], "issued", "it stays");
    assert_eq!(shown["errors"][0]["message"], "No such street");
    for path in ["/label-requests/1", "/label-requests/abc"] {
        let (status, body) = api.get(path).await;
        assert_eq!((status, &body["code"]), (404, &json!("NOT_FOUND")));
        let (status, _) = api
            .post(&format!("{path}/errors"), json!({"reason": "Other"}))
            .await;
        assert_eq!(status, 404);
    }
}

// Destinations.

fn warehouse(name: &str) -> Value {
    json!({
        "name": name,
        "type": "warehouse",
        "address": {
            "address1": "123 Commerce St", "city": "Columbus", "state": "Ohio", "zip": "43215",
            "country": "United States", "country_code": "US",
        },
    })
}

#[tokio::test]
async fn destinations_are_made_changed_and_removed() {
    let api = Api::start().await;
    assert_eq!(
        api.get("/destinations").await,
        (200, json!({"destinations": []}))
    );
    let (status, made) = api.post("/destinations", warehouse("Ohio")).await;
    assert_eq!(status, 200);
    assert_eq!(made["enabled"], true);
    assert_eq!(made["provider_location_id"], Value::Null);
    assert_eq!(made["address"]["address2"], Value::Null);
    let id = made["id"].as_u64().unwrap();
    let one = format!("/destinations/{id}");
    assert_eq!(api.get(&one).await, (200, made.clone()));
    assert_eq!(
        api.get("/destinations").await.1["destinations"],
        json!([made])
    );
    let (status, body) = api.post("/destinations", json!({"type": "donate"})).await;
    assert_eq!(
        (status, body),
        (422, json!({"message": "The name field is required."}))
    );

    let mut other = warehouse("Utah");
    other["enabled"] = json!(false);
    let (status, changed) = api.put(&one, other).await;
    assert_eq!(
        (status, &changed["name"], &changed["id"]),
        (200, &json!("Utah"), &json!(id))
    );
    let (_, again) = api.put(&one, warehouse("Utah")).await;
    assert_eq!(
        again["enabled"], false,
        "without the field the old value stays"
    );
    assert_eq!(api.put(&one, json!({})).await.0, 422);

    api.sandbox.limit_destinations(1);
    let (status, body) = api.post("/destinations", warehouse("Iowa")).await;
    assert_eq!(
        (status, &body["code"]),
        (422, &json!("DESTINATION_LIMIT_EXCEEDED"))
    );

    assert!(api.sandbox.forget_destination_address(id));
    let text = "One or more destinations do not have an address";
    assert_eq!(
        api.get("/destinations").await,
        (500, json!({ "message": text }))
    );
    assert_eq!(api.get(&one).await.1["address"], Value::Null);

    assert_eq!(api.delete(&one).await, (200, json!("Success")));
    assert!(!api.sandbox.forget_destination_address(id));
    let gone = json!({"code": "NOT_FOUND", "message": "The destination could not be found."});
    assert_eq!(api.get(&one).await, (404, gone.clone()));
    assert_eq!(api.put(&one, warehouse("Utah")).await, (404, gone.clone()));
    assert_eq!(api.delete(&one).await, (404, gone));
    assert_eq!(api.get("/destinations").await.0, 200);
}

// Happy Returns.

#[tokio::test]
async fn shipments_of_happy_returns_are_told_and_read() {
    let api = Api::start().await;
    let (inbox, url) = receiver().await;
    api.subscribe("happy.returns.shipment", "shipment.processed", &url)
        .await;
    let returns = [
        api.sandbox.create_return(shirts()),
        api.sandbox.create_return(shirts()),
    ];
    let id = api
        .sandbox
        .record_shipment("67891", &[returns[0], returns[1], 5]);
    api.sandbox.webhooks_delivered().await;
    let expected = json!({
        "topic": "happy.returns.shipment", "trigger": "shipment.processed",
        "loop_shipment_id": id, "happy_returns_shipment_id": "67891",
    });
    assert_eq!(*inbox.lock().unwrap(), [expected]);
    assert_eq!(api.sandbox.deliveries()[0].return_id, 0);

    let (status, shipment) = api.get("/happy-returns/shipments/67891").await;
    assert_eq!((status, &shipment["loop_shipment_id"]), (200, &json!(id)));
    assert_eq!(
        (&shipment["line_item_count"], &shipment["return_count"]),
        (&json!(4), &json!(2))
    );
    let (_, page) = api.get("/happy-returns/shipments").await;
    assert_eq!(page["data"], json!([shipment]));
    assert_eq!(
        (&page["per_page"], &page["last_page"]),
        (&json!(200), &json!(1))
    );
    let (_, items) = api
        .get(&format!("/happy-returns/shipments/{id}/items"))
        .await;
    assert_eq!(items["total"], 4);
    assert_eq!(items["data"][0]["return_id"], returns[0]);
    assert_eq!(items["data"][0]["variant_title"], "Small");
    assert_eq!(items["data"][0]["shipment_id"], id);
    // Each path has its own kind of id.
    for path in [
        format!("/{id}"),
        "/67891/items".to_owned(),
        "/x/items".to_owned(),
    ] {
        assert_eq!(
            api.get(&format!("/happy-returns/shipments{path}")).await.0,
            404,
            "{path}"
        );
    }
    api.advance(86_401);
    assert_eq!(api.get("/happy-returns/shipments").await.1["total"], 0);
    let (_, page) = api.get("/happy-returns/shipments?from=2026-06-15").await;
    assert_eq!(page["total"], 1);
    let (status, body) = api.get("/happy-returns/shipments?to=soon").await;
    assert_eq!((status, wrong_fields(&body)), (422, vec!["to".to_owned()]));
}

// Blocklist and allowlist.

#[tokio::test]
async fn blocklist_and_allowlist_are_kept_apart() {
    let api = Api::start().await;
    for (path, kind, foreign) in [
        ("/blocklists", "product_tag", "customer"),
        ("/allowlists", "email", "product"),
    ] {
        let entry = json!({"type": kind, "value": "x", "secondary_value": "y"});
        let (status, made) = api.post(path, entry).await;
        assert_eq!(status, 201, "{path}");
        let id = made["id"].as_u64().unwrap();
        let whole = json!({"id": id, "type": kind, "value": "x", "secondary_value": "y"});
        assert_eq!(made, whole, "{path}");
        let one = format!("{path}/{id}");
        assert_eq!(api.get(&one).await, (200, whole), "{path}");
        for (body, field) in [
            (json!({"type": kind}), "value"),
            (json!({"value": "x"}), "type"),
            (json!({"type": foreign, "value": "x"}), "type"),
            (
                json!({"type": kind, "value": "x", "secondary_value": 7}),
                "secondary_value",
            ),
        ] {
            let (status, body) = api.post(path, body).await;
            assert_eq!(
                (status, wrong_fields(&body)),
                (422, vec![field.to_owned()]),
                "{path}"
            );
        }
        for number in 0..15 {
            let value = format!("v{number}");
            assert_eq!(
                api.post(path, json!({"type": kind, "value": value}))
                    .await
                    .0,
                201
            );
        }
        let (_, first) = api.get(path).await;
        assert_eq!(first["data"].as_array().unwrap().len(), 15, "{path}");
        assert_eq!(
            (&first["from"], &first["last_page"]),
            (&json!("1"), &json!("2")),
            "{path}"
        );
        let next = first["next_page_url"].as_str().unwrap();
        assert!(next.ends_with(&format!("/api/v1{path}?page=2")), "{next}");
        let (_, second) = api.get(&format!("{path}?page=2")).await;
        assert_eq!(second["data"][0]["value"], "v14", "{path}");
        assert_eq!(second["next_page_url"], Value::Null, "{path}");

        assert_eq!(api.delete(&one).await, (204, Value::Null), "{path}");
        for (status, body) in [api.delete(&one).await, api.get(&one).await] {
            assert_eq!(
                (status, &body["code"]),
                (404, &json!("NOT_FOUND")),
                "{path}"
            );
        }
    }
}

// Carts.

#[tokio::test]
async fn a_cart_is_made_read_overwritten_and_deleted() {
    let api = Api::start().await;
    let id = api.sandbox.create_return(shirts());
    let returned = api.details(id).await["line_items"][0]["variant_id"].clone();
    api.sandbox.add_variant(7);
    let (status, made) = api.post("/cart", json!({"cart": [returned, 7, 7]})).await;
    assert_eq!(
        (status, &made["data"]["cart"]),
        (200, &json!([returned, 7, 7]))
    );
    let one = format!("/cart/{}", made["token"].as_str().unwrap());
    assert_eq!(
        api.get(&one).await,
        (200, json!({"cart": [returned, 7, 7]}))
    );
    let changed = json!({"updated": true, "data": {"cart": [7]}});
    assert_eq!(api.post(&one, json!({"cart": [7]})).await, (200, changed));
    for path in ["/cart", one.as_str()] {
        for (body, text) in [
            (json!({"cart": []}), "Cart is empty."),
            (json!({"cart": [777_777]}), "Variant ID 777777 not found."),
            (json!({}), "Cart should contain a list of variant IDs."),
        ] {
            assert_eq!(
                api.post(path, body).await,
                (200, errors_message(text)),
                "{path}"
            );
        }
    }
    assert_eq!(
        api.get(&one).await,
        (200, json!({"cart": [7]})),
        "a refusal changes nothing"
    );
    assert_eq!(api.delete(&one).await, (200, json!(true)));
    let missing = (200, errors_message("No cart found for the provided token."));
    assert_eq!(api.get(&one).await, missing);
    assert_eq!(api.post(&one, json!({"cart": [7]})).await, missing);
    assert_eq!(api.delete(&one).await, missing);
}

// Orders.

#[tokio::test]
async fn orders_are_echoed_and_dated_since_2026_10() {
    let api = Api::start().await;
    let old = api.version("2026-07");
    let dated = json!({
        "name": "#3003", "created_at": "2026-06-01T00:00:00+00:00", "lines": [{"product_id": 9}],
    });
    let (status, made) = api.post("/orders", dated.clone()).await;
    assert_eq!(status, 201);
    let id = made["id"].as_u64().unwrap();
    let mut whole = dated.clone();
    whole["id"] = json!(id);
    assert_eq!(made, whole);
    let one = format!("/orders/{id}");
    assert_eq!(api.get(&one).await, (200, whole.clone()));
    assert_eq!(api.get("/orders").await, (200, json!({"orders": [whole]})));

    for (method, path) in [
        (Method::POST, "/orders"),
        (Method::PUT, "/orders"),
        (Method::PUT, one.as_str()),
    ] {
        for created_at in [
            Value::Null,
            json!("2026-06-01"),
            json!("2026-06-01T00:00:00Z"),
        ] {
            let body = json!({"name": "#3003", "created_at": created_at});
            let (status, body) = api.call(method.clone(), path, body).await;
            let label = format!("{method} {path} {created_at}");
            assert_eq!(
                (status, wrong_fields(&body)),
                (422, vec!["created_at".to_owned()]),
                "{label}"
            );
        }
        let undated = json!({"name": "#3003"});
        let (status, _) = old.call(method.clone(), path, undated).await;
        assert!(status < 300, "{method} {path}");
        assert_eq!(api.call(method, path, json!([])).await.0, 422);
    }
    let (status, replaced) = api.put("/orders", whole.clone()).await;
    assert_eq!(
        (status, &replaced["id"]),
        (200, &json!(id)),
        "an upsert by id"
    );
    assert_eq!(api.put("/orders", dated).await.0, 201, "an upsert without");

    let text = api
        .send(Method::GET, &one, &Value::Null, "string")
        .await
        .body;
    assert_eq!(text["id"], id.to_string());
    assert_eq!(text["lines"][0]["product_id"], "9");

    let eligible = |name: &str| json!({ "order_name": name });
    let path = "/orders/return-eligibility";
    let (status, read) = api.post(path, eligible("#3003")).await;
    assert_eq!(
        (status, &read["return_eligibility"]["order_id"]),
        (200, &json!(id))
    );
    let returned = api.sandbox.create_return(shirts());
    let (_, read) = api.post(path, eligible("1001")).await;
    assert_eq!(
        read["return_eligibility"]["order_id"],
        api.details(returned).await["order_id"]
    );
    assert_eq!(api.post(path, eligible("#9")).await.0, 404);
    assert_eq!(api.post(path, json!({})).await.0, 422);

    assert_eq!(api.delete(&one).await, (204, Value::Null));
    for (status, body) in [
        api.get(&one).await,
        api.delete(&one).await,
        api.put(&one, whole).await,
    ] {
        assert_eq!((status, &body["code"]), (404, &json!("ORDER_NOT_FOUND")));
    }
}

// Scopes.

#[tokio::test]
async fn a_call_needs_its_scope() {
    let scopes = ["returns", "orders", "destinations:write"];
    let api = Api::with(Sandbox::builder().scopes(scopes)).await;
    let unauthorized = json!({"error": {
        "code": "401", "http_code": "GEN-UNAUTHORIZED", "message": "Unauthorized.",
    }});
    for (method, path, open) in [
        (Method::GET, "/warehouse/return/list", true),
        (Method::POST, "/dispositioning/grade", true),
        (Method::POST, "/returns/1/labels/regenerate", true),
        (Method::POST, "/order/link", true),
        (Method::GET, "/blocklists", true),
        (Method::GET, "/orders", true),
        (Method::POST, "/destinations", true),
        (Method::GET, "/destinations", false),
        (Method::POST, "/cart", false),
        (Method::GET, "/webhooks", false),
        (Method::GET, "/happy-returns/shipments", false),
        (Method::GET, "/label-requests", false),
        (Method::POST, "/labels", false),
        (Method::GET, "/nothing", true),
    ] {
        let label = format!("{method} {path}");
        let (status, body) = api.call(method, path, Value::Null).await;
        assert_eq!(status != 401, open, "{label}");
        if !open {
            assert_eq!(body, unauthorized, "{label}");
        }
    }
    let none = Api::with(Sandbox::builder().scopes([] as [&str; 0])).await;
    assert_eq!(
        none.get("/warehouse/return/list").await,
        (401, unauthorized)
    );
    let (status, _) = none.post("/returns/1/labels/regenerate", Value::Null).await;
    assert_eq!(status, 403, "the one call that is documented so");
}
