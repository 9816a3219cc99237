//! A webhook of the topic `return` as it is defined: a topic and a trigger, read as if nothing else
//! were there, and a return, read as if those two were not. The decoder, which reads all at once,
//! is held to it.

use loop_client::Return;
use loop_client::webhook::{Topic, Trigger};
use serde::Deserialize;

#[derive(Deserialize)]
struct Envelope {
    topic: Topic,
    trigger: Option<Trigger>,
}

/// Its trigger and its return; `None` for every other body.
pub(crate) fn return_event(body: &[u8]) -> Option<(Option<Trigger>, Return)> {
    let text = std::str::from_utf8(body).ok()?;
    let envelope: Envelope = serde_json::from_str(text).ok()?;
    if envelope.topic != Topic::Return {
        return None;
    }
    let says_something = |trigger: &Trigger| {
        let text = trigger.as_str().trim();
        !text.is_empty() && !text.eq_ignore_ascii_case("n/a")
    };
    let trigger = envelope.trigger.filter(says_something);
    Some((trigger, Return::decode(body).ok()?))
}
