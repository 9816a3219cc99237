//! Takes the code and the words out of Loop's many shapes of error.

use serde_json::Value;

use super::words::tidy;
use crate::error::{ErrorCode, Message};

/// The documented shapes: `error` or `errors` holding a text, an object or a list, or a bare
/// `message` or `content`.
pub(super) fn envelope(value: &Value) -> Option<Message> {
    let fields = value.as_object()?;
    let inner = ["error", "errors"]
        .iter()
        .filter_map(|key| fields.get(*key))
        .find(|v| says_something(v));
    let text = inner.and_then(text_of);
    let code = inner
        .into_iter()
        .chain([value])
        .find_map(code_of)
        .or_else(|| code_in_text(text?));
    let words = ["message", "content"]
        .iter()
        .find_map(|key| fields.get(*key)?.as_str());
    // A code that stands alone says less than the words beside it.
    let text = text
        .filter(|text| words.is_none() || code_in_text(text).is_none())
        .or(words);
    if code.is_none() && text.is_none() && inner.is_none() {
        return None;
    }
    Some(Message {
        code,
        text: tidy(text.unwrap_or("no message")),
    })
}

fn code_of(value: &Value) -> Option<ErrorCode> {
    if let Value::Array(items) = value {
        return items.iter().find_map(code_of);
    }
    // The gateway swaps the two: `code` holds "401" there, `http_code` the word.
    ["http_code", "code"]
        .iter()
        .filter_map(|key| value.get(*key)?.as_str())
        .find(|code| is_code(code))
        .map(ErrorCode::from)
}

/// Where codes come as texts, they are words in capitals or words that are known, and sometimes any
/// word of a JSON list in a text.
fn code_in_text(text: &str) -> Option<ErrorCode> {
    let listed: Vec<String> = serde_json::from_str(text).unwrap_or_default();
    if let Some(word) = listed.first() {
        return is_code(word).then(|| ErrorCode::from(word.as_str()));
    }
    let capitals = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let code = ErrorCode::from(text);
    let is_known = !matches!(code, ErrorCode::Unknown(_));
    (is_known || (is_code(text) && text.bytes().all(capitals))).then_some(code)
}

/// A short word of letters, so that a sentence or an address is not taken for a code.
fn is_code(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    text.len() <= 64
        && text.bytes().all(word)
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(items) => items.iter().find_map(text_of),
        Value::Object(fields) => fields.get("message").and_then(Value::as_str).or_else(|| {
            fields
                .values()
                .find_map(|value| value.as_array()?.iter().find_map(text_of))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

pub(super) fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Bool(flag) => *flag,
        Value::Number(_) => true,
    }
}
