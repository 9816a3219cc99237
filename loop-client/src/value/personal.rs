use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::scalar::{FromScalar, Scalar, required};

/// Text about a person: an e-mail address, a name, a street, a comment, a personal link.
///
/// It prints as `[personal data]`, so that it cannot slip into a log by way of `{:?}`;
/// [`Personal::reveal`] is the one way to the text. It serialises as the text.
///
/// ```
/// let email = loop_client::Personal::from("shopper@example.com");
/// assert_eq!(format!("{email:?}"), "[personal data]");
/// assert_eq!(email.reveal(), "shopper@example.com");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Personal(String);

impl Personal {
    /// The text itself. Keep it out of logs and errors.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Personal {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Personal {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal data]")
    }
}

impl FromScalar for Personal {
    const EXPECTED: &'static str = "text or a number";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        Some(Self(scalar.into_text()))
    }
}

impl<'de> Deserialize<'de> for Personal {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        required(d)
    }
}
