//! Points in time, and the forms in which Loop writes and reads them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

pub(super) const DAY: i64 = 24 * 60 * 60;

/// Whole seconds since 1970 in UTC: none of Loop's date forms carries a finer value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(i64);

impl Moment {
    pub(super) const EPOCH: Moment = Moment(0);

    pub(super) fn from_millis(millis: i64) -> Moment {
        Moment(millis.div_euclid(1000))
    }

    /// Reads every date form that the reference knows. A date without a zone is UTC, and a date
    /// without a time is its midnight.
    pub(super) fn parse(text: &str) -> Option<Moment> {
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            return Some(Moment(timestamp.as_second()));
        }
        let civil = text.parse::<DateTime>().ok()?;
        let timestamp = TimeZone::UTC.to_timestamp(civil).ok()?;
        Some(Moment(timestamp.as_second()))
    }

    pub(super) fn plus(self, seconds: i64) -> Moment {
        Moment(self.0.saturating_add(seconds))
    }

    pub(super) fn seconds_since(self, earlier: Moment) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The last second of the same day in UTC.
    pub(super) fn end_of_day(self) -> Moment {
        Moment(self.0.div_euclid(DAY).saturating_mul(DAY)).plus(DAY - 1)
    }

    /// `2023-01-01T22:27:15+00:00`
    pub(super) fn with_offset(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S+00:00")
    }

    /// `2023-01-01T22:27:15.000Z`
    pub(super) fn with_millis(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S.000Z")
    }

    /// `2023-01-01T22:27:15Z`
    pub(super) fn with_z(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%SZ")
    }

    /// `2023-01-01 22:27:15`, without a zone.
    pub(super) fn with_space(self) -> String {
        self.format("%Y-%m-%d %H:%M:%S")
    }

    /// `2023-01-01 22:27:15.000000`, as PHP serialises a `DateTime`.
    pub(super) fn with_micros(self) -> String {
        self.format("%Y-%m-%d %H:%M:%S.000000")
    }

    /// `Sun, 01 Jan 2023 22:27:15 GMT`, as in HTTP headers.
    pub(super) fn http_date(self) -> String {
        self.format("%a, %d %b %Y %H:%M:%S GMT")
    }

    fn format(self, form: &str) -> String {
        // A clock beyond the years that exist on a calendar shows as the epoch.
        Timestamp::from_second(self.0)
            .unwrap_or(Timestamp::UNIX_EPOCH)
            .strftime(form)
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_documented_form() {
        let expected = Moment(1_640_995_200);
        for text in [
            "2022-01-01T00:00:00.000Z",
            "2022-01-01T00:00:00Z",
            "2022-01-01T00:00:00+00:00",
            "2022-01-01T01:00:00+01:00",
            "2022-01-01 00:00:00",
            "2022-01-01T00:00:00",
            "2022-01-01",
        ] {
            assert_eq!(Moment::parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in ["", "yesterday", "2022-13-01", "N/A", "1640995200"] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn writes_the_five_forms() {
        let moment = Moment::from_millis(1_672_612_035_999);
        assert_eq!(moment.with_offset(), "2023-01-01T22:27:15+00:00");
        assert_eq!(moment.with_millis(), "2023-01-01T22:27:15.000Z");
        assert_eq!(moment.with_z(), "2023-01-01T22:27:15Z");
        assert_eq!(moment.with_space(), "2023-01-01 22:27:15");
        assert_eq!(moment.with_micros(), "2023-01-01 22:27:15.000000");
    }

    #[test]
    fn a_clock_at_its_limits_does_not_overflow() {
        for millis in [i64::MIN, i64::MAX] {
            let moment = Moment::from_millis(millis).plus(i64::MAX);
            assert!(!moment.with_space().is_empty());
            assert!(!moment.end_of_day().with_space().is_empty());
        }
    }

    #[test]
    fn end_of_day_is_its_last_second() {
        let moment = Moment::parse("2023-08-22 14:08:31").unwrap();
        assert_eq!(moment.end_of_day().with_space(), "2023-08-22 23:59:59");
    }
}
