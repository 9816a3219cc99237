//! Makes any documented row, each key in any of Loop's spellings, together with what it means.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::meaning::Meant;
use super::shapes::{Kind, METHOD, Shape};

/// A value as Loop may spell it, `None` for a key that is not there, and what it means.
type Spelled = (Option<Value>, Meant);

/// Starts every personal text, so that one that shows where it must not can be found.
const CANARY: &str = "c4n4ry@example.com ";

/// Whether a personal text of a row can be seen in what is printed for debugging.
pub(crate) fn shows_personal_data(printed: &dyn std::fmt::Debug) -> bool {
    format!("{printed:?}").contains(CANARY.trim_end())
}

/// A row as Loop may send it.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) sent: Map<String, Value>,
    pub(crate) meant: Meant,
}

/// What a failure needs is the JSON, ready to be sent again.
impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.bytes()))
    }
}

impl Row {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.sent).unwrap()
    }
}

/// Any documented row of this shape, with keys that nobody has documented yet.
pub(crate) fn row(shape: &'static Shape) -> BoxedStrategy<Row> {
    let values: Vec<_> = shape
        .keys()
        .map(|(kind, names, required)| {
            let names: Vec<&'static str> = names.split('|').collect();
            let spelled = if required { value(kind) } else { maybe(kind) };
            (select(names), spelled)
        })
        .collect();
    let unknown = prop::collection::btree_map("new_[a-z]{1,6}", anything(), 0..3);
    (values, unknown)
        .prop_map(move |(values, unknown)| {
            let mut sent = Map::from_iter(unknown);
            let mut meant = Vec::new();
            for ((_, names, _), (name, (spelled, meaning))) in shape.keys().zip(values) {
                sent.extend(spelled.map(|value| (name.to_owned(), value)));
                meant.push((names.split('|').next().unwrap(), meaning));
            }
            let meant = Meant::Object(shape, meant);
            Row { sent, meant }
        })
        .boxed()
}

/// A key that may be absent in any way that Loop uses for this kind.
fn maybe(kind: Kind) -> BoxedStrategy<Spelled> {
    match kind {
        // Kept as it is, so that nothing about a grade is lost.
        Kind::Raw => prop_oneof![
            2 => value(kind),
            1 => select(vec![None, Some(Value::Null)]).prop_map(|sent| (sent, Meant::Nothing)),
        ]
        .boxed(),
        Kind::LineIds => prop_oneof![
            2 => value(kind),
            1 => select(vec![None, Some(Value::Null), Some(json!([]))])
                .prop_map(|sent| (sent, Meant::Nothing)),
        ]
        .boxed(),
        Kind::Many(_) | Kind::ForeignIds | Kind::Links => prop_oneof![
            2 => value(kind),
            1 => absent(&[json!([]), json!({})]),
        ]
        .boxed(),
        Kind::Lines(_) => prop_oneof![
            3 => value(kind),
            1 => Just((Some(json!([])), Meant::Exactly(json!([])))),
            1 => absent(&[json!({})]).prop_map(|(sent, _)| (sent, Meant::Exactly(Value::Null))),
        ]
        .boxed(),
        // PHP writes an empty object as an empty list.
        Kind::One(_) | Kind::Method => {
            prop_oneof![2 => value(kind), 1 => absent(&[json!([])])].boxed()
        }
        Kind::Time => prop_oneof![3 => value(kind), 1 => absent(&[]), 1 => no_time()].boxed(),
        _ => prop_oneof![2 => value(kind), 1 => absent(&[])].boxed(),
    }
}

/// Loop's ways to say that there is no value, and those of this kind.
fn absent(more: &[Value]) -> BoxedStrategy<Spelled> {
    let mut ways = vec![None, Some(Value::Null)];
    ways.extend(["N/A", "", " ", "\t \n"].map(|text| Some(json!(text))));
    ways.extend(more.iter().cloned().map(Some));
    select(ways).prop_map(|sent| (sent, Meant::Nothing)).boxed()
}

fn value(kind: Kind) -> BoxedStrategy<Spelled> {
    match kind {
        Kind::Text => prop_oneof![3 => words().prop_map(kept), 1 => number_as_text()].boxed(),
        Kind::Personal => prop_oneof![
            3 => words().prop_map(|text| kept(format!("{CANARY}{text}"))),
            1 => number_as_text(),
        ]
        .boxed(),
        Kind::PlainText => words()
            .prop_map(|text| kept(format!("{CANARY}{text}")))
            .boxed(),
        Kind::Word(known) => prop_oneof![
            2 => (select(known), any::<bool>()).prop_map(|((spelling, word), loud)| {
                let sent = if loud {
                    format!(" {} ", spelling.to_uppercase())
                } else {
                    spelling.to_owned()
                };
                (Some(json!(sent)), Meant::Exactly(json!(word)))
            }),
            1 => words().prop_map(|text| kept(format!("new.{text}"))),
        ]
        .boxed(),
        Kind::Id => id()
            .prop_map(|(sent, meant)| (Some(sent), Meant::Exactly(meant)))
            .boxed(),
        Kind::ForeignId => prop_oneof![
            number_as_text(),
            any::<u64>().prop_map(|id| kept(id.to_string())),
            any::<u64>().prop_map(|id| kept(format!("00{id}"))),
            any::<u64>().prop_map(|id| kept(format!("gid://shopify/Thing/{id}"))),
            "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}".prop_map(kept),
        ]
        .boxed(),
        Kind::PathId => prop_oneof![
            number_as_text(),
            any::<u64>().prop_map(|id| kept(id.to_string())),
            "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}".prop_map(kept),
            "HR[A-Z0-9_.-]{1,12}".prop_map(kept),
        ]
        .boxed(),
        Kind::ForeignIds => prop::collection::vec(value(Kind::ForeignId), 1..4)
            .prop_map(several)
            .boxed(),
        Kind::Links => prop::collection::vec(value(Kind::PlainText), 1..4)
            .prop_map(several)
            .boxed(),
        Kind::Category(shape) => prop_oneof![
            words().prop_map(|text| kept(format!("new.{text}"))),
            Just(kept("grade_a")),
            row(shape).prop_map(|row| (Some(Value::from(row.sent)), row.meant)),
        ]
        .boxed(),
        Kind::Money => money(),
        Kind::Time => time(),
        Kind::Flag => (any::<bool>(), 0..4u8)
            .prop_map(|(flag, form)| {
                let sent = match form {
                    0 => json!(flag),
                    1 => json!(u8::from(flag)),
                    2 => json!(u8::from(flag).to_string()),
                    _ => json!(flag.to_string()),
                };
                (Some(sent), Meant::Exactly(json!(flag)))
            })
            .boxed(),
        Kind::Whole => (any::<i32>(), any::<bool>())
            .prop_map(|(number, as_text)| {
                let sent = if as_text {
                    json!(number.to_string())
                } else {
                    json!(number)
                };
                (Some(sent), Meant::Exactly(json!(number)))
            })
            .boxed(),
        Kind::Measure => (0..1_000_000u32, any::<bool>())
            .prop_map(|(thousandths, as_text)| {
                let number = f64::from(thousandths) / 1000.0;
                let sent = if as_text {
                    json!(number.to_string())
                } else {
                    json!(number)
                };
                (Some(sent), Meant::Measure(number))
            })
            .boxed(),
        Kind::Reason => prop_oneof![
            3 => words().prop_map(kept),
            1 => number_as_text(),
            // Literal quote marks are part of the text.
            1 => words().prop_map(|text| kept(format!("\"{text}\""))),
            2 => (words(), 0..3u8).prop_map(|(text, form)| {
                let sent = match form {
                    0 => json!({"id": 3, "name": text}),
                    1 => json!({"label": text}),
                    _ => json!({"name": "N/A", "label": text}),
                };
                (Some(sent), Meant::Exactly(json!(text)))
            }),
        ]
        .boxed(),
        Kind::Method => method(),
        Kind::Raw => anything()
            .prop_map(|value| (Some(value.clone()), Meant::Exactly(value)))
            .boxed(),
        Kind::LineIds => prop::collection::vec(id(), 1..4)
            .prop_map(|ids| {
                let (sent, meant): (Vec<_>, Vec<_>) = ids.into_iter().unzip();
                (Some(json!(sent)), Meant::Exactly(json!(meant)))
            })
            .boxed(),
        Kind::One(shape) => row(shape)
            .prop_map(|row| (Some(Value::from(row.sent)), row.meant))
            .boxed(),
        Kind::Many(shape) | Kind::Lines(shape) => prop::collection::vec(row(shape), 1..4)
            .prop_map(|rows| {
                let (sent, meant): (Vec<_>, Vec<_>) =
                    rows.into_iter().map(|row| (row.sent, row.meant)).unzip();
                (Some(json!(sent)), Meant::List(meant))
            })
            .boxed(),
    }
}

/// Text that comes out as it went in.
fn kept(text: impl Into<Value>) -> Spelled {
    let text = text.into();
    (Some(text.clone()), Meant::Exactly(text))
}

fn several(items: Vec<Spelled>) -> Spelled {
    let (sent, meant): (Vec<_>, Vec<_>) = items.into_iter().unzip();
    (Some(json!(sent)), Meant::List(meant))
}

/// Ends in a letter that no spelling of "absent" ends in.
fn words() -> impl Strategy<Value = String> {
    "[A-Za-z0-9é\u{4e16}/#+ \"\\\\\n-]{0,11}[b-z]"
}

fn number_as_text() -> impl Strategy<Value = Spelled> {
    any::<u64>().prop_map(|number| {
        (
            Some(json!(number)),
            Meant::Exactly(json!(number.to_string())),
        )
    })
}

/// One of Loop's ids as sent, and in canonical text.
fn id() -> impl Strategy<Value = (Value, Value)> {
    let id = prop_oneof![1u64..1_000, 1u64.., Just(u64::MAX)];
    (id, 0..4u8).prop_map(|(id, form)| {
        let sent = match form {
            0 => json!(id),
            1 => json!(id.to_string()),
            2 => json!(format!("00{id}")),
            _ => json!(format!(" {id} ")),
        };
        (sent, json!(id.to_string()))
    })
}

fn money() -> BoxedStrategy<Spelled> {
    (-99_999_999_999i64..=99_999_999_999, 0..=4usize, 0..3u8)
        .prop_map(|(size, decimals, form)| {
            let sign = if size < 0 { "-" } else { "" };
            let digits = format!("{:0>1$}", size.abs(), decimals + 1);
            let (whole, fraction) = digits.split_at(digits.len() - decimals);
            let text = if decimals == 0 {
                format!("{sign}{whole}")
            } else {
                format!("{sign}{whole}.{fraction}")
            };
            match form {
                0 => (
                    Some(serde_json::from_str(&text).unwrap()),
                    Meant::Amount(text),
                ),
                1 => (Some(json!(format!(" {text} "))), Meant::Digits(text)),
                _ => (Some(json!(text)), Meant::Digits(text)),
            }
        })
        .boxed()
}

/// The three documented forms, with and without fractions, in any zone.
fn time() -> BoxedStrategy<Spelled> {
    // From 2000 to 2100, to the millisecond.
    (
        946_684_800_000i64..4_102_444_800_000,
        0..4u8,
        -12i8..=14,
        any::<bool>(),
    )
        .prop_map(|(millis, form, hours, whole_seconds)| {
            let millis = if whole_seconds {
                millis - millis % 1000
            } else {
                millis
            };
            let instant = jiff::Timestamp::from_millisecond(millis).unwrap();
            // The wall time of a zone is the UTC time of another instant.
            let wall = millis + i64::from(hours) * 3_600_000;
            let wall = jiff::Timestamp::from_millisecond(wall).unwrap();
            let sent = match form {
                0 => instant.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
                1 => format!("{}{hours:+03}:00", wall.strftime("%Y-%m-%dT%H:%M:%S%.f")),
                2 => instant.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00").to_string(),
                _ => instant.strftime("%Y-%m-%d %H:%M:%S%.f").to_string(),
            };
            (Some(json!(sent)), Meant::Instant(instant))
        })
        .boxed()
}

/// What stands in a date field and is no time.
fn no_time() -> BoxedStrategy<Spelled> {
    let php = json!({"date": "2026-01-01 00:00:00.000000", "timezone_type": 3, "timezone": "UTC"});
    select(vec![json!("0000-00-00 00:00:00"), json!(0), php])
        .prop_map(|sent| (Some(sent), Meant::Nothing))
        .boxed()
}

fn method() -> BoxedStrategy<Spelled> {
    let only_provider = |text: String| {
        let meaning = |key| match key {
            "provider" => Meant::Exactly(json!(text)),
            _ => Meant::Nothing,
        };
        let keys = METHOD.read_keys().map(|key| (key, meaning(key)));
        Meant::Object(&METHOD, keys.collect())
    };
    prop_oneof![
        words().prop_map(move |text| (Some(json!(text)), only_provider(text))),
        row(&METHOD).prop_map(|row| (Some(Value::from(row.sent)), row.meant)),
    ]
    .boxed()
}

/// Any JSON but `null`.
pub(crate) fn anything() -> impl Strategy<Value = Value> {
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
