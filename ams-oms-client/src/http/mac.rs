//! HMAC-SHA256.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Over `bytes`, under a secret of any length.
pub(super) fn mac(secret: &[u8], bytes: &[u8]) -> Hmac<Sha256> {
    // HMAC takes a key of any length, so the second arm never runs.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)
        .unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
    mac.update(bytes);
    mac
}
