use std::fmt;

use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::transport::TransportError;

/// Why a client could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The key is empty or blank.
    #[error("the API key is empty")]
    EmptyKey,
    /// The key holds something a header cannot carry, such as a line break.
    #[error("the API key holds a character that no key has")]
    InvalidKey,
    /// The version is empty or holds more than letters, digits, `-`, `_` and `.`.
    #[error("the API version must look like 2026-10")]
    InvalidVersion,
    /// Not an `http` or `https` address, or one with a user, a query or a fragment.
    #[error("the base address must be an https address without user, query or fragment")]
    InvalidBaseUrl,
    /// Plain HTTP would show the key to everyone on the way.
    #[error("the base address is plain http: allow_plain_http() permits it by name")]
    PlainHttp,
    /// Built without the feature `reqwest`, and no transport or runtime was given.
    #[error("no transport or no runtime: give both, or enable the feature `reqwest`")]
    NoTransport,
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up")]
    Transport(#[from] TransportError),
}

/// A merchant's API key. It is sent to the configured address and nowhere else, and never
/// printed.
#[derive(Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// As Loop's developer page shows it (Returns management > Tools & integrations > Developer
    /// tools).
    ///
    /// # Errors
    /// When it is blank, or holds a character that a header cannot carry.
    pub fn new(key: impl Into<String>) -> Result<Self, ConfigError> {
        let key = key.into();
        if key.trim().is_empty() {
            return Err(ConfigError::EmptyKey);
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ConfigError::InvalidKey);
        }
        Ok(Self(SecretString::from(key)))
    }

    pub(crate) fn header(&self) -> Result<HeaderValue, ConfigError> {
        let mut value =
            HeaderValue::from_str(self.0.expose_secret()).map_err(|_| ConfigError::InvalidKey)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey([secret])")
    }
}

/// The version in the address of every call.
///
/// Rests on <https://docs.loopreturns.com/api-reference/versioning>.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiVersion {
    /// `2026-10`, stable.
    #[default]
    V2026_10,
    /// `2026-07`, the first dated version.
    V2026_07,
    /// `v1`, the old name of `2026-07`.
    V1,
    /// `unstable`, a preview.
    Unstable,
    /// Any other, as text: letters, digits, `-`, `_` and `.`.
    Other(String),
}

impl ApiVersion {
    /// As it stands in the address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::V2026_10 => "2026-10",
            Self::V2026_07 => "2026-07",
            Self::V1 => "v1",
            Self::Unstable => "unstable",
            Self::Other(text) => text,
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let text = self.as_str();
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if text.is_empty() || !plain || text.bytes().all(|b| b == b'.') {
            return Err(ConfigError::InvalidVersion);
        }
        Ok(())
    }
}

/// As it stands in the address, such as from a file of settings. Any text is taken here; one that
/// is no version fails with [`ConfigError::InvalidVersion`] when the client is built.
///
/// ```
/// use loop_client::ApiVersion;
///
/// assert_eq!(ApiVersion::from("2026-07"), ApiVersion::V2026_07);
/// assert_eq!(ApiVersion::from("2027-01").as_str(), "2027-01");
/// ```
impl From<&str> for ApiVersion {
    fn from(text: &str) -> Self {
        let text = text.trim();
        [Self::V2026_10, Self::V2026_07, Self::V1, Self::Unstable]
            .into_iter()
            .find(|known| known.as_str() == text)
            .unwrap_or_else(|| Self::Other(text.to_owned()))
    }
}

/// Loop's address.
pub(crate) const DEFAULT_BASE_URL: &str = "https://api.loopreturns.com/api";

/// Where calls go: the one type that knows both the origin and the key, so that the key cannot
/// meet another origin.
#[derive(Clone)]
pub(crate) struct Endpoint {
    root: Url,
    version: ApiVersion,
    key: HeaderValue,
}

impl Endpoint {
    pub(crate) fn new(
        base_url: &str,
        version: &ApiVersion,
        key: &ApiKey,
        allow_plain_http: bool,
    ) -> Result<Self, ConfigError> {
        version.check()?;
        let mut root = Url::parse(base_url).map_err(|_| ConfigError::InvalidBaseUrl)?;
        let clean = root.username().is_empty()
            && root.password().is_none()
            && root.query().is_none()
            && root.fragment().is_none();
        match root.scheme() {
            _ if !clean => return Err(ConfigError::InvalidBaseUrl),
            "https" => {}
            "http" if allow_plain_http || is_loopback(&root) => {}
            "http" => return Err(ConfigError::PlainHttp),
            _ => return Err(ConfigError::InvalidBaseUrl),
        }
        root.path_segments_mut()
            .map_err(|()| ConfigError::InvalidBaseUrl)?
            .pop_if_empty()
            .push(version.as_str());
        Ok(Self {
            root,
            version: version.clone(),
            key: key.header()?,
        })
    }

    pub(crate) fn version(&self) -> &ApiVersion {
        &self.version
    }

    #[cfg(feature = "reqwest")]
    pub(crate) fn is_https(&self) -> bool {
        self.root.scheme() == "https"
    }

    pub(crate) fn is_same_origin(&self, other: &Url) -> bool {
        self.root.origin() == other.origin()
    }

    pub(crate) fn url(&self, path: &[String], query: &[(String, String)]) -> Url {
        let mut url = self.root.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    pub(crate) fn key(&self) -> HeaderValue {
        self.key.clone()
    }

    /// What came from outside without the key, should it echo it; `None` when it does not.
    pub(crate) fn without_key(&self, body: &[u8]) -> Option<Vec<u8>> {
        let key = self.key.to_str().ok()?;
        // PHP writes a slash with a backslash before it.
        let escaped = key.replace('/', "\\/");
        let has_it = |text: &str| text.contains(key) || text.contains(&escaped);
        let found = body.utf8_chunks().any(|chunk| has_it(chunk.valid()));
        // One letter would be everywhere, and is no secret.
        if !found || key.len() < 4 {
            return None;
        }
        // What is no text stays none: a body must not become readable by this.
        let mut clean = Vec::with_capacity(body.len());
        for chunk in body.utf8_chunks() {
            let text = chunk.valid().replace(key, "[removed]");
            clean.extend(text.replace(&escaped, "[removed]").bytes());
            clean.extend(chunk.invalid());
        }
        Some(clean)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("root", &self.root.as_str())
            .finish_non_exhaustive()
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_key_may_go() {
        let key = ApiKey::new("canary-key").expect("a key");
        for (base, plain, good) in [
            (DEFAULT_BASE_URL, false, true),
            ("https://returns.example.com/loop/", false, true),
            ("http://127.0.0.1:8080/api", false, true),
            ("http://[::1]:8080/api", false, true),
            ("http://localhost/api", false, true),
            ("http://returns.example.com/api", false, false),
            ("http://returns.example.com/api", true, true),
            ("http://127.0.0.1.example.com/api", false, false),
            ("https://user:secret@returns.example.com/api", false, false),
            ("https://returns.example.com/api?x=1", false, false),
            ("ftp://returns.example.com", false, false),
            ("returns.example.com", false, false),
        ] {
            let endpoint = Endpoint::new(base, &ApiVersion::default(), &key, plain);
            assert_eq!(endpoint.is_ok(), good, "{base}");
            assert!(
                !format!("{endpoint:?} {key:?}").contains("canary"),
                "{base}"
            );
        }
    }

    #[test]
    fn an_echoed_key_is_taken_out_and_what_is_no_text_stays_none() {
        let key = ApiKey::new("canary/key").expect("a key");
        let endpoint = Endpoint::new(DEFAULT_BASE_URL, &ApiVersion::default(), &key, false);
        let endpoint = endpoint.expect("an endpoint");
        for (body, clean) in [
            (&b"nothing of it \xff"[..], None),
            (b"canary/key", Some(&b"[removed]"[..])),
            (b"{\"a\":\"canary\\/key\"}", Some(b"{\"a\":\"[removed]\"}")),
            (
                b"\xff canary/key \xfe\xfecanary/key",
                Some(b"\xff [removed] \xfe\xfe[removed]"),
            ),
        ] {
            assert_eq!(endpoint.without_key(body).as_deref(), clean);
        }
    }

    #[test]
    fn keys_and_versions_are_checked() {
        for key in ["", "  ", "two words", "line\nbreak", "ключ"] {
            assert!(ApiKey::new(key).is_err(), "{key:?}");
        }
        let key = ApiKey::new("k").expect("a key");
        for (version, path) in [
            (ApiVersion::from(" v1"), Some("/api/v1")),
            (ApiVersion::from("unstable"), Some("/api/unstable")),
            (ApiVersion::from("latest"), Some("/api/latest")),
            (ApiVersion::from("../v1"), None),
            (ApiVersion::V1, Some("/api/v1")),
            (ApiVersion::Other("2027-01".into()), Some("/api/2027-01")),
            (ApiVersion::Other("..".into()), None),
            (ApiVersion::Other("a/b".into()), None),
            (ApiVersion::Other(String::new()), None),
        ] {
            let endpoint = Endpoint::new(DEFAULT_BASE_URL, &version, &key, false).ok();
            let found = endpoint.map(|endpoint| endpoint.url(&[], &[]).path().to_owned());
            assert_eq!(found.as_deref(), path, "{version:?}");
        }
    }
}
