//! Faults by name, as JSON asks for them. The names are those of the sandbox's own functions.

use std::time::Duration;

use loop_client::sandbox::{Fault, On, OnWebhook, WebhookFault};
use serde::Deserialize;
use serde_json::Value;

/// A fault of calls, those it hits, and the values that some faults need.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CallFault {
    fault: String,
    after_effect: bool,
    method: Option<String>,
    path: Option<String>,
    times: Option<u32>,
    skip: u32,
    status: Option<u16>,
    seconds: u32,
    millis: u64,
    bytes: usize,
    to: String,
    body: Value,
}

impl CallFault {
    fn status(&self) -> u16 {
        self.status.unwrap_or(500)
    }
}

type Named<T, F> = (&'static str, fn(&T) -> F);

pub(crate) const CALL_FAULTS: [Named<CallFault, Fault>; 19] = [
    ("status", |it| Fault::status(it.status())),
    ("html", |it| Fault::html(it.status())),
    ("json", |it| Fault::json(it.status(), it.body.clone())),
    ("answer_false", |_| Fault::answer_false()),
    ("empty_body", |_| Fault::empty_body()),
    ("too_many_requests", |_| Fault::too_many_requests()),
    ("retry_after_seconds", |it| {
        Fault::retry_after_seconds(it.seconds)
    }),
    ("retry_after_date", |it| Fault::retry_after_date(it.seconds)),
    ("unauthorized", |_| Fault::unauthorized()),
    ("redirect", |it| Fault::redirect(&it.to)),
    ("lost_request", |_| Fault::lost_request()),
    ("lost_reply", |_| Fault::lost_reply()),
    ("cut_body", |_| Fault::cut_body()),
    ("cut_chunked_body", |_| Fault::cut_chunked_body()),
    ("truncated_body", |_| Fault::truncated_body()),
    ("slow_body", |it| {
        Fault::slow_body(Duration::from_millis(it.millis))
    }),
    ("oversized_body", |it| Fault::oversized_body(it.bytes)),
    ("unknown_fields", |_| Fault::unknown_fields()),
    ("unknown_values", |_| Fault::unknown_values()),
];

impl CallFault {
    pub(crate) fn read(self) -> Result<(Fault, On), String> {
        let mut fault = named(&CALL_FAULTS, &self.fault)?(&self);
        if self.after_effect {
            fault = fault.after_effect();
        }
        let on = match (self.method, self.path) {
            (Some(method), Some(path)) => On::path(method, path),
            (None, None) => On::any(),
            _ => return Err("method and path go together".to_owned()),
        };
        let on = on.skip(self.skip);
        Ok((fault, self.times.into_iter().fold(on, On::times)))
    }
}

/// A fault of webhooks, and those it hits.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FaultOfWebhooks {
    fault: String,
    copies: Option<u32>,
    #[serde(rename = "return")]
    return_id: Option<u64>,
    trigger: Option<String>,
    times: Option<u32>,
    skip: u32,
}

pub(crate) const WEBHOOK_FAULTS: [Named<FaultOfWebhooks, WebhookFault>; 5] = [
    ("drop", |_| WebhookFault::Drop),
    ("duplicate", |it| {
        WebhookFault::Duplicate(it.copies.unwrap_or(2))
    }),
    ("hold", |_| WebhookFault::Hold),
    ("unknown_fields", |_| WebhookFault::UnknownFields),
    ("unknown_values", |_| WebhookFault::UnknownValues),
];

impl FaultOfWebhooks {
    pub(crate) fn read(self) -> Result<(WebhookFault, OnWebhook), String> {
        let fault = named(&WEBHOOK_FAULTS, &self.fault)?(&self);
        let on = OnWebhook::any().skip(self.skip);
        let on = self.return_id.into_iter().fold(on, OnWebhook::of_return);
        let on = self.trigger.into_iter().fold(on, OnWebhook::trigger);
        Ok((fault, self.times.into_iter().fold(on, OnWebhook::times)))
    }
}

fn named<T, F>(table: &[Named<T, F>], wanted: &str) -> Result<fn(&T) -> F, String> {
    let found = table.iter().find(|(name, _)| *name == wanted);
    found
        .map(|(_, make)| *make)
        .ok_or_else(|| format!("fault is one of {}", names(table)))
}

pub(crate) fn names<T, F>(table: &[Named<T, F>]) -> String {
    let names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}
