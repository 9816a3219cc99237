//! Every call as it goes out, word for word, and what its answers mean: one file per group.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod actions;
mod deep_links;
mod grading;
mod labels;

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use loop_client::transport::{Body, Transport, TransportError};
use loop_client::{ApiKey, ApiVersion, Client, Effect, Error, ReturnId, Runtime};
use serde_json::Value;

const KEY: &str = "canary-api-key";

/// Bodies with a good status that are no answer to any call for data.
const NO_ANSWERS: [&str; 11] = [
    "",
    "null",
    "false",
    "true",
    "7",
    "\"text\"",
    "[[1]]",
    "[null]",
    "<html>",
    "{\"id\":",
    "\u{feff}{}",
];

/// Keeps what is sent and answers it in turn; the last answer stays.
#[derive(Debug)]
struct Recorder {
    answers: Vec<(u16, String)>,
    sent: Mutex<Vec<(String, Option<Value>)>>,
}

impl Recorder {
    fn new(answers: &[(u16, &str)]) -> Arc<Self> {
        let own = |(status, body): &(u16, &str)| (*status, (*body).to_owned());
        Arc::new(Self {
            answers: answers.iter().map(own).collect(),
            sent: Mutex::default(),
        })
    }

    fn sent(&self) -> Vec<(String, Option<Value>)> {
        self.sent.lock().unwrap().clone()
    }

    fn lines(&self) -> Vec<String> {
        self.sent().into_iter().map(|(line, _)| line).collect()
    }
}

#[async_trait]
impl Transport for Recorder {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        assert_eq!(request.headers()["x-authorization"], KEY);
        let uri = request.uri();
        assert_eq!(uri.scheme_str(), Some("https"));
        assert_eq!(uri.authority().unwrap(), "api.loopreturns.com");
        let body = (!request.body().is_empty())
            .then(|| serde_json::from_slice(request.body()).expect("a body is JSON"));
        let content = request.headers().get("content-type");
        assert_eq!(content.is_some(), body.is_some());
        let line = format!("{} {}", request.method(), uri.path_and_query().unwrap());
        let mut sent = self.sent.lock().unwrap();
        sent.push((line, body));
        let at = (sent.len() - 1).min(self.answers.len() - 1);
        let (status, body) = self.answers[at].clone();
        let response = http::Response::builder().status(status);
        Ok(response.body(Body::full(body)).unwrap())
    }
}

/// Waits take no time.
#[derive(Debug)]
struct NoTime;

#[async_trait]
impl Runtime for NoTime {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    async fn sleep(&self, _: Duration) {}
    fn random(&self) -> u64 {
        0
    }
}

fn client_of(recorder: &Arc<Recorder>, version: ApiVersion) -> Client {
    Client::builder(ApiKey::new(KEY).unwrap())
        .version(version)
        .transport(recorder.clone())
        .runtime(Arc::new(NoTime))
        .build()
        .unwrap()
}

fn client(recorder: &Arc<Recorder>) -> Client {
    client_of(recorder, ApiVersion::default())
}

fn id() -> ReturnId {
    "99904598".parse().unwrap()
}

/// The call sends exactly this, once, and takes the answer for a success.
async fn sends<T: Debug>(
    call: impl AsyncFnOnce(Client) -> Result<T, Error>,
    line: &str,
    body: Option<Value>,
    answer: (u16, &str),
) -> T {
    let recorder = Recorder::new(&[answer]);
    let result = call(client(&recorder)).await;
    assert_eq!(recorder.sent(), [(line.to_owned(), body)], "{result:?}");
    result.unwrap_or_else(|error| panic!("{line} {answer:?}: {error:?}"))
}

/// The call fails like this; once, unless it is safe to repeat.
async fn fails<T: Debug>(
    call: impl AsyncFnOnce(Client) -> Result<T, Error>,
    answer: (u16, &str),
    kind: &str,
    effect: Effect,
) -> Error {
    let recorder = Recorder::new(&[answer]);
    let error = call(client(&recorder)).await.expect_err(answer.1);
    assert_eq!(
        (error.kind().name(), error.effect()),
        (kind, effect),
        "{answer:?}: {error:?}"
    );
    assert_eq!(error.status(), Some(answer.0));
    let sent = recorder.lines();
    assert!(
        sent.len() == 1 || error.call().is_safe_to_repeat(),
        "{sent:?}"
    );
    error
}

/// The call is refused before anything is sent, with a reason that names `what`.
async fn refuses<T: Debug>(
    call: impl AsyncFnOnce(Client) -> Result<T, Error>,
    version: ApiVersion,
    what: &str,
) {
    let recorder = Recorder::new(&[(200, "true")]);
    let error = call(client_of(&recorder, version)).await.expect_err(what);
    assert_eq!(
        (error.kind().name(), error.effect(), error.status()),
        ("input", Effect::NotSent, None),
        "{error:?}"
    );
    assert!(error.to_string().contains(what), "{error}");
    assert!(recorder.sent().is_empty(), "{what}");
}
