use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::scalar::{FromScalar, Scalar, required};

/// The text is not an amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is a decimal number such as 78.00")]
pub struct InvalidAmount;

/// An exact amount of money in major units, such as `78.00`, in the currency of the return that
/// carries it.
///
/// Loop sends text and sometimes a number; it may be negative. Nothing is rounded: a number of more
/// digits than a float holds is no amount. It serialises as decimal text with the digits it was
/// given.
///
/// ```
/// use loop_client::Amount;
///
/// let tax: Amount = "4.29".parse()?;
/// assert_eq!(tax.cents(), Some(429));
/// assert_eq!(tax.to_string(), "4.29");
/// # Ok::<(), loop_client::InvalidAmount>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Decimal);

impl Amount {
    /// In hundredths; `None` when it has finer digits or is out of range.
    #[must_use]
    pub fn cents(self) -> Option<i64> {
        let cents = self.0.checked_mul(Decimal::ONE_HUNDRED)?;
        if cents.fract().is_zero() {
            i64::try_from(cents.trunc()).ok()
        } else {
            None
        }
    }

    /// Whether it is exactly nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

impl FromStr for Amount {
    type Err = InvalidAmount;

    fn from_str(text: &str) -> Result<Self, InvalidAmount> {
        let text = text.trim();
        // `Decimal` takes them for a way to group digits.
        if text.contains('_') {
            return Err(InvalidAmount);
        }
        let exact = if text.contains(['e', 'E']) {
            Decimal::from_scientific(text)
        } else {
            Decimal::from_str_exact(text)
        };
        exact.map(Self).map_err(|_| InvalidAmount)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Amount({})", self.0)
    }
}

impl FromScalar for Amount {
    const EXPECTED: &'static str = "an amount of money";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Unsigned(value) => Some(Self(value.into())),
            Scalar::Number(text) => text.parse().ok(),
            Scalar::Text(text) => text.parse().ok(),
            Scalar::Absent | Scalar::Bool(_) | Scalar::Rounded(_) | Scalar::Nested => None,
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        required(d)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_from_text_and_number() {
        for (json, expected) in [
            ("\"78.00\"", Some("78.00")),
            ("\"-96.00\"", Some("-96.00")),
            ("\" 1.5 \"", Some("1.5")),
            ("20", Some("20")),
            ("78.1", Some("78.1")),
            ("0.1", Some("0.1")),
            ("-3", Some("-3")),
            ("1e2", Some("100")),
            ("\"1e-2\"", Some("0.01")),
            ("1e400", None),
            ("\"12,50\"", None),
            ("\"1_000.00\"", None),
            ("0.30000000000000004", None),
            ("1234567890123456789012", None),
            ("\"abc\"", None),
            ("true", None),
            ("{}", None),
        ] {
            let amount = serde_json::from_str::<Amount>(json).ok();
            assert_eq!(
                amount.map(|amount| amount.to_string()).as_deref(),
                expected,
                "{json}"
            );
        }
    }
}
