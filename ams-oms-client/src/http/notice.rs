//! The notice that a service sends of its own accord.

use std::fmt::Write as _;

use hmac::Mac as _;

use super::mac::mac;
#[cfg(feature = "http")]
use crate::{EventHint, MerchantId, OmsError, OmsEvent, RmaKey, RmaNumber};

/// The header of a notice that carries its signature.
pub const NOTICE_SIGNATURE: &str = "Oms-Signature";

/// Signs the body of a notice: HMAC-SHA256 over the exact bytes, as 64 lower-case hexadecimal
/// digits, to be sent in the header [`NOTICE_SIGNATURE`].
///
/// For whoever sends notices; `HttpOms` checks them.
///
/// ```
/// use ams_oms_client::sign_notice;
///
/// let signature = sign_notice("shared secret", br#"{"merchant":"acme"}"#);
/// assert_eq!(signature.len(), 64);
/// ```
#[must_use]
pub fn sign_notice(secret: &str, body: &[u8]) -> String {
    let bytes = mac(secret.as_bytes(), body).finalize().into_bytes();
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

/// Reads a notice that one of the secrets signed.
#[cfg(feature = "http")]
pub(super) fn read<'a>(
    mut secrets: impl Iterator<Item = &'a str>,
    event: &OmsEvent<'_>,
) -> Result<Vec<EventHint>, OmsError> {
    let signature = event
        .attribute(NOTICE_SIGNATURE)
        .and_then(unhex)
        .ok_or_else(|| OmsError::auth("the notice has no signature"))?;
    let genuine = secrets
        // The comparison takes the same time wherever the first difference is.
        .any(|secret| {
            mac(secret.as_bytes(), event.body)
                .verify_slice(&signature)
                .is_ok()
        });
    if !genuine {
        return Err(OmsError::auth("the notice's signature is not right"));
    }
    let Notice {
        merchant,
        rma_number,
    } = serde_json::from_slice(event.body).map_err(|error| {
        OmsError::malformed("the notice is signed and not readable").with_source(error)
    })?;
    Ok(vec![match rma_number {
        Some(rma_number) => EventHint::Rma(RmaKey::new(merchant, rma_number)),
        None => EventHint::Merchant(merchant),
    }])
}

#[cfg(feature = "http")]
#[derive(serde::Deserialize)]
struct Notice {
    merchant: MerchantId,
    #[serde(default)]
    rma_number: Option<RmaNumber>,
}

#[cfg(feature = "http")]
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    text.as_bytes()
        .chunks(2)
        .map(|pair| match *pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}
