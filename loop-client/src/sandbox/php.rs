//! JSON as PHP's `json_encode` writes it, which is what Loop signs and sends. Pure.

use std::fmt::Write as _;

use serde_json::Value;

/// Compact, `/` as `\/`, and everything beyond ASCII as `\uXXXX`: a receiver that decodes and
/// re-encodes the body before it hashes will not find the signature.
pub(super) fn encode(value: &Value) -> Vec<u8> {
    let compact = value.to_string();
    let mut text = String::with_capacity(compact.len());
    // Both kinds of character occur inside of strings only, so no parser is needed.
    for character in compact.chars() {
        match character {
            '/' => text.push_str("\\/"),
            ascii if ascii.is_ascii() => text.push(ascii),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a `String` does not fail.
                    write!(text, "\\u{unit:04x}").ok();
                }
            }
        }
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn escapes_as_php_does() {
        let value = json!({"a": "x/y", "b": ["Zoë", "🎁", "q\"\\"]});
        let expected = r#"{"a":"x\/y","b":["Zo\u00eb","\ud83c\udf81","q\"\\"]}"#;
        assert_eq!(encode(&value), expected.as_bytes());
        let back: Value = serde_json::from_slice(&encode(&value)).unwrap();
        assert_eq!(back, value);
    }
}
