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

/// An id that is exactly one segment of a path, whatever it holds.
pub(crate) trait PathParam {
    fn segment(&self) -> String;
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

        impl PathParam for $name {
            fn segment(&self) -> String {
                self.to_string()
            }
        }

        impl TryFrom<u64> for $name {
            type Error = InvalidId;

            fn try_from(id: u64) -> Result<Self, InvalidId> {
                Self::new(id).ok_or(InvalidId)
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
                    Scalar::Absent
                    | Scalar::Bool(_)
                    | Scalar::Number(_)
                    | Scalar::Rounded(_)
                    | Scalar::Nested => None,
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

/// The text cannot be one segment of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one to 256 visible characters are expected, none of them a slash, and not only dots")]
pub struct InvalidPathText;

/// One segment and nothing more: `..` would be dropped from the address and so call another
/// endpoint, and something on the way may take an encoded slash for a real one.
pub(crate) fn check_path_text(text: &str) -> Result<&str, InvalidPathText> {
    let text = text.trim();
    let visible = text
        .chars()
        .all(|c| !c.is_whitespace() && !c.is_control() && !"/\\%?#".contains(c));
    let dots = text.bytes().all(|byte| byte == b'.');
    if visible && !dots && text.len() <= 256 {
        Ok(text)
    } else {
        Err(InvalidPathText)
    }
}

// Ids that are text, and yet stand in a path.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        ///
        /// Text that can be one segment of a path and nothing else; Loop sends it as text or as a
        /// number.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// As Loop sent it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl PathParam for $name {
            fn segment(&self) -> String {
                self.0.clone()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidPathText;

            fn from_str(text: &str) -> Result<Self, InvalidPathText> {
                check_path_text(text).map(|text| Self(text.to_owned()))
            }
        }

        impl FromScalar for $name {
            const EXPECTED: &'static str = $expected;

            fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
                match scalar {
                    Scalar::Unsigned(_) | Scalar::Text(_) => scalar.into_text()?.parse().ok(),
                    Scalar::Absent
                    | Scalar::Bool(_)
                    | Scalar::Number(_)
                    | Scalar::Rounded(_)
                    | Scalar::Nested => None,
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
                s.serialize_str(&self.0)
            }
        }
    };
}

numeric_id! {
    /// A shipping label made by a label provider.
    LabelId, "a Loop label id"
}
numeric_id! {
    /// A bulk shipment of Happy Returns, as Loop numbers it.
    ShipmentId, "a Loop shipment id"
}
numeric_id! {
    /// An entry of the blocklist or the allowlist.
    ListingId, "a Loop listing id"
}
text_id! {
    /// A request for a label, to a label provider: a number or a UUID.
    ///
    /// ```
    /// use loop_client::LabelRequestId;
    ///
    /// let id: LabelRequestId = "67329889100573".parse()?;
    /// assert_eq!(id.as_str(), "67329889100573");
    /// assert!("../returns/1/process".parse::<LabelRequestId>().is_err());
    /// # Ok::<(), loop_client::InvalidPathText>(())
    /// ```
    LabelRequestId, "a label request id"
}
text_id! {
    /// A bulk shipment of Happy Returns, as Happy Returns names it.
    HappyReturnsShipmentId, "a Happy Returns shipment id"
}
text_id! {
    /// A cart of the merchant's own shop.
    CartToken, "a cart token"
}
text_id! {
    /// An order in Loop's commerce data.
    OrderId, "an order id"
}

/// An id that another system gave, or whose form Loop varies: Shopify ids (plain, or as
/// `gid://shopify/Order/123`), Loop's order ids.
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

impl From<&str> for ExternalId {
    fn from(id: &str) -> Self {
        Self(id.trim().to_owned())
    }
}

impl From<u64> for ExternalId {
    fn from(id: u64) -> Self {
        Self(id.to_string())
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
            Scalar::Unsigned(_) | Scalar::Text(_) => scalar.into_text().map(Self),
            Scalar::Absent
            | Scalar::Bool(_)
            | Scalar::Number(_)
            | Scalar::Rounded(_)
            | Scalar::Nested => None,
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
    fn text_in_a_path_is_one_segment() {
        let long = "x".repeat(257);
        for (text, good) in [
            ("67329889100573", true),
            (" 0191f3a2-8d2e-7c3b ", true),
            ("a.b", true),
            ("ключ", true),
            ("", false),
            (" ", false),
            (".", false),
            ("..", false),
            ("../x", false),
            ("a/b", false),
            ("a\\b", false),
            ("%2e%2e", false),
            ("a?b", false),
            ("a#b", false),
            ("a b", false),
            ("a\nb", false),
            (&long, false),
        ] {
            assert_eq!(text.parse::<CartToken>().is_ok(), good, "{text:?}");
        }
        let id: LabelRequestId = serde_json::from_str("6340").expect("a number is an id too");
        assert_eq!(serde_json::to_string(&id).expect("text"), "\"6340\"");
    }

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
