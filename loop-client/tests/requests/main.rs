//! Every call as it goes out, word for word, and what its answers mean: one file per group.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod actions;
mod deep_links;
mod grading;
mod labels;

#[path = "../support/mod.rs"]
mod support;

use std::fmt::Debug;
use std::sync::Arc;

use loop_client::{ApiVersion, Client, Effect, Error, ReturnId};
use serde_json::Value;
use support::{Answer, Script, VirtualTime};

/// Bodies with a good status that are no answer to any call for data.
const NO_ANSWERS: [&str; 11] = [
    "",
    "null",
    "false",
    "true",
    "7",
    "\"text\"",
    "[[1]]",
    "[null]",
    "<html>",
    "{\"id\":",
    "\u{feff}{}",
];

/// Gives these answers in turn; the last one stays.
fn scripted(answers: &[(u16, &str)]) -> Arc<Script> {
    let own = |(status, body): &(u16, &str)| (*status, (*body).to_owned());
    let answers: Vec<_> = answers.iter().map(own).collect();
    Script::answering(move |_, before| {
        let (status, body) = answers[before.min(answers.len() - 1)].clone();
        Answer::reply(status, body)
    })
}

fn client_of(script: &Arc<Script>, version: ApiVersion) -> Client {
    let time = Arc::new(VirtualTime::default());
    script.builder(&time).version(version).build().unwrap()
}

fn client(script: &Arc<Script>) -> Client {
    client_of(script, ApiVersion::default())
}

fn id() -> ReturnId {
    "99904598".parse().unwrap()
}

/// The call sends exactly this, once, and takes the answer for a success.
async fn sends<T: Debug>(
    call: impl AsyncFnOnce(Client) -> Result<T, Error>,
    line: &str,
    body: Option<Value>,
    answer: (u16, &str),
) -> T {
    let script = scripted(&[answer]);
    let result = call(client(&script)).await;
    let expected = (line.to_owned(), body.unwrap_or_default());
    assert_eq!(script.calls(), [expected], "{result:?}");
    result.unwrap_or_else(|error| panic!("{line} {answer:?}: {error:?}"))
}

/// The call fails like this; once, unless it is safe to repeat.
async fn fails<T: Debug>(
    call: impl AsyncFnOnce(Client) -> Result<T, Error>,
    answer: (u16, &str),
    kind: &str,
    effect: Effect,
) -> Error {
    let script = scripted(&[answer]);
    let error = call(client(&script)).await.expect_err(answer.1);
    assert_eq!(
        (error.kind().name(), error.effect()),
        (kind, effect),
        "{answer:?}: {error:?}"
    );
    assert_eq!(error.status(), Some(answer.0));
    let sent = script.sent();
    assert!(
        sent.len() == 1 || error.call().is_safe_to_repeat(),
        "{sent:?}"
    );
    error
}

/// The call is refused before anything is sent, with a reason that names `what`.
async fn refuses<T: Debug>(
    call: impl AsyncFnOnce(Client) -> Result<T, Error>,
    version: ApiVersion,
    what: &str,
) {
    let script = scripted(&[(200, "true")]);
    let error = call(client_of(&script, version)).await.expect_err(what);
    assert_eq!(
        (error.kind().name(), error.effect(), error.status()),
        ("input", Effect::NotSent, None),
        "{error:?}"
    );
    assert!(error.to_string().contains(what), "{error}");
    assert!(script.sent().is_empty(), "{what}");
}
