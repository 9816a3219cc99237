//! What an answer's headers say.

use std::time::Duration;

/// What the answer's headers say of the key's allowance: the limit, and what is left of it.
pub(crate) fn allowance(headers: &http::HeaderMap) -> Option<(u32, u32)> {
    let number = |name| headers.get(name)?.to_str().ok()?.trim().parse().ok();
    let limit = number("x-ratelimit-limit").filter(|limit| *limit > 0)?;
    Some((limit, number("x-ratelimit-remaining")?))
}

/// `Retry-After`, as seconds or as a date; a date is measured against the answer's own `Date`,
/// so that our clock does not matter. Nonsense is no advice.
pub(crate) fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let advice = text(http::header::RETRY_AFTER)?;
    if !advice.is_empty() && advice.bytes().all(|byte| byte.is_ascii_digit()) {
        // More than fits is as good as for ever.
        return Some(Duration::from_secs(advice.parse().unwrap_or(u64::MAX)));
    }
    let until = http_date(advice)?;
    let sent = http_date(text(http::header::DATE)?)?;
    until.duration_since(sent).try_into().ok()
}

fn http_date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_allowances_count() {
        for (limit, remaining, expected) in [
            (Some("300"), Some("299"), Some((300, 299))),
            (Some(" 300 "), Some("0"), Some((300, 0))),
            (Some("0"), Some("0"), None),
            (Some("300"), Some("-1"), None),
            (Some("many"), Some("1"), None),
            (Some("300"), None, None),
            (None, Some("1"), None),
        ] {
            let mut headers = http::HeaderMap::new();
            for (name, value) in [
                ("x-ratelimit-limit", limit),
                ("x-ratelimit-remaining", remaining),
            ] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().expect("a header"));
                }
            }
            assert_eq!(allowance(&headers), expected, "{limit:?} {remaining:?}");
        }
    }

    #[test]
    fn advice_on_waiting_is_read_in_both_forms() {
        let date = "Wed, 21 Oct 2026 07:28:00 GMT";
        for (advice, sent, expected) in [
            (Some("7"), None, Some(7)),
            (Some("0"), None, Some(0)),
            (Some("99999999999999999999999"), None, Some(u64::MAX)),
            (Some("+7"), None, None),
            (Some("1.5"), None, None),
            (Some(""), None, None),
            (Some("Wed, 21 Oct 2026 07:28:30 GMT"), Some(date), Some(30)),
            (Some("Wed, 21 Oct 2026 07:27:00 GMT"), Some(date), None),
            (Some("Wed, 21 Oct 2026 07:28:30 GMT"), None, None),
            (Some("-5"), None, None),
            (Some("soon"), Some(date), None),
            (None, Some(date), None),
        ] {
            let mut headers = http::HeaderMap::new();
            for (name, value) in [
                (http::header::RETRY_AFTER, advice),
                (http::header::DATE, sent),
            ] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().expect("a header"));
                }
            }
            assert_eq!(
                retry_after(&headers),
                expected.map(Duration::from_secs),
                "{advice:?}"
            );
        }
    }
}
