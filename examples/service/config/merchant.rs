//! One merchant's settings.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ams_loop_bridge::ledger::MemoryLedger;
use ams_loop_bridge::{Bridge, Policy};
use ams_oms_client::{HttpOms, MemoryOms, MerchantId, Oms};
use loop_client::webhook::WebhookVerifier;
use loop_client::{ApiKey, ApiVersion, Client, ClientBuilder, ConfigError, Observer, RateLimit};

use super::duration::Time;
use super::secret::{Secret, SecretRef};
use super::{Environment, Fault, file};

/// Checked.
#[derive(Debug)]
pub(crate) struct MerchantSettings {
    pub(crate) id: MerchantId,
    pub(crate) api_key: Secret,
    pub(crate) base_url: Option<String>,
    pub(crate) version: ApiVersion,
    pub(crate) calls: RateLimit,
    /// `None`: no webhooks are taken, and the pulls have to do.
    pub(crate) webhooks: Option<WebhookVerifier>,
    pub(crate) oms: OmsSettings,
    pub(crate) schedule: Schedule,
    pub(crate) policy: Policy,
}

/// Which order management system.
#[derive(Debug, Clone)]
pub(crate) enum OmsSettings {
    /// The embedded reference; in the service's folder unless a file is named.
    Sqlite(Option<PathBuf>),
    /// One that is ready to be used.
    Ready(Arc<dyn Oms>),
}

/// How often things are done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    /// The recurring pull of Loop's returns list and ASN report.
    pub(crate) pull: Duration,
    pub(crate) settle: Duration,
    /// Both sides against the ledger.
    pub(crate) reconcile: Duration,
    /// How long settled returns stay listed.
    pub(crate) archive_after: Duration,
}

/// Sooner would only keep the processor busy.
const SOONEST: Duration = Duration::from_millis(100);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Default for Schedule {
    fn default() -> Self {
        Self {
            pull: MINUTE * 5,
            settle: MINUTE,
            reconcile: DAY,
            archive_after: DAY * 180,
        }
    }
}

impl fmt::Display for MerchantSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = |on| if on { "on" } else { "off" };
        let oms = match &self.oms {
            OmsSettings::Sqlite(_) => "SQLite",
            OmsSettings::Ready(_) => "HTTP",
        };
        write!(
            f,
            "merchant {}: {}, OMS by {oms}, webhooks {}, refunds {}",
            self.id,
            self.base_url.as_deref().unwrap_or("Loop itself"),
            on(self.webhooks.is_some()),
            on(self.policy.process_returns),
        )
    }
}

/// What all merchants share.
pub(super) struct Shared<'a> {
    /// A stand-in for Loop that every merchant is pointed at.
    pub(super) base_url: Option<String>,
    pub(super) inline_secrets: bool,
    pub(super) environment: Environment<'a>,
}

impl MerchantSettings {
    /// A client for the merchant's Loop account.
    pub(crate) fn client(&self, observer: impl Observer + 'static) -> Result<Client, ConfigError> {
        self.client_builder()?.observer(Arc::new(observer)).build()
    }

    fn client_builder(&self) -> Result<ClientBuilder, ConfigError> {
        let builder = Client::builder(ApiKey::new(self.api_key.as_str())?)
            .version(self.version.clone())
            .rate_limit(self.calls);
        Ok(match &self.base_url {
            Some(url) => builder.base_url(url),
            None => builder,
        })
    }
}

/// `None` when there are faults.
pub(super) fn read(
    name: &str,
    table: toml::Value,
    shared: &Shared<'_>,
    faults: &mut Vec<Fault>,
) -> Option<MerchantSettings> {
    let before = faults.len();
    let prefix = format!("merchants.{name}");
    let at = |key: &str| format!("{prefix}.{key}");
    let written: file::Merchant = match file::read(&prefix, table) {
        Ok(written) => written,
        Err(fault) => {
            faults.push(fault);
            return None;
        }
    };
    let id = name
        .parse::<MerchantId>()
        .map_err(|error| faults.push(Fault::at(&prefix, error.to_string())));
    let api_key = resolve(&at("api_key"), written.api_key, shared, faults);
    let webhooks = webhooks(
        &at("webhook_secrets"),
        written.webhook_secrets,
        shared,
        faults,
    );
    let oms = match written.oms {
        None => Some(OmsSettings::Sqlite(None)),
        Some(file::Oms::Sqlite { file }) => Some(OmsSettings::Sqlite(file)),
        Some(file::Oms::Http { url, key }) => resolve(&at("oms.key"), key, shared, faults)
            .and_then(|key| {
                HttpOms::builder(url, key.as_str())
                    .build()
                    .map_err(|error| faults.push(Fault::at(at("oms"), error.to_string())))
                    .ok()
            })
            .map(|oms| OmsSettings::Ready(Arc::new(oms))),
    };
    let usual = Schedule::default();
    for (field, time, least) in [
        ("pull_every", &written.pull_every, SOONEST),
        ("settle_every", &written.settle_every, SOONEST),
        ("reconcile_every", &written.reconcile_every, SOONEST),
        // What is put away is on the page no more.
        ("archive_after", &written.archive_after, DAY),
    ] {
        if time.as_ref().is_some_and(|time| time.0 < least) {
            faults.push(Fault::at(at(field), format!("must be at least {least:?}")));
        }
    }
    if written.calls_per_minute == Some(0) {
        faults.push(Fault::at(at("calls_per_minute"), "must be at least 1"));
    }
    let or = |written: Option<Time>, usual| written.map_or(usual, |time| time.0);
    let settings = MerchantSettings {
        id: id.ok()?,
        api_key: api_key?,
        base_url: shared.base_url.clone().or(written.loop_base_url),
        version: written
            .api_version
            .as_deref()
            .map_or_else(ApiVersion::default, ApiVersion::from),
        calls: written
            .calls_per_minute
            .map_or_else(RateLimit::default, RateLimit::per_minute),
        webhooks,
        oms: oms?,
        schedule: Schedule {
            pull: or(written.pull_every, usual.pull),
            settle: or(written.settle_every, usual.settle),
            reconcile: or(written.reconcile_every, usual.reconcile),
            archive_after: or(written.archive_after, usual.archive_after),
        },
        policy: written.policy,
    };
    match settings.client_builder().and_then(ClientBuilder::build) {
        Err(error) => {
            let key = match error {
                ConfigError::EmptyKey | ConfigError::InvalidKey => at("api_key"),
                ConfigError::InvalidVersion => at("api_version"),
                ConfigError::InvalidBaseUrl | ConfigError::PlainHttp => match shared.base_url {
                    Some(_) => "LOOP_BASE_URL".to_owned(),
                    None => at("loop_base_url"),
                },
                _ => prefix.clone(),
            };
            let what = match error {
                ConfigError::PlainHttp => "is plain http, where all could read the key".to_owned(),
                error => error.to_string(),
            };
            faults.push(Fault::at(key, what));
        }
        // Only the bridge knows which policies it carries out.
        Ok(client) => {
            let bridge = Bridge::new(
                settings.id.clone(),
                client,
                MemoryOms::new(),
                MemoryLedger::new(),
            );
            if let Err(error) = bridge.with_policy(settings.policy.clone()) {
                faults.push(Fault::at(at("policy"), error.to_string()));
            }
        }
    }
    (faults.len() == before).then_some(settings)
}

fn resolve(
    key: &str,
    reference: SecretRef,
    shared: &Shared<'_>,
    faults: &mut Vec<Fault>,
) -> Option<Secret> {
    reference
        .resolve(shared.inline_secrets, shared.environment)
        .map_err(|what| faults.push(Fault::at(key, what)))
        .ok()
}

fn webhooks(
    key: &str,
    references: Vec<SecretRef>,
    shared: &Shared<'_>,
    faults: &mut Vec<Fault>,
) -> Option<WebhookVerifier> {
    let mut secrets = Vec::new();
    for (at, reference) in references.into_iter().enumerate() {
        secrets.extend(resolve(&format!("{key}[{at}]"), reference, shared, faults));
    }
    if secrets.is_empty() {
        return None;
    }
    WebhookVerifier::new(secrets.iter().map(Secret::as_str))
        .map_err(|error| faults.push(Fault::at(key, error.to_string())))
        .ok()
}
