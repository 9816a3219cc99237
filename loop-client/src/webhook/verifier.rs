use secrecy::{ExposeSecret as _, SecretString};

use super::signature;

/// Name of the header that carries the signature; header names know no case.
const HEADER: &str = "x-loop-signature";

/// Larger bodies are refused before they are hashed. Real ones have a few kilobytes.
const MAX_BODY: usize = 1024 * 1024;

/// A secret that would let anyone in, or none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSecret {
    /// Anyone can sign with an empty secret.
    #[error("a webhook secret is empty or blank")]
    Empty,
    /// Without a secret nothing could ever be accepted.
    #[error("no webhook secret was given")]
    None,
}

/// Why a webhook is not to be trusted. Answer 401 (413 for [`SignatureError::TooLarge`]) and say
/// nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// No `X-Loop-Signature` header.
    #[error("the webhook carries no X-Loop-Signature header")]
    Missing,
    /// More than one `X-Loop-Signature` header.
    #[error("the webhook carries several X-Loop-Signature headers")]
    Repeated,
    /// No body, so nothing that could have been signed.
    #[error("the webhook has an empty body")]
    EmptyBody,
    /// More than a mebibyte.
    #[error("the webhook's body is larger than {MAX_BODY} bytes")]
    TooLarge,
    /// Signed with none of our secrets, or changed on the way.
    #[error("the webhook's signature does not match its body")]
    Mismatch,
}

/// Checks that a webhook was signed with one of the merchant's secrets.
///
/// Several secrets can be given, so that a secret can be rotated without losing webhooks. The
/// comparison takes constant time. `Debug` shows no secret.
///
/// A signature proves who wrote the body, not when: it carries no time and no delivery id, so an
/// old webhook can be replayed. Treat a webhook as a hint and ask Loop for the truth.
#[derive(Debug, Clone)]
pub struct WebhookVerifier {
    secrets: Vec<SecretString>,
}

impl WebhookVerifier {
    /// The header's name, in lower case.
    pub const HEADER: &'static str = HEADER;

    /// From the secret that Loop's developer page shows, used as its UTF-8 text.
    ///
    /// # Errors
    /// When no secret is given or one is blank.
    pub fn new<S: Into<String>>(
        secrets: impl IntoIterator<Item = S>,
    ) -> Result<Self, InvalidSecret> {
        let secrets: Vec<String> = secrets.into_iter().map(Into::into).collect();
        if secrets.is_empty() {
            return Err(InvalidSecret::None);
        }
        if secrets.iter().any(|secret| secret.trim().is_empty()) {
            return Err(InvalidSecret::Empty);
        }
        Ok(Self {
            secrets: secrets.into_iter().map(SecretString::from).collect(),
        })
    }

    /// Checks the body's exact bytes, as received and before any parsing, against every value of
    /// the header [`WebhookVerifier::HEADER`] in the request.
    ///
    /// [`WebhookVerifier::verify_request`] finds that header by itself.
    ///
    /// # Errors
    /// See [`SignatureError`].
    pub fn verify<'a>(
        &self,
        headers: impl IntoIterator<Item = &'a [u8]>,
        body: &[u8],
    ) -> Result<(), SignatureError> {
        let mut headers = headers.into_iter();
        let signature = headers.next().ok_or(SignatureError::Missing)?.trim_ascii();
        if headers.next().is_some() {
            return Err(SignatureError::Repeated);
        }
        if body.is_empty() {
            return Err(SignatureError::EmptyBody);
        }
        if body.len() > MAX_BODY {
            return Err(SignatureError::TooLarge);
        }
        let matches = self.secrets.iter().fold(false, |found, secret| {
            found | signature::matches(secret.expose_secret().as_bytes(), body, signature)
        });
        if matches {
            Ok(())
        } else {
            Err(SignatureError::Mismatch)
        }
    }

    /// As [`WebhookVerifier::verify`], from all headers of the request, whose names may be in any
    /// case: a reference to an `http::HeaderMap` does, and so does any list of names and values.
    ///
    /// ```
    /// use loop_client::webhook::{WebhookVerifier, sign};
    ///
    /// let (secret, body) = ("the merchant's webhook secret", br#"{"topic":"return","id":1}"#);
    /// let headers = [
    ///     ("Content-Type", "application/json".to_owned()),
    ///     ("X-LOOP-SIGNATURE", sign(secret.as_bytes(), body)),
    /// ];
    /// WebhookVerifier::new([secret])?.verify_request(headers, body)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// See [`SignatureError`].
    pub fn verify_request<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: impl IntoIterator<Item = (N, V)>,
        body: &[u8],
    ) -> Result<(), SignatureError> {
        let signatures: Vec<V> = headers
            .into_iter()
            .filter(|(name, _)| name.as_ref().trim().eq_ignore_ascii_case(HEADER))
            .map(|(_, value)| value)
            .collect();
        self.verify(signatures.iter().map(AsRef::as_ref), body)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::webhook::sign;

    const ESCAPED: &[u8] = br#"{"topic":"return","trigger":"return.created","id":"1","status_page_url":"https:\/\/example.loopreturns.com\/#\/return\/x"}"#;

    #[test]
    fn the_reference_vectors_verify_and_fail_with_one_byte_changed() {
        let plain = String::from_utf8(ESCAPED.to_vec())
            .expect("text")
            .replace("\\/", "/");
        for (secret, body, signature) in [
            (
                "abcd",
                &br#"{"id":"r1"}"#[..],
                "Apy0dmjYNixugN68XZMRN2pB2rI9JSBEZU9lDd4ypSo=",
            ),
            (
                "test-secret",
                ESCAPED,
                "czeGqW7gpQ434gt/9YzbjC46u1e1NKY9sze3zpkA13g=",
            ),
            (
                "test-secret",
                plain.as_bytes(),
                "xOnzSKmdftsxmGV6Uk9EITVsb8o1sDxzVRL4B6GuN/s=",
            ),
        ] {
            let verifier = WebhookVerifier::new([secret]).expect("a secret");
            assert_eq!(verifier.verify([signature.as_bytes()], body), Ok(()));
            for at in 0..body.len() {
                let mut changed = body.to_vec();
                changed[at] ^= 1;
                assert_eq!(
                    verifier.verify([signature.as_bytes()], &changed),
                    Err(SignatureError::Mismatch)
                );
            }
            for at in 0..signature.len() {
                let mut changed = signature.as_bytes().to_vec();
                changed[at] ^= 1;
                assert!(verifier.verify([&changed[..]], body).is_err(), "byte {at}");
            }
        }
    }

    #[test]
    fn anything_but_one_good_signature_is_refused() {
        let verifier = WebhookVerifier::new(["old", "new"]).expect("secrets");
        let body = b"{}";
        let (old, new, other) = (sign(b"old", body), sign(b"new", body), sign(b"other", body));
        let padded = format!(" {new}\t");
        let check = |headers: &[&str], body: &[u8]| {
            verifier.verify(headers.iter().map(|text| text.as_bytes()), body)
        };
        assert_eq!(check(&[&old], body), Ok(()));
        assert_eq!(check(&[&new], body), Ok(()));
        assert_eq!(check(&[&padded], body), Ok(()));
        assert_eq!(check(&[&other], body), Err(SignatureError::Mismatch));
        assert_eq!(check(&[""], body), Err(SignatureError::Mismatch));
        assert_eq!(check(&["not base64!"], body), Err(SignatureError::Mismatch));
        assert_eq!(check(&[], body), Err(SignatureError::Missing));
        assert_eq!(check(&[&new, &new], body), Err(SignatureError::Repeated));
        assert_eq!(check(&[&new], b""), Err(SignatureError::EmptyBody));
        assert_eq!(
            check(&[&new], &vec![b' '; MAX_BODY + 1]),
            Err(SignatureError::TooLarge)
        );
    }

    /// A part would be guessed sooner than the whole.
    #[test]
    fn a_part_of_a_signature_is_none() {
        let verifier = WebhookVerifier::new(["secret"]).expect("a secret");
        let body = b"{}";
        let whole = STANDARD.decode(sign(b"secret", body)).expect("base64");
        let check = |bytes: &[u8]| verifier.verify([STANDARD.encode(bytes).as_bytes()], body);
        assert_eq!(check(&whole), Ok(()));
        for length in 0..whole.len() {
            let (left, right) = whole.split_at(length);
            assert_eq!(check(left), Err(SignatureError::Mismatch), "{length}");
            let right = right.get(usize::from(length == 0)..).expect("a part");
            assert_eq!(check(right), Err(SignatureError::Mismatch), "{length}");
        }
        assert_eq!(
            check(&[&whole[..], &[0]].concat()),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn the_header_is_found_whatever_its_case() {
        let verifier = WebhookVerifier::new(["secret"]).expect("a secret");
        let (body, other) = (b"{}", "Content-Type");
        let good = sign(b"secret", body);
        for name in ["X-Loop-Signature", "x-loop-signature", "X-LOOP-SIGNATURE"] {
            let one = [(other, "x"), (name, good.as_str())];
            assert_eq!(verifier.verify_request(one, body), Ok(()), "{name}");
            let two = [(name, "x"), ("X-loop-signature", good.as_str())];
            let refused = Err(SignatureError::Repeated);
            assert_eq!(verifier.verify_request(two, body), refused, "{name}");
        }
        for name in ["X-Loop-Signatures", "Loop-Signature", ""] {
            let refused = Err(SignatureError::Missing);
            assert_eq!(verifier.verify_request([(name, &good)], body), refused);
        }
        let mut map = http::HeaderMap::new();
        map.insert(HEADER, good.parse().expect("a header"));
        assert_eq!(verifier.verify_request(&map, body), Ok(()));
        map.append(HEADER, good.parse().expect("a header"));
        let refused = Err(SignatureError::Repeated);
        assert_eq!(verifier.verify_request(&map, body), refused);
    }

    #[test]
    fn an_empty_secret_is_refused_and_none_is_shown() {
        assert_eq!(WebhookVerifier::new([""]).err(), Some(InvalidSecret::Empty));
        assert_eq!(
            WebhookVerifier::new(["good", " "]).err(),
            Some(InvalidSecret::Empty)
        );
        assert_eq!(
            WebhookVerifier::new::<&str>([]).err(),
            Some(InvalidSecret::None)
        );
        let verifier = WebhookVerifier::new(["canary-secret"]).expect("a secret");
        assert!(!format!("{verifier:?}").contains("canary"));
    }
}
