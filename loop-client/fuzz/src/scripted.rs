//! A client whose answers are chosen by the fuzzer, and a record of what it sent.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{FutureExt as _, stream};
use loop_client::transport::{Body, Transport, TransportError};
use loop_client::{ApiKey, Client, Runtime};

use super::CANARY;

const KEY: &str = "canary-api-key";

/// The pieces of a body as they arrive; `None` where the connection breaks.
type Pieces = Vec<Option<Bytes>>;

/// Gives the scripted answers in turn, and an empty page once they are used up.
#[derive(Debug, Default)]
pub struct Script {
    answers: Mutex<VecDeque<(u16, Pieces)>>,
    sent: Mutex<Vec<http::Request<Bytes>>>,
}

impl Script {
    pub fn new(answers: impl IntoIterator<Item = (u16, Pieces)>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            sent: Mutex::default(),
        })
    }

    /// One answer per line of the input. A line may begin with a status, as in `503 <html>`.
    pub fn of_lines(input: &[u8]) -> Arc<Self> {
        Self::new(
            lines(input).map(|(status, body)| (status, vec![Some(Bytes::copy_from_slice(body))])),
        )
    }

    pub fn client(self: &Arc<Self>) -> Client {
        Client::builder(ApiKey::new(KEY).unwrap())
            .transport(self.clone())
            .runtime(Arc::new(Virtual::default()))
            .build()
            .unwrap()
    }

    /// Every request that left, after the checks that hold for each.
    pub fn sent(&self, method: &http::Method, path: &str) -> Vec<http::Request<Bytes>> {
        let sent = std::mem::take(&mut *self.sent.lock().unwrap());
        for request in &sent {
            let uri = request.uri();
            assert_eq!(uri.scheme_str(), Some("https"), "{uri}");
            assert_eq!(
                uri.authority().map(http::uri::Authority::as_str),
                Some("api.loopreturns.com"),
                "{uri}"
            );
            assert_eq!(uri.path(), path);
            assert_eq!(request.method(), method);
            assert_eq!(request.headers()["x-authorization"], KEY);
        }
        sent
    }
}

/// The answers of an input: status and body of each line.
pub fn lines(input: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    input.split(|byte| *byte == b'\n').map(|line| {
        let status = line
            .get(..3)
            .filter(|_| line.get(3) == Some(&b' '))
            .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok())
            .filter(|status| (200..600).contains(status));
        match status {
            Some(status) => (status, line.get(4..).unwrap_or_default()),
            None => (200, line),
        }
    })
}

#[async_trait]
impl Transport for Script {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        self.sent.lock().unwrap().push(request);
        let next = self.answers.lock().unwrap().pop_front();
        let (status, pieces) = next.unwrap_or((200, vec![Some(Bytes::from_static(b"[]"))]));
        let pieces = pieces
            .into_iter()
            .map(|piece| piece.ok_or_else(|| TransportError::maybe_sent("the connection broke")));
        let mut response = http::Response::new(Body::new(stream::iter(pieces)));
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
        Ok(response)
    }
}

/// Time passes only by sleeping, and sleeping takes none.
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
        7
    }
}

/// Nothing here ever waits for anything.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("a scripted call never waits")
}

/// What a program would log of an error. It shows no personal data and no key.
pub fn printed(error: &loop_client::Error) -> String {
    let mut printed = format!("{error:?}");
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        printed += &format!(" / {error}");
        cause = error.source();
    }
    assert!(!printed.contains(KEY), "{printed}");
    // A code is shown as Loop gave it.
    let in_code = error
        .code()
        .is_some_and(|code| code.as_str().contains(CANARY));
    assert!(in_code || !printed.contains(CANARY), "{printed}");
    printed
}
