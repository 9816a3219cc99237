//! A bare HTTP client's view of an answer, for tests that use nothing of this crate's client.

use axum::http::HeaderMap;
use serde_json::Value;

/// 2026-06-15 12:00:00, in milliseconds.
pub(crate) const NOON: i64 = 1_781_524_800_000;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// Reads it; no body is `null`.
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap()
        };
        Self {
            status,
            headers,
            body,
        }
    }
}
