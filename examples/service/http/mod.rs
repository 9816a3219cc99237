//! The service's HTTP side: webhooks, health, metrics, and the page for people.

mod limits;
mod ready;
mod server;
mod webhook;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

pub(crate) use server::serve;

use crate::merchant::Merchant;
use crate::metrics::Metrics;
use crate::{now, page};

/// What the handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) merchants: Arc<BTreeMap<String, Arc<Merchant>>>,
    pub(crate) metrics: Arc<Metrics>,
    /// Whether nothing more should be sent here.
    leaving: Arc<AtomicBool>,
    pub(crate) ready: Arc<ready::Cache>,
}

impl Service {
    pub(crate) fn new(merchants: Vec<Arc<Merchant>>, metrics: Arc<Metrics>) -> Self {
        let by_name = merchants.into_iter().map(|it| (it.id().to_string(), it));
        Self {
            merchants: Arc::new(by_name.collect()),
            metrics,
            leaving: Arc::default(),
            ready: Arc::default(),
        }
    }

    /// From now on it is not ready: whoever sends requests here should send them elsewhere.
    pub(crate) fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// What Loop and a load balancer need to reach.
    pub(crate) fn public(&self) -> Router {
        let router = webhooks().route("/readyz", get(ready::briefly));
        router.with_state(self.clone())
    }

    /// What only the people who run it should see.
    pub(crate) fn for_operators(&self) -> Router {
        let router = pages().route("/healthz", get(health));
        router.with_state(self.clone())
    }

    /// Both in one place.
    pub(crate) fn for_all(&self) -> Router {
        webhooks().merge(pages()).with_state(self.clone())
    }
}

fn webhooks() -> Router<Service> {
    Router::new()
        .route("/webhooks/loop/{merchant}", post(webhook::take))
        .layer(DefaultBodyLimit::max(limits::BODY))
        .route("/healthz", get(health))
}

fn pages() -> Router<Service> {
    Router::new()
        .route("/", get(show_page))
        .route("/page.css", get(async || page::style()))
        .route("/metrics", get(show_metrics))
        .route("/readyz", get(ready::in_full))
}

async fn health() -> &'static str {
    "ok\n"
}

async fn show_page(State(service): State<Service>) -> Response {
    let merchants: Vec<_> = service.merchants.values().map(|it| it.overview()).collect();
    (page::headers(), Html(page::render(&merchants, now()))).into_response()
}

async fn show_metrics(State(service): State<Service>) -> Response {
    for merchant in service.merchants.values() {
        merchant.count(now());
    }
    let content = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match service.metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, content)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
