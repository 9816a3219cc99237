//! One merchant while the service runs: its bridge, and what is known of how it fares.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ams_loop_bridge::Bridge;
use ams_oms_client::MerchantId;
use loop_client::{Error, ErrorKind, Observation, Observer, Timestamp};
use tokio::sync::{Notify, Semaphore, SetOnce};

use crate::Outcome;
use crate::config::MerchantSettings;
use crate::counted_oms::CountedOms;
use crate::metrics::MerchantMetrics;
use crate::overview::MerchantOverview;
use crate::reach::{Known, Reach};
use crate::seldom::Seldom;
use crate::storage::Storage;

/// Webhooks of one merchant at a time; the others wait for their turn, and no other merchant does.
const WEBHOOKS_AT_ONCE: usize = 16;
/// Pulls that found new returns while no webhook came, after which the subscription is suspected.
const SILENT_PULLS: u32 = 3;
/// Among what fails.
const WEBHOOKS: &str = "webhooks";
const LEDGER: &str = "ledger";
/// Loop has switched subscriptions off after more than ten errors in a row; the pulls find what it
/// does not send again. The bridge does the same with what it cannot write down.
const ERRORS_IN_A_ROW: u32 = 3;

#[derive(Debug)]
pub(crate) struct Merchant {
    pub(crate) settings: MerchantSettings,
    pub(crate) metrics: MerchantMetrics,
    pub(crate) webhooks_at_once: Semaphore,
    /// What was not taken as a webhook, in the log.
    pub(crate) refusals: Seldom,
    /// Something was recorded that a settling pass may have to do with.
    pub(crate) news: Notify,
    loop_reach: Arc<Reach>,
    oms_reach: Arc<Reach>,
    /// Set once its ledger is open.
    pub(crate) bridge: SetOnce<Bridge>,
    webhooks: AtomicU64,
    silent_pulls: AtomicU32,
    /// Webhooks in a row that did not even get to the bridge.
    not_taken: AtomicU32,
    status: Mutex<Status>,
}

/// What people and monitors are told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Status {
    /// Why nothing of this merchant goes on.
    pub(crate) stopped: Option<String>,
    /// The passes whose last run failed, and why; what else failed last time, besides.
    pub(crate) failing: BTreeMap<&'static str, String>,
    pub(crate) last_pull: Option<Timestamp>,
    pub(crate) last_settle: Option<Timestamp>,
    pub(crate) overview: MerchantOverview,
}

impl Merchant {
    pub(crate) fn new(settings: MerchantSettings, metrics: MerchantMetrics) -> Self {
        Self {
            settings,
            metrics,
            webhooks_at_once: Semaphore::new(WEBHOOKS_AT_ONCE),
            refusals: Seldom::default(),
            news: Notify::new(),
            loop_reach: Arc::new(Reach::of("Loop")),
            oms_reach: Arc::new(Reach::of("OMS")),
            bridge: SetOnce::new(),
            webhooks: AtomicU64::new(0),
            silent_pulls: AtomicU32::new(0),
            not_taken: AtomicU32::new(0),
            status: Mutex::default(),
        }
    }

    pub(crate) fn id(&self) -> &MerchantId {
        &self.settings.id
    }

    /// Opens the ledger and the OMS. Until that has succeeded webhooks wait, and are then refused.
    pub(crate) async fn open(&self, storage: &Storage) -> Outcome<Bridge> {
        if let Some(bridge) = self.bridge.get() {
            return Ok(bridge.clone());
        }
        let settings = &self.settings;
        let client = settings.client(Watch {
            metrics: self.metrics.clone(),
            reach: self.loop_reach.clone(),
        })?;
        let oms = CountedOms {
            oms: storage.oms(self.id(), &settings.oms).await?,
            metrics: self.metrics.clone(),
            reach: self.oms_reach.clone(),
        };
        let ledger = storage.ledger(self.id()).await?;
        let bridge = Bridge::new(self.id().clone(), client, oms, ledger)
            .with_policy(settings.policy.clone())?;
        let bridge = match &settings.webhooks {
            Some(verifier) => bridge.with_webhooks(verifier.clone()),
            None => bridge,
        };
        self.bridge.set(bridge.clone()).ok();
        Ok(bridge)
    }

    pub(crate) fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn webhook_came(&self) {
        self.webhooks.fetch_add(1, Ordering::Relaxed);
        self.silent_pulls.store(0, Ordering::Relaxed);
        self.not_taken.store(0, Ordering::Relaxed);
        self.status().failing.remove(WEBHOOKS);
        self.news.notify_one();
    }

    /// A webhook of Loop's was not written down.
    pub(crate) fn webhook_lost(&self) {
        let text = "the last could not be written down; the pulls find what they were about";
        self.status().failing.insert(WEBHOOKS, text.to_owned());
    }

    /// A webhook of Loop's did not get to the bridge. Says whether Loop is asked to send it again.
    pub(crate) fn webhook_not_taken(&self) -> bool {
        self.webhook_lost();
        self.not_taken.fetch_add(1, Ordering::Relaxed) < ERRORS_IN_A_ROW
    }

    /// A pull found so many returns that no webhook had told of. Says when it is time to suspect
    /// that the subscription was switched off, which Loop does without a word.
    pub(crate) fn pull_found(&self, new: usize) -> bool {
        self.metrics.webhooks_missed(new);
        self.status().failing.remove(WEBHOOKS);
        let came = self.webhooks.swap(0, Ordering::Relaxed);
        if new == 0 || came > 0 || self.settings.webhooks.is_none() {
            return false;
        }
        self.silent_pulls.fetch_add(1, Ordering::Relaxed) + 1 >= SILENT_PULLS
    }

    /// Whether what is open could be listed.
    pub(crate) fn listed(&self, outcome: Result<(), String>) {
        let failing = &mut self.status().failing;
        match outcome {
            Ok(()) => failing.remove(LEDGER),
            Err(why) => failing.insert(LEDGER, why),
        };
    }

    pub(crate) fn loop_known(&self) -> Known {
        self.loop_reach.known()
    }

    pub(crate) fn oms_known(&self) -> Known {
        self.oms_reach.known()
    }

    /// For the metrics, as it is now.
    pub(crate) fn count(&self, now: Timestamp) {
        self.metrics.trouble(self.trouble().is_some());
        let overview = &self.status().overview;
        if overview.taken_at.is_some() {
            self.metrics.open(overview.open, overview.oldest_open, now);
        }
    }

    /// For the page.
    pub(crate) fn overview(&self) -> MerchantOverview {
        let trouble = self.trouble();
        let status = self.status().clone();
        MerchantOverview {
            merchant: self.id().to_string(),
            trouble,
            last_pull: status.last_pull,
            last_settle: status.last_settle,
            ..status.overview
        }
    }

    /// What does not go on, if anything.
    fn trouble(&self) -> Option<String> {
        let sides = [&self.loop_reach, &self.oms_reach];
        let status = self.status();
        // What stopped it says more than that a side fails.
        let mut trouble: Vec<String> = match &status.stopped {
            Some(stopped) => vec![stopped.clone()],
            None => {
                let sides = sides.iter().filter_map(|side| side.trouble());
                let passes = status.failing.iter();
                sides
                    .chain(passes.map(|(pass, why)| format!("{pass}: {why}")))
                    .collect()
            }
        };
        if self.silent_pulls.load(Ordering::Relaxed) >= SILENT_PULLS {
            trouble.push(
                "pulls find new returns and no webhook comes: look at the subscriptions".to_owned(),
            );
        }
        (!trouble.is_empty()).then(|| trouble.join("; "))
    }
}

/// Watches what the client does.
#[derive(Debug)]
struct Watch {
    metrics: MerchantMetrics,
    reach: Arc<Reach>,
}

impl Observer for Watch {
    fn observe(&self, seen: &Observation<'_>) {
        self.metrics.observe(seen);
        if let Observation::Call { error, .. } = seen {
            match error {
                Some(error) if is_about_loop(error) => self.reach.failed(error.to_string()),
                // It left for nowhere, so it tells nothing.
                Some(error) if matches!(error.kind(), ErrorKind::RateLimited) => {}
                _ => self.reach.answered(),
            }
        }
    }
}

/// Whether it is Loop, or the way there, that fails, and not one call.
fn is_about_loop(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unauthorized(_)
            | ErrorKind::Server(_)
            | ErrorKind::Redirected
            | ErrorKind::Transport(_)
    )
}
