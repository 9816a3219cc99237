//! The wire between the workers and the stand-ins. Every call passes here and is written into the
//! history; some are met by their sender's death, before, while or after they are carried out.
//!
//! A worker calls `/loop/{life}/…`, `/oms/{life}/…`, and `/gate/{life}` before each pass.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::crew::Crew;
use crate::gate::Gate;
use crate::history::{Answer, Call, Deed, Event, History, Life, Moment};
use crate::killer::Killer;

pub(crate) struct Tap {
    /// `http://host:port` of itself and of both stand-ins.
    pub(crate) address: String,
    pub(crate) loop_address: String,
    pub(crate) oms_address: String,
    pub(crate) http: reqwest::Client,
    pub(crate) history: Arc<History>,
    pub(crate) killer: Arc<Killer>,
    pub(crate) crew: Arc<Crew>,
    pub(crate) gate: Arc<Gate>,
}

struct Request {
    method: Method,
    /// With its query, as the stand-in knows it.
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

pub(crate) fn router(tap: Arc<Tap>) -> Router {
    Router::new()
        .route("/gate/{life}", get(gate))
        .fallback(pass_on)
        .with_state(tap)
}

async fn gate(State(tap): State<Arc<Tap>>, Path(life): Path<u32>) {
    tap.gate.pass(Life(life)).await;
}

async fn pass_on(
    State(tap): State<Arc<Tap>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let mut parts = path.splitn(4, '/').skip(1);
    let (side, life, path) = (parts.next(), parts.next(), parts.next());
    let life = life.and_then(|life| life.parse().ok()).map(Life);
    let (Some(side), Some(life), Some(path)) = (side, life, path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let request = Request {
        method,
        path: format!("/{path}"),
        headers,
        body,
    };
    let at_loop = side == "loop";
    // What has arrived goes on, whether or not its sender lives to hear of it.
    let carried = tokio::spawn(async move { tap.carry(at_loop, life, request).await });
    carried
        .await
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

impl Tap {
    async fn carry(&self, at_loop: bool, life: Life, request: Request) -> Response {
        let call = if at_loop {
            call_of_loop(&request.method, &request.path)
        } else {
            call_of_oms(&request.method, &request.path)
        };
        self.crew.note_busy(life, 1);
        let invoked = self.history.push(Event::Invoked { life, call });
        let answered = |answer| {
            self.history.push(Event::Answered {
                call: invoked,
                answer,
            })
        };
        let aim = self.killer.aims_at(call);
        if aim == Some(Moment::OnItsWay) {
            self.kill(life, Moment::OnItsWay).await;
            self.crew.note_busy(life, -1);
            answered(Answer::NotReached);
            return StatusCode::BAD_GATEWAY.into_response();
        }
        if aim == Some(Moment::Arrived) {
            self.kill(life, Moment::Arrived).await;
        }
        let reply = self.forward(at_loop, request).await;
        answered(answer(call.deed, &reply));
        if aim == Some(Moment::Unheard) {
            self.kill(life, Moment::Unheard).await;
        }
        self.crew.note_busy(life, -1);
        if aim == Some(Moment::Heard) {
            let (crew, pause) = (Arc::clone(&self.crew), self.killer.moment());
            tokio::spawn(async move {
                tokio::time::sleep(pause).await;
                kill(crew, life, Moment::Heard).await;
            });
        }
        let Reply {
            status,
            headers,
            body,
        } = reply;
        (status, headers, Body::from(body)).into_response()
    }

    async fn kill(&self, life: Life, moment: Moment) {
        kill(Arc::clone(&self.crew), life, moment).await;
    }

    async fn forward(&self, at_loop: bool, request: Request) -> Reply {
        let address = if at_loop {
            &self.loop_address
        } else {
            &self.oms_address
        };
        let mut headers = request.headers;
        headers.remove(HOST);
        headers.remove(CONTENT_LENGTH);
        let sent = self
            .http
            .request(request.method, format!("{address}{}", request.path))
            .headers(headers)
            .body(request.body)
            .send()
            .await;
        let answer = sent.expect("the stand-in is there");
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        headers.remove(CONTENT_LENGTH);
        headers.remove(TRANSFER_ENCODING);
        let mut body = answer.bytes().await.expect("the stand-in answers");
        // The links to further pages name their host.
        if at_loop && let Ok(text) = std::str::from_utf8(&body) {
            let (from, to) = (escaped(address), escaped(&self.address));
            if text.contains(&from) || text.contains(address) {
                body = text
                    .replace(&from, &to)
                    .replace(address, &self.address)
                    .into();
            }
        }
        Reply {
            status,
            headers,
            body,
        }
    }
}

/// A death takes milliseconds, and the waiting for it is no task's.
async fn kill(crew: Arc<Crew>, life: Life, moment: Moment) {
    let killed = tokio::task::spawn_blocking(move || crew.kill(life, moment));
    killed.await.unwrap();
}

/// As PHP writes an address in JSON.
fn escaped(address: &str) -> String {
    address.replace('/', "\\/")
}

fn answer(deed: Deed, reply: &Reply) -> Answer {
    let actions = [Deed::Process, Deed::Flag, Deed::WriteNote];
    match reply.status.as_u16() {
        // Loop declines an action with 200.
        200 if actions.contains(&deed) && reply.body.as_ref() != b"true" => Answer::Declined,
        201 if deed == Deed::CreateRma => Answer::Created,
        200..300 => Answer::Done,
        404 | 409 | 422 => Answer::Declined,
        status => Answer::Failed(status),
    }
}

fn call_of_loop(method: &Method, path: &str) -> Call {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let Some((_, of_return)) = path.split_once("/warehouse/return/") else {
        return Call {
            deed: Deed::OtherOfLoop,
            id: 0,
        };
    };
    if of_return == "details" {
        let id = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("return_id="));
        return Call {
            deed: Deed::ReadReturn,
            id: id.and_then(|id| id.parse().ok()).unwrap_or(0),
        };
    }
    if of_return == "list" {
        return Call {
            deed: Deed::ListReturns,
            id: 0,
        };
    }
    let (id, action) = of_return.split_once('/').unwrap_or((of_return, ""));
    let deed = match (method.as_str(), action) {
        ("POST", "process") => Deed::Process,
        ("POST", "flag") => Deed::Flag,
        ("POST", "note") => Deed::WriteNote,
        ("GET", "notes") => Deed::ReadNotes,
        _ => Deed::OtherOfLoop,
    };
    Call {
        deed,
        id: id.parse().unwrap_or(0),
    }
}

fn call_of_oms(method: &Method, path: &str) -> Call {
    let path = path.split('?').next().unwrap_or(path);
    let Some((_, of_rma)) = path.split_once("/rmas/") else {
        return Call {
            deed: Deed::OtherOfOms,
            id: 0,
        };
    };
    let (id, part) = of_rma.split_once('/').unwrap_or((of_rma, ""));
    let deed = match (method.as_str(), part) {
        ("GET", "") => Deed::ReadRma,
        ("PUT", "") => Deed::CreateRma,
        ("PUT", "lines") => Deed::AmendRma,
        ("POST", "cancel") => Deed::CancelRma,
        _ => Deed::OtherOfOms,
    };
    Call {
        deed,
        id: id.parse().unwrap_or(0),
    }
}
