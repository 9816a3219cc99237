//! Where an [`HttpOms`] talks to, and with what.

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::client::HttpOms;
use crate::{BoxError, Capabilities};

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(15);

/// Builds an [`HttpOms`].
///
/// ```
/// use std::time::Duration;
/// use ams_oms_client::HttpOms;
///
/// let oms = HttpOms::builder("https://oms.example.com/returns", "the-key")
///     .timeout(Duration::from_secs(10))
///     .build()?;
/// # Ok::<(), ams_oms_client::InvalidHttpOms>(())
/// ```
#[must_use]
pub struct HttpOmsBuilder {
    base_url: String,
    key: SecretString,
    allow_plain_http: bool,
    connect_timeout: Duration,
    timeout: Duration,
    notice_secrets: Vec<SecretString>,
    capabilities: Capabilities,
}

/// Why an [`HttpOms`] could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidHttpOms {
    /// The key is empty, or holds something other than visible ASCII characters.
    #[error("the key must be one word of visible ASCII characters")]
    Key,
    /// Not an `http` or `https` address, or one with a user, a query or a fragment.
    #[error("the base address must be an https address without user, query or fragment")]
    BaseUrl,
    /// Plain HTTP would show the key to everyone on the way.
    #[error("the base address is plain http: allow_plain_http() permits it by name")]
    PlainHttp,
    /// With an empty secret anybody can sign a notice.
    #[error("a notice secret is blank")]
    NoticeSecret,
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up")]
    HttpClient(#[source] BoxError),
}

impl HttpOmsBuilder {
    pub(super) fn new(base_url: String, key: String) -> Self {
        Self {
            base_url,
            key: key.into(),
            allow_plain_http: false,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            notice_secrets: Vec::new(),
            capabilities: Capabilities::default(),
        }
    }

    /// Permits a plain `http` address that is not this machine's own: the key then travels
    /// readable.
    pub fn allow_plain_http(mut self) -> Self {
        self.allow_plain_http = true;
        self
    }

    /// How long making a connection may take; 10 seconds unless set.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long a whole call may take, connection and answer included; 30 seconds unless set.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Accepts notices signed with this secret. May be called again, so that a secret can be
    /// replaced without a gap; without any, notices are
    /// [`Unsupported`](crate::OmsError::Unsupported).
    pub fn notice_secret(mut self, secret: impl Into<String>) -> Self {
        self.notice_secrets.push(secret.into().into());
        self
    }

    /// What the service can do, where that is known beforehand. Otherwise see
    /// [`HttpOms::learn_capabilities`]; until then the least is promised. Whether notices can be
    /// decoded is not taken from here: it follows from the notice secrets.
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Checks everything and sends nothing.
    ///
    /// # Errors
    /// See [`InvalidHttpOms`].
    pub fn build(self) -> Result<HttpOms, InvalidHttpOms> {
        let root = root(&self.base_url, self.allow_plain_http)?;
        let authorization = authorization(&self.key)?;
        if self
            .notice_secrets
            .iter()
            .any(|secret| secret.expose_secret().trim().is_empty())
        {
            return Err(InvalidHttpOms::NoticeSecret);
        }
        let https = root.scheme() == "https";
        let client = reqwest::Client::builder()
            // A redirect would carry the key to another origin, even when marked sensitive.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // The caller decides what is repeated.
            .retry(reqwest::retry::never())
            .https_only(https)
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout)
            // Servers hang up on idle connections, often after a minute. A write that meets one in
            // that moment is ambiguous.
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("ams-oms-client/", env!("CARGO_PKG_VERSION")));
        // A proxy of the environment only tunnels https, but reads plain HTTP, the key included.
        let client = if https { client } else { client.no_proxy() };
        #[cfg(any(
            feature = "rustls",
            feature = "rustls-no-provider",
            feature = "native-tls"
        ))]
        let client = client.tls_version_min(reqwest::tls::Version::TLS_1_2);
        let client = client
            .build()
            .map_err(|error| InvalidHttpOms::HttpClient(error.without_url().into()))?;
        let mut oms = HttpOms {
            client,
            root,
            key: self.key,
            authorization,
            notice_secrets: self.notice_secrets,
            capabilities: Capabilities::default(),
        };
        oms.set_capabilities(self.capabilities);
        Ok(oms)
    }
}

/// The address without its last slash.
fn root(base_url: &str, allow_plain_http: bool) -> Result<Url, InvalidHttpOms> {
    let mut root = Url::parse(base_url).map_err(|_| InvalidHttpOms::BaseUrl)?;
    let clean = root.username().is_empty()
        && root.password().is_none()
        && root.query().is_none()
        && root.fragment().is_none();
    match root.scheme() {
        _ if !clean => return Err(InvalidHttpOms::BaseUrl),
        "https" => {}
        "http" if allow_plain_http || is_loopback(&root) => {}
        "http" => return Err(InvalidHttpOms::PlainHttp),
        _ => return Err(InvalidHttpOms::BaseUrl),
    }
    root.path_segments_mut()
        .map_err(|()| InvalidHttpOms::BaseUrl)?
        .pop_if_empty();
    Ok(root)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn authorization(key: &SecretString) -> Result<HeaderValue, InvalidHttpOms> {
    let key = key.expose_secret();
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(InvalidHttpOms::Key);
    }
    let mut value =
        HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| InvalidHttpOms::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Keys and secrets do not show.
impl fmt::Debug for HttpOmsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOmsBuilder")
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_key_may_go() {
        for (base, plain, good) in [
            ("https://oms.example.com", false, true),
            ("https://oms.example.com/returns/", false, true),
            ("http://127.0.0.1:4020", false, true),
            ("http://[::1]:4020", false, true),
            ("http://localhost:4020", false, true),
            ("http://oms.example.com", false, false),
            ("http://oms.example.com", true, true),
            ("http://127.0.0.1.example.com", false, false),
            ("https://user:canary@oms.example.com", false, false),
            ("https://oms.example.com?canary=1", false, false),
            ("https://oms.example.com#canary", false, false),
            ("ftp://oms.example.com", true, false),
            ("oms.example.com", true, false),
        ] {
            let mut builder = HttpOms::builder(base, "canary-key").notice_secret("canary-secret");
            if plain {
                builder = builder.allow_plain_http();
            }
            let shown = format!("{builder:?}");
            let built = builder.build();
            assert_eq!(built.is_ok(), good, "{base}");
            assert!(!format!("{shown}{built:?}").contains("canary"), "{base}");
        }
    }

    #[test]
    fn keys_and_secrets_are_checked() {
        let base = "https://oms.example.com";
        for key in ["", " ", "two words", "line\nbreak", "ключ"] {
            let built = HttpOms::builder(base, key).build();
            assert!(matches!(built, Err(InvalidHttpOms::Key)), "{key:?}");
        }
        for secret in ["", " \t"] {
            let built = HttpOms::builder(base, "k")
                .notice_secret("good")
                .notice_secret(secret)
                .build();
            assert!(
                matches!(built, Err(InvalidHttpOms::NoticeSecret)),
                "{secret:?}"
            );
        }
    }
}
