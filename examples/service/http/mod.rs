//! The service's HTTP side: webhooks, health, metrics, and the page for people.

mod limits;
mod ready;
mod server;
mod webhook;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

pub(crate) use server::serve;

use crate::merchant::Merchant;
use crate::metrics::Metrics;
use crate::stop::Stop;
use crate::{now, page};

/// What the handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) merchants: Arc<BTreeMap<String, Arc<Merchant>>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) stop: Stop,
    pub(crate) ready: Arc<ready::Cache>,
}

impl Service {
    pub(crate) fn new(merchants: Vec<Arc<Merchant>>, metrics: Arc<Metrics>, stop: Stop) -> Self {
        let by_name = merchants.into_iter().map(|it| (it.id().to_string(), it));
        Self {
            merchants: Arc::new(by_name.collect()),
            metrics,
            stop,
            ready: Arc::default(),
        }
    }

    /// What Loop and whoever watches the process need to reach.
    pub(crate) fn public(&self) -> Router {
        Router::new()
            .route("/webhooks/loop/{merchant}", post(webhook::take))
            .route("/healthz", get(async || "ok\n"))
            .route("/readyz", get(ready::answer))
            .with_state(self.clone())
    }

    /// What only the people who run it should see.
    pub(crate) fn for_operators(&self) -> Router {
        Router::new()
            .route("/", get(show_page))
            .route("/page.css", get(async || page::style()))
            .route("/metrics", get(show_metrics))
            .with_state(self.clone())
    }
}

async fn show_page(State(service): State<Service>) -> Response {
    let merchants: Vec<_> = service.merchants.values().map(|it| it.overview()).collect();
    (page::headers(), Html(page::render(&merchants, now()))).into_response()
}

async fn show_metrics(State(service): State<Service>) -> Response {
    let content = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match service.metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, content)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
