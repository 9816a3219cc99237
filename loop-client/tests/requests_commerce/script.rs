//! A transport that answers from a script and writes down what was sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use loop_client::transport::{Body, Transport, TransportError};
use loop_client::{ApiKey, Client, Effect, Result, RetryPolicy, Runtime};
use serde::Serialize;
use serde_json::Value;

const KEY: &str = "canary-api-key";

/// Method and address without the origin, and the body: `null` for none.
pub(crate) type Sent = (String, Value);

#[derive(Debug, Default)]
pub(crate) struct Script {
    answers: Mutex<VecDeque<(u16, Bytes)>>,
    sent: Mutex<Vec<Sent>>,
}

impl Script {
    pub(crate) fn new<B: Into<Bytes>>(answers: impl IntoIterator<Item = (u16, B)>) -> Arc<Self> {
        let answers = answers
            .into_iter()
            .map(|(status, body)| (status, body.into()));
        Arc::new(Self {
            answers: Mutex::new(answers.collect()),
            sent: Mutex::default(),
        })
    }

    /// A client of this script, which makes one attempt at each call.
    pub(crate) fn client(self: &Arc<Self>) -> Client {
        Client::builder(ApiKey::new(KEY).unwrap())
            .transport(self.clone())
            .runtime(Arc::new(NoTime))
            .retry(RetryPolicy::never())
            .build()
            .unwrap()
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        let uri = request.uri();
        let headers = request.headers();
        assert_eq!(
            (
                uri.scheme_str(),
                uri.authority().map(http::uri::Authority::as_str)
            ),
            (Some("https"), Some("api.loopreturns.com"))
        );
        assert_eq!(headers["x-authorization"], KEY);
        let body = if request.body().is_empty() {
            Value::Null
        } else {
            assert_eq!(headers["content-type"], "application/json");
            serde_json::from_slice(request.body()).unwrap()
        };
        assert_eq!(
            headers.contains_key("x-loop-global-identifier-type"),
            uri.path().contains("/orders"),
            "{uri}"
        );
        let line = format!("{} {}", request.method(), uri.path_and_query().unwrap());
        self.sent.lock().unwrap().push((line, body));
        let (status, answer) = self.answers.lock().unwrap().pop_front().expect("an answer");
        let mut response = http::Response::new(Body::full(answer));
        *response.status_mut() = status.try_into().unwrap();
        Ok(response)
    }
}

#[derive(Debug)]
struct NoTime;

#[async_trait]
impl Runtime for NoTime {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    async fn sleep(&self, _: Duration) {
        panic!("nothing here has to wait");
    }
    fn random(&self) -> u64 {
        0
    }
}

/// What a call sends, and one answer to it.
pub(crate) struct Golden {
    pub(crate) sends: &'static str,
    pub(crate) body: Value,
    pub(crate) status: u16,
    pub(crate) answer: &'static str,
}

impl Golden {
    /// A call without a body that is answered with 200.
    pub(crate) fn new(sends: &'static str, answer: &'static str) -> Self {
        Self {
            sends,
            body: Value::Null,
            status: 200,
            answer,
        }
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = body;
        self
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The call sends this once and nothing else, and reads the answer as `reads`.
    pub(crate) async fn reads<T: Serialize>(
        &self,
        reads: Value,
        call: impl AsyncFn(Client) -> Result<T>,
    ) {
        let script = Script::new([(self.status, self.answer)]);
        let read = call(script.client()).await.expect(self.sends);
        let expected = (self.sends.to_owned(), self.body.clone());
        assert_eq!(script.sent(), [expected]);
        assert_eq!(serde_json::to_value(read).unwrap(), reads, "{}", self.sends);
    }

    /// As [`Golden::reads`], and an answer that breaks off anywhere, or is of another kind, is an
    /// error.
    pub(crate) async fn reads_only<T: Serialize>(
        &self,
        reads: Value,
        call: impl AsyncFn(Client) -> Result<T>,
    ) {
        self.reads(reads, &call).await;
        let cut = (0..self.answer.len()).map(|end| &self.answer.as_bytes()[..end]);
        let other: [&[u8]; 10] = [
            b"null",
            b"7",
            b"\"text\"",
            b"[7]",
            b"[[1]]",
            b"{}",
            b"{\"data\":{}}",
            b"<html>",
            b"\xff",
            b"{\"id\":{}}",
        ];
        for answer in cut.chain(other) {
            let script = Script::new([(self.status, answer)]);
            assert!(
                call(script.client()).await.is_err(),
                "{}: {:?}",
                self.sends,
                String::from_utf8_lossy(answer)
            );
        }
    }
}

/// An answer that is no success: status, body, name of the kind, effect.
pub(crate) type Failure = (u16, &'static str, &'static str, Effect);

/// Gives the call each answer in turn.
pub(crate) async fn fails<T>(failures: &[Failure], call: impl AsyncFn(Client) -> Result<T>) {
    for (status, body, kind, effect) in failures {
        let script = Script::new([(*status, *body)]);
        let Err(error) = call(script.client()).await else {
            panic!("{status} {body} was taken for success")
        };
        assert_eq!(
            (error.kind().name(), error.effect(), error.status()),
            (*kind, *effect, Some(*status)),
            "{status} {body}: {error}"
        );
        assert_eq!(script.sent().len(), 1);
    }
}

/// What every call may be answered with. For reads the effect says nothing.
pub(crate) const EVERYWHERE: &[Failure] = &[
    (
        401,
        r#"{"error":{"code":"401","http_code":"GEN-UNAUTHORIZED","message":"Unauthorized."}}"#,
        "unauthorized",
        Effect::NotApplied,
    ),
    (429, "", "rate_limited", Effect::NotApplied),
    (
        500,
        r#"{"message":"Server Error"}"#,
        "server",
        Effect::Unknown,
    ),
    (524, "<html>", "server", Effect::Unknown),
    (302, "", "redirected", Effect::Unknown),
];
