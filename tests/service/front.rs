//! The load balancer before the services: Loop's webhooks have one address, whoever serves it at
//! the moment. It keeps a copy of every webhook.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;

/// A webhook as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) merchant: String,
    pub(crate) signature: String,
    pub(crate) body: Bytes,
}

impl Webhook {
    pub(crate) fn return_id(&self) -> u64 {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        let id = body["id"].as_str().unwrap();
        id.parse().unwrap()
    }
}

#[derive(Clone)]
pub(crate) struct Front {
    address: String,
    http: reqwest::Client,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// The services that take webhooks, in turn; the webhooks get lost while there are none.
    behind: Mutex<Vec<String>>,
    turn: AtomicUsize,
    copies: Mutex<Vec<Webhook>>,
}

impl Front {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let front = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            shared: Arc::default(),
        };
        let router = Router::new()
            .route("/webhooks/loop/{merchant}", post(forward))
            .with_state(front.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        front
    }

    /// Where a merchant's webhooks go.
    pub(crate) fn url(&self, merchant: &str) -> String {
        format!("{}/webhooks/loop/{merchant}", self.address)
    }

    /// From now on these take them.
    pub(crate) fn point_at(&self, services: Vec<String>) {
        *lock(&self.shared.behind) = services;
    }

    /// All that arrived for a merchant.
    pub(crate) fn copies(&self, merchant: &str) -> Vec<Webhook> {
        let copies = lock(&self.shared.copies);
        let of_it = copies.iter().filter(|it| it.merchant == merchant);
        of_it.cloned().collect()
    }

    fn next(&self) -> Option<String> {
        let behind = lock(&self.shared.behind);
        let turn = self.shared.turn.fetch_add(1, Ordering::Relaxed);
        behind.get(turn.checked_rem(behind.len())?).cloned()
    }
}

async fn forward(
    State(front): State<Front>,
    Path(merchant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let signature = headers["X-Loop-Signature"].to_str().unwrap().to_owned();
    lock(&front.shared.copies).push(Webhook {
        merchant: merchant.clone(),
        signature: signature.clone(),
        body: body.clone(),
    });
    let Some(service) = front.next() else {
        return StatusCode::BAD_GATEWAY;
    };
    let request = front
        .http
        .post(format!("{service}/webhooks/loop/{merchant}"));
    let request = request.header("X-Loop-Signature", signature).body(body);
    match request.send().await {
        Ok(answer) => answer.status(),
        Err(_) => StatusCode::BAD_GATEWAY,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
