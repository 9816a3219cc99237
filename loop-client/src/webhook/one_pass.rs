//! Nearly all webhooks are of the topic `return`, and most of what they cost is reading their text.
//! Here it is read once: the keys of the envelope are taken out on the way to the return.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error, IntoDeserializer as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{ReturnEvent, Topic, Trigger};
use crate::Return;
use crate::value::scalar::optional;

/// The event of a readable body of the topic `return`. `None` does not say what is wrong with it,
/// or whether anything is.
pub(super) fn return_event(body: &[u8]) -> Option<ReturnEvent> {
    let text = std::str::from_utf8(body).ok()?;
    let ReturnBody(event) = serde_json::from_str(text).ok()?;
    Some(event)
}

struct ReturnBody(ReturnEvent);

impl<'de> Deserialize<'de> for ReturnBody {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_map(BodyVisitor)
    }
}

struct BodyVisitor;

impl<'de> Visitor<'de> for BodyVisitor {
    type Value = ReturnBody;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a webhook's body")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut envelope = Envelope::default();
        let data = Return::deserialize(MapAccessDeserializer::new(Opened {
            map,
            envelope: &mut envelope,
        }))?;
        if !envelope.is_return {
            return Err(A::Error::missing_field("topic"));
        }
        Ok(ReturnBody(ReturnEvent {
            trigger: envelope.trigger.and_then(|Said(trigger)| trigger),
            data,
        }))
    }
}

/// What has been seen of the keys beside the return.
#[derive(Default)]
struct Envelope {
    is_return: bool,
    trigger: Option<Said>,
}

#[derive(Deserialize)]
struct Said(#[serde(deserialize_with = "optional")] Option<Trigger>);

/// The body without the keys of its envelope.
struct Opened<'a, A> {
    map: A,
    envelope: &'a mut Envelope,
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Opened<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(Key(key)) = self.map.next_key()? {
            match &*key {
                "topic" if self.envelope.is_return => {
                    return Err(A::Error::duplicate_field("topic"));
                }
                "topic" => {
                    self.envelope.is_return = self.map.next_value::<Topic>()? == Topic::Return;
                    if !self.envelope.is_return {
                        return Err(A::Error::custom("another topic"));
                    }
                }
                "trigger" if self.envelope.trigger.is_some() => {
                    return Err(A::Error::duplicate_field("trigger"));
                }
                "trigger" => self.envelope.trigger = Some(self.map.next_value()?),
                _ => return seed.deserialize(key.into_deserializer()).map(Some),
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}
