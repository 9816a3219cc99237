use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Signs a webhook body as Loop does: base64 of HMAC-SHA256 over the exact bytes.
///
/// For tests and stand-ins; a receiver verifies with [`WebhookVerifier`](super::WebhookVerifier).
/// Rests on <https://docs.loopreturns.com/webhook-reference/validation>.
///
/// ```
/// assert_eq!(
///     loop_client::webhook::sign(b"abcd", br#"{"id":"r1"}"#),
///     "Apy0dmjYNixugN68XZMRN2pB2rI9JSBEZU9lDd4ypSo=",
/// );
/// ```
#[must_use]
pub fn sign(secret: &[u8], body: &[u8]) -> String {
    STANDARD.encode(digest(secret, body).finalize().into_bytes())
}

/// Compares in constant time; `signature` is the header's value.
pub(super) fn matches(secret: &[u8], body: &[u8], signature: &[u8]) -> bool {
    STANDARD
        .decode(signature)
        .is_ok_and(|bytes| digest(secret, body).verify_slice(&bytes).is_ok())
}

fn digest(secret: &[u8], body: &[u8]) -> Hmac<Sha256> {
    // HMAC takes a key of any length, so this arm never runs; an empty key would still
    // refuse every honest signature rather than accept a forged one.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)
        .unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
    mac.update(body);
    mac
}
