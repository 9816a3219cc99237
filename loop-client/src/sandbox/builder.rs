//! How a sandbox is set up and started.

use std::fmt;
use std::future::IntoFuture as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::Sandbox;
use super::core::{Core, Parts};
use super::http;
use super::outbox::Outbox;
use super::retries::WebhookRetries;
use super::scopes::Scopes;
use super::subscriptions::{SharedSubscriptions, Subscriptions};
use super::world::{Settings, World};

/// The present time in milliseconds since 1970.
pub(super) type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// When an accepted process request is carried out.
///
/// In every case the request is answered with `true` while the return is still open, as Loop
/// does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Processing {
    /// In the background, right after it was accepted.
    #[default]
    Immediate,
    /// In the background, this long after it was accepted.
    After(Duration),
    /// When the test says so, by
    /// [`Sandbox::finish_processing`] or [`Sandbox::fail_processing`].
    Held,
}

/// Sets up a [`Sandbox`]; made by [`Sandbox::builder`].
#[must_use = "a builder does nothing until it is started"]
pub struct SandboxBuilder {
    api_key: String,
    webhook_secret: String,
    address: SocketAddr,
    rate_limit_per_minute: u32,
    processing: Processing,
    flag_moves_to_review: bool,
    clock: Clock,
    first_return_id: u64,
    scopes: Scopes,
    webhook_retries: WebhookRetries,
    deactivate_failing_webhooks: bool,
}

impl SandboxBuilder {
    pub(super) fn new() -> SandboxBuilder {
        SandboxBuilder {
            api_key: "sandbox-api-key".to_owned(),
            webhook_secret: "5a4d0b0c5ec2e7a1".to_owned(),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            rate_limit_per_minute: 300,
            processing: Processing::default(),
            flag_moves_to_review: true,
            clock: Arc::new(system_clock),
            first_return_id: 99_904_598,
            scopes: Scopes::all(),
            webhook_retries: WebhookRetries::default(),
            deactivate_failing_webhooks: false,
        }
    }

    /// The key that calls must show in `X-Authorization`.
    pub fn api_key(mut self, key: impl Into<String>) -> SandboxBuilder {
        self.api_key = key.into();
        self
    }

    /// The scopes of the key, by their values: `returns`, `orders`, `carts`, `developer_tools`,
    /// `destinations:read`, `destinations:write`, `happy_returns_shipments:read`,
    /// `label_requests:read`, `label_requests:write`, `labels:read`, `labels:write`. All of them
    /// unless set; any other text opens nothing.
    ///
    /// A call without its scope is answered as one with a wrong key; a write scope does not
    /// include reading.
    pub fn scopes<S: Into<String>>(
        mut self,
        scopes: impl IntoIterator<Item = S>,
    ) -> SandboxBuilder {
        self.scopes = Scopes::only(scopes.into_iter().map(Into::into));
        self
    }

    /// The secret that signs webhooks; its UTF-8 text is the HMAC key.
    pub fn webhook_secret(mut self, secret: impl Into<String>) -> SandboxBuilder {
        self.webhook_secret = secret.into();
        self
    }

    /// Where to listen; port 0 takes any free port. `127.0.0.1:0` unless set.
    pub fn address(mut self, address: SocketAddr) -> SandboxBuilder {
        self.address = address;
        self
    }

    /// Requests per minute, 300 unless set; above it the answer is 429.
    ///
    /// The minute begins with its first request and is measured by the clock of
    /// [`now`](SandboxBuilder::now).
    pub fn rate_limit_per_minute(mut self, requests: u32) -> SandboxBuilder {
        self.rate_limit_per_minute = requests;
        self
    }

    /// When accepted process requests are carried out.
    pub fn processing(mut self, processing: Processing) -> SandboxBuilder {
        self.processing = processing;
        self
    }

    /// Whether a flag moves the return to the state `review` (the default) or leaves the state
    /// `open` beside a flag that the API does not show. Loop's documentation supports both.
    pub fn flag_moves_to_review(mut self, moves: bool) -> SandboxBuilder {
        self.flag_moves_to_review = moves;
        self
    }

    /// A clock that gives milliseconds since 1970, in place of the system's. With one that stands
    /// still the minute of the rate limit never ends.
    pub fn now(mut self, clock: Arc<dyn Fn() -> i64 + Send + Sync>) -> SandboxBuilder {
        self.clock = clock;
        self
    }

    /// The id of the first return; each further one is one higher.
    pub fn first_return_id(mut self, id: u64) -> SandboxBuilder {
        self.first_return_id = id;
        self
    }

    /// How often a webhook is sent again that its receiver does not take; up to three times
    /// unless set.
    pub fn webhook_retries(mut self, retries: WebhookRetries) -> SandboxBuilder {
        self.webhook_retries = retries;
        self
    }

    /// Whether a subscription becomes `inactive` after more than ten deliveries in a row that
    /// were not answered with 2xx, each attempt counted, as the oldest documentation tells. Off
    /// unless switched on. A `PUT` with the status `active` begins anew.
    pub fn deactivate_failing_webhooks(mut self, on: bool) -> SandboxBuilder {
        self.deactivate_failing_webhooks = on;
        self
    }

    /// Binds the address and serves in the background of the current Tokio runtime, until the
    /// last handle is dropped.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound, or the HTTP client for webhooks cannot be made.
    pub async fn start(self) -> io::Result<Sandbox> {
        let listener = TcpListener::bind(self.address).await?;
        let base_url = format!("http://{}/api", listener.local_addr()?);
        let subscriptions =
            SharedSubscriptions::new(Subscriptions::new(self.deactivate_failing_webhooks));
        let (outbox, delivering) = Outbox::start(self.webhook_retries, subscriptions.clone())?;
        let settings = Settings {
            flag_moves_to_review: self.flag_moves_to_review,
            allow_flagged_to_process: false,
        };
        let core = Arc::new(Core::new(Parts {
            api_key: self.api_key,
            webhook_secret: self.webhook_secret,
            base_url,
            outbox,
            clock: self.clock,
            processing: self.processing,
            scopes: self.scopes,
            world: World::new(settings, self.first_return_id),
            subscriptions,
            rate_limit_per_minute: self.rate_limit_per_minute,
        }));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = axum::serve(listener, http::router(Arc::clone(&core)))
            .with_graceful_shutdown(async move {
                // Never sent: dropping the sender is the signal.
                stopped.await.ok();
            });
        tokio::spawn(serving.into_future());
        Ok(Sandbox::new(core, stop, delivering))
    }
}

impl fmt::Debug for SandboxBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SandboxBuilder")
            .field("address", &self.address)
            .field("rate_limit_per_minute", &self.rate_limit_per_minute)
            .field("processing", &self.processing)
            .field("flag_moves_to_review", &self.flag_moves_to_review)
            .field("first_return_id", &self.first_return_id)
            .field("webhook_retries", &self.webhook_retries)
            .field(
                "deactivate_failing_webhooks",
                &self.deactivate_failing_webhooks,
            )
            .finish_non_exhaustive()
    }
}

fn system_clock() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}
