//! Objects and lists of objects. Serde would also take a list for a struct, field by field, so that
//! `[7]` were the line item 7; and Loop says "absent" here as it does for scalars.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

use super::scalar::Scalar;

/// For an object that may be absent in any of Loop's ways.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> Result<Option<T>, D::Error> {
    d.deserialize_any(Object(PhantomData))
}

/// For a list of objects; absent is empty.
pub(crate) fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> Result<Vec<T>, D::Error> {
    Ok(optional_objects(d)?.unwrap_or_default())
}

/// For a list of objects whose absence means that the payload does not say.
pub(crate) fn optional_objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> Result<Option<Vec<T>>, D::Error> {
    d.deserialize_any(Objects(PhantomData))
}

/// For a list of objects that must be there.
pub(crate) fn required_objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> Result<Vec<T>, D::Error> {
    optional_objects(d)?
        .ok_or_else(|| D::Error::invalid_type(Unexpected::Other("nothing"), &"a list"))
}

fn absent<E: Error>(text: &str, expected: &'static str) -> Result<(), E> {
    if Scalar::Text(text.into()).is_absent() {
        return Ok(());
    }
    Err(E::invalid_type(Unexpected::Other("text"), &expected))
}

/// One object, and nothing that only looks like one.
pub(crate) struct Record<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Record<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        object(d)?
            .map(Record)
            .ok_or_else(|| D::Error::invalid_type(Unexpected::Other("nothing"), &"an object"))
    }
}

struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        absent(text, "an object").map(|()| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        // PHP writes an empty object as `[]`.
        match items.next_element::<serde::de::IgnoredAny>()? {
            None => Ok(None),
            Some(_) => Err(A::Error::invalid_type(Unexpected::Seq, &"an object")),
        }
    }
}

struct Objects<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Objects<T> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        absent(text, "a list").map(|()| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        // An empty list that was an associative array in PHP.
        match map.next_key::<serde::de::IgnoredAny>()? {
            None => Ok(None),
            Some(_) => Err(A::Error::invalid_type(Unexpected::Map, &"a list")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some(Record(item)) = items.next_element()? {
            found.push(item);
        }
        Ok(Some(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Item {
        id: u32,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Holder {
        #[serde(default, deserialize_with = "object")]
        one: Option<Item>,
        #[serde(default, deserialize_with = "optional_objects")]
        many: Option<Vec<Item>>,
    }

    #[test]
    fn objects_are_objects_and_absence_is_absence() {
        for (json, one, many) in [
            (r#"{}"#, None, None),
            (r#"{"one":null,"many":null}"#, None, None),
            (r#"{"one":"","many":"N/A"}"#, None, None),
            (r#"{"one":[],"many":[]}"#, None, Some(vec![])),
            (r#"{"many":{}}"#, None, None),
            (
                r#"{"one":{"id":1},"many":[{"id":2},{"id":3}]}"#,
                Some(1),
                Some(vec![2, 3]),
            ),
        ] {
            let read: Holder = serde_json::from_str(json).expect(json);
            assert_eq!(read.one.map(|it| it.id), one, "{json}");
            let ids = read
                .many
                .map(|items| items.iter().map(|it| it.id).collect::<Vec<_>>());
            assert_eq!(ids, many, "{json}");
        }
        for json in [
            r#"{"one":[1]}"#,
            r#"{"one":"x"}"#,
            r#"{"one":1}"#,
            r#"{"many":[[1]]}"#,
            r#"{"many":[null]}"#,
            r#"{"many":{"0":{"id":1}}}"#,
            r#"{"many":"x"}"#,
            r#"{"many":[{"id":"x"}]}"#,
        ] {
            assert!(serde_json::from_str::<Holder>(json).is_err(), "{json}");
        }
    }
}
