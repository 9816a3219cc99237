//! Whatever mix of Loop's spellings a row comes in, it is the row it would be in the plain one.

mod fields;

use loop_client::{AsnRow, Return};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use fields::Kind::{Flag, ForeignId, Id, Method, Money, Raw, Reason, State, Text, Time};
use fields::{ADDRESS, ASN, CUSTOMER, EXCHANGE, Fields, Kind, LABEL, LINE, REFUND, RETURN};

/// A value as Loop may spell it, and in the plain spelling; `None` for a key that is not there.
type Spelled = (Option<Value>, Option<Value>);

/// An object in both spellings.
type Both = (Map<String, Value>, Map<String, Value>);

fn words() -> impl Strategy<Value = String> {
    // Blanks and "N/A" are other spellings of nothing.
    "[A-Za-z0-9é/#+ \"\\\\-]{0,11}[b-z]"
}

fn value(kind: Kind) -> BoxedStrategy<Spelled> {
    let same = |value: Value| (Some(value.clone()), Some(value));
    match kind {
        Text => prop_oneof![
            3 => words().prop_map(move |text| same(text.into())),
            1 => any::<u64>().prop_map(|number| (Some(number.into()), Some(number.to_string().into()))),
        ]
        .boxed(),
        State => prop_oneof![
            select(vec!["open", "closed", "cancelled", "expired", "review"])
                .prop_map(move |word| same(word.into())),
            Just((Some("Needs Review".into()), Some("review".into()))),
            words().prop_map(move |text| same(text.into())),
        ]
        .boxed(),
        Id => (1u64.., 0..3u8)
            .prop_map(|(id, form)| {
                let noisy = match form {
                    0 => json!(id),
                    1 => json!(format!("00{id}")),
                    _ => json!(format!(" {id}")),
                };
                (Some(noisy), Some(json!(id.to_string())))
            })
            .boxed(),
        ForeignId => (any::<u64>(), any::<bool>())
            .prop_map(move |(id, plain)| {
                if plain {
                    (Some(json!(id)), Some(json!(id.to_string())))
                } else {
                    same(json!(format!("gid://shopify/Thing/{id}")))
                }
            })
            .boxed(),
        Money => (-99_999_999i64..=99_999_999, any::<bool>())
            .prop_map(|(cents, number)| {
                let sign = if cents < 0 { "-" } else { "" };
                let text = format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100);
                let noisy = if number {
                    serde_json::from_str(&text).unwrap()
                } else {
                    json!(text)
                };
                (Some(noisy), Some(json!(text)))
            })
            .boxed(),
        Time => prop_oneof![
            4 => (2015..2040u16, 1..=12u8, 1..=28u8, 0..86_400u32, 0..3u8).prop_map(
                |(year, month, day, second, form)| {
                    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
                    let date = format!("{year}-{month:02}-{day:02}");
                    let time = format!("{h:02}:{m:02}:{s:02}");
                    let noisy = match form {
                        0 => format!("{date}T{time}.000Z"),
                        1 => format!("{date}T{time}+00:00"),
                        _ => format!("{date} {time}"),
                    };
                    (Some(json!(noisy)), Some(json!(format!("{date}T{time}Z"))))
                },
            ),
            1 => select(vec![
                json!("0000-00-00 00:00:00"),
                json!(0),
                json!({"date": "2026-01-01 00:00:00.000000", "timezone_type": 3, "timezone": "UTC"}),
            ])
            .prop_map(|noisy| (Some(noisy), None)),
        ]
        .boxed(),
        Flag => (any::<bool>(), 0..3u8)
            .prop_map(|(flag, form)| {
                let noisy = match form {
                    0 => json!(flag),
                    1 => json!(u8::from(flag)),
                    _ => json!(flag.to_string()),
                };
                (Some(noisy), Some(json!(flag)))
            })
            .boxed(),
        Reason => (words(), 0..4u8)
            .prop_map(|(text, form)| {
                let noisy = match form {
                    0 => json!({"id": 3, "name": text}),
                    1 => json!({"label": text}),
                    2 => json!({"name": "N/A", "label": text}),
                    _ => json!(text),
                };
                (Some(noisy), Some(json!(text)))
            })
            .boxed(),
        Method => (words(), option::of(words()), any::<bool>())
            .prop_map(|(provider, state, is_text)| {
                if is_text {
                    (Some(json!(provider)), Some(json!({"provider": provider})))
                } else {
                    let noisy = json!({
                        "provider": provider, "state": state, "method_type": "N/A",
                        "address": {"phone": 1}, "coordinates": [1.5, 2],
                    });
                    (Some(noisy), Some(json!({"provider": provider, "state": state})))
                }
            })
            .boxed(),
        Raw => anything().prop_map(same).boxed(),
    }
}

fn absent() -> impl Strategy<Value = Spelled> {
    select(vec![
        None,
        Some(Value::Null),
        Some(json!("N/A")),
        Some(json!("")),
        Some(json!(" ")),
    ])
    .prop_map(|noisy| (noisy, None))
}

/// Any JSON but `null`.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        words().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..3).prop_map(Value::from_iter),
        ]
    })
}

fn object(fields: Fields) -> BoxedStrategy<Both> {
    let keys: Vec<(Kind, &'static str)> = fields
        .iter()
        .flat_map(|(kind, keys)| keys.split_whitespace().map(|key| (*kind, key)))
        .collect();
    let values: Vec<BoxedStrategy<Spelled>> = keys
        .iter()
        .map(|(kind, _)| match kind {
            // Raw values keep every spelling, so that nothing about a grade is lost.
            Raw => prop_oneof![
                value(Raw),
                Just((None, None)),
                Just((Some(Value::Null), None))
            ]
            .boxed(),
            kind => prop_oneof![2 => value(*kind), 1 => absent()].boxed(),
        })
        .collect();
    let unknown = prop::collection::btree_map("new_[a-z]{1,6}", anything(), 0..3);
    (values, unknown)
        .prop_map(move |(values, unknown)| {
            let mut noisy = Map::from_iter(unknown);
            let mut plain = Map::new();
            for ((_, key), (spelled, meant)) in keys.iter().zip(values) {
                noisy.extend(spelled.map(|value| ((*key).to_owned(), value)));
                plain.extend(meant.map(|value| ((*key).to_owned(), value)));
            }
            (noisy, plain)
        })
        .boxed()
}

/// An object with an id that must be there.
fn with_id(key: &'static str, fields: Fields) -> BoxedStrategy<Both> {
    (value(Id), object(fields))
        .prop_map(move |((spelled, meant), (mut noisy, mut plain))| {
            noisy.extend(spelled.map(|id| (key.to_owned(), id)));
            plain.extend(meant.map(|id| (key.to_owned(), id)));
            (noisy, plain)
        })
        .boxed()
}

/// A list of such objects, or a way to say that there is none.
fn list(of: BoxedStrategy<Both>) -> BoxedStrategy<Spelled> {
    prop_oneof![
        3 => prop::collection::vec(of, 1..4).prop_map(|items| {
            let (noisy, plain): (Vec<_>, Vec<_>) = items.into_iter().unzip();
            (Some(json!(noisy)), Some(json!(plain)))
        }),
        1 => select(vec![None, Some(Value::Null), Some(json!([]))]).prop_map(|noisy| (noisy, None)),
    ]
    .boxed()
}

/// One such object, or a way to say that there is none.
fn one(of: BoxedStrategy<Both>) -> BoxedStrategy<Spelled> {
    prop_oneof![
        2 => of.prop_map(|(noisy, plain)| (Some(json!(noisy)), Some(json!(plain)))),
        1 => absent(),
    ]
    .boxed()
}

fn return_row() -> impl Strategy<Value = Both> {
    let parts = [
        ("labels", list(object(LABEL))),
        ("refunds", list(object(REFUND))),
        ("exchanges", list(object(EXCHANGE))),
        ("customer_detail", one(object(CUSTOMER))),
        ("address", one(object(ADDRESS))),
        // An empty list of lines is not the same as none, and is not put here.
        ("line_items", list(with_id("line_item_id", LINE))),
    ];
    let (keys, values): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    (with_id("id", RETURN), values).prop_map(move |((mut noisy, mut plain), values)| {
        for (key, (spelled, meant)) in keys.iter().zip(values) {
            let is_lines = *key == "line_items";
            let spelled = spelled.filter(|value| !(is_lines && *value == json!([])));
            noisy.extend(spelled.map(|value| ((*key).to_owned(), value)));
            plain.extend(meant.map(|value| ((*key).to_owned(), value)));
        }
        (noisy, plain)
    })
}

fn asn_row() -> impl Strategy<Value = Both> {
    (value(Id), with_id("return_line_item_id", ASN)).prop_map(
        |((spelled, meant), (mut noisy, mut plain))| {
            noisy.extend(spelled.map(|id| ("id".to_owned(), id)));
            plain.extend(meant.map(|id| ("id".to_owned(), id)));
            (noisy, plain)
        },
    )
}

fn bytes(row: &Map<String, Value>) -> Vec<u8> {
    serde_json::to_vec(row).unwrap()
}

proptest! {
    #[test]
    fn a_return_is_the_same_in_any_mix_of_spellings((noisy, plain) in return_row()) {
        let read = Return::decode(&bytes(&noisy)).unwrap();
        prop_assert_eq!(&json!(read.id), &plain["id"]);
        prop_assert_eq!(&read, &Return::decode(&bytes(&plain)).unwrap());
        let again = serde_json::from_value(serde_json::to_value(&read).unwrap()).unwrap();
        prop_assert_eq!(read, again);
    }

    #[test]
    fn an_asn_row_is_the_same_in_any_mix_of_spellings((noisy, plain) in asn_row()) {
        let read = AsnRow::decode(&bytes(&noisy)).unwrap();
        prop_assert_eq!(&json!(read.return_id), &plain["id"]);
        prop_assert_eq!(&json!(read.line_item_id), &plain["return_line_item_id"]);
        prop_assert_eq!(&read, &AsnRow::decode(&bytes(&plain)).unwrap());
        let again = serde_json::from_value(serde_json::to_value(&read).unwrap()).unwrap();
        prop_assert_eq!(read, again);
    }
}
