//! JSON as a later Loop might send it: with fields and values that nobody knows yet. Pure.

use serde_json::{Value, json};

const FIELD: &str = "sandbox_unknown_field";
const TEXT: &str = "sandbox-unknown";

/// One more field in every object, at any depth.
pub(in crate::sandbox) fn add_fields(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(add_fields);
            object.insert(FIELD.to_owned(), json!({ "any": [1, "two", null] }));
        }
        Value::Array(items) => items.iter_mut().for_each(add_fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A text nobody knows wherever one of a set of known texts stands.
pub(in crate::sandbox) fn change_values(value: &mut Value) {
    change_within("", value);
}

/// `parent` is the name of the field that holds the value, or the array around it.
fn change_within(parent: &str, value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                if value.is_string() && is_from_a_known_set(parent, name) {
                    *value = Value::from(TEXT);
                } else {
                    change_within(name, value);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                change_within(parent, item);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The sets that Loop's documentation lists and that may grow. Webhook bodies keep their `topic`
/// and `trigger`: who cannot tell what came has no field to read.
fn is_from_a_known_set(parent: &str, name: &str) -> bool {
    match name {
        // An address has a state of another kind.
        "state" => !matches!(parent, "address" | "origin" | "destination"),
        "outcome"
        | "return_state"
        | "status"
        | "label_status"
        | "type"
        | "category"
        | "condition_category"
        | "grade"
        | "disposition_outcome" => true,
        // A line has a reason of another kind: the shopper's.
        "reason" => parent != "line_items",
        "topic" | "trigger" => parent == "webhooks",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_gets_a_field_and_nothing_else_changes() {
        let before = json!({"a": {"b": [{"c": 1}, [2, {}]]}, "d": null});
        let mut after = before.clone();
        add_fields(&mut after);
        for object in ["", "/a", "/a/b/0", "/a/b/1/1"] {
            let found = after.pointer_mut(object).unwrap().as_object_mut().unwrap();
            assert!(found.remove(FIELD).is_some(), "{object}");
        }
        assert_eq!(after, before);
    }

    #[test]
    fn known_sets_are_replaced_and_nothing_else() {
        // (where, what is from a known set, what is not)
        let table = [
            (
                json!([
                    "state",
                    "outcome",
                    "label_status",
                    "return_state",
                    "type",
                    "status"
                ]),
                json!([
                    "topic",
                    "trigger",
                    "message",
                    "outcomes_processed_at",
                    "label_url"
                ]),
                "",
            ),
            (json!(["status"]), json!(["url", "carrier"]), "labels"),
            (json!(["outcome"]), json!(["title", "reason"]), "line_items"),
            (json!(["type"]), json!(["exchange_id"]), "exchanges"),
            (
                json!(["category", "condition_category"]),
                json!(["description", "note"]),
                "condition",
            ),
            (
                json!(["grade"]),
                json!(["subject", "title"]),
                "condition_category",
            ),
            (
                json!(["outcome", "disposition_outcome"]),
                json!(["return_processor"]),
                "disposition",
            ),
            (json!([]), json!(["state", "zip"]), "address"),
            (json!([]), json!(["state", "zip"]), "origin"),
            (json!([]), json!(["state", "zip"]), "destination"),
            (json!(["type"]), json!(["name"]), "destinations"),
            (json!(["type", "status"]), json!(["value", "id"]), "data"),
            (json!(["reason"]), json!(["message"]), "errors"),
            (
                json!(["topic", "trigger", "status"]),
                json!(["url"]),
                "webhooks",
            ),
        ];
        for (known, other, parent) in table {
            let object = |word: &str| -> Value {
                let names = known.as_array().unwrap().iter().map(|name| (name, word));
                let others = other.as_array().unwrap().iter().map(|name| (name, "x"));
                names
                    .chain(others)
                    .map(|(name, text)| (name.as_str().unwrap().to_owned(), json!(text)))
                    .collect()
            };
            for within in [true, false] {
                let wrap = |object: Value| match (parent, within) {
                    ("", _) => object,
                    (_, true) => json!({ parent: [object] }),
                    (_, false) => json!({ parent: object }),
                };
                let mut value = wrap(object("x"));
                change_values(&mut value);
                assert_eq!(value, wrap(object(TEXT)), "{parent}");
            }
        }
    }

    #[test]
    fn only_texts_are_replaced() {
        let before = json!([{"state": null, "status": 7, "outcome": ["refund"], "type": true}]);
        let mut after = before.clone();
        change_values(&mut after);
        assert_eq!(after, before);
    }
}
