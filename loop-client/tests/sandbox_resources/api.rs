use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use loop_client::sandbox::{NewLine, NewReturn, Processing, ReturnTruth, Sandbox, SandboxBuilder};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) use crate::bare::{Answer, NOON};

pub(crate) const UNKNOWN_RETURN: &str = "No return found with this ID.";

/// A bare HTTP client with the right key, and the sandbox it talks to.
pub(crate) struct Api {
    pub(crate) http: reqwest::Client,
    pub(crate) base: String,
    pub(crate) sandbox: Sandbox,
    /// The sandbox's clock.
    pub(crate) hands: Arc<AtomicI64>,
}

impl Api {
    pub(crate) async fn start() -> Api {
        Api::with(Sandbox::builder()).await
    }

    pub(crate) async fn with(builder: SandboxBuilder) -> Api {
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
    pub(crate) fn version(&self, version: &str) -> Api {
        Api {
            http: self.http.clone(),
            base: format!("{}/{version}", self.sandbox.base_url()),
            sandbox: self.sandbox.clone(),
            hands: Arc::clone(&self.hands),
        }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.hands.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        header: &str,
    ) -> Answer {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .header("X-Authorization", self.sandbox.api_key())
            .header("X-Loop-Global-Identifier-Type", header);
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let answer = self.send(method, path, &body, "integer").await;
        (answer.status, answer.body)
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::PUT, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        self.call(Method::DELETE, path, Value::Null).await
    }

    pub(crate) async fn details(&self, id: u64) -> Value {
        let path = format!("/warehouse/return/details?return_id={id}");
        self.get(&path).await.1
    }

    pub(crate) async fn row(&self, id: u64) -> Value {
        let path = "/warehouse/return/list?from=2026-06-01&to=2026-06-30";
        let rows = self.get(path).await.1;
        let rows = rows.as_array().unwrap();
        let id = id.to_string();
        rows.iter().find(|row| row["id"] == id).cloned().unwrap()
    }

    pub(crate) fn truth(&self, id: u64) -> ReturnTruth {
        let all = self.sandbox.truth();
        all.into_iter().find(|truth| truth.id == id).unwrap()
    }

    pub(crate) async fn subscribe(&self, topic: &str, trigger: &str, url: &str) {
        let body = json!({"topic": topic, "trigger": trigger, "url": url, "status": "active"});
        assert_eq!(self.post("/webhooks", body).await.0, 201);
    }
}

/// The bodies that arrived at a webhook receiver.
pub(crate) type Inbox = Arc<Mutex<Vec<Value>>>;

pub(crate) async fn receiver() -> (Inbox, String) {
    let inbox = Inbox::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/hook", post(receive))
        .with_state(Arc::clone(&inbox));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (inbox, url)
}

pub(crate) async fn receive(State(inbox): State<Inbox>, body: Bytes) {
    let body = serde_json::from_slice(&body).unwrap();
    inbox.lock().unwrap().push(body);
}

pub(crate) fn shirts() -> NewReturn {
    NewReturn::new("#1001")
        .line(NewLine::new("SHIRT-S").price("78.00").variant("Small"))
        .line(NewLine::new("SHIRT-M").price("78.00"))
}

pub(crate) fn errors_message(text: &str) -> Value {
    json!({"errors": {"message": text}})
}

/// The names of the fields that a validation complains about.
pub(crate) fn wrong_fields(body: &Value) -> Vec<String> {
    assert_eq!(body["message"], "The given data was invalid.");
    let fields = body["errors"].as_object().unwrap();
    fields.keys().cloned().collect()
}

// Removal of lines.

pub(crate) fn remove(id: u64, lines: &[u64]) -> String {
    let lines: Vec<String> = lines.iter().map(u64::to_string).collect();
    let lines = lines.join(",");
    format!("/warehouse/return/{id}/remove?line_item_id={lines}")
}
