//! What the routes read from a request.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde_json::Value;

use crate::sandbox::core::Core;
use crate::sandbox::query::Params;

pub(super) type SharedCore = State<Arc<Core>>;
pub(super) type RawQuery = Result<Query<BTreeMap<String, String>>, QueryRejection>;

/// A query that cannot be decoded has no parameters.
pub(super) fn params(query: RawQuery) -> Params {
    query.map_or_else(|_| Params::default(), |Query(all)| Params::new(all))
}

/// What is no JSON has none of the required fields.
pub(super) fn parse(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

/// The id in a path; what is no number is the id of nothing.
pub(super) fn number(id: &str) -> Option<u64> {
    id.parse().ok()
}
