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

fn is_from_a_known_set(parent: &str, name: &str) -> bool {
    match name {
        // An address has a state of another kind.
        "state" => parent != "address",
        "outcome" | "label_status" | "return_state" => true,
        "status" => parent == "labels",
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
        let mut value = json!([{
            "state": "open", "outcome": "refund", "label_status": "N/A", "return_state": "open",
            "address": {"state": "Illinois"}, "status": "active", "outcomes_processed_at": "x",
            "labels": [{"status": "delivered", "url": "x"}],
            "line_items": [{"outcome": "default", "title": "x"}, {"outcome": null}],
        }]);
        change_values(&mut value);
        let expected = json!([{
            "state": TEXT, "outcome": TEXT, "label_status": TEXT, "return_state": TEXT,
            "address": {"state": "Illinois"}, "status": "active", "outcomes_processed_at": "x",
            "labels": [{"status": TEXT, "url": "x"}],
            "line_items": [{"outcome": TEXT, "title": "x"}, {"outcome": null}],
        }]);
        assert_eq!(value, expected);
    }
}
