//! The seven topics, and those to come.

use loop_client::webhook::{Event, Topic};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::generators::{Row, row, shows_personal_data};
use super::meaning::{Meant, check};
use super::shapes::{
    GIFT_CARD, HAPPY_RETURNS, Kind, LABEL_REQUEST, LABEL_UPDATE, PROCESSING_FAILED, RESTOCK,
    RETURN, Shape, TRIGGER,
};

static TOPICS: &[(&str, &Shape)] = &[
    ("return", &RETURN),
    ("label", &LABEL_UPDATE),
    ("restock", &RESTOCK),
    ("giftcard", &GIFT_CARD),
    ("happy.returns.shipment", &HAPPY_RETURNS),
    ("label.request", &LABEL_REQUEST),
    ("return.processing", &PROCESSING_FAILED),
];

/// Only what stands beside the data of a return.
static ENVELOPE: Shape = Shape {
    name: "an envelope",
    required: &[],
    optional: &[(TRIGGER, "trigger")],
};

fn webhook() -> impl Strategy<Value = (&'static str, Row, Row)> {
    select(TOPICS).prop_flat_map(|(topic, shape): (&'static str, &'static Shape)| {
        (row(shape), row(&ENVELOPE)).prop_map(move |(mut row, envelope)| {
            row.sent.insert("topic".to_owned(), json!(topic));
            if topic == "return" {
                let trigger = envelope.sent.get("trigger").cloned();
                row.sent
                    .extend(trigger.map(|it| ("trigger".to_owned(), it)));
            }
            (topic, row, envelope)
        })
    })
}

/// The payload of an event as JSON, without its topic.
fn payload(event: &Event) -> Value {
    match event {
        Event::Return(event) => serde_json::to_value(&event.data),
        Event::Label(it) => serde_json::to_value(it),
        Event::Restock(it) => serde_json::to_value(it),
        Event::GiftCard(it) => serde_json::to_value(it),
        Event::HappyReturnsShipment(it) => serde_json::to_value(it),
        Event::LabelRequest(it) => serde_json::to_value(it),
        Event::ProcessingFailed(it) => serde_json::to_value(it),
        other => panic!("no payload: {other:?}"),
    }
    .unwrap()
}

/// The event written as a webhook of today.
fn body(event: &Event) -> Vec<u8> {
    let mut body = payload(event);
    body["topic"] = json!(event.topic().as_str());
    if let Event::Return(event) = event {
        body["trigger"] = json!(event.trigger);
    }
    serde_json::to_vec(&body).unwrap()
}

proptest! {
    #[test]
    fn a_webhook_means_the_same_in_any_spelling((topic, row, envelope) in webhook()) {
        let event = Event::decode(&row.bytes())
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(event.topic(), Topic::from(topic));
        check(&row.meant, &payload(&event), topic).map_err(TestCaseError::fail)?;
        if let Event::Return(event) = &event {
            let Meant::Object(_, keys) = &envelope.meant else { panic!("not an object") };
            check(&keys[0].1, &json!(event.trigger), "trigger").map_err(TestCaseError::fail)?;
        }
        prop_assert_eq!(Event::decode(&body(&event)), Ok(event.clone()));
        prop_assert!(!shows_personal_data(&event));
    }

    /// A topic that is new to this version is told as such, whatever else the body holds.
    #[test]
    fn an_unknown_topic_is_no_error((_, mut row, _) in webhook(), word in "[a-z]{1,8}") {
        let topic = format!("new.{word}");
        row.sent.insert("topic".to_owned(), json!(topic));
        let event = Event::decode(&row.bytes()).unwrap();
        prop_assert_eq!(event.topic(), Topic::Unknown(topic));
        prop_assert!(matches!(event, Event::Unknown(_)));
    }

    /// The topic alone chooses what is read: any trigger may come with any topic.
    #[test]
    fn the_trigger_does_not_choose_the_payload((topic, mut row, _) in webhook(), at: prop::sample::Index) {
        let Kind::Word(triggers) = TRIGGER else { panic!("not a word") };
        let (trigger, _) = triggers[at.index(triggers.len())];
        row.sent.insert("trigger".to_owned(), json!(trigger));
        let event = Event::decode(&row.bytes()).unwrap();
        prop_assert_eq!(event.topic(), Topic::from(topic));
    }
}
