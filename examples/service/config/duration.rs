use std::time::Duration;

use jiff::SignedDuration;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A time such as `30s`, `5m` or `24h`; more than nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time(pub(super) Duration);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let wrong = || D::Error::custom("is not a time such as \"30s\", \"5m\" or \"24h\"");
        let toml::Value::String(text) = toml::Value::deserialize(d)? else {
            return Err(wrong());
        };
        let time = text.parse::<SignedDuration>().map_err(|_| wrong())?;
        match Duration::try_from(time) {
            Ok(time) if !time.is_zero() => Ok(Self(time)),
            _ => Err(wrong()),
        }
    }
}
