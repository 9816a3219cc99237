use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::scalar::{FromScalar, Scalar, required};

/// The text or number is not a Loop id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a Loop id is a positive whole number of at most 64 bits, in decimal digits")]
pub struct InvalidId;

/// Digits only: `u64::from_str` would let a `+` pass, and `#1001` is a name, not an id.
fn parse_digits(text: &str) -> Result<NonZeroU64, InvalidId> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidId);
    }
    text.parse::<u64>()
        .ok()
        .and_then(NonZeroU64::new)
        .ok_or(InvalidId)
}

// Loop numbers many kinds of things; a type for each keeps a line's id out of a return's place.
macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        ///
        /// Loop sends it as text or as a number; it prints, and serialises, as canonical
        /// decimal text.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU64);

        impl $name {
            /// `None` for zero, which Loop does not use.
            #[must_use]
            pub const fn new(id: u64) -> Option<Self> {
                match NonZeroU64::new(id) {
                    Some(id) => Some(Self(id)),
                    None => None,
                }
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0.get()
            }
        }

        impl From<NonZeroU64> for $name {
            fn from(id: NonZeroU64) -> Self {
                Self(id)
            }
        }

        impl From<$name> for NonZeroU64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse_digits(text).map(Self)
            }
        }

        impl FromScalar for $name {
            const EXPECTED: &'static str = $expected;

            fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
                match scalar {
                    Scalar::Unsigned(id) => Self::new(id),
                    Scalar::Text(text) => text.parse().ok(),
                    Scalar::Absent | Scalar::Bool(_) | Scalar::Number(_) => None,
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                required(d)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
    };
}

numeric_id! {
    /// A return in Loop: the number in `admin.loopreturns.com/returns/99904598`, and so the
    /// RMA number in the warehouse. Not the RMA's name, not the order's name.
    ///
    /// ```
    /// use loop_client::ReturnId;
    ///
    /// let id: ReturnId = "0099904598".parse()?;
    /// assert_eq!(id.to_string(), "99904598");
    /// assert!("#1001".parse::<ReturnId>().is_err(), "a name is not an id");
    /// # Ok::<(), loop_client::InvalidId>(())
    /// ```
    ReturnId, "a Loop return id"
}
numeric_id! {
    /// One returned unit: Loop has no quantities, each unit is a line item of its own.
    LineItemId, "a Loop line item id"
}
numeric_id! {
    /// A place returns are sent to, as configured in Loop.
    DestinationId, "a Loop destination id"
}
numeric_id! {
    /// A merchant's shop in Loop.
    ShopId, "a Loop shop id"
}
numeric_id! {
    /// A webhook subscription.
    WebhookId, "a Loop webhook id"
}

/// An id that another system gave, or whose form Loop varies: Shopify ids (plain, or as
/// `gid://shopify/Order/123`), Loop's order ids, label requests (numbers or UUIDs).
///
/// Kept as the text Loop sent; a number becomes its decimal text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ExternalId(String);

impl ExternalId {
    /// As Loop sent it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number in it, also of a `gid://...` form; `None` when it holds none.
    ///
    /// ```
    /// # let id: loop_client::ExternalId =
    /// #     serde_json::from_str(r#""gid://shopify/Order/5444175757553""#)?;
    /// assert_eq!(id.number(), Some(5_444_175_757_553));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        let digits = self.0.rsplit('/').next()?;
        parse_digits(digits).ok().map(NonZeroU64::get)
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExternalId({})", self.0)
    }
}

impl FromScalar for ExternalId {
    const EXPECTED: &'static str = "an id, as text or a number";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Unsigned(_) | Scalar::Text(_) => Some(Self(scalar.into_text())),
            Scalar::Absent | Scalar::Bool(_) | Scalar::Number(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for ExternalId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        required(d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_canonical_or_refused() {
        for (json, expected) in [
            ("99904598", Some("99904598")),
            ("\"99904598\"", Some("99904598")),
            ("\"0099904598\"", Some("99904598")),
            ("\" 99904598 \"", Some("99904598")),
            ("18446744073709551615", Some("18446744073709551615")),
            ("\"18446744073709551616\"", None),
            ("0", None),
            ("\"0\"", None),
            ("\"+5\"", None),
            ("-5", None),
            ("5.5", None),
            ("\"#99904598\"", None),
            ("\"99904598/process\"", None),
            ("\"..\"", None),
            ("\"\"", None),
            ("\"N/A\"", None),
            ("\"EXC-1001\"", None),
            ("null", None),
            ("true", None),
            ("{}", None),
            ("[1]", None),
        ] {
            let id = serde_json::from_str::<ReturnId>(json).ok();
            assert_eq!(id.map(|id| id.to_string()).as_deref(), expected, "{json}");
        }
    }
}
