//! The names of things: merchant, RMA number, line, receipt.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Text or a number that is not a valid id.
///
/// Does not quote the refused text, so it may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {what}: it must be {rule}")]
pub struct InvalidId {
    what: &'static str,
    rule: &'static str,
}

/// The parts that all validated text ids have in common.
macro_rules! text_id {
    ($name:ident, $what:literal, $rule:literal, $is_valid:path) => {
        impl $name {
            /// Checks the text and keeps it unchanged.
            ///
            /// # Errors
            /// [`InvalidId`] when the text breaks the rule stated at the type.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                if $is_valid(&text) {
                    Ok(Self(text))
                } else {
                    Err(InvalidId {
                        what: $what,
                        rule: $rule,
                    })
                }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidId;

            fn try_from(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }
    };
}

/// The tenant: whose RMA it is.
///
/// 1 to 64 characters out of `A-Z a-z 0-9 . _ -`, and neither `.` nor `..`, so that an id can
/// stand in a path, a file name or a log line as it is. Upper and lower case differ.
///
/// ```
/// use ams_oms_client::MerchantId;
///
/// assert_eq!(MerchantId::new("acme-eu.shop_2").unwrap().as_str(), "acme-eu.shop_2");
/// assert!(MerchantId::new("..").is_err());
/// assert!(MerchantId::new("acme/eu").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct MerchantId(String);

text_id!(
    MerchantId,
    "merchant id",
    "1 to 64 of A-Z a-z 0-9 . _ - and neither \".\" nor \"..\"",
    is_merchant
);

/// The announcing side's id of one line, as text: for Loop, the line item id.
///
/// 1 to 255 characters, not all blank. Compared exactly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct LineRef(String);

text_id!(
    LineRef,
    "line reference",
    "1 to 255 characters and not blank",
    is_reference
);

/// The warehouse's id of one receipt: one unpacking of one or more parcels.
///
/// 1 to 255 characters, not all blank. Stable: the same receipt keeps its id for ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ReceiptId(String);

text_id!(
    ReceiptId,
    "receipt id",
    "1 to 255 characters and not blank",
    is_reference
);

fn is_merchant(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        && text != "."
        && text != ".."
}

fn is_reference(text: &str) -> bool {
    // A character has at most 4 bytes: this spares counting characters of absurdly long text.
    text.len() <= 255 * 4 && text.chars().count() <= 255 && !text.trim().is_empty()
}

/// The number of an RMA: the announcing side's return id, an unsigned number above zero.
///
/// There is one spelling of each number, decimal without sign, zeros in front or `#`, so two
/// spellings can never become two RMAs.
///
/// ```
/// use ams_oms_client::RmaNumber;
///
/// let number: RmaNumber = "099904598".parse().unwrap();
/// assert_eq!(number.to_string(), "99904598");
/// assert_eq!(number, RmaNumber::new(99_904_598).unwrap());
/// assert!("#1001".parse::<RmaNumber>().is_err());
/// assert!("+1".parse::<RmaNumber>().is_err());
/// ```
///
/// Serialised as text, because many JSON readers lose the last digits of large numbers.
/// Deserialised from text or from an unsigned number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RmaNumber(NonZeroU64);

impl RmaNumber {
    const INVALID: InvalidId = InvalidId {
        what: "RMA number",
        rule: "decimal digits only, from 1 to 18446744073709551615",
    };

    /// The RMA number with this value, or `None` for 0.
    #[must_use]
    pub fn new(value: u64) -> Option<Self> {
        NonZeroU64::new(value).map(Self)
    }

    /// The number itself.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl From<NonZeroU64> for RmaNumber {
    fn from(number: NonZeroU64) -> Self {
        Self(number)
    }
}

impl From<RmaNumber> for NonZeroU64 {
    fn from(number: RmaNumber) -> Self {
        number.0
    }
}

impl fmt::Debug for RmaNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RmaNumber({})", self.0)
    }
}

impl fmt::Display for RmaNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for RmaNumber {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        // The standard parser takes a leading `+`.
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Self::INVALID);
        }
        text.parse().map(Self).map_err(|_| Self::INVALID)
    }
}

impl TryFrom<u64> for RmaNumber {
    type Error = InvalidId;

    fn try_from(value: u64) -> Result<Self, InvalidId> {
        Self::new(value).ok_or(Self::INVALID)
    }
}

impl Serialize for RmaNumber {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RmaNumber {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct NumberVisitor;

        impl Visitor<'_> for NumberVisitor {
            type Value = RmaNumber;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RMA number as text or as an unsigned number")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<RmaNumber, E> {
                RmaNumber::try_from(value).map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<RmaNumber, E> {
                let value = u64::try_from(value).map_err(|_| E::custom(RmaNumber::INVALID))?;
                self.visit_u64(value)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<RmaNumber, E> {
                text.parse().map_err(E::custom)
            }
        }

        input.deserialize_any(NumberVisitor)
    }
}

/// What names one RMA everywhere: the merchant and the number.
///
/// ```
/// use ams_oms_client::{MerchantId, RmaKey};
///
/// let key = RmaKey::new(MerchantId::new("acme")?, "99904598".parse()?);
/// assert_eq!(key.to_string(), "acme/99904598");
/// # Ok::<(), ams_oms_client::InvalidId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RmaKey {
    /// The tenant.
    pub merchant: MerchantId,
    /// The number, unique within the tenant.
    pub rma_number: RmaNumber,
}

impl RmaKey {
    /// Puts the two parts together.
    #[must_use]
    pub fn new(merchant: MerchantId, rma_number: RmaNumber) -> Self {
        Self {
            merchant,
            rma_number,
        }
    }
}

impl fmt::Display for RmaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.merchant, self.rma_number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_that_are_not_plain_digits_are_refused() {
        for text in [
            "",
            "0",
            "000",
            "#1",
            "+1",
            "-1",
            " 1",
            "1 ",
            "1.0",
            "1e3",
            "0x1",
            "١",
            "18446744073709551616",
            "ORDER-1",
        ] {
            assert_eq!(
                text.parse::<RmaNumber>(),
                Err(RmaNumber::INVALID),
                "{text:?}"
            );
        }
        assert!("18446744073709551615".parse::<RmaNumber>().is_ok());
    }

    #[test]
    fn numbers_deserialise_from_text_and_from_unsigned_numbers() {
        let read = |json: &str| {
            serde_json::from_str::<RmaNumber>(json)
                .ok()
                .map(RmaNumber::get)
        };
        assert_eq!(read("99904598"), Some(99_904_598));
        assert_eq!(read(r#""0099904598""#), Some(99_904_598));
        assert_eq!(read("18446744073709551615"), Some(u64::MAX));
        for json in [
            "0",
            "-1",
            "1.0",
            "1e3",
            "null",
            "true",
            r#""""#,
            r##""#1""##,
            "[1]",
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn merchant_ids_follow_their_rule() {
        for text in ["a", "acme", "A.b_c-9", "...", "-", &"x".repeat(64)] {
            assert!(MerchantId::new(text).is_ok(), "{text:?}");
        }
        for text in ["", ".", "..", "a b", "a/b", "ä", "a\n", &"x".repeat(65)] {
            assert!(MerchantId::new(text).is_err(), "{text:?}");
        }
        assert!(serde_json::from_str::<MerchantId>(r#""a/b""#).is_err());
    }

    #[test]
    fn references_count_characters_not_bytes() {
        assert!(LineRef::new("ü".repeat(255)).is_ok());
        assert!(LineRef::new("ü".repeat(256)).is_err());
        assert!(LineRef::new("").is_err());
        assert!(ReceiptId::new(" \t").is_err());
        assert!(serde_json::from_str::<LineRef>(r#"" ""#).is_err());
    }

    #[test]
    fn an_invalid_id_does_not_quote_what_was_refused() {
        let error = MerchantId::new("jane@example.com").unwrap_err();
        assert!(!error.to_string().contains("jane"));
    }

    proptest! {
        #[test]
        fn every_spelling_of_a_number_becomes_the_same_number(value in 1u64.., zeros in 0usize..30) {
            let number = RmaNumber::new(value).unwrap();
            let spelled = format!("{}{value}", "0".repeat(zeros));
            prop_assert_eq!(spelled.parse::<RmaNumber>().unwrap(), number);
            prop_assert_eq!(number.to_string(), value.to_string());
            let json = serde_json::to_string(&number).unwrap();
            prop_assert_eq!(&json, &format!("\"{value}\""));
            prop_assert_eq!(serde_json::from_str::<RmaNumber>(&json).unwrap(), number);
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in any::<String>()) {
            let number = text.parse::<RmaNumber>();
            prop_assert_eq!(
                number.is_ok(),
                !text.is_empty()
                    && text.bytes().all(|b| b.is_ascii_digit())
                    && text.parse::<u64>().is_ok_and(|n| n > 0)
            );
            let kept = |id: Option<String>| id.is_none_or(|id| id == text);
            prop_assert!(kept(MerchantId::new(text.as_str()).ok().map(|id| id.to_string())));
            prop_assert!(kept(LineRef::new(text.as_str()).ok().map(|id| id.to_string())));
        }
    }
}
