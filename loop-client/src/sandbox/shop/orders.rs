//! Commerce data. Its fields are hardly documented, so an order is whatever JSON object was sent.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::sandbox::moment::Moment;
use crate::sandbox::refused::Refused;

#[derive(Debug)]
pub(in crate::sandbox) struct Orders {
    next_id: u64,
    all: Vec<Map<String, Value>>,
}

impl Default for Orders {
    fn default() -> Orders {
        Orders {
            next_id: 97_000_001,
            all: Vec::new(),
        }
    }
}

/// Whether an upsert made an order or found one.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Upserted {
    Created(Value),
    Replaced(Value),
}

impl Orders {
    /// By `name` or `order_name`, with and without the sign.
    pub(in crate::sandbox) fn named(&self, name: &str) -> Option<u64> {
        let name = name.trim_start_matches('#');
        self.all
            .iter()
            .find(|order| {
                ["name", "order_name"].iter().any(|key| {
                    let text = order.get(*key).and_then(Value::as_str);
                    text.is_some_and(|text| text.trim_start_matches('#') == name)
                })
            })
            .and_then(|order| order.get("id")?.as_u64())
    }

    pub(in crate::sandbox) fn list(&self) -> Value {
        json!({ "orders": self.all })
    }

    pub(in crate::sandbox) fn get(&self, id: &str) -> Result<Value, Refused> {
        self.position(id)
            .and_then(|position| self.all.get(position))
            .map(|order| Value::Object(order.clone()))
            .ok_or_else(no_order)
    }

    /// The id is Loop's to give, whatever the body says.
    pub(in crate::sandbox) fn create(
        &mut self,
        body: &Value,
        dated: bool,
    ) -> Result<Value, Refused> {
        let order = read(body, dated)?;
        let id = self.next_id;
        self.next_id = id.saturating_add(1);
        Ok(self.put(None, id, order))
    }

    /// Which field tells the order apart is not known: here its id, so that a body without one
    /// makes another order each time.
    pub(in crate::sandbox) fn upsert(
        &mut self,
        body: &Value,
        dated: bool,
    ) -> Result<Upserted, Refused> {
        let id = match body.get("id") {
            Some(Value::String(id)) => Some(id.clone()),
            Some(Value::Number(id)) => Some(id.to_string()),
            Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => None,
        };
        match id.filter(|id| self.position(id).is_some()) {
            Some(id) => self.replace(&id, body, dated).map(Upserted::Replaced),
            None => self.create(body, dated).map(Upserted::Created),
        }
    }

    pub(in crate::sandbox) fn replace(
        &mut self,
        id: &str,
        body: &Value,
        dated: bool,
    ) -> Result<Value, Refused> {
        let position = self.position(id).ok_or_else(no_order)?;
        let id = id.parse().map_err(|_| no_order())?;
        let order = read(body, dated)?;
        Ok(self.put(Some(position), id, order))
    }

    pub(in crate::sandbox) fn delete(&mut self, id: &str) -> Result<(), Refused> {
        let position = self.position(id).ok_or_else(no_order)?;
        self.all.remove(position);
        Ok(())
    }

    fn put(&mut self, place: Option<usize>, id: u64, mut order: Map<String, Value>) -> Value {
        order.insert("id".to_owned(), json!(id));
        let answer = Value::Object(order.clone());
        match place.and_then(|place| self.all.get_mut(place)) {
            Some(old) => *old = order,
            None => self.all.push(order),
        }
        answer
    }

    fn position(&self, id: &str) -> Option<usize> {
        let id: u64 = id.parse().ok()?;
        let is_wanted =
            |order: &Map<String, Value>| order.get("id").and_then(Value::as_u64) == Some(id);
        self.all.iter().position(is_wanted)
    }
}

pub(in crate::sandbox) fn no_order() -> Refused {
    Refused::coded(
        StatusCode::NOT_FOUND,
        "ORDER_NOT_FOUND",
        "No order found with this ID.",
    )
}

/// `dated`: whether the version asks for `created_at`.
fn read(body: &Value, dated: bool) -> Result<Map<String, Value>, Refused> {
    let Some(order) = body.as_object() else {
        return Err(wrong("order", "The order must be an object."));
    };
    if dated {
        match order.get("created_at") {
            None | Some(Value::Null) => {
                return Err(wrong("created_at", "The created at field is required."));
            }
            Some(Value::String(text)) if is_atom(text) => {}
            Some(_) => {
                let text = "The created at does not match the format Y-m-d\\TH:i:sP.";
                return Err(wrong("created_at", text));
            }
        }
    }
    Ok(order.clone())
}

fn wrong(field: &str, message: &str) -> Refused {
    Refused::invalid(vec![(field.to_owned(), message.to_owned())])
}

/// PHP's `DATE_ATOM`, `2026-01-01T00:00:00+00:00`: no fraction, and no `Z`, which PHP reads and
/// does not write.
fn is_atom(text: &str) -> bool {
    const FORM: &[u8; 25] = b"dddd-dd-ddTdd:dd:dd+dd:dd";
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'd' => byte.is_ascii_digit(),
        b'+' => matches!(byte, b'+' | b'-'),
        other => byte == other,
    };
    text.len() == FORM.len()
        && text.as_bytes().iter().zip(FORM).all(fits)
        && Moment::parse(text).is_some()
}

/// Turns the ids of an answer into text, as a request header may ask for: whole numbers under
/// `id` and under every key that ends in `_id`.
pub(in crate::sandbox) fn ids_as_text(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(ids_as_text),
        Value::Object(fields) => {
            for (key, value) in fields {
                if let Value::Number(id) = value
                    && (key == "id" || key.ends_with("_id"))
                    && (id.is_u64() || id.is_i64())
                {
                    *value = Value::String(id.to_string());
                } else {
                    ids_as_text(value);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What the items look like, and what `advisory` holds, is not known.
pub(in crate::sandbox) fn eligibility(order_id: u64, now: Moment) -> Value {
    json!({
        "return_eligibility": {
            "order_id": order_id,
            "as_of": now.with_offset(),
            "advisory": null,
            "items": [],
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn created_at_must_be_an_atom_date_where_the_version_asks() {
        for (text, right) in [
            (json!("2026-01-31T23:59:59+00:00"), true),
            (json!("2026-01-31T23:59:59-05:30"), true),
            (json!("2026-01-31T23:59:59Z"), false),
            (json!("2026-01-31T23:59:59.000+00:00"), false),
            (json!("2026-01-31 23:59:59+00:00"), false),
            (json!("2026-02-30T23:59:59+00:00"), false),
            (json!("2026-01-31"), false),
            (json!("é026-01-31T23:59:59+00:0"), false),
            (json!(1_769_904_000), false),
            (Value::Null, false),
        ] {
            let body = json!({ "created_at": text });
            assert_eq!(read(&body, true).is_ok(), right, "{text}");
            assert!(read(&body, false).is_ok(), "{text}");
        }
        assert!(read(&json!({}), true).is_err());
        assert!(read(&json!([]), false).is_err());
    }

    #[test]
    fn an_upsert_needs_the_id_to_find_an_order() {
        let mut orders = Orders::default();
        let body = json!({"name": "#1"});
        let made = orders.upsert(&body, false).unwrap();
        let Upserted::Created(first) = made else {
            panic!("{made:?}");
        };
        for id in [first["id"].clone(), json!(first["id"].to_string())] {
            let body = json!({"id": id, "name": "#2"});
            let again = orders.upsert(&body, false).unwrap();
            let expected = json!({"id": first["id"], "name": "#2"});
            assert_eq!(again, Upserted::Replaced(expected));
        }
        for body in [body, json!({"id": 5}), json!({"id": true})] {
            let made = orders.upsert(&body, false).unwrap();
            assert!(matches!(made, Upserted::Created(_)), "{body}");
        }
        assert_eq!(orders.list()["orders"].as_array().unwrap().len(), 4);
    }

    #[test]
    fn only_whole_numbers_under_id_keys_become_text() {
        let mut value = json!({
            "id": 5, "order_id": -7, "paid": 8, "rate_id": 1.5,
            "lines": [{"product_id": 9, "quantity": 2}], "uuid": 3,
        });
        ids_as_text(&mut value);
        let expected = json!({
            "id": "5", "order_id": "-7", "paid": 8, "rate_id": 1.5,
            "lines": [{"product_id": "9", "quantity": 2}], "uuid": 3,
        });
        assert_eq!(value, expected);
    }
}
