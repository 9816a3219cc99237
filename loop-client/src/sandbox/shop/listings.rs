//! Blocklist and allowlist: who may not, or always may, return what.

use serde_json::{Value, json};

use crate::sandbox::form::Form;
use crate::sandbox::refused::Refused;

/// The documentation gives no limits for texts.
const LONGEST: usize = 255;

#[derive(Clone, Debug)]
struct Entry {
    id: u64,
    kind: String,
    value: String,
    secondary_value: Option<String>,
}

impl Entry {
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "type": self.kind,
            "value": self.value,
            "secondary_value": self.secondary_value,
        })
    }
}

#[derive(Debug)]
pub(in crate::sandbox) struct Listing {
    types: &'static [&'static str],
    /// How the documentation calls one entry.
    what: &'static str,
    next_id: u64,
    all: Vec<Entry>,
}

impl Listing {
    pub(in crate::sandbox) fn blocklist() -> Listing {
        Listing {
            types: &["order", "email", "product", "product_tag"],
            what: "blocklist item",
            next_id: 61_001,
            all: Vec::new(),
        }
    }

    pub(in crate::sandbox) fn allowlist() -> Listing {
        Listing {
            types: &["order", "email"],
            what: "allowlist item",
            next_id: 62_001,
            all: Vec::new(),
        }
    }

    pub(in crate::sandbox) fn rows(&self) -> Vec<Value> {
        self.all.iter().map(Entry::json).collect()
    }

    pub(in crate::sandbox) fn get(&self, id: &str) -> Result<Value, Refused> {
        self.position(id)
            .and_then(|position| self.all.get(position))
            .map(Entry::json)
            .ok_or_else(|| Refused::not_found(self.what))
    }

    /// The same value may be there twice: nothing says that it may not.
    pub(in crate::sandbox) fn create(&mut self, body: &Value) -> Result<Value, Refused> {
        let mut form = Form::of(body);
        let entry = Entry {
            id: self.next_id,
            kind: form.required_one_of("type", self.types),
            value: form.required_text("value", LONGEST),
            secondary_value: form.text("secondary_value", LONGEST),
        };
        let entry = form.finish(entry)?;
        self.next_id = self.next_id.saturating_add(1);
        let answer = entry.json();
        self.all.push(entry);
        Ok(answer)
    }

    pub(in crate::sandbox) fn delete(&mut self, id: &str) -> Result<(), Refused> {
        let position = self.position(id);
        let position = position.ok_or_else(|| Refused::not_found(self.what))?;
        self.all.remove(position);
        Ok(())
    }

    fn position(&self, id: &str) -> Option<usize> {
        let id: u64 = id.parse().ok()?;
        self.all.iter().position(|known| known.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_lists_know_different_types() {
        for (kind, blocked, allowed) in [
            ("order", true, true),
            ("email", true, true),
            ("product", true, false),
            ("product_tag", true, false),
            ("customer", false, false),
        ] {
            let body = json!({"type": kind, "value": "x"});
            assert_eq!(
                Listing::blocklist().create(&body).is_ok(),
                blocked,
                "{kind}"
            );
            assert_eq!(
                Listing::allowlist().create(&body).is_ok(),
                allowed,
                "{kind}"
            );
        }
    }
}
