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
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use loop_client::transport::{Body, Transport, TransportError};
use loop_client::{ApiKey, Client, ClientBuilder, Runtime};

pub(crate) const KEY: &str = "canary-api-key";

/// One answer of a script.
pub(crate) enum Answer {
    /// A status and a whole body.
    Reply(u16, String),
    /// With headers besides.
    Headed(u16, &'static [(&'static str, &'static str)], String),
    /// No connection could be made.
    NotSent,
    /// The connection broke before an answer came.
    Lost,
    /// The body arrives in these pieces, and then the connection breaks.
    Broken(Vec<&'static str>),
}

impl Answer {
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self::Reply(200, body.into())
    }
}

/// A transport that plays its answers in order and keeps the requests.
#[derive(Default)]
pub(crate) struct Script {
    answers: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<http::Request<Bytes>>>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

impl Script {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            requests: Mutex::default(),
        })
    }

    /// Method and address of every request.
    pub(crate) fn sent(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests
            .iter()
            .map(|it| format!("{} {}", it.method(), it.uri()))
            .collect()
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
}

#[async_trait]
impl Transport for Script {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        assert_eq!(request.headers()["x-authorization"], KEY);
        self.requests.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front();
        let (status, headers, pieces) = match answer.expect("the script has ended") {
            Answer::Reply(status, body) => (status, &[][..], vec![Ok(Bytes::from(body))]),
            Answer::Headed(status, headers, body) => (status, headers, vec![Ok(Bytes::from(body))]),
            Answer::NotSent => return Err(TransportError::not_sent("no connection")),
            Answer::Lost => return Err(broke()),
            Answer::Broken(pieces) => (
                200,
                &[][..],
                pieces
                    .into_iter()
                    .map(|piece| Ok(Bytes::from(piece)))
                    .chain([Err(broke())])
                    .collect(),
            ),
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
pub(crate) struct VirtualTime {
    now: Mutex<Duration>,
    slept: Mutex<Vec<Duration>>,
}

impl VirtualTime {
    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap().clone()
    }
}

#[async_trait]
impl Runtime for VirtualTime {
    fn elapsed(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        *self.now.lock().unwrap() += duration;
        self.slept.lock().unwrap().push(duration);
    }

    fn random(&self) -> u64 {
        u64::MAX
    }
}
