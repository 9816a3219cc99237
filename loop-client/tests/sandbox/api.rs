use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use loop_client::sandbox::{NewLine, NewReturn, Processing, ReturnTruth, Sandbox, SandboxBuilder};
use reqwest::{Method, Url};
use serde_json::{Value, json};

pub(crate) use crate::bare::{Answer, NOON};

/// A clock that a test moves by hand, beginning at 2026-06-15 12:00:00.
#[derive(Clone)]
pub(crate) struct Hands(Arc<AtomicI64>);

impl Hands {
    pub(crate) fn new() -> Hands {
        Hands(Arc::new(AtomicI64::new(NOON)))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub(crate) fn set_hours_before_noon(&self, hours: i64) {
        self.0.store(NOON - hours * 3_600_000, Ordering::SeqCst);
    }

    pub(crate) fn on(&self, builder: SandboxBuilder) -> SandboxBuilder {
        let hands = Arc::clone(&self.0);
        builder.now(Arc::new(move || hands.load(Ordering::SeqCst)))
    }
}

pub(crate) type Pairs<'a> = &'a [(&'a str, &'a str)];

/// A bare HTTP client with the right key.
pub(crate) struct Api {
    pub(crate) http: reqwest::Client,
    pub(crate) base: String,
    pub(crate) key: String,
}

impl Api {
    pub(crate) fn of(sandbox: &Sandbox) -> Api {
        Api::version(sandbox, "2026-10")
    }

    pub(crate) fn version(sandbox: &Sandbox, version: &str) -> Api {
        Api {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            base: format!("{}/{version}", sandbox.base_url()),
            key: sandbox.api_key().to_owned(),
        }
    }

    pub(crate) async fn send(&self, method: Method, url: &str, body: Option<&Value>) -> Answer {
        let mut request = self
            .http
            .request(method, url)
            .header("X-Authorization", &self.key);
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        let url = Url::parse_with_params(&format!("{}{path}", self.base), query).unwrap();
        self.send(Method::GET, url.as_str(), None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Option<&Value>) -> Answer {
        let url = format!("{}{path}", self.base);
        self.send(Method::POST, &url, body).await
    }

    pub(crate) async fn act(&self, id: u64, action: &str) -> Answer {
        self.post(&format!("/warehouse/return/{id}/{action}"), None)
            .await
    }

    pub(crate) async fn list(&self, query: &[(&str, &str)]) -> Answer {
        self.get("/warehouse/return/list", query).await
    }

    pub(crate) async fn details(&self, name: &str, value: &str) -> Answer {
        self.get("/warehouse/return/details", &[(name, value)])
            .await
    }

    pub(crate) async fn subscribe(&self, topic: &str, trigger: &str, url: &str) -> u64 {
        let body = json!({"topic": topic, "trigger": trigger, "url": url, "status": "active"});
        let answer = self.post("/webhooks", Some(&body)).await;
        assert_eq!(answer.status, 201);
        answer.body["id"].as_u64().unwrap()
    }
}

pub(crate) fn list_ids(rows: &Value) -> Vec<String> {
    let rows = rows.as_array().unwrap();
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

pub(crate) fn truth_of(sandbox: &Sandbox, id: u64) -> ReturnTruth {
    let all = sandbox.truth();
    all.into_iter().find(|truth| truth.id == id).unwrap()
}

pub(crate) fn shirts() -> NewReturn {
    NewReturn::new("#1001")
        .customer_email("shopper@example.com")
        .line(NewLine::new("SHIRT-S").price("78.00"))
        .line(NewLine::new("SHIRT-S").price("78.00"))
}

pub(crate) async fn held() -> Sandbox {
    Sandbox::builder()
        .processing(Processing::Held)
        .start()
        .await
        .unwrap()
}

/// The refusals that more than one action gives.
pub(crate) fn coded(message: &str, code: &str) -> Value {
    json!({"errors": {"message": message, "code": code}})
}

/// What arrived at a webhook receiver: the signature and the raw bytes.
pub(crate) type Inbox = Arc<Mutex<Vec<(String, Bytes)>>>;

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) inbox: Inbox,
    /// How many deliveries to answer with 500 before the next 200.
    pub(crate) failures: Arc<AtomicUsize>,
}

impl Receiver {
    pub(crate) async fn start() -> (Receiver, String) {
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

    pub(crate) fn bodies(&self) -> Vec<Value> {
        let inbox = self.inbox.lock().unwrap();
        inbox
            .iter()
            .map(|(_, body)| serde_json::from_slice(body).unwrap())
            .collect()
    }

    pub(crate) fn triggers(&self) -> Vec<String> {
        let bodies = self.bodies();
        bodies
            .iter()
            .map(|body| body["trigger"].as_str().unwrap().to_owned())
            .collect()
    }
}

pub(crate) async fn receive(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
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
