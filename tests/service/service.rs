//! A running service, as those see it who call it.

use std::ffi::OsStr;
use std::process::Command;

use reqwest::StatusCode;
use serde_json::Value;

use crate::front::Webhook;
use crate::metrics::Metrics;
use crate::patience::{hold, until};
use crate::process::Process;
use crate::programs::program;

pub(crate) struct Service {
    pub(crate) process: Process,
    http: reqwest::Client,
    pub(crate) url: String,
    /// Where the page and the metrics are.
    pub(crate) operators: String,
}

/// The command that runs it.
pub(crate) fn command(arguments: &[&OsStr]) -> Command {
    let mut command = Command::new(program("service"));
    command.args(arguments);
    command
}

impl Service {
    /// With everything at one address.
    pub(crate) async fn start(command: &mut Command) -> Self {
        let mut process = Process::start("service", command);
        let url = process.line("listening on").await;
        Self {
            operators: url.clone(),
            url,
            process,
            http: client(),
        }
    }

    /// With an address of their own for the people who operate it.
    pub(crate) async fn start_for_operators(command: &mut Command) -> Self {
        let mut service = Self::start(command).await;
        service.operators = service.process.line("operator pages on").await;
        service
    }

    /// Status and body.
    pub(crate) async fn get(&self, path: &str) -> (StatusCode, String) {
        let is_for_operators = ["/", "/metrics", "/readyz"].contains(&path);
        let base = if is_for_operators {
            &self.operators
        } else {
            &self.url
        };
        self.get_from(base, path).await
    }

    pub(crate) async fn get_from(&self, base: &str, path: &str) -> (StatusCode, String) {
        let answer = self.http.get(format!("{base}{path}")).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// `None` when no answer came.
    pub(crate) async fn send(&self, webhook: &Webhook) -> Option<StatusCode> {
        let url = format!("{}/webhooks/loop/{}", self.url, webhook.merchant);
        let request = self
            .http
            .post(url)
            .header("X-Loop-Signature", &webhook.signature);
        let sent = request.body(webhook.body.clone()).send().await;
        sent.ok().map(|answer| answer.status())
    }

    pub(crate) async fn metrics(&self) -> Metrics {
        let (status, text) = self.get("/metrics").await;
        assert_eq!(status, StatusCode::OK);
        Metrics::read(&text)
    }

    pub(crate) async fn readiness(&self) -> (StatusCode, Value) {
        let (status, text) = self.get("/readyz").await;
        let told = serde_json::from_str(&text);
        (status, told.unwrap_or_else(|_| panic!("not JSON: {text}")))
    }

    /// Waits until a sample says so.
    pub(crate) async fn metric(
        &self,
        name: &str,
        labels: &[(&str, &str)],
        is_right: impl Fn(f64) -> bool,
    ) {
        until(&format!("{name} {labels:?}"), async || {
            let metrics = self.metrics().await;
            let sum = metrics.sum(name, labels);
            let is_there = metrics.has(name, labels);
            hold(is_there && is_right(sum), || format!("it is {sum}"))
        })
        .await;
    }
}

/// A client with connections of its own.
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}
