//! Faults of HTTP calls.

use std::time::Duration;

use serde_json::Value;

use super::{FaultId, Quota};

/// What goes wrong with a call; see [`Sandbox::inject`](super::Sandbox::inject).
///
/// A fault that replaces the answer keeps the request from having an effect, as if something
/// before Loop had answered, unless [`after_effect`](Fault::after_effect) is called. A fault that
/// spoils the true answer needs one: there the effect always takes place.
#[derive(Clone, Debug)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    pub(in crate::sandbox) kind: Kind,
    pub(in crate::sandbox) has_effect: bool,
}

#[derive(Clone, Debug)]
pub(in crate::sandbox) enum Kind {
    // These replace the answer.
    Json(u16, Value),
    Html(u16),
    Empty(u16),
    TooManyRequests(Option<RetryAfter>),
    Unauthorized,
    Redirect(String),
    Lost,
    // These spoil it.
    CutBody,
    CutChunks,
    Truncated,
    SlowBody(Duration),
    Oversized(usize),
    UnknownFields,
    UnknownValues,
}

/// In seconds.
#[derive(Clone, Copy, Debug)]
pub(in crate::sandbox) enum RetryAfter {
    Seconds(u32),
    Date(u32),
}

impl Fault {
    /// This status with a small JSON error, as a failing server sends it. A number that cannot be
    /// the status of an answer (below 200, above 999) counts as 500, here and elsewhere.
    pub fn status(status: u16) -> Fault {
        Fault::json(
            status,
            serde_json::json!({ "message": format!("Error {status}") }),
        )
    }

    /// This status with an HTML page, as a proxy sends it.
    pub fn html(status: u16) -> Fault {
        Fault::replacing(Kind::Html(status))
    }

    /// This status with this JSON body.
    pub fn json(status: u16, body: impl Into<Value>) -> Fault {
        Fault::replacing(Kind::Json(status, body.into()))
    }

    /// Status 200 and `false`.
    pub fn answer_false() -> Fault {
        Fault::json(200, false)
    }

    /// Status 200 and no body.
    pub fn empty_body() -> Fault {
        Fault::replacing(Kind::Empty(200))
    }

    /// 429 without advice when to come back.
    pub fn too_many_requests() -> Fault {
        Fault::replacing(Kind::TooManyRequests(None))
    }

    /// 429 with `Retry-After` as a number of seconds.
    pub fn retry_after_seconds(seconds: u32) -> Fault {
        Fault::replacing(Kind::TooManyRequests(Some(RetryAfter::Seconds(seconds))))
    }

    /// 429 with `Retry-After` as a date, that many seconds after the answer's own `Date`. Both
    /// follow the sandbox's clock.
    pub fn retry_after_date(seconds: u32) -> Fault {
        Fault::replacing(Kind::TooManyRequests(Some(RetryAfter::Date(seconds))))
    }

    /// 401, as for a wrong key.
    pub fn unauthorized() -> Fault {
        Fault::replacing(Kind::Unauthorized)
    }

    /// 307 to another address: whoever follows it shows method, body and maybe key to a stranger.
    pub fn redirect(to: impl Into<String>) -> Fault {
        Fault::replacing(Kind::Redirect(to.into()))
    }

    /// The connection is closed without an answer, and the request has no effect.
    pub fn lost_request() -> Fault {
        Fault::replacing(Kind::Lost)
    }

    /// The connection is closed without an answer, and the request has its effect.
    pub fn lost_reply() -> Fault {
        Fault::lost_request().after_effect()
    }

    /// The connection is closed after the first half of the body, of which `Content-Length`
    /// promised the whole. An answer without a body (204) is not harmed.
    pub fn cut_body() -> Fault {
        Fault::spoiling(Kind::CutBody)
    }

    /// As [`cut_body`](Fault::cut_body), in chunks: nothing says how much is missing.
    pub fn cut_chunked_body() -> Fault {
        Fault::spoiling(Kind::CutChunks)
    }

    /// The first half of the body as if it were all of it: nothing but the text itself says that
    /// more is missing.
    pub fn truncated_body() -> Fault {
        Fault::spoiling(Kind::Truncated)
    }

    /// The body comes in up to eight pieces, with this pause before each of them.
    pub fn slow_body(pause: Duration) -> Fault {
        Fault::spoiling(Kind::SlowBody(pause))
    }

    /// The body comes after this many bytes of white space: good JSON, for those who have room.
    pub fn oversized_body(bytes: usize) -> Fault {
        Fault::spoiling(Kind::Oversized(bytes))
    }

    /// Every JSON object of the answer has one more field, which nobody knows.
    pub fn unknown_fields() -> Fault {
        Fault::spoiling(Kind::UnknownFields)
    }

    /// Every text from a set that Loop documents and may extend becomes `sandbox-unknown`: states,
    /// outcomes, statuses, types, categories, grades, dispositions and reasons of label errors;
    /// topics and triggers in the list of subscriptions.
    pub fn unknown_values() -> Fault {
        Fault::spoiling(Kind::UnknownValues)
    }

    /// The request has its effect before the answer is replaced.
    pub fn after_effect(mut self) -> Fault {
        self.has_effect = true;
        self
    }

    fn replacing(kind: Kind) -> Fault {
        Fault {
            kind,
            has_effect: false,
        }
    }

    fn spoiling(kind: Kind) -> Fault {
        Fault {
            kind,
            has_effect: true,
        }
    }
}

/// Which calls a fault hits: all of them, or those of one method and path; from the first on, or
/// after some; until cleared, or a number of times.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until a fault is injected with it"]
pub struct On {
    call: Option<(String, String)>,
    pub(super) quota: Quota,
}

impl On {
    /// Every call.
    pub fn any() -> On {
        On {
            call: None,
            quota: Quota::default(),
        }
    }

    /// Calls of this method and path. The path is written without the version, as in the
    /// [module documentation](crate::sandbox): `/warehouse/return/{id}/process` is that of every
    /// return, and `/warehouse/return/99904598/process` that of one.
    pub fn path(method: impl Into<String>, template: impl Into<String>) -> On {
        On {
            call: Some((method.into(), template.into())),
            quota: Quota::default(),
        }
    }

    /// The next `times` of them only.
    pub fn times(mut self, times: u32) -> On {
        self.quota.times = Some(times);
        self
    }

    /// Not the first `calls` of them.
    pub fn skip(mut self, calls: u32) -> On {
        self.quota.skip = calls;
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.call.as_ref().is_none_or(|(wanted, template)| {
            wanted.eq_ignore_ascii_case(method) && path_matches(template, without_version(path))
        })
    }
}

#[derive(Debug)]
pub(super) struct CallRule {
    pub(super) id: FaultId,
    pub(super) fault: Fault,
    pub(super) on: On,
}

/// Every fault that matches counts what it skips; the first that is due hits.
pub(super) fn choose(rules: &mut [CallRule], method: &str, path: &str) -> Option<(FaultId, Fault)> {
    let mut chosen = None;
    for rule in rules {
        if rule.on.matches(method, path) && rule.on.quota.is_due() && chosen.is_none() {
            rule.on.quota.hit();
            chosen = Some((rule.id, rule.fault.clone()));
        }
    }
    chosen
}

/// `/api/{version}/warehouse/…` without its beginning.
fn without_version(path: &str) -> &str {
    path.strip_prefix("/api/")
        .and_then(|rest| rest.find('/').and_then(|slash| rest.get(slash..)))
        .unwrap_or(path)
}

fn path_matches(template: &str, path: &str) -> bool {
    let mut wanted = template.split('/');
    let mut found = path.split('/');
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == found || is_placeholder(wanted) => {}
            _ => return false,
        }
    }
}

fn is_placeholder(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_match_whole_paths_of_every_version() {
        let process = "/warehouse/return/{id}/process";
        // (template, path, matches)
        let table = [
            (process, "/api/2026-10/warehouse/return/7/process", true),
            (process, "/api/v1/warehouse/return/x%2Fy/process", true),
            (process, "/api/v1/warehouse/return/7/flag", false),
            (process, "/api/v1/warehouse/return/7/process/more", false),
            (process, "/api/v1/warehouse/return/7", false),
            (
                "/warehouse/return/7/process",
                "/api/v1/warehouse/return/7/process",
                true,
            ),
            (
                "/warehouse/return/7/process",
                "/api/v1/warehouse/return/77/process",
                false,
            ),
            ("/webhooks", "/api/latest/webhooks", true),
            ("/webhooks", "/api/latest/webhooks/1", false),
            ("/elsewhere", "/elsewhere", true),
            ("/", "/api/v1", false),
        ];
        for (template, path, matches) in table {
            let on = On::path("post", template);
            assert_eq!(on.matches("POST", path), matches, "{template} {path}");
            assert!(!on.matches("GET", path), "{template} {path}");
            assert!(On::any().matches("GET", path));
        }
    }
}
