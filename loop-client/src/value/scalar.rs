//! Loop sends the same field as text on one endpoint and as a number on the next, and says
//! "absent" in four ways. Everything scalar is read through here, once.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde_json::Value;

/// One JSON scalar, before a type has given it a meaning.
#[derive(Debug)]
pub(crate) enum Scalar<'de> {
    Absent,
    Bool(bool),
    Unsigned(u64),
    /// Negative or fractional, as decimal text.
    Number(String),
    /// A number with more digits than a float keeps: what is left of it is another number.
    Rounded(f64),
    Text(Cow<'de, str>),
    /// A list or an object.
    Nested,
}

impl Scalar<'_> {
    /// `null`, `""`, blanks and `"N/A"` all mean that Loop has no value.
    pub(crate) fn is_absent(&self) -> bool {
        match self {
            Scalar::Absent => true,
            Scalar::Text(text) => {
                let text = text.trim();
                text.is_empty() || text.eq_ignore_ascii_case("n/a")
            }
            Scalar::Bool(_)
            | Scalar::Unsigned(_)
            | Scalar::Number(_)
            | Scalar::Rounded(_)
            | Scalar::Nested => false,
        }
    }

    /// `None` when it has no text, or none that is sure to be what Loop wrote.
    pub(crate) fn into_text(self) -> Option<String> {
        Some(match self {
            Scalar::Absent => String::new(),
            Scalar::Bool(value) => value.to_string(),
            Scalar::Unsigned(value) => value.to_string(),
            Scalar::Number(text) => text,
            Scalar::Text(text) => text.into_owned(),
            Scalar::Rounded(_) | Scalar::Nested => return None,
        })
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, a boolean or null")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Absent)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Absent)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        Scalar::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Unsigned(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(u64::try_from(value)
            .map_or_else(|_| Scalar::Number(value.to_string()), Scalar::Unsigned))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        // The shortest text that reads back as the same float is the text Loop wrote, for
        // any amount of up to 15 digits. No arithmetic is done on the float.
        let digits = format!("{value:e}")
            .bytes()
            .take_while(|byte| *byte != b'e')
            .filter(u8::is_ascii_digit)
            .count();
        Ok(if digits <= 15 && value.abs() < 1e15 {
            Scalar::Number(value.to_string())
        } else {
            Scalar::Rounded(value)
        })
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        // With `serde_json/arbitrary_precision`, which any crate of the final binary may switch
        // on, numbers arrive as a private map that only `serde_json` knows how to read.
        let value = Value::deserialize(MapAccessDeserializer::new(map))?;
        Ok(match value {
            Value::Number(number) => {
                let text = number.to_string();
                text.parse().map_or(Scalar::Number(text), Scalar::Unsigned)
            }
            _ => Scalar::Nested,
        })
    }
}

/// A type that can be read from one scalar.
pub(crate) trait FromScalar: Sized {
    /// Completes the sentence "expected ...".
    const EXPECTED: &'static str;

    /// `None` when the scalar is not such a value.
    fn from_scalar(scalar: Scalar<'_>) -> Option<Self>;
}

/// Never quotes the value: it may be personal data.
pub(crate) fn unexpected<E: serde::de::Error>(expected: &'static str) -> E {
    E::invalid_value(Unexpected::Other("this value"), &expected)
}

/// For a field that must be there.
pub(crate) fn required<'de, D: Deserializer<'de>, T: FromScalar>(d: D) -> Result<T, D::Error> {
    T::from_scalar(Scalar::deserialize(d)?).ok_or_else(|| unexpected(T::EXPECTED))
}

/// For a field that may be absent in any of Loop's ways.
pub(crate) fn optional<'de, D: Deserializer<'de>, T: FromScalar>(
    d: D,
) -> Result<Option<T>, D::Error> {
    let scalar = Scalar::deserialize(d)?;
    if scalar.is_absent() {
        return Ok(None);
    }
    T::from_scalar(scalar)
        .map(Some)
        .ok_or_else(|| unexpected(T::EXPECTED))
}

/// For a field that must be there and say something.
pub(crate) fn present<'de, D: Deserializer<'de>, T: FromScalar>(d: D) -> Result<T, D::Error> {
    optional(d)?.ok_or_else(|| unexpected(T::EXPECTED))
}

/// For what only informs: a value that cannot be read is as good as absent, because it must not
/// cost the whole return.
pub(crate) fn lenient<'de, D: Deserializer<'de>, T: FromScalar>(
    d: D,
) -> Result<Option<T>, D::Error> {
    let scalar = Scalar::deserialize(d)?;
    Ok(if scalar.is_absent() {
        None
    } else {
        T::from_scalar(scalar)
    })
}

/// For text that is kept as it is, also where it says "N/A". `null` is no text.
pub(crate) fn verbatim<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    Scalar::deserialize(d)?
        .into_text()
        .ok_or_else(|| unexpected(String::EXPECTED))
}

/// For a list that only informs: what cannot be read in it is left out.
pub(crate) fn lenient_list<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    d: D,
) -> Result<Vec<T>, D::Error> {
    Ok(match Value::deserialize(d)? {
        Value::Array(items) => items
            .into_iter()
            .filter_map(|item| T::deserialize(item).ok())
            .collect(),
        _ => Vec::new(),
    })
}

impl FromScalar for String {
    const EXPECTED: &'static str = "text or a number";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        scalar.into_text()
    }
}

impl FromScalar for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Bool(value) => Some(value),
            Scalar::Unsigned(0) => Some(false),
            Scalar::Unsigned(1) => Some(true),
            Scalar::Text(text) => match text.trim() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            Scalar::Absent
            | Scalar::Unsigned(_)
            | Scalar::Number(_)
            | Scalar::Rounded(_)
            | Scalar::Nested => None,
        }
    }
}

impl FromScalar for i64 {
    const EXPECTED: &'static str = "a whole number";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Unsigned(value) => value.try_into().ok(),
            Scalar::Number(text) => text.parse().ok(),
            Scalar::Text(text) => text.trim().parse().ok(),
            Scalar::Absent | Scalar::Bool(_) | Scalar::Rounded(_) | Scalar::Nested => None,
        }
    }
}

impl FromScalar for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        let value: f64 = match scalar {
            // A measure is a float in the first place.
            Scalar::Rounded(value) => value,
            Scalar::Unsigned(_) | Scalar::Number(_) | Scalar::Text(_) => {
                scalar.into_text()?.trim().parse().ok()?
            }
            Scalar::Absent | Scalar::Bool(_) | Scalar::Nested => return None,
        };
        value.is_finite().then_some(value)
    }
}
