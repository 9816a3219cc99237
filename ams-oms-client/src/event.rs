//! Notices that an OMS sends of its own accord.

use std::fmt;

use crate::{MerchantId, RmaKey};

/// A notice as it arrived, over whatever transport: the bytes, and the attributes that came
/// beside them (the headers of an HTTP request, the properties of a queued message).
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct OmsEvent<'a> {
    /// The exact bytes; a signature holds for them only.
    pub body: &'a [u8],
    attributes: &'a [(&'a str, &'a str)],
}

impl<'a> OmsEvent<'a> {
    /// A notice with its attributes.
    ///
    /// ```
    /// use ams_oms_client::OmsEvent;
    ///
    /// let event = OmsEvent::new(b"{}", &[("X-Signature", "abc")]);
    /// assert_eq!(event.attribute("x-signature"), Some("abc"));
    /// ```
    #[must_use]
    pub fn new(body: &'a [u8], attributes: &'a [(&'a str, &'a str)]) -> Self {
        Self { body, attributes }
    }

    /// The attribute of this name, in any case. `None` when it is absent, and also when it came
    /// twice: which of the two was checked on the way cannot be known.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        let mut values = self
            .attributes
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value);
        let first = values.next();
        if values.next().is_some() { None } else { first }
    }
}

/// Bodies hold personal data, and attributes hold signatures and keys.
impl fmt::Debug for OmsEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OmsEvent")
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What a notice is about. Only a hint to look: the truth is what
/// [`get_rma`](crate::Oms::get_rma) then says, so a forged or repeated notice costs a read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventHint {
    /// This RMA may have changed.
    Rma(RmaKey),
    /// Something of this merchant's changed: read [`changes`](crate::Oms::changes).
    Merchant(MerchantId),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_counts_when_it_came_once() {
        let event = OmsEvent::new(b"secret", &[("A", "1"), ("b", "2"), ("B", "3")]);
        for (name, expected) in [("a", Some("1")), ("A", Some("1")), ("b", None), ("c", None)] {
            assert_eq!(event.attribute(name), expected, "{name}");
        }
        assert_eq!(format!("{event:?}"), "OmsEvent { bytes: 6, .. }");
    }
}
