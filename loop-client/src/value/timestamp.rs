use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::scalar::{Scalar, unexpected};

/// The text is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time looks like 2026-01-31T22:27:15.000Z or 2026-01-31 22:27:15 (UTC)")]
pub struct InvalidTimestamp;

/// A moment, in UTC, to the microsecond or better.
///
/// Reads the three forms Loop uses: `2023-01-01T22:27:15.000Z`, the same with an offset such as
/// `+00:00`, and `2023-08-22 14:08:31` without a zone, which is UTC. Prints RFC 3339 with `Z`.
///
/// ```
/// use loop_client::Timestamp;
///
/// let spaced: Timestamp = "2023-08-22 14:08:31".parse()?;
/// let offset: Timestamp = "2023-08-22T16:08:31+02:00".parse()?;
/// assert_eq!(spaced, offset);
/// assert_eq!(spaced.to_string(), "2023-08-22T14:08:31Z");
/// # Ok::<(), loop_client::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// By the system's clock.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Seconds since 1970-01-01T00:00:00Z; out of range becomes the nearest time that exists.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Self {
        let nearest = if seconds < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        };
        Self(jiff::Timestamp::from_second(seconds).unwrap_or(nearest))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Later by `duration`, stopping at the last time that exists.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(duration)
                .unwrap_or(jiff::Timestamp::MAX),
        )
    }

    /// Earlier by `duration`, stopping at the first time that exists.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(duration)
                .unwrap_or(jiff::Timestamp::MIN),
        )
    }

    /// Without the digits after the milliseconds, which no example of Loop's has: what it cannot
    /// read as a time it may take for 1970.
    pub(crate) fn in_millis(self) -> Self {
        jiff::Timestamp::from_millisecond(self.0.as_millisecond()).map_or(self, Self)
    }

    /// `2026-01-31 22:27:15`, in UTC, as Loop's examples of a time to send look.
    pub(crate) fn to_spaced_text(self) -> String {
        self.0.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// How long ago `earlier` was; zero when it is in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0
            .duration_since(earlier.0)
            .try_into()
            .unwrap_or(Duration::ZERO)
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let nearest = if time < SystemTime::UNIX_EPOCH {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        };
        Self(jiff::Timestamp::try_from(time).unwrap_or(nearest))
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let text = text.trim();
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(time));
        }
        // A zone we cannot honour must not be read as if it were UTC.
        if text.contains(['[', '+']) {
            return Err(InvalidTimestamp);
        }
        let wall = text.parse::<DateTime>().map_err(|_| InvalidTimestamp)?;
        TimeZone::UTC
            .to_timestamp(wall)
            .map(Self)
            .map_err(|_| InvalidTimestamp)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({})", self.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        read(d)?.ok_or_else(|| unexpected("a time"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// For the times of Loop's payloads, none of which decides anything: what cannot be read, such
/// as the zero date `0000-00-00 00:00:00` or a serialised PHP date, is as good as absent and must
/// not cost the whole return.
pub(crate) fn read<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(match Scalar::deserialize(d)? {
        Scalar::Text(text) => text.parse().ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_and_nothing_else() {
        for (text, expected) in [
            ("2023-01-01T22:27:15.000Z", Some("2023-01-01T22:27:15Z")),
            ("2019-04-01T12:00:00+00:00", Some("2019-04-01T12:00:00Z")),
            ("2019-04-01T12:00:00-07:00", Some("2019-04-01T19:00:00Z")),
            ("2023-08-22 14:08:31", Some("2023-08-22T14:08:31Z")),
            ("2023-08-22", Some("2023-08-22T00:00:00Z")),
            (" 2023-08-22 14:08:31.25 ", Some("2023-08-22T14:08:31.25Z")),
            ("0000-00-00 00:00:00", None),
            ("2023-02-30 00:00:00", None),
            ("N/A", None),
            ("", None),
            ("yesterday", None),
            ("2023-08-22T14:08:31[Europe/Paris]", None),
        ] {
            let time = text.parse::<Timestamp>().ok();
            assert_eq!(
                time.map(|time| time.to_string()).as_deref(),
                expected,
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_form_with_a_space_is_utc_in_whole_seconds() {
        for (text, spaced) in [
            ("2026-01-31T23:27:15.999+01:00", "2026-01-31 22:27:15"),
            ("0099-02-03T04:05:06Z", "0099-02-03 04:05:06"),
        ] {
            let time: Timestamp = text.parse().expect("a time");
            assert_eq!(time.to_spaced_text(), spaced);
        }
    }

    #[test]
    fn no_time_is_sent_with_finer_digits_than_loop_shows() {
        for (text, sent) in [
            ("2026-01-31T22:27:15.123456789Z", "2026-01-31T22:27:15.123Z"),
            ("2026-01-31T22:27:15.000999Z", "2026-01-31T22:27:15Z"),
            ("2026-01-31T22:27:15Z", "2026-01-31T22:27:15Z"),
        ] {
            let time: Timestamp = text.parse().expect("a time");
            assert_eq!(time.in_millis().to_string(), sent);
        }
    }

    #[test]
    fn arithmetic_stops_at_the_ends_of_time() {
        let now = Timestamp::from_unix_seconds(1_700_000_000);
        assert_eq!(
            now.plus(Duration::from_secs(5)).since(now),
            Duration::from_secs(5)
        );
        assert_eq!(now.since(now.plus(Duration::from_secs(5))), Duration::ZERO);
        assert!(now.plus(Duration::MAX) > now);
        assert!(now.minus(Duration::MAX) < now);
        assert_eq!(
            Timestamp::from_unix_seconds(i64::MAX).plus(Duration::MAX),
            Timestamp(jiff::Timestamp::MAX)
        );
    }
}
