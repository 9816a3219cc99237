//! Units by condition, and the arithmetic on them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many units of one line are in which state, absolute and cumulative.
///
/// ```
/// use ams_oms_client::UnitCounts;
///
/// let counts = UnitCounts { expected: 3, available: 1, damaged: 1, ..UnitCounts::default() };
/// assert_eq!(counts.received(), 2);
/// assert_eq!(counts.outstanding(), 1);
/// assert_eq!(counts.surplus(), 0);
/// ```
///
/// In JSON every count must be written: a forgotten `damaged` must not read as "none".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UnitCounts {
    /// Units that were announced.
    pub expected: u32,
    /// Units received into sellable stock.
    pub available: u32,
    /// Units received, and not sellable.
    pub damaged: u32,
    /// Units received whose condition is not settled: quarantine, inspection, unknown.
    pub held: u32,
    /// Units of which the warehouse says outright that they did not come.
    pub missing: u32,
}

impl UnitCounts {
    /// Units that are physically here: available, damaged and held.
    #[must_use]
    pub fn received(&self) -> u64 {
        u64::from(self.available) + u64::from(self.damaged) + u64::from(self.held)
    }

    /// Expected units of which nothing is known yet: neither received nor reported missing.
    #[must_use]
    pub fn outstanding(&self) -> u64 {
        u64::from(self.expected).saturating_sub(self.received() + u64::from(self.missing))
    }

    /// Received units beyond what was expected.
    ///
    /// To be reported. It never makes up for another line's shortage.
    #[must_use]
    pub fn surplus(&self) -> u64 {
        self.received().saturating_sub(u64::from(self.expected))
    }

    /// Adds count by count; `None` when one of them would exceed [`u32::MAX`].
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self {
            expected: self.expected.checked_add(other.expected)?,
            available: self.available.checked_add(other.available)?,
            damaged: self.damaged.checked_add(other.damaged)?,
            held: self.held.checked_add(other.held)?,
            missing: self.missing.checked_add(other.missing)?,
        })
    }
}

/// In which condition a unit was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "String")]
#[non_exhaustive]
pub enum Condition {
    /// In sellable stock.
    Available,
    /// Here, and not sellable. Units that are given away, destroyed or sent back belong here
    /// too: received, but not available.
    Damaged,
    /// Here, and not settled.
    Held,
}

impl Condition {
    /// Reads the words `available`, `damaged` and `held`, in any case; **anything else is
    /// [`Held`](Condition::Held)**, so that an unknown word never makes a unit available.
    ///
    /// ```
    /// use ams_oms_client::Condition;
    ///
    /// assert_eq!(Condition::from_text("Available"), Condition::Available);
    /// assert_eq!(Condition::from_text("avail. (grade B)"), Condition::Held);
    /// ```
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let text = text.trim();
        if text.eq_ignore_ascii_case(Self::Available.as_str()) {
            Self::Available
        } else if text.eq_ignore_ascii_case(Self::Damaged.as_str()) {
            Self::Damaged
        } else {
            Self::Held
        }
    }

    /// The word for it: `available`, `damaged` or `held`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Damaged => "damaged",
            Self::Held => "held",
        }
    }
}

impl From<String> for Condition {
    fn from(text: String) -> Self {
        Self::from_text(&text)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(expected: u32, available: u32, damaged: u32, held: u32, missing: u32) -> UnitCounts {
        UnitCounts {
            expected,
            available,
            damaged,
            held,
            missing,
        }
    }

    #[test]
    fn outstanding_and_surplus_follow_the_table() {
        // (counts, received, outstanding, surplus)
        for (c, received, outstanding, surplus) in [
            (counts(0, 0, 0, 0, 0), 0, 0, 0),
            (counts(3, 0, 0, 0, 0), 0, 3, 0),
            (counts(3, 3, 0, 0, 0), 3, 0, 0),
            (counts(3, 1, 1, 1, 0), 3, 0, 0),
            (counts(3, 1, 0, 0, 2), 1, 0, 0),
            (counts(3, 1, 0, 0, 1), 1, 1, 0),
            (counts(1, 2, 0, 0, 0), 2, 0, 1),
            // Reported missing is not received: it makes no surplus.
            (counts(1, 1, 0, 0, 1), 1, 0, 0),
            (counts(0, 0, 2, 0, 0), 2, 0, 2),
        ] {
            assert_eq!(
                (c.received(), c.outstanding(), c.surplus()),
                (received, outstanding, surplus),
                "{c:?}"
            );
        }
        let most = counts(u32::MAX, u32::MAX, u32::MAX, u32::MAX, u32::MAX);
        assert_eq!(most.received(), 3 * u64::from(u32::MAX));
        assert_eq!(most.surplus(), 2 * u64::from(u32::MAX));
    }

    #[test]
    fn a_forgotten_count_is_not_zero() {
        let json = r#"{"expected":1,"available":1,"held":0,"missing":0}"#;
        assert!(serde_json::from_str::<UnitCounts>(json).is_err());
    }

    #[test]
    fn unknown_conditions_are_held() {
        for text in [
            "",
            "good",
            "AVAILABLE?",
            "unavailable",
            "not available",
            "null",
        ] {
            assert_eq!(Condition::from_text(text), Condition::Held, "{text:?}");
        }
        assert_eq!(Condition::from_text(" DAMAGED "), Condition::Damaged);
        let read = |json| serde_json::from_str::<Condition>(json).unwrap();
        assert_eq!(read(r#""available""#), Condition::Available);
        assert_eq!(read(r#""refurbished""#), Condition::Held);
        assert_eq!(
            serde_json::to_string(&Condition::Held).unwrap(),
            r#""held""#
        );
    }

    fn any_counts() -> impl Strategy<Value = UnitCounts> {
        let small_or_any = || prop_oneof![0u32..5, any::<u32>()];
        (
            small_or_any(),
            small_or_any(),
            small_or_any(),
            small_or_any(),
            small_or_any(),
        )
            .prop_map(|(e, a, d, h, m)| counts(e, a, d, h, m))
    }

    proptest! {
        #[test]
        fn every_expected_unit_is_accounted_for_once(c in any_counts()) {
            let known = c.received() + u64::from(c.missing);
            prop_assert_eq!(c.outstanding() > 0, known < u64::from(c.expected));
            prop_assert!(c.outstanding() == 0 || c.surplus() == 0);
            // expected + surplus = received + outstanding + what is missing within the room left.
            let room = u64::from(c.expected).saturating_sub(c.received());
            prop_assert_eq!(
                u64::from(c.expected) + c.surplus(),
                c.received() + c.outstanding() + room.min(u64::from(c.missing))
            );
        }

        #[test]
        fn addition_is_exact_or_refused(a in any_counts(), b in any_counts()) {
            let sum = a.checked_add(b);
            prop_assert_eq!(sum, b.checked_add(a));
            match sum {
                Some(sum) => prop_assert_eq!(sum.received(), a.received() + b.received()),
                None => prop_assert!([
                    (a.expected, b.expected), (a.available, b.available), (a.damaged, b.damaged),
                    (a.held, b.held), (a.missing, b.missing),
                ].iter().any(|(x, y)| x.checked_add(*y).is_none())),
            }
        }
    }
}
