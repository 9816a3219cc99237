//! Writes down what goes over the wire.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde_json::Value;

/// One request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Whether our own client sent it.
    pub(crate) by_client: bool,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    /// `None` for an empty body, null for one that is no JSON.
    pub(crate) request: Option<Value>,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) answer: Value,
}

#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Exchange>>>);

impl Recorder {
    pub(crate) fn around(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), record))
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.0.lock().unwrap().clone()
    }
}

async fn record(State(recorder): State<Recorder>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let sent = whole(body).await;
    let url = reqwest::Url::parse(&format!("http://x{}", parts.uri)).unwrap();
    let agent = parts.headers.get("user-agent");
    let by_client = agent.is_some_and(|agent| agent.as_bytes().starts_with(b"ams-oms-client/"));
    let method = parts.method.to_string();
    let answer = next
        .run(Request::from_parts(parts, Body::from(sent.clone())))
        .await;

    let (parts, body) = answer.into_parts();
    let told = whole(body).await;
    let headers: Vec<_> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    assert!(headers.contains(&("cache-control".to_owned(), "no-store".to_owned())));
    recorder.0.lock().unwrap().push(Exchange {
        by_client,
        method,
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        request: (!sent.is_empty()).then(|| serde_json::from_slice(&sent).unwrap_or_default()),
        status: parts.status.as_u16(),
        headers,
        answer: serde_json::from_slice(&told).unwrap(),
    });
    Response::from_parts(parts, Body::from(told))
}

async fn whole(body: Body) -> Bytes {
    to_bytes(body, usize::MAX).await.unwrap()
}
