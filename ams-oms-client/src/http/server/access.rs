//! Who may do what.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hmac::Mac as _;
use hmac::digest::CtOutput;

use super::Service;
use super::failure::Failure;
use crate::MerchantId;
use crate::http::mac::mac;

/// A key that a [`router`](super::router) accepts, and what its holder may do: everything of the
/// contract for every merchant, and no warehouse work, unless said otherwise.
///
/// ```
/// use ams_oms_client::MerchantId;
/// use ams_oms_client::server::ServerKey;
///
/// let key = ServerKey::new("4cbfEXAMPLE")?.only_for([MerchantId::new("acme")?]);
/// assert!(!format!("{key:?}").contains("EXAMPLE"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ServerKey {
    /// Instead of the key itself: comparing digests takes the same time for all wrong keys.
    digest: Digest,
    rights: Arc<Rights>,
}

type Digest = CtOutput<hmac::Hmac<sha2::Sha256>>;

#[derive(Clone, Debug)]
struct Rights {
    /// `None` is all of them.
    merchants: Option<BTreeSet<MerchantId>>,
    warehouse: bool,
}

/// Text that cannot be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key must be one word of visible ASCII characters")]
pub struct InvalidServerKey;

impl ServerKey {
    /// A key of this text. Take at least 128 random bits: whoever guesses it can act.
    ///
    /// # Errors
    /// When it is empty or holds something other than visible ASCII characters.
    pub fn new(key: impl AsRef<str>) -> Result<Self, InvalidServerKey> {
        let key = key.as_ref();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidServerKey);
        }
        Ok(Self {
            digest: digest(key),
            rights: Arc::new(Rights {
                merchants: None,
                warehouse: false,
            }),
        })
    }

    /// Only these merchants.
    #[must_use]
    pub fn only_for(self, merchants: impl IntoIterator<Item = MerchantId>) -> Self {
        let rights = Rights {
            merchants: Some(merchants.into_iter().collect()),
            ..Rights::clone(&self.rights)
        };
        Self {
            rights: Arc::new(rights),
            ..self
        }
    }

    /// Warehouse work too. A holder can report goods as received, and so decides about refunds.
    #[must_use]
    pub fn with_warehouse(self) -> Self {
        let rights = Rights {
            warehouse: true,
            ..Rights::clone(&self.rights)
        };
        Self {
            rights: Arc::new(rights),
            ..self
        }
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerKey")
            .field("rights", &self.rights)
            .finish_non_exhaustive()
    }
}

fn digest(key: &str) -> Digest {
    mac(b"ams-oms-client server key", key.as_bytes()).finalize()
}

/// Lets through who has a key, and marks every answer as of this moment only.
pub(super) async fn admit(
    State(service): State<Arc<Service>>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut response = match rights(&service.keys, request.headers()) {
        Some(rights) => {
            request.extensions_mut().insert(rights);
            next.run(request).await
        }
        None => Failure::no_key().into_response(),
    };
    // A stored answer would be an old fact.
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn rights(keys: &[ServerKey], headers: &HeaderMap) -> Option<Arc<Rights>> {
    let shown = digest(bearer(headers)?);
    // All keys are looked at, whichever it is.
    keys.iter().fold(None, |found, key| {
        if key.digest == shown {
            Some(Arc::clone(&key.rights))
        } else {
            found
        }
    })
}

/// The key of the only `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| key.trim_matches(' '))
}

/// Refuses merchants that are not the key's.
pub(super) fn check_merchant(parts: &Parts, merchant: &MerchantId) -> Result<(), Failure> {
    let allowed = rights_of(parts).is_some_and(|rights| {
        rights
            .merchants
            .as_ref()
            .is_none_or(|merchants| merchants.contains(merchant))
    });
    if allowed {
        Ok(())
    } else {
        Err(Failure::forbidden("the key is not for this merchant"))
    }
}

/// Proof that the key may do warehouse work.
pub(super) struct Warehouse;

impl<S: Sync> FromRequestParts<S> for Warehouse {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        if rights_of(parts).is_some_and(|rights| rights.warehouse) {
            Ok(Self)
        } else {
            Err(Failure::forbidden("the key is not for warehouse work"))
        }
    }
}

fn rights_of(parts: &Parts) -> Option<&Rights> {
    parts.extensions.get::<Arc<Rights>>().map(AsRef::as_ref)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_right_key_opens() {
        let keys = [
            ServerKey::new("first").unwrap(),
            ServerKey::new("second").unwrap().with_warehouse(),
        ];
        let shown = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            }
            rights(&keys, &headers).map(|rights| rights.warehouse)
        };
        assert_eq!(shown(&["Bearer first"]), Some(false));
        assert_eq!(shown(&["bearer  second "]), Some(true));
        for wrong in [
            &[] as &[&str],
            &["Bearer third"],
            &["Bearer firs"],
            &["Bearer firstt"],
            &["Bearer "],
            &["Bearer"],
            &["first"],
            &["Basic first"],
            &["Bearer first second"],
            &["Bearer first", "Bearer first"],
        ] {
            assert_eq!(shown(wrong), None, "{wrong:?}");
        }
        let shown = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer x"))]);
        assert!(rights(&[], &shown).is_none());
    }

    #[test]
    fn keys_are_checked_and_not_shown() {
        for key in ["", " ", "two words", "line\nbreak", "ключ"] {
            assert_eq!(ServerKey::new(key).err(), Some(InvalidServerKey), "{key:?}");
        }
        let key = ServerKey::new("canary").unwrap();
        assert!(!format!("{key:?}").contains("canary"));
    }
}
