//! Small helpers for text that arrives from outside.

use serde::{Deserialize, Deserializer};

/// Blank text says nothing, so it is the same as no text.
pub(crate) fn non_blank(text: impl Into<String>) -> Option<String> {
    let text = text.into();
    (!text.trim().is_empty()).then_some(text)
}

/// Deserialises optional text with [`non_blank`] applied.
pub(crate) fn optional<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(input)?.and_then(non_blank))
}
