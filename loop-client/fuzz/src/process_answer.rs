use http::Method;
use loop_client::Effect;
use serde_json::Value;

use super::scripted::{Script, lines, printed, run};

/// The answers to one process call, one per line: it is made again only after a 429, it succeeds
/// only by `true`, and it counts as without effect only by an answer that Loop documents.
pub fn process_answer(input: &[u8]) {
    let script = Script::of_lines(input);
    let answer = run(script
        .client()
        .returns()
        .process("99904598".parse().unwrap()));
    let sent = script.sent(
        &Method::POST,
        "/api/2026-10/warehouse/return/99904598/process",
    );
    // A run that is not stopped before is answered with an empty page at its end.
    let answers: Vec<(u16, &[u8])> = lines(input).chain([(200, &b"[]"[..])]).collect();
    let (last, before) = answers[..sent.len()]
        .split_last()
        .expect("one request at least");
    assert!(
        before.iter().all(|(status, _)| *status == 429),
        "sent again after {before:?}"
    );

    let (status, body) = *last;
    let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let is_true = body == true || body.as_str().is_some_and(|text| text.trim() == "true");
    match answer {
        Ok(()) => assert!((200..300).contains(&status) && is_true, "{status} {body}"),
        Err(error) => {
            let printed = printed(&error);
            let letters = letters(&body);
            let documented = ["UNPROCESSABLE", "NORETURNFOUND", "CANNOTBEPROCESSED"]
                .iter()
                .any(|words| letters.contains(words));
            let without_effect = status == 401 || status == 429 || status == 200 && documented;
            match error.effect() {
                Effect::NotSent => panic!("it was sent: {printed}"),
                Effect::NotApplied => assert!(without_effect, "{status} {body}: {printed}"),
                Effect::Unknown => {}
            }
        }
    }
}

/// The letters of every text in it, in upper case: what is left when nothing depends on blanks.
fn letters(value: &Value) -> String {
    match value {
        Value::String(text) => text
            .chars()
            .filter(char::is_ascii_alphabetic)
            .map(|letter| letter.to_ascii_uppercase())
            .collect(),
        Value::Array(items) => items.iter().map(letters).collect(),
        Value::Object(fields) => fields.values().map(letters).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}
