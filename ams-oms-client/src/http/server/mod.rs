//! Serves the contract on top of any [`Oms`].
//!
//! The one place of this crate where a web framework shows: [`router`] gives an axum router, to be
//! served, nested or layered like any other.
//!
//! ```no_run
//! # #[cfg(feature = "memory")]
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use ams_oms_client::{MemoryOms, server};
//!
//! let oms = Arc::new(MemoryOms::new());
//! let bridge = server::ServerKey::new(std::env::var("BRIDGE_KEY")?)?;
//! let dock = server::ServerKey::new(std::env::var("DOCK_KEY")?)?.with_warehouse();
//! let router = server::router_with_warehouse(oms.clone(), oms, [bridge, dock]);
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:4020").await?;
//! axum::serve(listener, router).await?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "memory"))]
//! # fn main() {}
//! ```
//!
//! Nothing is answered without one of the keys. TLS, limits on time and on the number of calls,
//! and logs are the surroundings' business: put them around the router or in front of it.
//!
//! A request whose sender hangs up is given up in the middle; for the sender that is ambiguous,
//! as the contract says.

mod access;
mod failure;
mod input;

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router, middleware};
use serde::Deserialize;

use self::failure::{Failure, sound};
use self::input::{About, Content, MerchantOf, Query};
use super::operation::Operation;
use super::words::{Cancellation, Cancelled, Creation, CreationWord, OpenRmas};
use crate::rma::RawRma;
use crate::{Capabilities, ChangeCursor, Oms, OmsError, Rma, RmaKey, RmaNumber, Warehouse};
use crate::{RmaSnapshot, WarehouseWork};

pub use access::{InvalidServerKey, ServerKey};

/// The largest body of a request that is read, in bytes: 1 MiB.
pub const LARGEST_REQUEST: usize = 1024 * 1024;
/// Rows of a page, unless the request says otherwise.
const USUAL_PAGE: NonZeroU32 = rows(100);
/// Rows of a page, whatever the request says.
const LARGEST_PAGE: NonZeroU32 = rows(1_000);

const fn rows(count: u32) -> NonZeroU32 {
    match NonZeroU32::new(count) {
        Some(rows) => rows,
        None => NonZeroU32::MIN,
    }
}

/// The paths of the contract, below `/v1`. Warehouse work is unsupported.
///
/// `capabilities` are told as `oms` has them, except for `events`: a router sends no notices.
pub fn router(oms: Arc<dyn Oms>, keys: impl IntoIterator<Item = ServerKey>) -> Router {
    build(oms, None, keys)
}

/// The same with the work of the warehouse, for the keys that may do it
/// ([`ServerKey::with_warehouse`]).
pub fn router_with_warehouse(
    oms: Arc<dyn Oms>,
    warehouse: Arc<dyn Warehouse>,
    keys: impl IntoIterator<Item = ServerKey>,
) -> Router {
    build(oms, Some(warehouse), keys)
}

/// What the handlers share.
struct Service {
    oms: Arc<dyn Oms>,
    warehouse: Option<Arc<dyn Warehouse>>,
    keys: Vec<ServerKey>,
}

type Shared = State<Arc<Service>>;

fn build(
    oms: Arc<dyn Oms>,
    warehouse: Option<Arc<dyn Warehouse>>,
    keys: impl IntoIterator<Item = ServerKey>,
) -> Router {
    let service = Arc::new(Service {
        oms,
        warehouse,
        keys: keys.into_iter().collect(),
    });
    const RMA: &str = "/v1/merchants/{merchant}/rmas/{rma_number}";
    Router::new()
        .route("/v1/capabilities", get(capabilities))
        .route("/v1/merchants/{merchant}/changes", get(changes))
        .route("/v1/merchants/{merchant}/open", get(open))
        .route(RMA, get(read).put(create))
        .route(&format!("{RMA}/lines"), put(amend))
        .route(&format!("{RMA}/cancel"), post(cancel))
        .route(&format!("{RMA}/work"), post(work))
        .fallback(failure::no_such_path)
        .method_not_allowed_fallback(failure::no_such_method)
        // Around everything above, so that no path can be forgotten.
        .layer(middleware::from_fn_with_state(
            Arc::clone(&service),
            access::admit,
        ))
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .with_state(service)
}

async fn capabilities(State(service): Shared) -> Json<Capabilities> {
    Json(Capabilities {
        events: false,
        ..service.oms.capabilities()
    })
}

async fn create(
    State(service): Shared,
    About(key): About,
    content: Content<RawRma>,
) -> Result<Response, Failure> {
    let rma = promise(&key, content)?;
    let outcome = service
        .oms
        .create_rma(&rma)
        .await
        .and_then(|outcome| sound(outcome.snapshot().clone()).map(|_| outcome))
        .map_err(Failure::of(Operation::Create))?;
    let creation = Creation::from(outcome);
    let status = match creation.outcome {
        CreationWord::Created => StatusCode::CREATED,
        CreationWord::AlreadyExists => StatusCode::OK,
    };
    Ok((status, Json(creation)).into_response())
}

async fn read(State(service): Shared, About(key): About) -> Result<Json<RmaSnapshot>, Failure> {
    let found = service.oms.get_rma(&key).await;
    found
        .and_then(|found| sound(found.ok_or(OmsError::NotFound)?))
        .map(Json)
        .map_err(Failure::of(Operation::Get))
}

async fn amend(
    State(service): Shared,
    About(key): About,
    content: Content<RawRma>,
) -> Result<Json<RmaSnapshot>, Failure> {
    let rma = promise(&key, content)?;
    let amended = service.oms.amend_rma(&rma).await;
    let amended = amended.and_then(sound).map(Json);
    amended.map_err(Failure::of(Operation::Amend))
}

async fn cancel(
    State(service): Shared,
    About(key): About,
    Content(request): Content<Cancellation<'static>>,
) -> Result<Json<Cancelled>, Failure> {
    let outcome = service
        .oms
        .cancel_rma(&key, &request.reason)
        .await
        .map_err(Failure::of(Operation::Cancel))?
        .into();
    Ok(Json(Cancelled { outcome }))
}

#[derive(Deserialize)]
struct ChangesQuery {
    cursor: Option<ChangeCursor>,
    limit: Option<NonZeroU32>,
}

async fn changes(
    State(service): Shared,
    MerchantOf(merchant): MerchantOf,
    Query(ChangesQuery { cursor, limit }): Query<ChangesQuery>,
) -> Result<impl IntoResponse, Failure> {
    let page = service
        .oms
        .changes(&merchant, cursor.as_ref(), page_size(limit))
        .await;
    page.map(Json).map_err(Failure::of(Operation::Changes))
}

#[derive(Deserialize)]
struct OpenQuery {
    after: Option<RmaNumber>,
    limit: Option<NonZeroU32>,
}

async fn open(
    State(service): Shared,
    MerchantOf(merchant): MerchantOf,
    Query(OpenQuery { after, limit }): Query<OpenQuery>,
) -> Result<Json<OpenRmas>, Failure> {
    let rma_numbers = service
        .oms
        .list_open(&merchant, after, page_size(limit))
        .await
        .map_err(Failure::of(Operation::ListOpen))?;
    Ok(Json(OpenRmas { rma_numbers }))
}

async fn work(
    State(service): Shared,
    _: access::Warehouse,
    About(key): About,
    Content(work): Content<WarehouseWork>,
) -> Result<Json<RmaSnapshot>, Failure> {
    let fail = Failure::of(Operation::Work);
    let Some(warehouse) = &service.warehouse else {
        return Err(fail(OmsError::unsupported(Operation::Work.name())));
    };
    let done = warehouse.apply(&key, work).await.and_then(sound);
    done.map(Json).map_err(fail)
}

/// The RMA in the body, which has to be the one in the address.
fn promise(key: &RmaKey, Content(raw): Content<RawRma>) -> Result<Rma, Failure> {
    let rma = Rma::try_from(raw).map_err(|error| Failure::invalid_rma(&error))?;
    if rma.key() == *key {
        Ok(rma)
    } else {
        Err(Failure::other_rma())
    }
}

fn page_size(asked: Option<NonZeroU32>) -> NonZeroU32 {
    asked.unwrap_or(USUAL_PAGE).min(LARGEST_PAGE)
}
