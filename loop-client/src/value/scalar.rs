//! Loop sends the same field as text on one endpoint and as a number on the next, and says
//! "absent" in four ways. Everything scalar is read through here, once.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Unexpected, Visitor};

/// One JSON scalar, before a type has given it a meaning.
#[derive(Debug)]
pub(crate) enum Scalar<'de> {
    Absent,
    Bool(bool),
    Unsigned(u64),
    /// Negative or fractional, as decimal text.
    Number(String),
    Text(Cow<'de, str>),
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
            Scalar::Bool(_) | Scalar::Unsigned(_) | Scalar::Number(_) => false,
        }
    }

    pub(crate) fn into_text(self) -> String {
        match self {
            Scalar::Absent => String::new(),
            Scalar::Bool(value) => value.to_string(),
            Scalar::Unsigned(value) => value.to_string(),
            Scalar::Number(text) => text,
            Scalar::Text(text) => text.into_owned(),
        }
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
        Ok(Scalar::Number(value.to_string()))
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

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        // With `serde_json/arbitrary_precision`, which any crate of the final binary may switch
        // on, numbers arrive as a private map that only `Number` knows how to read.
        let number = serde_json::Number::deserialize(MapAccessDeserializer::new(map))
            .map_err(|_| A::Error::invalid_type(Unexpected::Map, &self))?;
        let text = number.to_string();
        Ok(text.parse().map_or(Scalar::Number(text), Scalar::Unsigned))
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
    let scalar = match serde_json::Value::deserialize(d)? {
        serde_json::Value::Bool(value) => Scalar::Bool(value),
        serde_json::Value::String(text) => Scalar::Text(text.into()),
        serde_json::Value::Number(number) => {
            let text = number.to_string();
            text.parse().map_or(Scalar::Number(text), Scalar::Unsigned)
        }
        serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
            return Ok(None);
        }
    };
    Ok(if scalar.is_absent() {
        None
    } else {
        T::from_scalar(scalar)
    })
}

/// `null` where a list belongs means that there is nothing in it.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or_default())
}

impl FromScalar for String {
    const EXPECTED: &'static str = "text or a number";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        Some(scalar.into_text())
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
            Scalar::Absent | Scalar::Unsigned(_) | Scalar::Number(_) => None,
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
            Scalar::Absent | Scalar::Bool(_) => None,
        }
    }
}

impl FromScalar for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Unsigned(_) | Scalar::Number(_) | Scalar::Text(_) => scalar
                .into_text()
                .trim()
                .parse()
                .ok()
                .filter(|value: &f64| value.is_finite()),
            Scalar::Absent | Scalar::Bool(_) => None,
        }
    }
}
