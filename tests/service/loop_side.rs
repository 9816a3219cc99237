//! Loop's stand-in, run as a process: its API, and what it truly did.

use std::collections::BTreeMap;
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

use crate::process::Process;
use crate::programs::program;

pub(crate) struct LoopSide {
    _process: Process,
    http: reqwest::Client,
    pub(crate) api: String,
    control: String,
    pub(crate) key: String,
    pub(crate) secret: String,
}

/// What became of one return.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    pub(crate) state: String,
    pub(crate) flagged: bool,
    pub(crate) flag_calls: u64,
    pub(crate) notes: Vec<String>,
    pub(crate) process_requests: u64,
    pub(crate) process_accepted: u64,
    pub(crate) refunds: u64,
}

impl Truth {
    pub(crate) fn is_over(&self) -> bool {
        self.state == "closed" || self.flagged
    }
}

impl LoopSide {
    /// With so many calls a minute.
    pub(crate) async fn start(calls_a_minute: u32) -> Self {
        let mut command = Command::new(program("loop_sandbox"));
        let limit = calls_a_minute.to_string();
        command.args(["--api", "127.0.0.1:0", "--control", "127.0.0.1:0"]);
        command.args(["--immediate", "--rate-limit", &limit]);
        let mut process = Process::start("loop_sandbox", &mut command);
        Self {
            api: process.line("Loop's API").await,
            key: process.line("Key").await,
            secret: process.line("Webhook secret").await,
            control: process.line("Control side").await,
            _process: process,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn call(&self, method: Method, url: String, body: &Value) -> Value {
        let request = self
            .http
            .request(method, &url)
            .header("X-Authorization", &self.key);
        let answer = request.body(body.to_string()).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{url}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.control);
        self.call(Method::POST, url, &body).await
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.control);
        self.call(Method::GET, url, &Value::Null).await
    }

    /// A shopper submits a return of these units. Gives back its id.
    pub(crate) async fn submit(&self, order: &str, email: &str, skus: &[&str]) -> u64 {
        let lines: Vec<Value> = skus.iter().map(|sku| json!({ "sku": sku })).collect();
        let submitted = json!({ "order": order, "email": email, "lines": lines });
        let created = self.post("/returns", submitted).await;
        created["id"].as_u64().unwrap()
    }

    /// Everything about returns is sent there.
    pub(crate) async fn subscribe(&self, url: &str) {
        for (topic, trigger) in [
            ("return", "return.created"),
            ("return", "return.updated"),
            ("return", "return.closed"),
            ("return.processing", "return.processing.failed"),
        ] {
            let asked =
                json!({ "topic": topic, "trigger": trigger, "url": url, "status": "active" });
            let path = format!("{}/2026-10/webhooks", self.api);
            self.call(Method::POST, path, &asked).await;
        }
    }

    /// Calls go wrong from now on; see `examples/loop_sandbox`. Gives back the fault's id.
    pub(crate) async fn inject(&self, fault: Value) -> u64 {
        self.post("/faults", fault).await["id"].as_u64().unwrap()
    }

    /// How often a fault has hit.
    pub(crate) async fn hits(&self, fault: u64) -> u64 {
        self.get(&format!("/faults/{fault}")).await["hits"]
            .as_u64()
            .unwrap()
    }

    pub(crate) async fn clear_faults(&self) {
        let url = format!("{}/faults", self.control);
        self.call(Method::DELETE, url, &Value::Null).await;
    }

    pub(crate) async fn truth(&self) -> BTreeMap<u64, Truth> {
        let truth = self.get("/truth").await;
        let read = |it: &Value| {
            let number = |field: &str| it[field].as_u64().unwrap();
            let notes = it["notes"].as_array().unwrap().iter();
            let truth = Truth {
                state: it["state"].as_str().unwrap().to_owned(),
                flagged: it["flagged"].as_bool().unwrap(),
                flag_calls: number("flag_calls"),
                notes: notes
                    .map(|note| note.as_str().unwrap().to_owned())
                    .collect(),
                process_requests: number("process_requests"),
                process_accepted: number("process_accepted"),
                refunds: number("refunds"),
            };
            (number("id"), truth)
        };
        truth.as_array().unwrap().iter().map(read).collect()
    }

    /// Method, path and status of every call so far; 0 is no answer.
    pub(crate) async fn calls(&self) -> Vec<(String, String, u64)> {
        let calls = self.get("/calls").await;
        let text = |call: &Value, field: &str| call[field].as_str().unwrap().to_owned();
        let read = |call: &Value| {
            let status = call["status"].as_u64().unwrap();
            (text(call, "method"), text(call, "path"), status)
        };
        calls.as_array().unwrap().iter().map(read).collect()
    }
}
