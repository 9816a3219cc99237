//! A client's settings.

use std::fmt;
use std::sync::Arc;

use super::{Client, Shared};
use crate::config::{ApiKey, ApiVersion, ConfigError, DEFAULT_BASE_URL, Endpoint};
use crate::limit::{Budget, RateLimit};
use crate::observer::{Nobody, Observer};
use crate::retry::{RetryBudget, RetryPolicy};
use crate::runtime::Runtime;
use crate::transport::Transport;

/// Settings of a [`Client`]; see [`Client::builder`].
#[must_use]
pub struct ClientBuilder {
    key: ApiKey,
    version: ApiVersion,
    base_url: String,
    allow_plain_http: bool,
    retry: RetryPolicy,
    rate_limit: RateLimit,
    transport: Option<Arc<dyn Transport>>,
    runtime: Option<Arc<dyn Runtime>>,
    observer: Arc<dyn Observer>,
}

/// The address is not checked yet, and may hold a password.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("version", &self.version)
            .field("retry", &self.retry)
            .field("rate_limit", &self.rate_limit)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    pub(super) fn new(key: ApiKey) -> Self {
        Self {
            key,
            version: ApiVersion::default(),
            base_url: DEFAULT_BASE_URL.to_owned(),
            allow_plain_http: false,
            retry: RetryPolicy::default(),
            rate_limit: RateLimit::default(),
            transport: None,
            runtime: None,
            observer: Arc::new(Nobody),
        }
    }

    /// Another version of Loop's API.
    pub fn version(mut self, version: ApiVersion) -> Self {
        self.version = version;
        self
    }

    /// Another address, without the version, such as that of a stand-in.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// Permits an address that is plain `http` and not loopback. Everyone on the way can read
    /// the key.
    pub fn allow_plain_http(mut self) -> Self {
        self.allow_plain_http = true;
        self
    }

    /// Another retry policy.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Another call budget.
    pub fn rate_limit(mut self, rate_limit: RateLimit) -> Self {
        self.rate_limit = rate_limit;
        self
    }

    /// Another way to send requests.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Another source of time and chance.
    pub fn runtime(mut self, runtime: Arc<dyn Runtime>) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Somebody who is told what the client does.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// When a setting is out of bounds, see [`ConfigError`].
    pub fn build(self) -> Result<Client, ConfigError> {
        let endpoint = Endpoint::new(
            &self.base_url,
            &self.version,
            &self.key,
            self.allow_plain_http,
        )?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport(&endpoint)?,
        };
        let runtime = self
            .runtime
            .or_else(default_runtime)
            .ok_or(ConfigError::NoTransport)?;
        Ok(Client {
            shared: Arc::new(Shared {
                endpoint,
                transport,
                runtime,
                retries: RetryBudget::new(&self.retry),
                retry: self.retry,
                budget: Budget::new(self.rate_limit),
                observer: self.observer,
            }),
            background: false,
        })
    }
}

#[cfg(feature = "reqwest")]
fn default_transport(endpoint: &Endpoint) -> Result<Arc<dyn Transport>, ConfigError> {
    Ok(Arc::new(crate::transport::ReqwestTransport::new(
        endpoint.is_https(),
    )?))
}

#[cfg(not(feature = "reqwest"))]
fn default_transport(_: &Endpoint) -> Result<Arc<dyn Transport>, ConfigError> {
    Err(ConfigError::NoTransport)
}

#[cfg(feature = "reqwest")]
fn default_runtime() -> Option<Arc<dyn Runtime>> {
    Some(Arc::new(crate::runtime::TokioRuntime::new()))
}

#[cfg(not(feature = "reqwest"))]
fn default_runtime() -> Option<Arc<dyn Runtime>> {
    None
}
