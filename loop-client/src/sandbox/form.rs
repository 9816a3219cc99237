//! Reads the fields of a JSON body as a Laravel form request does: every wrong field is named, not
//! the first alone. Pure.

use serde_json::{Map, Value};

use super::refused::Refused;

/// The fields of one JSON object, and what was wrong with them so far. What is no object has none
/// of the fields.
#[derive(Debug)]
pub(super) struct Form<'a> {
    fields: Option<&'a Map<String, Value>>,
    /// `items.0.` for example: how Laravel names a field of a nested object.
    prefix: String,
    wrong: Vec<(String, String)>,
}

impl<'a> Form<'a> {
    pub(super) fn of(body: &'a Value) -> Form<'a> {
        Form::nested(body, String::new())
    }

    pub(super) fn nested(body: &'a Value, prefix: String) -> Form<'a> {
        Form {
            fields: body.as_object(),
            prefix,
            wrong: Vec::new(),
        }
    }

    /// Null and the empty text count as absent, as in any Laravel application.
    pub(super) fn get(&self, field: &str) -> Option<&'a Value> {
        match self.fields?.get(field)? {
            Value::Null => None,
            Value::String(text) if text.trim().is_empty() => None,
            other => Some(other),
        }
    }

    pub(super) fn text(&mut self, field: &str, longest: usize) -> Option<String> {
        let value = self.get(field)?;
        let name = shown(field);
        match value.as_str() {
            None => self.refuse(field, format!("The {name} must be a string.")),
            Some(text) if text.chars().count() > longest => self.refuse(
                field,
                format!("The {name} may not be greater than {longest} characters."),
            ),
            Some(text) => return Some(text.to_owned()),
        }
        None
    }

    /// The empty text if it is missing or wrong; [`finish`](Form::finish) then refuses.
    pub(super) fn required_text(&mut self, field: &str, longest: usize) -> String {
        self.require(field);
        self.text(field, longest).unwrap_or_default()
    }

    pub(super) fn one_of(&mut self, field: &str, known: &[&str]) -> Option<String> {
        let value = self.get(field)?;
        let found = value.as_str().filter(|text| known.contains(text));
        if found.is_none() {
            self.refuse(field, format!("The selected {} is invalid.", shown(field)));
        }
        found.map(str::to_owned)
    }

    pub(super) fn required_one_of(&mut self, field: &str, known: &[&str]) -> String {
        self.require(field);
        self.one_of(field, known).unwrap_or_default()
    }

    /// A whole number, which an id must be: not its text.
    pub(super) fn required_id(&mut self, field: &str) -> u64 {
        self.require(field);
        let Some(value) = self.get(field) else {
            return 0;
        };
        value.as_u64().unwrap_or_else(|| {
            self.refuse(field, format!("The {} must be an integer.", shown(field)));
            0
        })
    }

    pub(super) fn flag(&mut self, field: &str) -> Option<bool> {
        let value = self.get(field)?;
        let found = value.as_bool();
        if found.is_none() {
            let text = format!("The {} field must be true or false.", shown(field));
            self.refuse(field, text);
        }
        found
    }

    /// The fields of a nested object that must be there. Hand it back to
    /// [`absorb`](Form::absorb).
    pub(super) fn required_object(&mut self, field: &str) -> Form<'a> {
        self.require(field);
        let value = self.get(field).unwrap_or(&Value::Null);
        Form::nested(value, format!("{}{field}.", self.prefix))
    }

    /// Takes over what is wrong in a nested object.
    pub(super) fn absorb(&mut self, nested: Form<'_>) {
        self.wrong.extend(nested.wrong);
    }

    pub(super) fn require(&mut self, field: &str) {
        if self.get(field).is_none() {
            self.refuse(field, format!("The {} field is required.", shown(field)));
        }
    }

    pub(super) fn refuse(&mut self, field: &str, message: String) {
        self.wrong
            .push((format!("{}{field}", self.prefix), message));
    }

    /// The first thing that is wrong.
    pub(super) fn first_message(&self) -> Option<&str> {
        self.wrong.first().map(|(_, message)| message.as_str())
    }

    /// What was read, if nothing was wrong; otherwise the refusal.
    pub(super) fn finish<T>(self, read: T) -> Result<T, Refused> {
        if self.wrong.is_empty() {
            Ok(read)
        } else {
            Err(Refused::invalid(self.wrong))
        }
    }
}

/// Laravel's sentences name a field with spaces.
fn shown(field: &str) -> String {
    field.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_wrong_field_is_named_once() {
        let body = json!({
            "a": "abcd", "b": 7, "c": " ", "d": "x", "e": "7", "f": "yes", "g": {"h": null},
        });
        let mut form = Form::of(&body);
        form.required_text("a", 3);
        form.text("b", 3);
        form.required_text("c_d", 3);
        form.required_one_of("d", &["y"]);
        form.required_id("e");
        form.flag("f");
        let mut nested = form.required_object("g");
        nested.required_id("h");
        form.absorb(nested);
        let refused = form.finish(()).unwrap_err();
        assert_eq!(refused.status.as_u16(), 422);
        let expected = json!({
            "a": ["The a may not be greater than 3 characters."],
            "b": ["The b must be a string."],
            "c_d": ["The c d field is required."],
            "d": ["The selected d is invalid."],
            "e": ["The e must be an integer."],
            "f": ["The f field must be true or false."],
            "g.h": ["The h field is required."],
        });
        assert_eq!(refused.body["errors"], expected);
    }

    #[test]
    fn what_is_right_passes() {
        let body = json!({"a": "äbc", "e": u64::MAX, "f": false, "d": "y"});
        let mut form = Form::of(&body);
        let read = (
            form.required_text("a", 3),
            form.text("z", 3),
            form.required_id("e"),
            form.flag("f"),
            form.required_one_of("d", &["y"]),
        );
        let expected = (
            "äbc".to_owned(),
            None,
            u64::MAX,
            Some(false),
            "y".to_owned(),
        );
        assert_eq!(form.finish(read), Ok(expected));
    }

    #[test]
    fn what_is_no_object_has_no_fields() {
        for body in [json!([]), json!("a"), Value::Null, json!(1)] {
            let mut form = Form::of(&body);
            form.required_text("a", 3);
            assert_eq!(form.first_message(), Some("The a field is required."));
            assert!(form.finish(()).is_err(), "{body}");
        }
    }
}
