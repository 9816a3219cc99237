//! What nobody documents: it may be refused, but it must not panic, and what is read must stay
//! what it is.

use loop_client::webhook::{Event, SignatureError, WebhookVerifier, sign};
use loop_client::{
    Amount, AsnRow, DestinationId, ExternalId, LineItemId, Note, Return, ReturnId, ShopId,
    Subscription, Timestamp, WebhookId,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::shapes::{
    ASN, GIFT_CARD, HAPPY_RETURNS, LABEL_REQUEST, LABEL_UPDATE, NOTE, PROCESSING_FAILED, RESTOCK,
    RETURN, SUBSCRIPTION, Shape,
};

/// Values at the edges of what the decoders tell apart.
fn edge() -> impl Strategy<Value = Value> {
    let numbers = [
        "-0",
        "1e400",
        "-1e400",
        "1e-400",
        "0.1",
        "1e30",
        "18446744073709551616",
    ];
    let texts = [
        "",
        " ",
        "N/A",
        "n/a",
        "0",
        "-0",
        "+5",
        "1e9",
        "1e-30",
        "NaN",
        "inf",
        "-00.10",
        "٣",
        "0000-00-00",
        "9999-12-31T23:59:59.999999999Z",
        "-009999-01-01 00:00:00",
        "2026-01-01",
        "2026-06-30T23:59:60Z",
        "\u{0}",
        "\u{feff}1",
        "return",
        "label.request",
        "false",
        "79228162514264337593543950335",
        "0.0000000000000000000000000001",
    ];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(numbers.to_vec()).prop_map(|text| serde_json::from_str(text).unwrap_or(Value::Null)),
        select(texts.to_vec()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ]
}

fn every_key() -> Vec<&'static str> {
    fn collect(shape: &Shape, keys: &mut Vec<&'static str>) {
        use super::shapes::Kind::{Lines, Many, One};
        for (kind, names, _) in shape.keys() {
            keys.extend(names.split('|'));
            if let One(inner) | Many(inner) | Lines(inner) = kind {
                collect(inner, keys);
            }
        }
    }
    let mut keys = vec!["topic", "trigger", "returns", "notes", "webhooks"];
    for shape in [
        &RETURN,
        &ASN,
        &LABEL_UPDATE,
        &RESTOCK,
        &GIFT_CARD,
        &HAPPY_RETURNS,
        &LABEL_REQUEST,
        &PROCESSING_FAILED,
        &NOTE,
        &SUBSCRIPTION,
    ] {
        collect(shape, &mut keys);
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Documented keys with values of any type under them.
fn json_with_known_keys() -> impl Strategy<Value = Value> {
    let keys = every_key();
    edge().prop_recursive(4, 48, 12, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            3 => prop::collection::btree_map(
                select(keys.clone()).prop_map(str::to_owned), inner, 0..12
            )
            .prop_map(Value::from_iter),
        ]
    })
}

/// Objects that get past the ids, so that the rest is reached.
fn json_with_ids() -> impl Strategy<Value = Value> {
    let topics = [
        "return",
        "label",
        "restock",
        "giftcard",
        "happy.returns.shipment",
        "label.request",
        "return.processing",
    ];
    (
        prop::collection::vec((select(every_key()), json_with_known_keys()), 0..10),
        select(topics.to_vec()),
    )
        .prop_map(|(keys, topic)| {
            let keys = keys.into_iter().map(|(key, value)| (key.to_owned(), value));
            let mut object = Map::from_iter(keys);
            // Two names of one key do not come together.
            let twice = ["label_updated_atv", "gift_card_bonus"];
            object.retain(|key, _| !twice.contains(&key.as_str()));
            object.insert("topic".to_owned(), json!(topic));
            for id in [
                "id",
                "return_line_item_id",
                "line_item_id",
                "loop_shipment_id",
            ] {
                object.insert(id.to_owned(), json!(7));
            }
            if topic == "label" {
                object.remove("return_id");
            } else {
                object.insert("return_id".to_owned(), json!("7"));
            }
            Value::from(object)
        })
}

/// If `T` can be read from the bytes, then what it is written as reads as the same.
fn keeps_what_it_reads<T>(bytes: &[u8])
where
    T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug,
{
    if let Ok(read) = serde_json::from_slice::<T>(bytes) {
        let written = serde_json::to_vec(&read).unwrap();
        match serde_json::from_slice::<T>(&written) {
            Ok(again) => assert_eq!(again, read),
            Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&written)),
        }
    }
}

fn feed(bytes: &[u8]) {
    keeps_what_it_reads::<Return>(bytes);
    keeps_what_it_reads::<AsnRow>(bytes);
    keeps_what_it_reads::<Note>(bytes);
    keeps_what_it_reads::<Subscription>(bytes);
    keeps_what_it_reads::<ReturnId>(bytes);
    keeps_what_it_reads::<LineItemId>(bytes);
    keeps_what_it_reads::<DestinationId>(bytes);
    keeps_what_it_reads::<ShopId>(bytes);
    keeps_what_it_reads::<WebhookId>(bytes);
    keeps_what_it_reads::<ExternalId>(bytes);
    keeps_what_it_reads::<Amount>(bytes);
    keeps_what_it_reads::<Timestamp>(bytes);
    // The two readers of a row agree on what is a row.
    if Return::decode(bytes).is_ok() {
        assert!(serde_json::from_slice::<Return>(bytes).is_ok());
    }
    if AsnRow::decode(bytes).is_ok() {
        assert!(serde_json::from_slice::<AsnRow>(bytes).is_ok());
    }
    match Event::decode(bytes) {
        Ok(Event::Return(event)) => assert_eq!(Return::decode(bytes), Ok(event.data)),
        Ok(event) => drop(format!("{event:?}")),
        Err(error) => drop(format!("{error:?} {error}")),
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..256),
        secret in "[!-~]{1,20}",
    ) {
        feed(&bytes);
        let verifier = WebhookVerifier::new([secret.as_str()]).unwrap();
        prop_assert_eq!(verifier.verify([&bytes[..]], b"x"), Err(SignatureError::Mismatch));
        let signature = sign(secret.as_bytes(), &bytes);
        let verified = verifier.verify([signature.as_bytes()], &bytes);
        prop_assert_eq!(verified.is_ok(), !bytes.is_empty());
    }

    #[test]
    fn no_json_makes_a_decoder_panic(value in json_with_known_keys()) {
        feed(&serde_json::to_vec(&value).unwrap());
    }

    #[test]
    fn what_is_read_of_odd_rows_stays_what_it_is(value in json_with_ids()) {
        feed(&serde_json::to_vec(&value).unwrap());
    }

    /// Texts of every scalar, as a program may take them from its own configuration.
    #[test]
    fn no_text_makes_a_scalar_panic(text in prop_oneof![".{0,40}", "[0-9eE+.-]{0,40}", "[0-9TZ:+. -]{0,40}"]) {
        let printed = [
            text.parse::<ReturnId>().map(|it| it.to_string()).ok(),
            text.parse::<Amount>().map(|it| it.to_string()).ok(),
            text.parse::<Timestamp>().map(|it| it.to_string()).ok(),
        ];
        if let Some(id) = &printed[0] {
            prop_assert_eq!(id.parse::<ReturnId>(), text.parse());
        }
        if let Some(amount) = &printed[1] {
            prop_assert_eq!(amount.parse::<Amount>(), text.parse());
        }
        if let Some(time) = &printed[2] {
            prop_assert_eq!(time.parse::<Timestamp>(), text.parse());
        }
    }
}

/// Deep nesting ends in an error, not in an exhausted stack; below keys that nobody reads it is
/// passed over.
#[test]
fn nesting_is_bounded() {
    for (open, close) in [("[", "]"), ("{\"condition\":", "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let line = format!(r#"{{"line_item_id":1,"condition":{deep}}}"#);
        let row = format!(r#"{{"topic":"return","id":1,"line_items":[{line}]}}"#);
        assert!(Return::decode(row.as_bytes()).is_err());
        assert!(Event::decode(row.as_bytes()).is_err());
        let unread = format!(r#"{{"topic":"return","id":1,"return_line_item_id":1,"new":{deep}}}"#);
        assert!(Return::decode(unread.as_bytes()).is_ok());
        assert!(AsnRow::decode(unread.as_bytes()).is_ok());
        feed(deep.as_bytes());
    }
}
