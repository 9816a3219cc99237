//! The two parts of taking a webhook that nobody can leave out, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use loop_client::Return;
use sha2::Sha256;

pub(crate) fn verify(secret: &str, signature: &str, body: &[u8]) {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let signature = STANDARD.decode(signature).unwrap();
    mac.verify_slice(&signature).unwrap();
}

pub(crate) fn from_slice(body: &[u8]) -> Return {
    serde_json::from_slice(body).unwrap()
}

pub(crate) fn from_str(body: &[u8]) -> Return {
    serde_json::from_str(std::str::from_utf8(body).unwrap()).unwrap()
}
