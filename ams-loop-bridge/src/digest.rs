use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// 128 bits of a text's SHA-256, in hexadecimal: enough to tell any two texts of one merchant
/// apart. Stored, so it must not change between versions.
pub(crate) fn short_digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(16).fold(String::new(), |mut hex, byte| {
        // Writing to a `String` cannot fail.
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}
