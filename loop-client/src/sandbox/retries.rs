//! Which failed webhook is sent again. Pure.

use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::{DATE, RETRY_AFTER};

/// How often a webhook is sent again that its receiver did not answer with 2xx. Loop's
/// documentation has told three different stories over the years.
///
/// The sandbox never waits between two attempts.
///
/// Rests on <https://docs.loopreturns.com/webhook-reference/setting-up>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookRetries {
    /// Up to three more times: the oldest documentation.
    #[default]
    UpToThree,
    /// Never: a later one.
    Never,
    /// Up to five more times, unless the receiver asks by `Retry-After` for a wait of more than
    /// half an hour: another later one. Loop's table of the statuses that are worth a retry is
    /// not known; here all but 2xx are.
    UpToFive,
}

const LONGEST_WAIT: Duration = Duration::from_secs(30 * 60);

impl WebhookRetries {
    /// How long Loop is asked to wait before the next attempt; none if there is no next one.
    pub(super) fn next_wait(self, made: u32, retry_after: Option<Duration>) -> Option<Duration> {
        let (attempts, asked) = match self {
            WebhookRetries::Never => (1, None),
            WebhookRetries::UpToThree => (4, None),
            WebhookRetries::UpToFive => (6, retry_after),
        };
        let wait = asked.unwrap_or_default();
        (made < attempts && wait <= LONGEST_WAIT).then_some(wait)
    }
}

/// A number of seconds, or a date, which is measured against the answer's own. Anything else is
/// no advice.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let advice = headers.get(RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = advice.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = date(advice)?;
    let sent = date(headers.get(DATE)?.to_str().ok()?)?;
    until.duration_since(sent).try_into().ok()
}

fn date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_generation_has_its_number_of_attempts_and_heeds_its_advice() {
        use WebhookRetries::{Never, UpToFive, UpToThree};
        let half_hour = 1800;
        // (rule, attempts made, Retry-After, wait)
        let table = [
            (Never, 1, None, None),
            (UpToThree, 1, None, Some(0)),
            (UpToThree, 3, Some(9), Some(0)),
            (UpToThree, 3, Some(half_hour + 1), Some(0)),
            (UpToThree, 4, None, None),
            (UpToFive, 1, None, Some(0)),
            (UpToFive, 5, Some(half_hour), Some(half_hour)),
            (UpToFive, 1, Some(half_hour + 1), None),
            (UpToFive, 6, None, None),
        ];
        for (rule, made, asked, wait) in table {
            let asked = asked.map(Duration::from_secs);
            let wait = wait.map(Duration::from_secs);
            assert_eq!(
                rule.next_wait(made, asked),
                wait,
                "{rule:?} {made} {asked:?}"
            );
        }
    }

    #[test]
    fn advice_comes_in_seconds_or_as_a_date() {
        let noon = "Mon, 15 Jun 2026 12:00:00 GMT";
        // (Retry-After, Date, seconds)
        let table = [
            (Some("90"), Some(noon), Some(90)),
            (Some("Mon, 15 Jun 2026 12:01:30 GMT"), Some(noon), Some(90)),
            (Some("Mon, 15 Jun 2026 12:01:30 GMT"), None, None),
            (Some("Mon, 15 Jun 2026 11:59:00 GMT"), Some(noon), None),
            (Some("soon"), Some(noon), None),
            (None, Some(noon), None),
        ];
        for (advice, sent, expected) in table {
            let mut headers = HeaderMap::new();
            for (name, text) in [(RETRY_AFTER, advice), (DATE, sent)] {
                if let Some(text) = text {
                    headers.insert(name, text.parse().unwrap());
                }
            }
            let expected = expected.map(Duration::from_secs);
            assert_eq!(retry_after(&headers), expected, "{advice:?} {sent:?}");
        }
    }
}
