//! Times and counts, as one would say them.

use loop_client::Timestamp;

/// A date and a time that anybody can read.
pub(super) fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.unix_seconds()).map_or_else(
        |_| at.to_string(),
        |at| at.strftime("%-d %B %Y, %H:%M:%S UTC").to_string(),
    )
}

/// For machines, to the second.
pub(super) fn instant(at: Timestamp) -> String {
    Timestamp::from_unix_seconds(at.unix_seconds()).to_string()
}

/// How long ago, in words. Clocks differ: what is to come is now.
pub(super) fn age(since: Timestamp, now: Timestamp) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    match now.since(since).as_secs() {
        seconds if seconds < MINUTE => "less than a minute".to_owned(),
        seconds if seconds < HOUR => counted(seconds / MINUTE, "minute", "minutes"),
        seconds if seconds < 2 * DAY => counted(seconds / HOUR, "hour", "hours"),
        seconds => counted(seconds / DAY, "day", "days"),
    }
}

pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
