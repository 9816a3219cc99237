//! What a value must mean, and whether the decoded model still says it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::shapes::Shape;

/// The meaning of one key, whatever its spelling was.
#[derive(Debug, Clone)]
pub(crate) enum Meant {
    /// Loop has no value.
    Nothing,
    /// This value and no other: text of texts, canonical ids, booleans, raw JSON.
    Exactly(Value),
    /// This amount with these digits.
    Digits(String),
    /// This amount; JSON numbers have no trailing zeros to keep.
    Amount(String),
    /// This number, in whatever form JSON writes it.
    Measure(f64),
    Instant(jiff::Timestamp),
    Object(&'static Shape, Vec<(&'static str, Meant)>),
    List(Vec<Meant>),
}

/// Whether the model, encoded again, says what was meant; if not, where and how.
pub(crate) fn check(meant: &Meant, encoded: &Value, place: &str) -> Result<(), String> {
    let same = match meant {
        Meant::Nothing => encoded.is_null() || encoded.as_array().is_some_and(Vec::is_empty),
        Meant::Exactly(value) => encoded == value,
        Meant::Digits(digits) => encoded.as_str() == Some(digits),
        Meant::Amount(digits) => encoded
            .as_str()
            .is_some_and(|text| plain_digits(text) == plain_digits(digits)),
        Meant::Measure(number) => encoded.as_f64() == Some(*number),
        Meant::Instant(instant) => {
            encoded.as_str().and_then(|text| text.parse().ok()) == Some(*instant)
        }
        Meant::Object(shape, keys) => return check_object(shape, keys, encoded, place),
        Meant::List(items) => {
            let found = encoded
                .as_array()
                .ok_or(format!("{place}: no list: {encoded}"))?;
            if found.len() != items.len() {
                return Err(format!("{place}: {} of {} items", found.len(), items.len()));
            }
            for (at, (item, found)) in items.iter().zip(found).enumerate() {
                check(item, found, &format!("{place}[{at}]"))?;
            }
            true
        }
    };
    if same {
        Ok(())
    } else {
        Err(format!("{place}: meant {meant:?}, read as {encoded}"))
    }
}

fn check_object(
    shape: &Shape,
    keys: &[(&'static str, Meant)],
    encoded: &Value,
    place: &str,
) -> Result<(), String> {
    let fields = encoded
        .as_object()
        .ok_or(format!("{place}: no object: {encoded}"))?;
    for (key, meant) in keys {
        let field = fields
            .get(*key)
            .ok_or(format!("{place}.{key}: not in the model"))?;
        check(meant, field, &format!("{place}.{key}"))?;
    }
    // The tables name every key that the model reads, so that no field goes untested.
    let found: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
    let listed: BTreeSet<&str> = shape.read_keys().collect();
    if found == listed {
        Ok(())
    } else {
        Err(format!(
            "{place}: the model and the table of {} differ in {:?}",
            shape.name,
            found.symmetric_difference(&listed)
        ))
    }
}

/// Without zeros that say nothing, so that equal amounts have equal texts.
fn plain_digits(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}
