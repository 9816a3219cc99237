//! Query parameters, and the time windows that they ask for. Pure.

use std::collections::BTreeMap;

use super::moment::{DAY, Moment};

/// Decoded query parameters. An empty one counts as absent, as in any Laravel application.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(BTreeMap<String, String>);

impl Params {
    pub(super) fn new(all: BTreeMap<String, String>) -> Params {
        Params(all)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?.trim();
        (!value.is_empty()).then_some(value)
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1"))
    }
}

/// One field that failed validation, and the sentence about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Invalid {
    pub(super) field: &'static str,
    pub(super) message: String,
}

impl Invalid {
    pub(super) fn new(field: &'static str, message: impl Into<String>) -> Invalid {
        Invalid {
            field,
            message: message.into(),
        }
    }
}

/// Both ends belong to the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from: Moment,
    pub(super) to: Moment,
}

const LONGEST: i64 = 120 * DAY;

impl Window {
    pub(super) fn contains(self, moment: Moment) -> bool {
        self.from <= moment && moment <= self.to
    }

    fn too_long(self) -> bool {
        self.to.seconds_since(self.from) > LONGEST
    }

    /// The window of the returns list: 24 hours unless both ends are given, and `to` alone is
    /// ignored.
    pub(super) fn of_list(params: &Params, now: Moment) -> Result<Window, Invalid> {
        let from = valid_date(params, "from")?;
        let to = valid_date(params, "to")?;
        let window = match (from, to) {
            (None, None | Some(_)) => Window {
                from: now.plus(-DAY),
                to: now,
            },
            (Some(from), None) => Window {
                from,
                to: from.plus(DAY),
            },
            (Some(from), Some(to)) => Window { from, to },
        };
        if window.to < window.from {
            let text = "The to must be a date after or equal to from.";
            return Err(Invalid::new("to", text));
        }
        if window.too_long() {
            return Err(range_too_long());
        }
        Ok(window)
    }

    /// The window of the ASN report: one week up to the end of today unless given, and a date
    /// that cannot be read is the epoch.
    pub(super) fn of_asn(params: &Params, now: Moment, limited: bool) -> Result<Window, Invalid> {
        let date = |name, default| {
            params
                .get(name)
                .map_or(default, |text| Moment::parse(text).unwrap_or(Moment::EPOCH))
        };
        let window = Window {
            from: date("from", now.plus(-7 * DAY)),
            to: date("to", now.end_of_day()),
        };
        if limited && window.too_long() {
            return Err(range_too_long());
        }
        Ok(window)
    }
}

pub(super) fn valid_date(params: &Params, field: &'static str) -> Result<Option<Moment>, Invalid> {
    let Some(text) = params.get(field) else {
        return Ok(None);
    };
    let refusal = || Invalid::new(field, format!("The {field} is not a valid date."));
    Moment::parse(text).map(Some).ok_or_else(refusal)
}

fn range_too_long() -> Invalid {
    Invalid::new("to", "The date range may not be greater than 120 days.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-06-15 12:00:00";

    fn params(pairs: &[(&str, &str)]) -> Params {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Params::new(owned.collect())
    }

    fn ends(window: Result<Window, Invalid>) -> Result<(String, String), &'static str> {
        window
            .map(|window| (window.from.with_space(), window.to.with_space()))
            .map_err(|invalid| invalid.field)
    }

    type Case = (
        &'static [(&'static str, &'static str)],
        Result<(&'static str, &'static str), &'static str>,
    );

    #[test]
    fn list_windows() {
        let table: &[Case] = &[
            (&[], Ok(("2026-06-14 12:00:00", NOW))),
            (
                &[("from", "2026-01-01")],
                Ok(("2026-01-01 00:00:00", "2026-01-02 00:00:00")),
            ),
            (&[("to", "2026-01-01")], Ok(("2026-06-14 12:00:00", NOW))),
            (
                &[("from", ""), ("to", " ")],
                Ok(("2026-06-14 12:00:00", NOW)),
            ),
            (
                &[("from", "2026-01-01"), ("to", "2026-05-01T00:00:00Z")],
                Ok(("2026-01-01 00:00:00", "2026-05-01 00:00:00")),
            ),
            (
                &[("from", "2026-01-01"), ("to", "2026-05-01T00:00:01Z")],
                Err("to"),
            ),
            (&[("from", "2026-01-02"), ("to", "2026-01-01")], Err("to")),
            (&[("from", "soon")], Err("from")),
            (&[("from", "2026-01-02"), ("to", "soon")], Err("to")),
            (&[("to", "soon")], Err("to")),
        ];
        let now = Moment::parse(NOW).unwrap();
        for (pairs, expected) in table {
            let window = ends(Window::of_list(&params(pairs), now));
            let expected = expected.map(|(from, to)| (from.to_owned(), to.to_owned()));
            assert_eq!(window, expected, "{pairs:?}");
        }
    }

    #[test]
    fn asn_windows() {
        let end = "2026-06-15 23:59:59";
        // (parameters, window when limited to 120 days, window when not)
        let table: &[(Case, Case)] = &[
            (
                (&[], Ok(("2026-06-08 12:00:00", end))),
                (&[], Ok(("2026-06-08 12:00:00", end))),
            ),
            (
                (&[("from", "soon")], Err("to")),
                (&[("from", "soon")], Ok(("1970-01-01 00:00:00", end))),
            ),
            (
                (
                    &[("to", "soon")],
                    Ok(("2026-06-08 12:00:00", "1970-01-01 00:00:00")),
                ),
                (
                    &[("to", "soon")],
                    Ok(("2026-06-08 12:00:00", "1970-01-01 00:00:00")),
                ),
            ),
            (
                (&[("from", "2026-01-01")], Err("to")),
                (&[("from", "2026-01-01")], Ok(("2026-01-01 00:00:00", end))),
            ),
        ];
        let now = Moment::parse(NOW).unwrap();
        for (limited, unlimited) in table {
            for ((pairs, expected), limit) in [(limited, true), (unlimited, false)] {
                let window = ends(Window::of_asn(&params(pairs), now, limit));
                let expected = expected.map(|(from, to)| (from.to_owned(), to.to_owned()));
                assert_eq!(window, expected, "{pairs:?}, limited {limit}");
            }
        }
    }
}
