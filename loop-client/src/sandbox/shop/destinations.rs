//! Where returns are sent to.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::sandbox::form::Form;
use crate::sandbox::refused::Refused;

/// The documentation gives no limits for texts.
const LONGEST: usize = 255;

const TYPES: [&str; 2] = ["warehouse", "donate"];

#[derive(Clone, Debug)]
struct Address {
    address1: String,
    address2: Option<String>,
    city: String,
    state: Option<String>,
    zip: Option<String>,
    country: String,
    country_code: String,
}

impl Address {
    fn json(&self) -> Value {
        json!({
            "address1": self.address1,
            "address2": self.address2,
            "city": self.city,
            "state": self.state,
            "zip": self.zip,
            "country": self.country,
            "country_code": self.country_code,
        })
    }
}

#[derive(Clone, Debug)]
struct Destination {
    id: u64,
    kind: String,
    name: String,
    enabled: bool,
    /// One that was made in the admin may have none.
    address: Option<Address>,
}

impl Destination {
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "type": self.kind,
            "name": self.name,
            "enabled": self.enabled,
            "provider_location_id": null,
            "address": self.address.as_ref().map(Address::json),
        })
    }
}

struct Wanted {
    kind: String,
    name: String,
    enabled: Option<bool>,
    address: Address,
}

impl Wanted {
    /// The only 422 of this resource whose body is known carries one sentence and no fields.
    fn read(body: &Value) -> Result<Wanted, Refused> {
        let mut form = Form::of(body);
        let name = form.required_text("name", LONGEST);
        let kind = form.required_one_of("type", &TYPES);
        let enabled = form.flag("enabled");
        let mut address = form.required_object("address");
        let read = Address {
            address1: address.required_text("address1", LONGEST),
            address2: address.text("address2", LONGEST),
            city: address.required_text("city", LONGEST),
            state: address.text("state", LONGEST),
            zip: address.text("zip", LONGEST),
            country: address.required_text("country", LONGEST),
            country_code: address.required_text("country_code", LONGEST),
        };
        form.absorb(address);
        match form.first_message() {
            Some(message) => Err(Refused::message(StatusCode::UNPROCESSABLE_ENTITY, message)),
            None => Ok(Wanted {
                kind,
                name,
                enabled,
                address: read,
            }),
        }
    }
}

#[derive(Debug)]
pub(in crate::sandbox) struct Destinations {
    next_id: u64,
    most: usize,
    all: Vec<Destination>,
}

impl Default for Destinations {
    fn default() -> Destinations {
        Destinations {
            next_id: 4401,
            most: usize::MAX,
            all: Vec::new(),
        }
    }
}

impl Destinations {
    /// How many the shop's plan allows; those beyond stay.
    pub(in crate::sandbox) fn limit(&mut self, most: usize) {
        self.most = most;
    }

    /// A person in the admin takes the address away.
    pub(in crate::sandbox) fn forget_address(&mut self, id: u64) -> bool {
        let found = self.all.iter_mut().find(|known| known.id == id);
        found.map(|known| known.address = None).is_some()
    }

    pub(in crate::sandbox) fn list(&self) -> Result<Value, Refused> {
        if self.all.iter().any(|known| known.address.is_none()) {
            let text = "One or more destinations do not have an address";
            return Err(Refused::message(StatusCode::INTERNAL_SERVER_ERROR, text));
        }
        let all: Value = self.all.iter().map(Destination::json).collect();
        Ok(json!({ "destinations": all }))
    }

    pub(in crate::sandbox) fn get(&self, id: &str) -> Result<Value, Refused> {
        self.position(id)
            .and_then(|position| self.all.get(position))
            .map(Destination::json)
            .ok_or_else(missing)
    }

    pub(in crate::sandbox) fn create(&mut self, body: &Value) -> Result<Value, Refused> {
        let wanted = Wanted::read(body)?;
        if self.all.len() >= self.most {
            return Err(Refused::coded(
                StatusCode::UNPROCESSABLE_ENTITY,
                "DESTINATION_LIMIT_EXCEEDED",
                "The number of destinations of the plan is used up.",
            ));
        }
        let made = Destination {
            id: self.next_id,
            kind: wanted.kind,
            name: wanted.name,
            enabled: wanted.enabled.unwrap_or(true),
            address: Some(wanted.address),
        };
        self.next_id = self.next_id.saturating_add(1);
        let answer = made.json();
        self.all.push(made);
        Ok(answer)
    }

    /// A full replacement; without `enabled` the old value stays.
    pub(in crate::sandbox) fn replace(&mut self, id: &str, body: &Value) -> Result<Value, Refused> {
        let found = self
            .position(id)
            .and_then(|position| self.all.get_mut(position))
            .ok_or_else(missing)?;
        let wanted = Wanted::read(body)?;
        found.kind = wanted.kind;
        found.name = wanted.name;
        found.enabled = wanted.enabled.unwrap_or(found.enabled);
        found.address = Some(wanted.address);
        Ok(found.json())
    }

    pub(in crate::sandbox) fn delete(&mut self, id: &str) -> Result<Value, Refused> {
        let position = self.position(id).ok_or_else(missing)?;
        self.all.remove(position);
        Ok(json!("Success"))
    }

    fn position(&self, id: &str) -> Option<usize> {
        let id: u64 = id.parse().ok()?;
        self.all.iter().position(|known| known.id == id)
    }
}

fn missing() -> Refused {
    Refused::not_found("destination")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wrong_field_is_the_message() {
        let right = json!({
            "name": "Ohio",
            "type": "warehouse",
            "address": {
                "address1": "123 Commerce St", "city": "Columbus",
                "country": "United States", "country_code": "US",
            },
        });
        assert!(Destinations::default().create(&right).is_ok());
        for (pointer, value, message) in [
            ("/name", Value::Null, "The name field is required."),
            ("/type", json!("shop"), "The selected type is invalid."),
            ("/address", Value::Null, "The address field is required."),
            ("/address/city", json!(""), "The city field is required."),
            (
                "/address/address1",
                json!(7),
                "The address1 must be a string.",
            ),
        ] {
            let mut body = right.clone();
            *body.pointer_mut(pointer).unwrap() = value;
            let mut destinations = Destinations::default();
            let refused = destinations.create(&body).unwrap_err();
            assert_eq!(refused.body, json!({ "message": message }), "{pointer}");
            assert_eq!(destinations.list(), Ok(json!({"destinations": []})));
        }
    }
}
