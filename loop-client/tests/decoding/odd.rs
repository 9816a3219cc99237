//! Values that Loop does not document where they stand: what only informs is as good as absent,
//! and what decides is an error that says where.

use loop_client::webhook::Event;
use loop_client::{Amount, AsnRow, Note, Return, Subscription};
use serde_json::{Value, json};

/// What is left of an object after it was read and written again.
fn again<T>(sent: &Value) -> Result<Value, String>
where
    T: serde::de::DeserializeOwned + serde::Serialize,
{
    let read: T = serde_json::from_str(&sent.to_string()).map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(read).unwrap())
}

fn event(sent: &Value) -> Result<Value, String> {
    let read = Event::decode(sent.to_string().as_bytes()).map_err(|error| error.to_string())?;
    Ok(match read {
        Event::Return(event) => serde_json::to_value(event.data),
        Event::Label(it) => serde_json::to_value(it),
        Event::GiftCard(it) => serde_json::to_value(it),
        Event::LabelRequest(it) => serde_json::to_value(it),
        Event::Unknown(it) => Ok(json!(it.topic)),
        other => panic!("not asked for: {other:?}"),
    }
    .unwrap())
}

/// The object with this value at this place; `/` leads inwards.
fn with(object: &Value, place: &str, value: &Value) -> Value {
    let mut object = object.clone();
    let (parent, key) = place.rsplit_once('/').unwrap();
    object.pointer_mut(parent).unwrap()[key] = value.clone();
    object
}

/// A number as it is written: `json!` would make a float of it.
fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

type Reader = fn(&Value) -> Result<Value, String>;

#[test]
fn what_only_informs_does_not_cost_the_rest() {
    let ret = json!({
        "id": "1", "labels": [{"line_items": ["7"]}], "refunds": [{}], "return_method": {},
    });
    let row = json!({"id": "1", "return_line_item_id": "2"});
    let label = json!({"topic": "label", "id": "1"});
    let card = json!({"topic": "giftcard", "return_id": "1"});
    let request = json!({
        "topic": "label.request", "id": "5", "return_id": "1", "parcel": {},
        "products": [{"price": {}}],
    });
    let absent: &[Value] = &[json!({}), json!([]), json!([7]), json!(true)];
    let no_money = [absent, &[json!("1_000.00"), json!("much")]].concat();
    let no_count = [absent, &[json!(10.5), json!("few")]].concat();
    let no_id = [absent, &[json!("0"), json!(0), json!("EXC-1"), json!(1.5)]].concat();
    let no_text: &[Value] = &[json!({}), json!([]), json!([7])];
    let table: [(Reader, &Value, &str, &[Value]); 14] = [
        (again::<Return>, &ret, "/total", &no_money),
        (again::<Return>, &ret, "/label_rate", &no_money),
        (again::<Return>, &ret, "/refunds/0/amount", &no_money),
        (again::<Return>, &ret, "/destination_id", &no_id),
        (again::<Return>, &ret, "/tracking_number", no_text),
        (again::<Return>, &ret, "/return_method/provider", no_text),
        (again::<Return>, &ret, "/labels/0/tracking_number", no_text),
        (again::<AsnRow>, &row, "/destination_id", &no_id),
        (again::<AsnRow>, &row, "/tracking_number", no_text),
        (event, &label, "/tracking_number", no_text),
        (event, &card, "/total_credit_issued", &no_money),
        (event, &card, "/gift_card_bonus_credit", &no_money),
        (event, &request, "/products/0/price/amount", &no_count),
        (event, &request, "/parcel/weight", absent),
    ];
    for (read, object, place, values) in table {
        let without = read(object).unwrap();
        for value in values {
            assert_eq!(
                read(&with(object, place, value)).as_ref(),
                Ok(&without),
                "{place}: {value}"
            );
        }
    }
}

#[test]
fn the_lines_of_a_label_are_those_that_can_be_read() {
    let ret = json!({"id": "1", "labels": [{}]});
    for (lines, read) in [
        (json!({}), json!([])),
        (json!(""), json!([])),
        (json!("N/A"), json!([])),
        (json!(null), json!([])),
        (json!({"0": 7}), json!([])),
        (json!([7, null, "8", {}, "x", 0]), json!(["7", "8"])),
    ] {
        let sent = with(&ret, "/labels/0/line_items", &lines);
        let found = again::<Return>(&sent).unwrap();
        assert_eq!(found["labels"][0]["line_items"], read, "{lines}");
    }
}

/// More digits than a float holds: as they are, or not at all.
#[test]
fn no_number_is_read_as_another() {
    let ret = json!({"id": "1"});
    for (key, text) in [
        ("total", "1234567890123.4567"),
        ("total", "0.30000000000000004"),
        ("total", "1000000000000000000001"),
        ("tracking_number", "18446744073709551616"),
        ("tracking_number", "100000000000000000001"),
        ("tracking_number", "9261290304324130495900"),
    ] {
        let found = &again::<Return>(&with(&ret, &format!("/{key}"), &number(text))).unwrap()[key];
        assert!(found == text || found.is_null(), "{key} {text}: {found}");
    }
    for (key, text) in [
        ("total", "78.1"),
        ("total", "-99999999999.99"),
        ("total", "123456789012.345"),
        ("tracking_number", "18446744073709551615"),
        ("tracking_number", "1.5"),
    ] {
        let found = &again::<Return>(&with(&ret, &format!("/{key}"), &number(text))).unwrap()[key];
        assert_eq!(found, text, "{key}");
    }
    assert!("1_000.00".parse::<Amount>().is_err());
}

#[test]
fn a_return_method_is_read_as_far_as_it_goes() {
    for (sent, provider) in [
        (json!({"provider": 5}), json!("5")),
        (
            json!({"provider": "loop-pos", "state": []}),
            json!("loop-pos"),
        ),
        (json!("loop-pos"), json!("loop-pos")),
    ] {
        let found = again::<Return>(&json!({"id": 1, "return_method": sent})).unwrap();
        assert_eq!(found["return_method"]["provider"], provider, "{sent}");
    }
}

#[test]
fn notes_and_subscriptions_are_read_as_far_as_they_go() {
    for (content, read) in [
        (json!(null), ""),
        (json!(7), "7"),
        (json!("N/A"), "N/A"),
        (json!(" "), " "),
    ] {
        let found = again::<Note>(&json!({"id": 1, "content": content})).unwrap();
        assert_eq!(found["content"], read, "{content}");
    }
    assert!(again::<Note>(&json!({"id": 1, "content": {}})).is_err());

    let whole = json!({
        "id": "1", "shop_id": null, "topic": "return", "trigger": "return.created",
        "url": "https://example.com", "status": null,
    });
    for (key, absent) in [
        ("topic", json!(null)),
        ("trigger", json!(null)),
        ("url", json!("")),
    ] {
        let mut sent = whole.clone();
        let expected = with(&whole, &format!("/{key}"), &absent);
        sent[key] = Value::Null;
        assert_eq!(again::<Subscription>(&sent).as_ref(), Ok(&expected));
        sent.as_object_mut().unwrap().remove(key);
        assert_eq!(again::<Subscription>(&sent).as_ref(), Ok(&expected));
    }
}

/// A key and its older name: the first that is documented counts, unless they name two returns.
#[test]
fn two_names_of_one_key_may_come_together() {
    let two = |topic: &str, newer: (&str, Value), older: (&str, Value)| {
        // Whichever comes first.
        let (a, b) = (
            format!(r#""{}":{}"#, newer.0, newer.1),
            format!(r#""{}":{}"#, older.0, older.1),
        );
        let id = r#""id":"1""#;
        [format!("{a},{b}"), format!("{b},{a}")].map(|pair| {
            let id = if pair.contains("\"id\"") { "" } else { id };
            let rest = [id, pair.as_str()].join(if id.is_empty() { "" } else { "," });
            Event::decode(format!(r#"{{"topic":"{topic}",{rest}}}"#).as_bytes())
        })
    };
    for event in two("label", ("id", json!(1)), ("return_id", json!("1"))) {
        let Ok(Event::Label(label)) = event else {
            panic!("{event:?}")
        };
        assert_eq!(label.return_id.get(), 1);
    }
    for event in two("label", ("id", json!("N/A")), ("return_id", json!("1"))) {
        assert!(matches!(event, Ok(Event::Label(label)) if label.return_id.get() == 1));
    }
    for event in two("label", ("id", json!(41)), ("return_id", json!(42))) {
        let error = event.unwrap_err().to_string();
        assert!(
            error.contains("expected one return under id and return_id"),
            "{error}"
        );
        assert!(!error.contains("41") && !error.contains("42"), "{error}");
    }
    let (newer, older) = ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z");
    for (sent, read) in [(json!(newer), newer), (json!(null), older)] {
        for event in two(
            "label",
            ("label_updated_at", sent),
            ("label_updated_atv", json!(older)),
        ) {
            let Ok(Event::Label(label)) = event else {
                panic!("{event:?}")
            };
            assert_eq!(label.label_updated_at.unwrap().to_string(), read);
        }
    }
    for (sent, read) in [(json!("2.00"), "2.00"), (json!("N/A"), "1.00")] {
        for event in two(
            "giftcard",
            ("gift_card_bonus_credit", sent),
            ("gift_card_bonus", json!("1.00")),
        ) {
            let Ok(Event::GiftCard(card)) = event else {
                panic!("{event:?}")
            };
            assert_eq!(card.gift_card_bonus_credit.unwrap().to_string(), read);
        }
    }
}

#[test]
fn what_decides_is_an_error_that_says_where() {
    for (body, error) in [
        (
            r#"{"topic":null,"id":1}"#,
            "expected a webhook topic at topic",
        ),
        (
            r#"{"topic":"","id":1}"#,
            "expected a webhook topic at topic",
        ),
        (
            r#"{"topic":{},"id":1}"#,
            "expected a webhook topic at topic",
        ),
        (r#"{"id":1}"#, "expected the field topic"),
        (
            r#"{"topic":"return","id":{}}"#,
            "expected a Loop return id at id",
        ),
        (
            r#"{"topic":"return","id":1,"id":1}"#,
            "expected the field id only once",
        ),
        (r#"{"topic":"label"}"#, "expected the field id"),
        (r#"{"topic":"label","id":"N/A"}"#, "expected the field id"),
        (
            r#"{"topic":"label.request","return_id":1,"id":""}"#,
            "expected an id, as text or a number at id",
        ),
        (
            r#"{"topic":"label.request","return_id":1,"id":"N/A"}"#,
            "expected an id, as text or a number at id",
        ),
    ] {
        let found = Event::decode(body.as_bytes()).unwrap_err().to_string();
        assert!(found.starts_with(error), "{body}: {found}");
    }
}
