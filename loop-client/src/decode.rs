//! Turns bytes into models, and what is wrong with them into an error that names the place but
//! never quotes the value, which may be personal data.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// Bytes that are not what Loop documents: where, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{expected} at {place}")]
#[non_exhaustive]
pub struct DecodeError {
    /// Such as `line_items[0].line_item_id (line 1, column 40)`.
    pub place: String,
    /// Such as `expected a Loop line item id`.
    pub expected: String,
}

/// Decodes JSON text.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let text = std::str::from_utf8(bytes).map_err(|error| DecodeError {
        place: format!("byte {}", error.valid_up_to()),
        expected: "expected UTF-8 text".to_owned(),
    })?;
    serde_json::from_str(text).map_err(|error| explain::<T>(text, &error))
}

/// Decodes a JSON object. Serde would also take a list for a struct, field by field, so that `[5]`
/// were the return 5.
pub(crate) fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(DecodeError {
            place: "line 1, column 1".to_owned(),
            expected: "expected an object".to_owned(),
        });
    }
    from_slice(bytes)
}

/// Decodes again with the path tracked, which costs too much to do it always.
fn explain<T: DeserializeOwned>(text: &str, error: &serde_json::Error) -> DecodeError {
    let position = format!("line {}, column {}", error.line(), error.column());
    let path =
        serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_str(text))
            .err()
            .map(|tracked| safe_path(&tracked.path().to_string()))
            .filter(|path| path != ".");
    DecodeError {
        place: match path {
            Some(path) if error.classify() == Category::Data => format!("{path} ({position})"),
            _ => position,
        },
        expected: match error.classify() {
            Category::Data => expectation(&error.to_string()),
            Category::Syntax => "expected well-formed JSON".to_owned(),
            Category::Eof => "expected more: the text ends in the middle".to_owned(),
            Category::Io => "expected readable input".to_owned(),
        },
    }
}

/// Serde quotes the offending value before its last `, expected `, never after it.
fn expectation(message: &str) -> String {
    let tail = message.rsplit_once(", expected ").map(|(_, expected)| {
        let end = expected.rfind(" at line ").unwrap_or(expected.len());
        format!("expected {}", expected.get(..end).unwrap_or(expected))
    });
    // Only the models' own names stand in these two.
    let named = |start: &str| message.strip_prefix(start)?.split('`').next();
    tail.or_else(|| Some(format!("expected the field {}", named("missing field `")?)))
        .or_else(|| {
            let field = named("duplicate field `")?;
            Some(format!("expected the field {field} only once"))
        })
        .unwrap_or_else(|| "expected another value".to_owned())
}

/// Keys come from outside too: show only what looks like a field name.
fn safe_path(path: &str) -> String {
    path.split('.')
        .map(|segment| {
            let plain = segment.len() <= 64
                && segment
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"_[]".contains(&b));
            if plain { segment } else { "?" }
        })
        .collect::<Vec<_>>()
        .join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Return;

    #[test]
    fn errors_name_the_place_and_never_the_value() {
        let canary = "eliza@example.com";
        for (json, place, expected) in [
            (
                format!(r#"{{"id":"{canary}"}}"#),
                "id (line 1, column 26)",
                "expected a Loop return id",
            ),
            (
                format!(r#"{{"id":1,"line_items":[{{"line_item_id":"{canary}, expected x"}}]}}"#),
                "line_items[0].line_item_id (line 1, column 70)",
                "expected a Loop line item id",
            ),
            (
                format!(r#"{{"customer":"{canary}"}}"#),
                "line 1, column 32",
                "expected the field id",
            ),
            (
                format!(r#"{{"id":1,"customer":"{canary}","customer":"{canary}"}}"#),
                "line 1, column 49",
                "expected the field customer only once",
            ),
            (
                format!(r#"{{"id":1,"line_items":"{canary}"}}"#),
                "line_items (line 1, column 40)",
                "expected a list",
            ),
            (
                format!(r#"{{"id":1,"customer":"{canary}"#),
                "line 1, column 37",
                "expected more: the text ends in the middle",
            ),
            (
                canary.to_owned(),
                "line 1, column 1",
                "expected well-formed JSON",
            ),
        ] {
            let error = from_slice::<Return>(json.as_bytes()).expect_err("must be refused");
            assert_eq!(error.place, place, "{json}");
            assert_eq!(error.expected, expected, "{json}");
            assert!(!format!("{error} {error:?}").contains(canary));
        }
        let error = object::<Return>(b" [5]").expect_err("a list is no return");
        assert_eq!(error.to_string(), "expected an object at line 1, column 1");
        let error = from_slice::<Return>(b"{\"id\":\"\xff\"}").expect_err("must be refused");
        assert_eq!(error.to_string(), "expected UTF-8 text at byte 7");
    }
}
