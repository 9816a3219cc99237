//! Loop's words in an answer: where they stand, and what of them may be shown.

use serde_json::Value;

use crate::error::{ErrorCode, Message};

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

/// One bounded line, without anything that looks like an e-mail address, a telephone number or a
/// link, which may be a shopper's own.
fn tidy(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut in_phone = false;
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(|word| {
            in_phone = is_of_phone(word, in_phone);
            if in_phone || is_personal(word) {
                "[removed]"
            } else {
                word
            }
        })
        .collect();
    words.join(" ").chars().take(LONGEST).collect()
}

fn is_personal(word: &str) -> bool {
    word.contains('@') || word.contains("://") || word.to_ascii_lowercase().contains("%40")
}

/// A telephone number begins with a plus, and may go on over blanks.
fn is_of_phone(word: &str, after_phone: bool) -> bool {
    let word = word.trim_matches(|c: char| !c.is_ascii_digit() && c != '+');
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let numeric = word
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-./()".contains(&byte));
    digits > 0 && numeric && (after_phone || word.starts_with('+'))
}

/// Says what an undocumented body looks like, without its text.
pub(super) fn shape(value: Option<&Value>, body: &[u8]) -> String {
    let what = match value {
        Some(Value::Null) => "null",
        Some(Value::Bool(true)) => "true",
        Some(Value::Bool(false)) => "false",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(text)) if text == "false" => "\"false\"",
        Some(Value::String(_)) => "a text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object without an error",
        None if body.trim_ascii().is_empty() => "an empty body",
        None if body.trim_ascii_start().starts_with(b"<") => "HTML",
        None => "not JSON",
    };
    format!("answered with {what} ({} bytes)", body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_whatever_may_be_personal() {
        for (said, kept) in [
            ("Return 99904598 is closed.", "Return 99904598 is closed."),
            ("No order of <eliza@example.com>.", "No order of [removed]"),
            ("No order for +15551234567.", "No order for [removed]"),
            (
                "Call (+1) 555-123 4567 on 2 May",
                "Call [removed] [removed] [removed] on 2 May",
            ),
            (
                "See https://x.loopreturns.com/#/return/uuid now",
                "See [removed] now",
            ),
            ("1+1 is not 3", "1+1 is not 3"),
            ("a\tb\u{7}c  d", "a b c d"),
        ] {
            assert_eq!(tidy(said), kept);
        }
        assert_eq!(tidy(&"x".repeat(1000)).len(), 200);
    }
}
