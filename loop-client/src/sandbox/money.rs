//! Money in the smallest unit of the shop's currency, and the totals of a return.

use super::model::Return;

/// Amounts with two decimals; they are added up, never divided, so whole cents are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cents(i64);

impl Cents {
    pub(super) const ZERO: Cents = Cents(0);

    /// Reads `78.00`, `-78`, `78.5`. Anything else counts as nothing: a test may put any text
    /// into a price to see what a client makes of it, and the totals must still add up.
    pub(super) fn parse(text: &str) -> Cents {
        let (negative, digits) = text
            .strip_prefix('-')
            .map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || fraction.len() > 2 {
            return Cents::ZERO;
        }
        let whole = whole.parse::<i64>().unwrap_or(0);
        let fraction = format!("{fraction:0<2}").parse::<i64>().unwrap_or(0);
        let amount = whole.saturating_mul(100).saturating_add(fraction);
        Cents(if negative {
            amount.saturating_neg()
        } else {
            amount
        })
    }

    fn plus(self, other: Cents) -> Cents {
        Cents(self.0.saturating_add(other.0))
    }

    /// In whole cents, as some resources write money.
    pub(super) fn whole(self) -> i64 {
        self.0
    }

    pub(super) fn text(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", size / 100, size % 100)
    }
}

/// What the shopper gave back and what they get for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) returned: Cents,
    pub(super) exchanged: Cents,
    pub(super) refund: Cents,
    pub(super) gift_card: Cents,
}

impl Totals {
    /// `total` in Loop's rows: what is owed beyond the exchange.
    pub(super) fn owed(self) -> Cents {
        self.refund.plus(self.gift_card)
    }
}

/// How many of a return's lines are exchanged for something else: all in an exchange or upsell,
/// the first one when the outcome is compound (`exchange+refund`), none otherwise.
pub(super) fn exchanged_lines(outcome: &str, lines: usize) -> usize {
    let mut parts = outcome.split('+').map(str::trim);
    if !parts.any(|part| part == "exchange" || part == "upsell") {
        return 0;
    }
    if outcome.contains('+') {
        lines.min(1)
    } else {
        lines
    }
}

pub(super) fn totals(record: &Return) -> Totals {
    let exchanged_lines = exchanged_lines(&record.order.outcome, record.lines.len());
    let mut totals = Totals::default();
    let mut rest = Cents::ZERO;
    for (position, line) in record.lines.iter().enumerate() {
        let price = Cents::parse(&line.item.price);
        totals.returned = totals.returned.plus(price);
        if position < exchanged_lines {
            totals.exchanged = totals.exchanged.plus(price);
        } else {
            rest = rest.plus(price);
        }
    }
    if record.order.outcome.contains("credit") {
        totals.gift_card = rest;
    } else {
        totals.refund = rest;
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_and_written() {
        for (text, expected) in [
            ("78.00", "78.00"),
            ("78", "78.00"),
            ("78.5", "78.50"),
            ("-0.05", "-0.05"),
            ("", "0.00"),
            ("N/A", "0.00"),
            ("1.234", "0.00"),
            ("99999999999999999999", "0.00"),
        ] {
            assert_eq!(Cents::parse(text).text(), expected, "{text}");
        }
    }

    #[test]
    fn the_outcome_decides_how_many_lines_are_exchanged() {
        for (outcome, lines, expected) in [
            ("refund", 3, 0),
            ("credit", 3, 0),
            ("exchange", 3, 3),
            ("upsell", 2, 2),
            ("exchange+refund", 3, 1),
            ("exchange+credit", 0, 0),
            ("anything_else", 3, 0),
        ] {
            assert_eq!(exchanged_lines(outcome, lines), expected, "{outcome}");
        }
    }
}
