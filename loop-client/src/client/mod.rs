//! What a client is and what it offers; how its settings are made is in `builder`, how a call goes
//! out and comes back in `exchange`, and how often in `attempts`.

mod attempts;
mod builder;
mod exchange;

use std::sync::Arc;

use crate::ReturnId;
use crate::carts::Carts;
use crate::config::{ApiKey, ApiVersion, ConfigError, Endpoint};
use crate::deep_links::DeepLinks;
use crate::destinations::Destinations;
use crate::grading::Grading;
use crate::happy_returns::HappyReturns;
use crate::labels::{LabelRequests, Labels};
use crate::limit::Budget;
use crate::listings::Listings;
use crate::notes::Notes;
use crate::observer::Observer;
use crate::orders::Orders;
use crate::raw::Raw;
use crate::reports::Reports;
use crate::retry::{RetryBudget, RetryPolicy};
use crate::returns::Returns;
use crate::runtime::Runtime;
use crate::transport::Transport;
use crate::webhooks::Webhooks;

pub use builder::ClientBuilder;
pub(crate) use exchange::explain;

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
    background: bool,
}

#[derive(Debug)]
struct Shared {
    endpoint: Endpoint,
    transport: Arc<dyn Transport>,
    runtime: Arc<dyn Runtime>,
    retry: RetryPolicy,
    retries: RetryBudget,
    budget: Budget,
    observer: Arc<dyn Observer>,
}

impl Client {
    /// With the default address, version, retry policy and call budget.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub fn new(key: ApiKey) -> Result<Self, ConfigError> {
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
        ClientBuilder::new(key)
    }

    /// Returns: list, details, the actions, fraud reports.
    #[must_use]
    pub fn returns(&self) -> Returns<'_> {
        Returns::new(self)
    }

    /// Links into the return portal.
    #[must_use]
    pub fn deep_links(&self) -> DeepLinks<'_> {
        DeepLinks::new(self)
    }

    /// Grades and dispositions of returned units.
    #[must_use]
    pub fn grading(&self) -> Grading<'_> {
        Grading::new(self)
    }

    /// Requests for labels, to a label provider.
    #[must_use]
    pub fn label_requests(&self) -> LabelRequests<'_> {
        LabelRequests::new(self)
    }

    /// Shipping labels.
    #[must_use]
    pub fn labels(&self) -> Labels<'_> {
        Labels::new(self)
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

    /// Orders of Loop's commerce data, as raw JSON.
    #[must_use]
    pub fn orders(&self) -> Orders<'_> {
        Orders::new(self)
    }

    /// Places that returns are sent to.
    #[must_use]
    pub fn destinations(&self) -> Destinations<'_> {
        Destinations::new(self)
    }

    /// Bulk shipments of Happy Returns.
    #[must_use]
    pub fn happy_returns(&self) -> HappyReturns<'_> {
        HappyReturns::new(self)
    }

    /// Orders, shoppers and products that are kept from returns.
    #[must_use]
    pub fn blocklist(&self) -> Listings<'_> {
        Listings::blocklist(self)
    }

    /// Orders and shoppers that are let through.
    #[must_use]
    pub fn allowlist(&self) -> Listings<'_> {
        Listings::allowlist(self)
    }

    /// Carts of the merchant's own shop.
    #[must_use]
    pub fn carts(&self) -> Carts<'_> {
        Carts::new(self)
    }

    /// Calls that this crate has no method for.
    #[must_use]
    pub fn raw(&self) -> Raw<'_> {
        Raw::new(self)
    }

    /// A clone for long pulls, such as a backfill that reads the details of every return: its
    /// calls leave a fifth of the call budget to everyone else.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            background: true,
        }
    }

    /// The version in the address of every call.
    #[must_use]
    pub fn version(&self) -> &ApiVersion {
        self.endpoint().version()
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }
}
