//! The sandbox's faults, as a bare HTTP client, this crate's client and a webhook receiver meet
//! them.
#![cfg(feature = "sandbox")]
// Clippy's exception for tests does not reach their helpers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use loop_client::sandbox::{
    Delivery, DeliveryOutcome, Fault, NewLine, NewReturn, On, OnWebhook, Processing, ReleaseOrder,
    ReturnTruth, Sandbox, SandboxBuilder, WebhookFault, WebhookRetries,
};
use loop_client::webhook::{Event, WebhookVerifier};
use loop_client::{ApiKey, Client, Effect, ErrorKind, ReturnState, Runtime};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const PROCESS: &str = "/warehouse/return/{id}/process";

/// 2026-06-15 12:00:00.
const NOON: i64 = 1_781_524_800_000;

fn builder() -> SandboxBuilder {
    Sandbox::builder()
        .processing(Processing::Held)
        .now(Arc::new(|| NOON))
}

fn process() -> On {
    On::path("POST", PROCESS)
}

fn shirts() -> NewReturn {
    NewReturn::new("#1001")
        .tracking("1Z")
        .line(NewLine::new("SHIRT-S").price("78.00"))
}

fn truth_of(sandbox: &Sandbox, id: u64) -> ReturnTruth {
    let all = sandbox.truth();
    all.into_iter().find(|truth| truth.id == id).unwrap()
}

fn url(sandbox: &Sandbox, path: &str) -> String {
    format!("{}/2026-10{path}", sandbox.base_url())
}

/// What a bare client sees of a call.
#[derive(Debug, PartialEq)]
enum Seen {
    Answer(u16, String),
    /// The head of the answer, and a body that breaks off.
    Cut(u16),
    NoAnswer,
}

fn answer(status: u16, body: &str) -> Seen {
    Seen::Answer(status, body.to_owned())
}

struct Bare {
    http: reqwest::Client,
    key: String,
}

impl Bare {
    fn of(sandbox: &Sandbox) -> Bare {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        Bare {
            http: http.build().unwrap(),
            key: sandbox.api_key().to_owned(),
        }
    }

    async fn send(&self, method: &str, url: &str, body: &Value) -> reqwest::Result<Response> {
        let method = method.parse().unwrap();
        let mut call = self
            .http
            .request(method, url)
            .header("X-Authorization", &self.key);
        if !body.is_null() {
            call = call.body(body.to_string());
        }
        call.send().await
    }

    async fn process(&self, sandbox: &Sandbox, id: u64) -> Seen {
        let url = url(sandbox, &format!("/warehouse/return/{id}/process"));
        let Ok(response) = self.send("POST", &url, &json!({"by": "test"})).await else {
            return Seen::NoAnswer;
        };
        let status = response.status().as_u16();
        match response.text().await {
            Ok(text) => Seen::Answer(status, text),
            Err(_) => Seen::Cut(status),
        }
    }

    async fn get(&self, sandbox: &Sandbox, path: &str) -> Value {
        let response = self.send("GET", &url(sandbox, path), &Value::Null).await;
        parsed(response).await
    }

    async fn subscribe(&self, sandbox: &Sandbox, trigger: &str, url_of_hook: &str) -> String {
        let wanted = json!({
            "topic": "return", "trigger": trigger, "url": url_of_hook, "status": "active",
        });
        let made = self.send("POST", &url(sandbox, "/webhooks"), &wanted).await;
        parsed(made).await["id"].to_string()
    }
}

type Response = reqwest::Response;

async fn parsed(response: reqwest::Result<Response>) -> Value {
    let text = response.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn every_fault_of_a_call_does_what_it_says_and_its_effect_is_known() {
    let html_500 = "<!DOCTYPE html>\n<html><head><title>500 Internal Server Error</title></head>\
                    <body><h1>500 Internal Server Error</h1><hr>sandbox</body></html>\n";
    let wide = format!("{}true", " ".repeat(200_000));
    let throttled = r#"{"message":"Too Many Attempts."}"#;
    let wrong_key =
        r#"{"error":{"code":"401","http_code":"GEN-UNAUTHORIZED","message":"Unauthorized."}}"#;
    // (fault, what is seen, whether Loop accepted the request)
    let table = [
        (
            Fault::status(503),
            answer(503, r#"{"message":"Error 503"}"#),
            false,
        ),
        (
            Fault::status(599).after_effect(),
            answer(599, r#"{"message":"Error 599"}"#),
            true,
        ),
        (
            Fault::status(100),
            answer(500, r#"{"message":"Error 100"}"#),
            false,
        ),
        (Fault::html(500), answer(500, html_500), false),
        (Fault::html(500).after_effect(), answer(500, html_500), true),
        (Fault::json(418, json!([1])), answer(418, "[1]"), false),
        (Fault::answer_false(), answer(200, "false"), false),
        (
            Fault::answer_false().after_effect(),
            answer(200, "false"),
            true,
        ),
        (Fault::empty_body(), answer(200, ""), false),
        (Fault::empty_body().after_effect(), answer(200, ""), true),
        (Fault::too_many_requests(), answer(429, throttled), false),
        (Fault::unauthorized(), answer(401, wrong_key), false),
        (
            Fault::redirect("http://127.0.0.1:9/"),
            answer(307, ""),
            false,
        ),
        (Fault::lost_request(), Seen::NoAnswer, false),
        (Fault::lost_reply(), Seen::NoAnswer, true),
        (Fault::cut_body(), Seen::Cut(200), true),
        (Fault::cut_chunked_body(), Seen::Cut(200), true),
        (Fault::truncated_body(), answer(200, "tr"), true),
        (
            Fault::slow_body(Duration::from_millis(1)),
            answer(200, "true"),
            true,
        ),
        (Fault::oversized_body(200_000), answer(200, &wide), true),
        (Fault::unknown_fields(), answer(200, "true"), true),
        (Fault::unknown_values(), answer(200, "true"), true),
    ];
    let sandbox = builder().start().await.unwrap();
    let bare = Bare::of(&sandbox);
    for (fault, expected, has_effect) in table {
        let id = sandbox.create_return(shirts());
        let label = format!("{fault:?}");
        let fault = sandbox.inject(fault, process().times(1));
        assert_eq!(bare.process(&sandbox, id).await, expected, "{label}");
        let truth = truth_of(&sandbox, id);
        assert_eq!(truth.process_accepted, u32::from(has_effect), "{label}");

        let call = sandbox.calls().pop().unwrap();
        let status = match expected {
            Seen::Answer(status, _) | Seen::Cut(status) => status,
            Seen::NoAnswer => 0,
        };
        assert_eq!((call.status, call.fault), (status, Some(fault)), "{label}");
        assert_eq!(call.return_id, Some(id), "{label}");

        assert_eq!(
            bare.process(&sandbox, id).await,
            answer(200, "true"),
            "{label}"
        );
        assert_eq!(sandbox.calls().pop().unwrap().fault, None, "{label}");
        assert_eq!(sandbox.fault_hits(fault), 1, "{label}");
    }
}

/// Everything that arrives at a client that writes its request and reads until the end.
async fn raw(sandbox: &Sandbox, id: u64) -> String {
    let address = sandbox.base_url().trim_start_matches("http://");
    let address = address.trim_end_matches("/api");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let key = sandbox.api_key();
    let request = format!(
        "POST /api/v1/warehouse/return/{id}/process HTTP/1.1\r\nHost: x\r\n\
         X-Authorization: {key}\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn connections_break_where_they_should() {
    // (fault, what the head holds, what stands after it; None is not one byte)
    let table = [
        (Fault::lost_request(), None),
        (Fault::lost_reply(), None),
        (Fault::cut_body(), Some(("content-length: 4\r\n", "tr"))),
        (
            Fault::cut_chunked_body(),
            Some(("transfer-encoding: chunked\r\n", "2\r\ntr\r\n")),
        ),
    ];
    let sandbox = builder().start().await.unwrap();
    for (fault, expected) in table {
        let id = sandbox.create_return(shirts());
        let label = format!("{fault:?}");
        sandbox.inject(fault, process().times(1));
        let received = raw(&sandbox, id).await;
        match expected {
            None => assert_eq!(received, "", "{label}"),
            Some((header, body)) => {
                let (head, rest) = received.split_once("\r\n\r\n").unwrap();
                assert!(format!("{head}\r\n").contains(header), "{label}: {head}");
                assert_eq!(rest, body, "{label}");
            }
        }
    }
}

#[tokio::test]
async fn advice_to_wait_comes_in_both_forms_or_not_at_all() {
    // (fault, Retry-After, Date)
    let table = [
        (Fault::too_many_requests(), None, None),
        (Fault::retry_after_seconds(30), Some("30"), None),
        (
            Fault::retry_after_date(90),
            Some("Mon, 15 Jun 2026 12:01:30 GMT"),
            Some("Mon, 15 Jun 2026 12:00:00 GMT"),
        ),
    ];
    let sandbox = builder().start().await.unwrap();
    let bare = Bare::of(&sandbox);
    for (fault, advice, date) in table {
        sandbox.inject(fault, On::any().times(1));
        let list = url(&sandbox, "/warehouse/return/list");
        let response = bare.send("GET", &list, &Value::Null).await.unwrap();
        assert_eq!(response.status(), 429);
        let header = |name: &str| response.headers().get(name)?.to_str().ok();
        assert_eq!(header("x-ratelimit-remaining"), Some("0"));
        assert_eq!(header("retry-after"), advice);
        if date.is_some() {
            assert_eq!(header("date"), date);
        }
    }
}

#[tokio::test]
async fn only_calls_that_may_come_in_are_hit() {
    let sandbox = builder().rate_limit_per_minute(1).start().await.unwrap();
    let mut bare = Bare::of(&sandbox);
    let id = sandbox.create_return(shirts());
    let fault = sandbox.inject(Fault::status(500), On::any());
    let right = std::mem::replace(&mut bare.key, "wrong".to_owned());
    assert!(matches!(
        bare.process(&sandbox, id).await,
        Seen::Answer(401, _)
    ));
    bare.key = right;
    assert!(matches!(
        bare.process(&sandbox, id).await,
        Seen::Answer(500, _)
    ));
    assert!(matches!(
        bare.process(&sandbox, id).await,
        Seen::Answer(429, _)
    ));
    assert_eq!(sandbox.fault_hits(fault), 1);
    let faults: Vec<_> = sandbox.calls().iter().map(|call| call.fault).collect();
    assert_eq!(faults, [None, Some(fault), None]);
}

#[tokio::test]
async fn unknown_fields_and_values_are_in_every_answer() {
    let sandbox = builder().start().await.unwrap();
    let bare = Bare::of(&sandbox);
    let id = sandbox.create_return(shirts());
    let details = format!("/warehouse/return/details?return_id={id}");
    // (path, the objects in the answer, the texts in it that come from a set)
    let table: [(&str, &[&str], &[&str]); 4] = [
        (
            "/warehouse/return/list",
            &[
                "/0",
                "/0/line_items/0",
                "/0/labels/0",
                "/0/outcomes_processed_at",
            ],
            &[
                "/0/state",
                "/0/outcome",
                "/0/label_status",
                "/0/type",
                "/0/line_items/0/outcome",
                "/0/labels/0/status",
            ],
        ),
        (
            &details,
            &["", "/line_items/0", "/labels/0", "/outcomes_processed_at"],
            &[
                "/state",
                "/outcome",
                "/label_status",
                "/type",
                "/line_items/0/outcome",
                "/labels/0/status",
            ],
        ),
        (
            "/warehouse/reporting/asn",
            &["/0"],
            &["/0/state", "/0/outcome", "/0/label_status"],
        ),
        ("/warehouse/return/1/notes", &["", "/errors"], &[]),
    ];
    for (path, objects, texts) in table {
        let good = bare.get(&sandbox, path).await;
        sandbox.inject(Fault::unknown_fields(), On::any().times(1));
        let mut wider = bare.get(&sandbox, path).await;
        for object in objects {
            let object = wider.pointer_mut(object).unwrap().as_object_mut().unwrap();
            assert!(object.remove("sandbox_unknown_field").is_some(), "{path}");
        }
        assert_eq!(wider, good, "{path}");

        sandbox.inject(Fault::unknown_values(), On::any().times(1));
        let mut odd = bare.get(&sandbox, path).await;
        for text in texts {
            let known = good.pointer(text).unwrap().clone();
            let found = odd.pointer_mut(text).unwrap();
            assert_eq!(*found, "sandbox-unknown", "{path}{text}");
            *found = known;
        }
        assert_eq!(odd, good, "{path}");
    }
}

/// Time passes only by sleeping.
#[derive(Debug, Default)]
struct Virtual(Mutex<Duration>);

#[async_trait]
impl Runtime for Virtual {
    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }

    fn random(&self) -> u64 {
        0
    }
}

fn client(sandbox: &Sandbox) -> (Client, Arc<Virtual>) {
    let time = Arc::new(Virtual::default());
    let key = ApiKey::new(sandbox.api_key()).unwrap();
    let builder = Client::builder(key).base_url(sandbox.base_url());
    let builder = builder.runtime(Arc::<Virtual>::clone(&time));
    (builder.build().unwrap(), time)
}

#[tokio::test]
async fn our_client_knows_what_a_failed_process_call_may_have_done() {
    // (fault, what the client says, refunds)
    let table = [
        (Fault::status(503), Effect::Unknown, 0),
        (Fault::status(503).after_effect(), Effect::Unknown, 1),
        (Fault::html(502), Effect::Unknown, 0),
        (Fault::html(200).after_effect(), Effect::Unknown, 1),
        (Fault::lost_request(), Effect::Unknown, 0),
        (Fault::lost_reply(), Effect::Unknown, 1),
        (Fault::cut_body(), Effect::Unknown, 1),
        (Fault::cut_chunked_body(), Effect::Unknown, 1),
        (Fault::answer_false().after_effect(), Effect::Unknown, 1),
        (Fault::empty_body().after_effect(), Effect::Unknown, 1),
        (Fault::oversized_body(1 << 20), Effect::Unknown, 1),
        (Fault::unauthorized(), Effect::NotApplied, 0),
    ];
    let sandbox = builder().start().await.unwrap();
    let (client, _) = client(&sandbox);
    for (fault, effect, refunds) in table {
        let id = sandbox.create_return(shirts());
        let label = format!("{fault:?}");
        let fault = sandbox.inject(fault, process());
        let error = client
            .returns()
            .process(id.to_string().parse().unwrap())
            .await;
        let error = error.unwrap_err();
        sandbox.finish_processing();
        assert_eq!(error.effect(), effect, "{label}: {error}");
        assert_eq!(truth_of(&sandbox, id).refunds, refunds, "{label}");
        assert_eq!(sandbox.fault_hits(fault), 1, "{label}: never repeated");
        assert!(sandbox.clear_fault(fault));
    }
    for fault in [
        Fault::slow_body(Duration::from_millis(1)),
        Fault::oversized_body(9),
    ] {
        let id = sandbox.create_return(shirts());
        sandbox.inject(fault, process().times(1));
        client
            .returns()
            .process(id.to_string().parse().unwrap())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn our_client_repeats_what_is_safe_and_reads_what_nobody_knows() {
    let sandbox = builder().start().await.unwrap();
    let (client, time) = client(&sandbox);
    let id = sandbox.create_return(shirts());
    let return_id = id.to_string().parse().unwrap();
    // (fault, seconds waited before the second attempt)
    for (fault, seconds) in [
        (Fault::status(500), 0),
        (Fault::html(502), 0),
        (Fault::lost_reply(), 0),
        (Fault::cut_body(), 0),
        (Fault::cut_chunked_body(), 0),
        (Fault::too_many_requests(), 5),
        (Fault::retry_after_seconds(30), 30),
        (Fault::retry_after_date(90), 90),
    ] {
        let label = format!("{fault:?}");
        let (before, began) = (sandbox.calls().len(), time.elapsed());
        sandbox.inject(fault, On::path("GET", "/warehouse/return/details").times(1));
        let found = client.returns().get(return_id).await;
        assert_eq!(found.unwrap().state, Some(ReturnState::Open), "{label}");
        assert_eq!(sandbox.calls().len() - before, 2, "{label}");
        let waited = time.elapsed() - began;
        assert_eq!(waited, Duration::from_secs(seconds), "{label}");
    }
    sandbox.inject(Fault::unknown_fields(), On::any().times(1));
    let found = client.returns().get(return_id).await.unwrap();
    assert_eq!(found.state, Some(ReturnState::Open));
    sandbox.inject(Fault::unknown_values(), On::any().times(1));
    let found = client.returns().get(return_id).await.unwrap();
    assert!(matches!(found.state, Some(ReturnState::Unknown(_))));
}

#[tokio::test]
async fn our_client_follows_no_redirect() {
    let sandbox = builder().start().await.unwrap();
    let (stranger, hook) = Receiver::start().await;
    let id = sandbox.create_return(shirts());
    sandbox.inject(Fault::redirect(hook), On::any());
    let id = id.to_string().parse().unwrap();
    let (client, _) = client(&sandbox);
    for error in [
        client.returns().process(id).await.unwrap_err(),
        client.returns().get(id).await.unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::Redirected), "{error}");
    }
    assert_eq!(sandbox.calls().len(), 2);
    assert_eq!(stranger.count(), 0);
}

/// A webhook receiver that keeps what arrives and answers as it is told.
#[derive(Clone)]
struct Receiver {
    inbox: Arc<Mutex<Vec<(String, Bytes)>>>,
    status: Arc<AtomicU16>,
}

impl Receiver {
    async fn start() -> (Receiver, String) {
        let receiver = Receiver {
            inbox: Arc::default(),
            status: Arc::new(AtomicU16::new(200)),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hook = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, hook)
    }

    fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn count(&self) -> usize {
        self.inbox.lock().unwrap().len()
    }

    fn ids(&self) -> Vec<u64> {
        let inbox = self.inbox.lock().unwrap();
        let bodies = inbox.iter().map(|(_, body)| body);
        bodies
            .map(|body| {
                let body: Value = serde_json::from_slice(body).unwrap();
                body["id"].as_str().unwrap().parse().unwrap()
            })
            .collect()
    }
}

async fn receive(
    State(receiver): State<Receiver>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap) {
    let signature = headers["x-loop-signature"].to_str().unwrap().to_owned();
    receiver.inbox.lock().unwrap().push((signature, body));
    let mut answer = HeaderMap::new();
    // The subscription's address asks for it.
    if let Some(wait) = uri.query() {
        answer.insert("retry-after", wait.parse().unwrap());
    }
    let status = receiver.status.load(Ordering::SeqCst);
    let status = StatusCode::from_u16(status).unwrap();
    (status, answer)
}

async fn listening(builder: SandboxBuilder) -> (Sandbox, Receiver) {
    let sandbox = builder.start().await.unwrap();
    let (receiver, hook) = Receiver::start().await;
    let bare = Bare::of(&sandbox);
    bare.subscribe(&sandbox, "return.created", &hook).await;
    (sandbox, receiver)
}

fn log_of(sandbox: &Sandbox) -> Vec<(u64, DeliveryOutcome, bool)> {
    let deliveries = sandbox.deliveries().into_iter();
    deliveries
        .map(|it| (it.return_id, it.outcome, it.was_held))
        .collect()
}

#[tokio::test]
async fn webhooks_are_dropped_and_repeated() {
    use DeliveryOutcome::{Lost, Status};
    let (sandbox, receiver) = listening(builder()).await;
    let dropped = sandbox.disturb_webhooks(WebhookFault::Drop, OnWebhook::any().times(2));
    let twice = OnWebhook::any().skip(3).times(1);
    sandbox.disturb_webhooks(WebhookFault::Duplicate(2), twice);
    let ids: Vec<u64> = (0..5).map(|_| sandbox.create_return(shirts())).collect();
    sandbox.webhooks_delivered().await;
    assert_eq!(receiver.ids(), [ids[2], ids[3], ids[3], ids[4]]);
    let inbox = receiver.inbox.lock().unwrap().clone();
    assert_eq!(inbox[1], inbox[2], "the same bytes");
    let expected = [
        (ids[0], Lost, false),
        (ids[1], Lost, false),
        (ids[2], Status(200), false),
        (ids[3], Status(200), false),
        (ids[3], Status(200), false),
        (ids[4], Status(200), false),
    ];
    assert_eq!(log_of(&sandbox), expected);
    assert_eq!(sandbox.fault_hits(dropped), 2);
}

#[tokio::test]
async fn held_webhooks_come_late_and_in_any_order() {
    for order in [
        ReleaseOrder::Kept,
        ReleaseOrder::Reversed,
        ReleaseOrder::Shuffled(1),
    ] {
        let (sandbox, receiver) = listening(builder()).await;
        let hold = sandbox.disturb_webhooks(WebhookFault::Hold, OnWebhook::any().times(6));
        let held: Vec<u64> = (0..6).map(|_| sandbox.create_return(shirts())).collect();
        let early = sandbox.create_return(shirts());
        sandbox.clear_fault(hold);
        sandbox.webhooks_delivered().await;
        assert_eq!(receiver.ids(), [early], "{order:?}");
        assert_eq!(sandbox.held_webhooks(), 6);

        assert_eq!(sandbox.release_webhooks(order), 6);
        assert_eq!(sandbox.held_webhooks(), 0);
        assert_eq!(sandbox.release_webhooks(order), 0);
        sandbox.webhooks_delivered().await;
        let mut late = receiver.ids().split_off(1);
        let log = sandbox.deliveries();
        assert!(!log[0].was_held && log[1..].iter().all(|it| it.was_held));
        let logged: Vec<u64> = log[1..].iter().map(|it| it.return_id).collect();
        assert_eq!(logged, late, "{order:?}");
        match order {
            ReleaseOrder::Reversed => late.reverse(),
            ReleaseOrder::Shuffled(_) => {
                assert_ne!(late, held);
                late.sort_unstable();
            }
            _ => {}
        }
        assert_eq!(late, held, "{order:?}");
    }
}

#[tokio::test]
async fn one_return_or_trigger_can_be_held_alone_and_twice() {
    let (sandbox, receiver) = listening(builder()).await;
    let first = sandbox.create_return(shirts());
    let hook = sandbox_hook(&sandbox).await;
    let bare = Bare::of(&sandbox);
    bare.subscribe(&sandbox, "return.updated", &hook).await;
    let on = OnWebhook::any().of_return(first).trigger("return.updated");
    sandbox.disturb_webhooks(WebhookFault::Hold, on.clone());
    sandbox.disturb_webhooks(WebhookFault::Duplicate(2), on);
    let second = sandbox.create_return(shirts());
    for id in [first, second] {
        sandbox.set_state(id, "expired");
    }
    sandbox.webhooks_delivered().await;
    assert_eq!(receiver.ids(), [first, second, second]);
    sandbox.clear_faults();
    assert_eq!(sandbox.release_webhooks(ReleaseOrder::Kept), 2);
    sandbox.webhooks_delivered().await;
    assert_eq!(receiver.ids(), [first, second, second, first, first]);
}

/// Where the first subscription sends to.
async fn sandbox_hook(sandbox: &Sandbox) -> String {
    let all = Bare::of(sandbox).get(sandbox, "/webhooks").await;
    all["webhooks"][0]["url"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn strange_webhooks_are_signed_and_readable() {
    let (sandbox, receiver) = listening(builder()).await;
    sandbox.disturb_webhooks(WebhookFault::UnknownFields, OnWebhook::any());
    sandbox.disturb_webhooks(WebhookFault::UnknownValues, OnWebhook::any());
    let id = sandbox.create_return(shirts());
    sandbox.webhooks_delivered().await;
    let (signature, body) = receiver.inbox.lock().unwrap()[0].clone();
    let verifier = WebhookVerifier::new([sandbox.webhook_secret()]).unwrap();
    verifier.verify([signature.as_bytes()], &body).unwrap();
    let value: Value = serde_json::from_slice(&body).unwrap();
    for object in ["", "/line_items/0", "/address"] {
        let object = value.pointer(object).unwrap();
        assert!(object["sandbox_unknown_field"].is_object());
    }
    assert_eq!(value["state"], "sandbox-unknown");
    assert_eq!(value["label_status"], "sandbox-unknown");
    assert_eq!(value["line_items"][0]["outcome"], "sandbox-unknown");
    assert_eq!(value["address"]["state"], "Illinois");
    match Event::decode(&body).unwrap() {
        Event::Return(event) => {
            assert_eq!(event.data.id.to_string(), id.to_string());
            assert!(matches!(event.data.state, Some(ReturnState::Unknown(_))));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_generation_of_retries_ends_in_its_own_way() {
    use WebhookRetries::{Never, UpToFive, UpToThree};
    // (rule, Retry-After of the receiver, attempts, seconds asked to wait)
    let table = [
        (UpToThree, "", 4, 0),
        (UpToThree, "?9", 4, 0),
        (Never, "", 1, 0),
        (UpToFive, "", 6, 0),
        (UpToFive, "?1800", 6, 5 * 1800),
        (UpToFive, "?1801", 1, 0),
    ];
    for (rule, advice, attempts, waited) in table {
        let sandbox = builder().webhook_retries(rule).start().await.unwrap();
        let (receiver, hook) = Receiver::start().await;
        receiver.answers(503);
        let bare = Bare::of(&sandbox);
        let hook = format!("{hook}{advice}");
        bare.subscribe(&sandbox, "return.created", &hook).await;
        sandbox.create_return(shirts());
        sandbox.webhooks_delivered().await;
        let delivery = sandbox.deliveries().pop().unwrap();
        let label = format!("{rule:?} {advice}");
        assert_eq!(delivery.outcome, DeliveryOutcome::Status(503), "{label}");
        assert_eq!(delivery.attempts, attempts, "{label}");
        assert_eq!(
            delivery.asked_to_wait,
            Duration::from_secs(waited),
            "{label}"
        );
        assert_eq!(
            receiver.count(),
            usize::try_from(attempts).unwrap(),
            "{label}"
        );
    }
}

#[tokio::test]
async fn a_subscription_that_fails_too_often_is_deactivated_until_it_is_switched_on() {
    let (sandbox, receiver) = listening(builder().deactivate_failing_webhooks(true)).await;
    let bare = Bare::of(&sandbox);
    let status = || async {
        let all = bare.get(&sandbox, "/webhooks").await;
        all["webhooks"][0]["status"].clone()
    };
    receiver.answers(500);
    for _ in 0..2 {
        sandbox.create_return(shirts());
    }
    sandbox.webhooks_delivered().await;
    assert_eq!(status().await, "active", "eight failures");
    // Both are queued before the eleventh failure.
    for _ in 0..2 {
        sandbox.create_return(shirts());
    }
    sandbox.webhooks_delivered().await;
    assert_eq!(status().await, "inactive");
    let summary = |log: Vec<Delivery>| -> Vec<(u32, DeliveryOutcome)> {
        log.into_iter()
            .map(|it| (it.attempts, it.outcome))
            .collect()
    };
    let failed = |attempts| (attempts, DeliveryOutcome::Status(500));
    let expected = [
        failed(4),
        failed(4),
        failed(3),
        (0, DeliveryOutcome::Deactivated),
    ];
    assert_eq!(summary(sandbox.deliveries()), expected);

    receiver.answers(200);
    sandbox.create_return(shirts());
    sandbox.webhooks_delivered().await;
    assert_eq!(sandbox.deliveries().len(), 4, "nobody listens");

    let all = bare.get(&sandbox, "/webhooks").await;
    let mut wanted = all["webhooks"][0].clone();
    wanted["status"] = json!("active");
    let one = url(&sandbox, &format!("/webhooks/{}", wanted["id"]));
    let changed = bare.send("PUT", &one, &wanted).await.unwrap();
    assert_eq!(changed.status(), 204);
    sandbox.create_return(shirts());
    sandbox.webhooks_delivered().await;
    let last = sandbox.deliveries().pop().unwrap();
    assert!(last.succeeded());
    assert_eq!(status().await, "active");
}
