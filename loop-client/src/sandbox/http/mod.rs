//! The HTTP surface: who may come in, and which route answers.

mod carts;
mod deep_links;
mod destinations;
mod dispositioning;
mod fault;
mod fraud;
mod input;
mod label_requests;
mod labels;
mod listings;
mod orders;
mod remove;
mod returns;
mod scope;
mod shipments;
mod subscriptions;

use std::sync::Arc;

use axum::Extension;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post, put};

use super::answer;
use super::core::Core;
use super::grading::CategoryForm;
use super::truth::RecordedCall;

/// What differs between the versions of the API.
#[derive(Clone, Copy, Debug)]
struct Version {
    asn_is_limited: bool,
    notes_are_wrapped: bool,
    categories: CategoryForm,
    orders_are_dated: bool,
    label_is_created: bool,
}

const OLD: Version = Version {
    asn_is_limited: false,
    notes_are_wrapped: true,
    categories: CategoryForm::Text,
    orders_are_dated: false,
    label_is_created: false,
};

const NEW: Version = Version {
    asn_is_limited: true,
    notes_are_wrapped: false,
    categories: CategoryForm::Object,
    orders_are_dated: true,
    label_is_created: true,
};

const VERSIONS: [(&str, Version); 5] = [
    ("2026-10", NEW),
    ("2026-07", OLD),
    ("v1", OLD),
    ("latest", NEW),
    ("unstable", NEW),
];

pub(super) fn router(core: Arc<Core>) -> Router {
    let mut router = Router::new();
    for (name, version) in VERSIONS {
        let routes = routes().layer(Extension(version));
        router = router.nest(&format!("/api/{name}"), routes);
    }
    router
        .fallback(not_found)
        .layer(middleware::map_response(answer::as_json))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&core),
            scope::check,
        ))
        .layer(middleware::from_fn_with_state(Arc::clone(&core), gate))
        .with_state(core)
}

fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/warehouse/return/list", get(returns::list))
        .route("/warehouse/return/details", get(returns::details))
        .route("/warehouse/reporting/asn", get(returns::asn))
        .route("/warehouse/return/{id}/process", post(returns::process))
        .route("/warehouse/return/{id}/flag", post(returns::flag))
        .route("/warehouse/return/{id}/cancel", post(returns::cancel))
        .route("/warehouse/return/{id}/close", post(returns::close))
        .route("/warehouse/return/{id}/notes", get(returns::notes))
        .route("/warehouse/return/{id}/note", post(returns::add_note))
        .route(
            "/webhooks",
            get(subscriptions::list).post(subscriptions::create),
        )
        .route(
            "/webhooks/{id}",
            put(subscriptions::replace).delete(subscriptions::delete),
        )
        .merge(carts::routes())
        .merge(deep_links::routes())
        .merge(destinations::routes())
        .merge(dispositioning::routes())
        .merge(fraud::routes())
        .merge(label_requests::routes())
        .merge(labels::routes())
        .merge(listings::routes())
        .merge(orders::routes())
        .merge(remove::routes())
        .merge(shipments::routes())
        .method_not_allowed_fallback(not_found)
}

async fn not_found() -> Response {
    answer::not_found()
}

/// Every request passes here: key, then rate limit, then faults, then the
/// route; and the record of it.
async fn gate(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let method = request.method().as_str().to_owned();
    let path = request
        .uri()
        .path_and_query()
        .map_or_else(String::new, |path| path.as_str().to_owned());
    let return_id = return_id_of(request.uri().path());
    let response = if key_matches(&core, request.headers()) {
        let mut allowance = core.admit();
        let mut response = if allowance.exceeded {
            answer::too_many_requests()
        } else {
            fault::run(&core, request, next).await
        };
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            // A fault says so too, and means it.
            allowance.remaining = 0;
        }
        answer::put_allowance(&mut response, allowance);
        response
    } else {
        answer::unauthorized()
    };
    let hit = response.extensions().get::<fault::Hit>();
    core.record(RecordedCall {
        method,
        path,
        status: match hit {
            Some(hit) if !hit.answered => 0,
            _ => response.status().as_u16(),
        },
        return_id,
        fault: hit.map(|hit| hit.id),
    });
    response
}

fn key_matches(core: &Core, headers: &HeaderMap) -> bool {
    headers
        .get("x-authorization")
        .is_some_and(|key| key.as_bytes() == core.api_key.as_bytes())
}

fn return_id_of(path: &str) -> Option<u64> {
    let (_, rest) = path
        .split_once("/warehouse/return/")
        .or_else(|| path.split_once("/returns/"))?;
    let (id, _) = rest.split_once('/')?;
    id.parse().ok()
}
