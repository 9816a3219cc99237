//! The webhook subscriptions of the shop. Pure, but for the lock around them.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::query::Invalid;

/// The shop that the sandbox plays.
pub(super) const SHOP_ID: u64 = 12_345;

/// Loop deactivates at the next one; so says the oldest documentation.
const MOST_FAILURES: u32 = 10;

const TOPICS: [&str; 7] = [
    "return",
    "label",
    "restock",
    "giftcard",
    "happy.returns.shipment",
    "label.request",
    "return.processing",
];

const TRIGGERS: [&str; 11] = [
    "return.created",
    "return.updated",
    "return.closed",
    "label.created",
    "label.updated",
    "restock.requested",
    "giftcard.requested",
    "shipment.processed",
    "label.request.issued",
    "label.request.cancelled",
    "return.processing.failed",
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) id: u64,
    pub(super) topic: String,
    pub(super) trigger: String,
    pub(super) url: String,
    pub(super) active: bool,
    /// Deliveries without a 2xx since the last one with it.
    failures: u32,
}

impl Subscription {
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "shop_id": SHOP_ID,
            "topic": self.topic,
            "trigger": self.trigger,
            "url": self.url,
            "status": if self.active { "active" } else { "inactive" },
        })
    }
}

/// Why a subscription call is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SubscriptionRefusal {
    /// `{"errors": {"code": "NOT_FOUND"}}`.
    NotFound,
    /// Laravel's validation, with the sentence as its message too.
    Invalid(Invalid),
}

/// The API changes them, and so do deliveries that fail.
#[derive(Clone, Debug)]
pub(super) struct SharedSubscriptions(Arc<Mutex<Subscriptions>>);

impl SharedSubscriptions {
    pub(super) fn new(subscriptions: Subscriptions) -> SharedSubscriptions {
        SharedSubscriptions(Arc::new(Mutex::new(subscriptions)))
    }

    pub(super) fn with<T>(&self, action: impl FnOnce(&mut Subscriptions) -> T) -> T {
        action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Debug)]
pub(super) struct Subscriptions {
    /// Whether one that fails too often is deactivated.
    deactivates: bool,
    next_id: u64,
    all: Vec<Subscription>,
}

impl Subscriptions {
    pub(super) fn new(deactivates: bool) -> Subscriptions {
        Subscriptions {
            deactivates,
            next_id: 501,
            all: Vec::new(),
        }
    }

    pub(super) fn all(&self) -> &[Subscription] {
        &self.all
    }

    /// The active subscriptions to a trigger, in the order in which they were made.
    pub(super) fn listening(&self, trigger: &str) -> impl Iterator<Item = &Subscription> {
        self.all
            .iter()
            .filter(move |subscription| subscription.active && subscription.trigger == trigger)
    }

    /// Sources disagree on the status of one that was created without: `inactive` here, so that a
    /// client that forgets to send it notices.
    pub(super) fn create(&mut self, body: &Value) -> Result<Subscription, SubscriptionRefusal> {
        let wanted = Wanted::read(body).map_err(SubscriptionRefusal::Invalid)?;
        let id = self.next_id;
        self.next_id = id.saturating_add(1);
        let subscription = Subscription {
            id,
            topic: wanted.topic,
            trigger: wanted.trigger,
            url: wanted.url,
            active: wanted.active.unwrap_or(false),
            failures: 0,
        };
        self.all.push(subscription.clone());
        Ok(subscription)
    }

    /// A full replacement; without a status the old one stays.
    pub(super) fn replace(&mut self, id: &str, body: &Value) -> Result<(), SubscriptionRefusal> {
        let found = self.find(parse(id)?).ok_or(SubscriptionRefusal::NotFound)?;
        let wanted = Wanted::read(body).map_err(SubscriptionRefusal::Invalid)?;
        found.topic = wanted.topic;
        found.trigger = wanted.trigger;
        found.url = wanted.url;
        found.active = wanted.active.unwrap_or(found.active);
        found.failures = 0;
        Ok(())
    }

    pub(super) fn delete(&mut self, id: &str) -> Result<(), SubscriptionRefusal> {
        let id = parse(id)?;
        let before = self.all.len();
        self.all.retain(|subscription| subscription.id != id);
        if self.all.len() == before {
            return Err(SubscriptionRefusal::NotFound);
        }
        Ok(())
    }

    /// Counts one attempt to deliver.
    pub(super) fn attempted(&mut self, id: u64, succeeded: bool) {
        let deactivates = self.deactivates;
        if let Some(found) = self.find(id) {
            found.failures = if succeeded {
                0
            } else {
                found.failures.saturating_add(1)
            };
            if deactivates && found.failures > MOST_FAILURES {
                found.active = false;
            }
        }
    }

    /// Whether it was deactivated because of its failures, which stops what is queued for it.
    pub(super) fn is_deactivated(&self, id: u64) -> bool {
        self.deactivates
            && self
                .all
                .iter()
                .any(|known| known.id == id && !known.active && known.failures > MOST_FAILURES)
    }

    fn find(&mut self, id: u64) -> Option<&mut Subscription> {
        self.all
            .iter_mut()
            .find(|subscription| subscription.id == id)
    }
}

fn parse(id: &str) -> Result<u64, SubscriptionRefusal> {
    id.parse().map_err(|_| SubscriptionRefusal::NotFound)
}

struct Wanted {
    topic: String,
    trigger: String,
    url: String,
    active: Option<bool>,
}

impl Wanted {
    fn read(body: &Value) -> Result<Wanted, Invalid> {
        let empty = Map::new();
        let body = body.as_object().unwrap_or(&empty);
        Ok(Wanted {
            topic: one_of(body, "topic", &TOPICS)?,
            trigger: one_of(body, "trigger", &TRIGGERS)?,
            url: text(body, "url")?,
            active: match body.get("status") {
                None | Some(Value::Null) => None,
                Some(status) if status == "active" => Some(true),
                Some(status) if status == "inactive" => Some(false),
                Some(_) => return Err(not_one_of("status", &["active", "inactive"])),
            },
        })
    }
}

fn text(body: &Map<String, Value>, field: &'static str) -> Result<String, Invalid> {
    body.get(field)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Invalid::new(field, format!("The {field} field is required.")))
}

fn one_of(
    body: &Map<String, Value>,
    field: &'static str,
    known: &[&str],
) -> Result<String, Invalid> {
    let text = text(body, field)?;
    if known.contains(&text.as_str()) {
        Ok(text)
    } else {
        Err(not_one_of(field, known))
    }
}

fn not_one_of(field: &'static str, known: &[&str]) -> Invalid {
    let text = format!("Must be one of the following values:{}", known.join(","));
    Invalid::new(field, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(field: &str, value: Value) -> Value {
        let mut body = json!({
            "topic": "return",
            "trigger": "return.created",
            "url": "http://127.0.0.1:1/hook",
            "status": "active",
        });
        body[field] = value;
        body
    }

    #[test]
    fn status_decides_whether_it_listens() {
        for (status, active) in [
            (json!("active"), true),
            (json!("inactive"), false),
            (Value::Null, false),
        ] {
            let mut subscriptions = Subscriptions::new(false);
            subscriptions.create(&wanted("status", status)).unwrap();
            assert_eq!(
                subscriptions.listening("return.created").count() == 1,
                active
            );
            assert_eq!(subscriptions.listening("return.closed").count(), 0);
        }
    }

    #[test]
    fn wrong_fields_are_named() {
        let mut subscriptions = Subscriptions::new(false);
        for (field, value) in [
            ("topic", json!("label_request")),
            ("topic", json!(7)),
            ("trigger", json!("return.deleted")),
            ("url", json!("")),
            ("url", Value::Null),
            ("status", json!("on")),
        ] {
            match subscriptions.create(&wanted(field, value)) {
                Err(SubscriptionRefusal::Invalid(invalid)) => assert_eq!(invalid.field, field),
                other => panic!("{field}: {other:?}"),
            }
        }
        assert!(subscriptions.create(&json!([])).is_err());
        assert!(subscriptions.all().is_empty());
    }

    #[test]
    fn replace_and_delete_need_an_existing_one() {
        let mut subscriptions = Subscriptions::new(false);
        let id = subscriptions
            .create(&wanted("status", json!("active")))
            .unwrap()
            .id;
        let id = id.to_string();
        subscriptions
            .replace(&id, &wanted("status", Value::Null))
            .unwrap();
        assert!(subscriptions.all()[0].active, "no status keeps the old one");
        subscriptions
            .replace(&id, &wanted("url", json!("http://127.0.0.1:1/other")))
            .unwrap();
        assert_eq!(subscriptions.all()[0].url, "http://127.0.0.1:1/other");
        let missing = Err(SubscriptionRefusal::NotFound);
        assert_eq!(
            subscriptions.replace("9", &wanted("url", json!("x"))),
            missing
        );
        assert_eq!(subscriptions.replace("abc", &json!({})), missing);
        assert_eq!(subscriptions.delete(&id), Ok(()));
        assert_eq!(subscriptions.delete(&id), missing);
    }

    #[test]
    fn more_than_ten_failures_in_a_row_deactivate() {
        // (switched on, attempts that succeed, attempts, whether it is deactivated)
        let table = [
            (true, &[][..], 10, false),
            (true, &[][..], 11, true),
            (true, &[9][..], 11, false),
            (true, &[5][..], 15, false),
            (true, &[0][..], 12, true),
            (false, &[][..], 30, false),
        ];
        for (deactivates, successes, attempts, deactivated) in table {
            let label = format!("{deactivates} {successes:?} {attempts}");
            let mut subscriptions = Subscriptions::new(deactivates);
            let active = wanted("status", json!("active"));
            let id = subscriptions.create(&active).unwrap().id;
            for attempt in 0..attempts {
                subscriptions.attempted(id, successes.contains(&attempt));
            }
            assert_eq!(subscriptions.is_deactivated(id), deactivated, "{label}");
            assert_eq!(subscriptions.all()[0].active, !deactivated, "{label}");

            subscriptions.replace(&id.to_string(), &active).unwrap();
            assert!(subscriptions.all()[0].active, "{label}");
            subscriptions.attempted(id, false);
            assert!(!subscriptions.is_deactivated(id), "it starts anew");
        }
    }
}
