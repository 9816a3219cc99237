//! Carts of exchanges in the merchant's own shop. Every refusal has status 200.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::sandbox::refused::Refused;

#[derive(Debug, Default)]
pub(in crate::sandbox) struct Carts {
    made: u64,
    /// Variants of the shop that no return is about.
    variants: BTreeSet<u64>,
    all: BTreeMap<String, Vec<u64>>,
}

impl Carts {
    pub(in crate::sandbox) fn add_variant(&mut self, id: u64) {
        self.variants.insert(id);
    }

    pub(in crate::sandbox) fn create(
        &mut self,
        body: &Value,
        sold: impl Fn(u64) -> bool,
    ) -> Result<Value, Refused> {
        let cart = self.read(body, sold)?;
        self.made = self.made.saturating_add(1);
        let token = format!("5a9d0b0c{:024x}", self.made);
        let answer = json!({ "token": token, "data": { "cart": cart } });
        self.all.insert(token, cart);
        Ok(answer)
    }

    pub(in crate::sandbox) fn get(&self, token: &str) -> Result<Value, Refused> {
        let cart = self.all.get(token).ok_or_else(missing)?;
        Ok(json!({ "cart": cart }))
    }

    pub(in crate::sandbox) fn overwrite(
        &mut self,
        token: &str,
        body: &Value,
        sold: impl Fn(u64) -> bool,
    ) -> Result<Value, Refused> {
        self.get(token)?;
        let cart = self.read(body, sold)?;
        let answer = json!({ "updated": true, "data": { "cart": cart } });
        self.all.insert(token.to_owned(), cart);
        Ok(answer)
    }

    pub(in crate::sandbox) fn delete(&mut self, token: &str) -> Result<Value, Refused> {
        self.all.remove(token).ok_or_else(missing)?;
        Ok(Value::Bool(true))
    }

    fn read(&self, body: &Value, sold: impl Fn(u64) -> bool) -> Result<Vec<u64>, Refused> {
        let ids: Option<Vec<u64>> = body
            .get("cart")
            .and_then(Value::as_array)
            .and_then(|ids| ids.iter().map(Value::as_u64).collect());
        let ids = ids.ok_or_else(|| refused("Cart should contain a list of variant IDs."))?;
        if ids.is_empty() {
            return Err(refused("Cart is empty."));
        }
        let unknown = ids
            .iter()
            .find(|id| !self.variants.contains(id) && !sold(**id));
        match unknown {
            Some(id) => Err(refused(&format!("Variant ID {id} not found."))),
            None => Ok(ids),
        }
    }
}

fn missing() -> Refused {
    refused("No cart found for the provided token.")
}

fn refused(message: &str) -> Refused {
    Refused::errors_message(StatusCode::OK, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cart_is_a_list_of_known_variants() {
        let mut carts = Carts::default();
        carts.add_variant(7);
        let list = "Cart should contain a list of variant IDs.";
        for (body, message) in [
            (json!({"cart": [7, 7]}), None),
            (json!({"cart": [7, 5]}), None),
            (json!({"cart": []}), Some("Cart is empty.")),
            (
                json!({"cart": [7, 777_777]}),
                Some("Variant ID 777777 not found."),
            ),
            (json!({"cart": [7, "x"]}), Some(list)),
            (json!({"cart": 7}), Some(list)),
            (json!({}), Some(list)),
            (json!([7]), Some(list)),
        ] {
            let made = carts.create(&body, |id| id == 5);
            let refused = made.err().map(|refused| {
                assert_eq!(refused.status, StatusCode::OK);
                refused.body["errors"]["message"].clone()
            });
            assert_eq!(refused, message.map(Value::from), "{body}");
        }
    }
}
