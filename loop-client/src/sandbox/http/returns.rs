//! Return data and return actions.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use reqwest::Url;
use serde_json::{Map, Value, json};

use super::Version;
use super::input::{RawQuery, SharedCore, params};
use crate::sandbox::core::Core;
use crate::sandbox::list::{ListQuery, PageLink};
use crate::sandbox::model::Return;
use crate::sandbox::query::{Params, Window};
use crate::sandbox::world::{Refusal, World};
use crate::sandbox::{answer, render};

/// What is no number is the id of no return.
fn return_id(id: &str) -> Result<u64, Refusal> {
    id.parse().map_err(|_| Refusal::NotFound)
}

pub(super) async fn list(State(core): SharedCore, query: RawQuery) -> Response {
    let params = params(query);
    core.read(|world, now| {
        let query = match ListQuery::read(&params, now) {
            Ok(query) => query,
            Err(invalid) => return answer::invalid(&invalid),
        };
        let rows = query.select(world.returns());
        let rendered = |rows: &[&Return]| -> Value {
            rows.iter()
                .map(|record| render::list_row(record, now))
                .collect()
        };
        if !query.paginated {
            return answer::ok(rendered(&rows));
        }
        let page = query.page(&rows);
        answer::ok(json!({
            "returns": rendered(&page.rows),
            "nextPageUrl": page.next.and_then(|link| page_url(&core, link)),
            "previousPageUrl": page.previous.and_then(|link| page_url(&core, link)),
        }))
    })
}

/// Loop chooses host and version of its links; the example in the documentation names `v1`.
fn page_url(core: &Core, link: PageLink) -> Option<String> {
    let base = format!("{}/v1/warehouse/return/list", core.base_url);
    let url = Url::parse_with_params(&base, link).ok()?;
    Some(url.into())
}

pub(super) async fn details(State(core): SharedCore, query: RawQuery) -> Response {
    let params = params(query);
    core.read(|world, now| {
        find(world, &params).map_or_else(answer::no_details, |record| {
            answer::ok(render::details(record, now))
        })
    })
}

fn find<'a>(world: &'a World, params: &Params) -> Option<&'a Return> {
    if let Some(id) = params.get("return_id") {
        return world.get(id.parse().ok()?);
    }
    if let Some(name) = params.get("order_name") {
        // Consumers send the name with and without its sign.
        let name = name.trim_start_matches('#');
        return newest(world, |record| {
            record.order.order_name.trim_start_matches('#') == name
        });
    }
    let id: u64 = params.get("order_id")?.parse().ok()?;
    newest(world, |record| record.provider_order_id == id)
}

fn newest(world: &World, wanted: impl Fn(&Return) -> bool) -> Option<&Return> {
    world
        .returns()
        .filter(|record| wanted(record))
        .max_by_key(|record| (record.created_at, record.id))
}

pub(super) async fn asn(
    State(core): SharedCore,
    Extension(version): Extension<Version>,
    query: RawQuery,
) -> Response {
    let params = params(query);
    core.read(
        |world, now| match Window::of_asn(&params, now, version.asn_is_limited) {
            Ok(window) => answer::ok(
                world
                    .returns()
                    .filter(|record| window.contains(record.created_at))
                    .flat_map(render::asn_rows)
                    .collect(),
            ),
            Err(invalid) => answer::invalid(&invalid),
        },
    )
}

pub(super) async fn process(
    State(core): SharedCore,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let details = match serde_json::from_slice(&body) {
        Ok(Value::Object(details)) => details,
        // What another JSON value would do is not documented.
        Ok(
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_),
        )
        | Err(_) => Map::new(),
    };
    answer::action(return_id(&id).and_then(|id| core.process(id, details)))
}

pub(super) async fn flag(State(core): SharedCore, Path(id): Path<String>) -> Response {
    answer::action(return_id(&id).and_then(|id| core.act(|world, now| world.flag(id, now))))
}

pub(super) async fn cancel(State(core): SharedCore, Path(id): Path<String>) -> Response {
    answer::action(return_id(&id).and_then(|id| core.act(|world, now| world.cancel(id, now))))
}

pub(super) async fn close(State(core): SharedCore, Path(id): Path<String>) -> Response {
    answer::action(return_id(&id).and_then(|id| core.act(|world, now| world.close(id, now))))
}

pub(super) async fn notes(
    State(core): SharedCore,
    Extension(version): Extension<Version>,
    Path(id): Path<String>,
) -> Response {
    core.read(|world, _| {
        let Some(record) = id.parse().ok().and_then(|id| world.get(id)) else {
            return answer::refusal(&Refusal::NotFound);
        };
        if record.notes.is_empty() {
            answer::no_notes()
        } else if version.notes_are_wrapped {
            answer::ok(render::notes_wrapped(&record.notes))
        } else {
            answer::ok(render::notes_bare(&record.notes))
        }
    })
}

/// Exactly 255 characters are refused: the message says "less than".
pub(super) async fn add_note(
    State(core): SharedCore,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let content = body.get("content").and_then(Value::as_str).unwrap_or("");
    if content.trim().is_empty() || content.chars().count() >= 255 {
        return answer::invalid_note();
    }
    answer::action(
        return_id(&id).and_then(|id| core.act(|world, now| world.add_note(id, content, now))),
    )
}
