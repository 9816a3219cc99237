use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use crate::config::{ApiKey, ApiVersion, ConfigError, DEFAULT_BASE_URL, Endpoint};
use crate::decode;
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::limit::{Budget, RateLimit};
use crate::notes::Notes;
use crate::reports::Reports;
use crate::request::ApiRequest;
use crate::retry::RetryPolicy;
use crate::returns::Returns;
use crate::runtime::Runtime;
use crate::transport::{Body, Transport};
use crate::webhooks::Webhooks;
use crate::{ReturnId, answer};

/// A client for one merchant's Loop account. Clones are cheap and share connections and the call
/// budget.
///
/// ```no_run
/// use loop_client::{ApiKey, Client};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new(ApiKey::new(std::env::var("LOOP_API_KEY")?)?)?;
/// let ret = client.returns().get("99904598".parse()?).await?;
/// println!("{} is {:?} with {} units", ret.id, ret.state, ret.lines().len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    endpoint: Endpoint,
    transport: Arc<dyn Transport>,
    runtime: Arc<dyn Runtime>,
    retry: RetryPolicy,
    budget: Budget,
}

/// Settings of a [`Client`]; see [`Client::builder`].
#[derive(Debug)]
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
}

impl Client {
    /// With the default address, version, retry policy and call budget.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub fn new(key: ApiKey) -> std::result::Result<Self, ConfigError> {
        Self::builder(key).build()
    }

    /// To change settings.
    ///
    /// ```
    /// use loop_client::{ApiKey, ApiVersion, Client, RateLimit};
    ///
    /// let client = Client::builder(ApiKey::new("key")?)
    ///     .version(ApiVersion::V2026_07)
    ///     .rate_limit(RateLimit::per_minute(100))
    ///     .build()?;
    /// # Ok::<(), loop_client::ConfigError>(())
    /// ```
    pub fn builder(key: ApiKey) -> ClientBuilder {
        ClientBuilder {
            key,
            version: ApiVersion::default(),
            base_url: DEFAULT_BASE_URL.to_owned(),
            allow_plain_http: false,
            retry: RetryPolicy::default(),
            rate_limit: RateLimit::default(),
            transport: None,
            runtime: None,
        }
    }

    /// Returns: list, details, process, flag.
    #[must_use]
    pub fn returns(&self) -> Returns<'_> {
        Returns::new(self)
    }

    /// Notes on one return's timeline.
    #[must_use]
    pub fn notes(&self, id: ReturnId) -> Notes<'_> {
        Notes::new(self, id)
    }

    /// The ASN report.
    #[must_use]
    pub fn reports(&self) -> Reports<'_> {
        Reports::new(self)
    }

    /// Webhook subscriptions.
    #[must_use]
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks::new(self)
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }

    /// A call that answers `true` when Loop accepts it.
    pub(crate) async fn act(&self, request: ApiRequest) -> Result<()> {
        let mut retries = Retries::new(&self.shared, &request);
        loop {
            let failed = match self.whole_answer(&request).await {
                Ok((status, body)) => match answer::accepted(request.call, status, &body) {
                    Ok(()) => return Ok(()),
                    Err(failure) => explain(&request, Some(status), failure),
                },
                Err(error) => error,
            };
            retries.wait_after(failed).await?;
        }
    }

    /// A call that answers with a JSON object.
    pub(crate) async fn fetch<T: DeserializeOwned>(&self, request: ApiRequest) -> Result<T> {
        self.fetch_with(&request, decode::object).await
    }

    /// A call whose answer, once it holds no error, needs its own reading.
    pub(crate) async fn fetch_with<T>(
        &self,
        request: &ApiRequest,
        read: fn(&[u8]) -> Result<T, decode::DecodeError>,
    ) -> Result<T> {
        let mut retries = Retries::new(&self.shared, request);
        loop {
            let failed = match self.whole_answer(request).await {
                Ok((status, body)) => {
                    let read = answer::data(request.call, status, &body).and_then(|()| {
                        read(&body).map_err(|error| (Effect::Unknown, ErrorKind::Unreadable(error)))
                    });
                    match read {
                        Ok(answer) => return Ok(answer),
                        Err(failure) => explain(request, Some(status), failure),
                    }
                }
                Err(error) => error,
            };
            retries.wait_after(failed).await?;
        }
    }

    /// A call whose answer is read while it arrives.
    pub(crate) async fn open(&self, request: &ApiRequest) -> Result<Body> {
        let mut retries = Retries::new(&self.shared, request);
        loop {
            let failed = match self.send(request).await {
                Ok(response) if response.status().is_success() => return Ok(response.into_body()),
                Ok(response) => self.refusal(request, response).await,
                Err(error) => error,
            };
            retries.wait_after(failed).await?;
        }
    }

    async fn refusal(&self, request: &ApiRequest, response: http::Response<Body>) -> Error {
        let status = response.status().as_u16();
        match self.collect(request, status, response.into_body()).await {
            Ok(body) => explain(
                request,
                Some(status),
                answer::failure(request.call, status, &body),
            ),
            Err(error) => error,
        }
    }

    async fn whole_answer(&self, request: &ApiRequest) -> Result<(u16, Bytes)> {
        let response = self.send(request).await?;
        let status = response.status().as_u16();
        let body = self.collect(request, status, response.into_body()).await?;
        Ok((status, body))
    }

    /// One attempt, within the call budget.
    async fn send(&self, request: &ApiRequest) -> Result<http::Response<Body>> {
        let Shared {
            endpoint,
            transport,
            runtime,
            budget,
            ..
        } = &*self.shared;
        while let Err(wait) = budget.take(runtime.elapsed(), request.call.is_background()) {
            tracing::debug!(
                call = request.call.name(),
                wait_ms = millis(wait),
                "call budget"
            );
            runtime.sleep(wait).await;
        }
        let response = transport
            .send(request.build(endpoint))
            .await
            .map_err(|error| {
                let sent = error.may_have_been_sent();
                let effect = if sent {
                    Effect::Unknown
                } else {
                    Effect::NotSent
                };
                explain(request, None, (effect, ErrorKind::Transport(error)))
            })?;
        if response.status() == http::StatusCode::TOO_MANY_REQUESTS {
            let retry_after = answer::retry_after(response.headers());
            budget.pause(runtime.elapsed(), retry_after);
            let failure = (Effect::NotApplied, ErrorKind::RateLimited { retry_after });
            return Err(explain(request, Some(429), failure));
        }
        Ok(response)
    }

    async fn collect(&self, request: &ApiRequest, status: u16, mut body: Body) -> Result<Bytes> {
        let limit = request.call.answer_limit();
        let mut whole = BytesMut::new();
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|error| {
                explain(
                    request,
                    Some(status),
                    (Effect::Unknown, ErrorKind::Transport(error)),
                )
            })?;
            if whole.len().saturating_add(piece.len()) > limit {
                let failure = (Effect::Unknown, ErrorKind::TooLarge { limit });
                return Err(explain(request, Some(status), failure));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}

/// The attempts at one call.
struct Retries<'a> {
    shared: &'a Shared,
    request: &'a ApiRequest,
    began: Duration,
    tried: u32,
}

impl<'a> Retries<'a> {
    fn new(shared: &'a Shared, request: &'a ApiRequest) -> Self {
        Self {
            shared,
            request,
            began: shared.runtime.elapsed(),
            tried: 0,
        }
    }

    /// Sleeps until the next attempt, or gives the error back when there is none.
    async fn wait_after(&mut self, error: Error) -> Result<()> {
        let Shared { runtime, retry, .. } = self.shared;
        self.tried += 1;
        let elapsed = runtime.elapsed().saturating_sub(self.began);
        let wait = retry.next_wait(
            self.request.call,
            &error,
            self.tried,
            elapsed,
            runtime.random(),
        );
        tracing::debug!(
            call = self.request.call.name(),
            return_id = self.request.return_id.map(ReturnId::get),
            status = error.status(),
            attempt = self.tried,
            wait_ms = wait.map(millis),
            "call failed"
        );
        match wait {
            Some(wait) => {
                runtime.sleep(wait).await;
                Ok(())
            }
            None => Err(error),
        }
    }
}

pub(crate) fn explain(
    request: &ApiRequest,
    status: Option<u16>,
    (effect, kind): answer::Failure,
) -> Error {
    Error::new(request.call, request.return_id, status, effect, kind)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl ClientBuilder {
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

    /// The client.
    ///
    /// # Errors
    /// When a setting is out of bounds, see [`ConfigError`].
    pub fn build(self) -> std::result::Result<Client, ConfigError> {
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
                retry: self.retry,
                budget: Budget::new(self.rate_limit),
            }),
        })
    }
}

#[cfg(feature = "reqwest")]
fn default_transport(endpoint: &Endpoint) -> std::result::Result<Arc<dyn Transport>, ConfigError> {
    Ok(Arc::new(crate::transport::ReqwestTransport::new(
        endpoint.is_https(),
    )?))
}

#[cfg(not(feature = "reqwest"))]
fn default_transport(_: &Endpoint) -> std::result::Result<Arc<dyn Transport>, ConfigError> {
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
