//! Turns away calls that the key's scopes do not open.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::sandbox::answer;
use crate::sandbox::core::Core;

pub(super) async fn check(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    // `/api/{version}/…`
    let path = request.uri().path().splitn(4, '/').nth(3).unwrap_or("");
    if core.scopes.open(request.method().as_str(), path) {
        next.run(request).await
    } else if path.starts_with("returns/") && path.ends_with("/labels/regenerate") {
        answer::forbidden()
    } else {
        answer::unauthorized()
    }
}
