//! A scripted transport and a clock that only sleeping moves, for tests of the client without a
//! network.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "each test binary uses a part of it, and a test fails by panicking"
)]

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use loop_client::transport::{Body, Deadline, Transport, TransportError};
use loop_client::{ApiKey, Client, ClientBuilder, Runtime};
use serde_json::Value;

pub(crate) const KEY: &str = "canary-api-key";

type Headers = &'static [(&'static str, &'static str)];

/// One answer of a script.
pub(crate) enum Answer {
    /// A status, headers and a whole body.
    Whole(u16, Headers, Bytes),
    /// No connection could be made.
    NotSent,
    /// The connection broke before an answer came.
    Lost,
    /// This much of the body arrives, and then the connection breaks.
    Broken(Bytes),
}

impl Answer {
    pub(crate) fn ok(body: impl Into<Bytes>) -> Self {
        Self::reply(200, body)
    }

    pub(crate) fn reply(status: u16, body: impl Into<Bytes>) -> Self {
        Self::headed(status, &[], body)
    }

    pub(crate) fn headed(status: u16, headers: Headers, body: impl Into<Bytes>) -> Self {
        Self::Whole(status, headers, body.into())
    }
}

type Request = http::Request<Bytes>;

/// The answer to a request, by how many came before it.
type Chooses = dyn Fn(&Request, usize) -> Answer + Send + Sync;

/// A transport that answers by a script and keeps the requests that could be sent.
pub(crate) struct Script {
    answer: Box<Chooses>,
    attempts: AtomicUsize,
    requests: Mutex<Vec<Request>>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

impl Script {
    /// These answers, in order, and no other.
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        let answers: Mutex<VecDeque<Answer>> = Mutex::new(answers.into_iter().collect());
        Self::answering(move |_, _| {
            let next = answers.lock().unwrap().pop_front();
            next.expect("the script has ended")
        })
    }

    /// Whatever `answer` says to a request, told how many came before it.
    pub(crate) fn answering(
        answer: impl Fn(&Request, usize) -> Answer + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            answer: Box::new(answer),
            attempts: AtomicUsize::new(0),
            requests: Mutex::default(),
        })
    }

    /// Method and address, without the origin, of every request.
    pub(crate) fn sent(&self) -> Vec<String> {
        self.calls().into_iter().map(|(line, _)| line).collect()
    }

    /// The same, each with its body as JSON: `null` for none.
    pub(crate) fn calls(&self) -> Vec<(String, Value)> {
        let requests = self.requests.lock().unwrap();
        let calls = requests.iter().map(|it| {
            let line = format!("{} {}", it.method(), it.uri().path_and_query().unwrap());
            let body = (!it.body().is_empty()).then(|| serde_json::from_slice(it.body()).unwrap());
            (line, body.unwrap_or_default())
        });
        calls.collect()
    }

    /// How long each request was given.
    pub(crate) fn deadlines(&self) -> Vec<Option<Duration>> {
        let requests = self.requests.lock().unwrap();
        let deadline = |it: &Request| it.extensions().get().map(|Deadline(time)| *time);
        requests.iter().map(deadline).collect()
    }

    /// A client that talks to this script, and the clock it lives by.
    pub(crate) fn client(self: &Arc<Self>) -> (Client, Arc<VirtualTime>) {
        let time = Arc::new(VirtualTime::default());
        (self.builder(&time).build().unwrap(), time)
    }

    pub(crate) fn builder(self: &Arc<Self>, time: &Arc<VirtualTime>) -> ClientBuilder {
        Client::builder(ApiKey::new(KEY).unwrap())
            .transport(self.clone())
            .runtime(time.clone())
    }

    /// Keeps the request, after the checks that hold for each.
    fn keep(&self, request: Request) -> Answer {
        let (uri, headers) = (request.uri(), request.headers());
        assert!(
            uri.to_string().starts_with("https://api.loopreturns.com/"),
            "{uri}"
        );
        assert_eq!(headers["x-authorization"], KEY);
        let content = headers.get("content-type").map(|it| it.to_str().unwrap());
        let expected = (!request.body().is_empty()).then_some("application/json");
        assert_eq!(content, expected, "{uri}");
        assert_eq!(
            headers.contains_key("x-loop-global-identifier-type"),
            uri.path().contains("/orders"),
            "{uri}"
        );
        let before = self.attempts.fetch_add(1, Ordering::Relaxed);
        let answer = (self.answer)(&request, before);
        if !matches!(answer, Answer::NotSent) {
            self.requests.lock().unwrap().push(request);
        }
        answer
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: Request) -> Result<http::Response<Body>, TransportError> {
        let (status, headers, pieces) = match self.keep(request) {
            Answer::Whole(status, headers, body) => (status, headers, vec![Ok(body)]),
            Answer::NotSent => return Err(TransportError::not_sent("no connection")),
            Answer::Lost => return Err(broke()),
            Answer::Broken(start) => (200, &[][..], vec![Ok(start), Err(broke())]),
        };
        let response = headers.iter().fold(
            http::Response::builder().status(status),
            |response, (name, value)| response.header(*name, *value),
        );
        Ok(response.body(Body::new(stream::iter(pieces))).unwrap())
    }
}

fn broke() -> TransportError {
    TransportError::maybe_sent("the connection broke")
}

/// Time passes only by sleeping, and chance always draws the most.
#[derive(Debug, Default)]
pub(crate) struct VirtualTime(Mutex<Vec<Duration>>);

impl VirtualTime {
    /// Every wait so far.
    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Runtime for VirtualTime {
    fn elapsed(&self) -> Duration {
        self.slept().iter().sum()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.lock().unwrap().push(duration);
    }

    fn random(&self) -> u64 {
        u64::MAX
    }
}
