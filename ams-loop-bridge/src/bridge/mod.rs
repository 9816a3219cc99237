//! The shell around the pure core: it reads both sides, asks the core what is owed, writes the
//! intent down, and acts.

mod act;
mod backoff;
mod claim;
mod dry_run;
mod evidence;
mod look;
mod pull;
mod reconcile;
mod settle;
mod tell;
mod trust;
mod webhook;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::Duration;

use ams_oms_client::{CreateOutcome, MerchantId, Oms, OmsError, Rma, RmaKey, RmaSnapshot};
use loop_client::webhook::WebhookVerifier;
use loop_client::{Return, ReturnId, Timestamp};

use backoff::Backoff;
use claim::Held;
pub use dry_run::{DryRun, WouldDo};
pub use look::LookResult;
pub use pull::PullReport;
pub use reconcile::{Finding, FindingKind, Reconciliation};
pub use settle::{Failure, Look, SettleReport};
pub use webhook::{WebhookOutcome, WebhookReply};

use crate::ledger::{Entry, Ledger, LedgerError, RmaRecord, Stored};
use crate::map::{Mapping, map_return, rma_key};
use crate::{Clock, InvalidPolicy, LoopApi, Policy, Randomness, SystemClock, SystemRandomness};

/// Why the bridge could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BridgeError {
    /// A call to Loop failed.
    #[error(transparent)]
    Loop(#[from] loop_client::Error),
    /// The order management system failed.
    #[error(transparent)]
    Oms(#[from] OmsError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// What stopped the merchant last time is given time to be mended: nothing was tried.
    #[error("after a failure that stops this merchant nothing is tried until {until}")]
    BackedOff {
        /// Until when.
        until: Timestamp,
    },
}

impl BridgeError {
    /// Whether nothing of this merchant can work until somebody mends it: stop, and tell them.
    #[must_use]
    pub fn stops_the_merchant(&self) -> bool {
        match self {
            Self::Loop(error) => matches!(error.kind(), loop_client::ErrorKind::Unauthorized(_)),
            Self::Oms(error) => matches!(error, OmsError::Auth { .. }),
            Self::Ledger(error) => {
                let passes = matches!(error, LedgerError::Contended(_) | LedgerError::ClaimLost(_));
                !passes && !error.is_about_one_entry()
            }
            // It is stopped already.
            Self::BackedOff { .. } => false,
        }
    }
}

/// One merchant's bridge between Loop and the OMS.
///
/// It spawns nothing and owns no clock and no executor: call [`Bridge::accept_webhook`] when a
/// webhook arrives, and [`Bridge::pull`] and [`Bridge::settle`] on a schedule, from any runtime.
/// Webhooks and pulls are hints that something may have changed; what is owed is worked out from
/// what both sides say at the time. Any call may be dropped at any await, or the process killed,
/// and nothing is lost: the ledger knows what was about to happen.
///
/// Of all workers one at a time is at work on a return: it claims the return's entry for ten
/// minutes, and what it does not finish by then another takes up, by reading both sides again.
/// A worker that lost its claim can record nothing. Loop knows no claims, so a call that such a
/// worker had begun to send may still arrive: a flag or a note may then be there twice. A process
/// call never is, because the durable intent to send it lets nobody else send one.
///
/// Clones share everything. Several workers may run on one ledger, and **every** process that
/// serves a merchant must open the **same** one: two ledgers for one merchant are two refunds. For
/// the same reason a Loop account has one merchant id, for ever.
#[derive(Debug, Clone)]
pub struct Bridge {
    merchant: MerchantId,
    policy: Policy,
    verifier: Option<WebhookVerifier>,
    loop_api: Arc<dyn LoopApi>,
    oms: Arc<dyn Oms>,
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    backoff: Arc<Backoff>,
    /// Whether the ledger is known to remember which history it belongs to.
    epoch_is_noted: Arc<AtomicBool>,
    /// Webhooks in a row that could not be recorded.
    webhooks_lost: Arc<AtomicU32>,
    winding_down: Arc<AtomicBool>,
}

/// A pull that comes every few minutes has shown by then what a webhook spoke of.
const SHOWN_BY_A_PULL: Duration = Duration::from_secs(900);
/// How often an entry that others keep changing is tried again.
const TRIES: u32 = 16;

impl Bridge {
    /// With the default [`Policy`] and without webhooks.
    pub fn new(
        merchant: MerchantId,
        loop_api: impl LoopApi + 'static,
        oms: impl Oms + 'static,
        ledger: impl Ledger + 'static,
    ) -> Self {
        Self {
            merchant,
            policy: Policy::default(),
            verifier: None,
            loop_api: Arc::new(loop_api),
            oms: Arc::new(oms),
            ledger: Arc::new(ledger),
            clock: Arc::new(SystemClock::default()),
            randomness: Arc::new(SystemRandomness),
            backoff: Arc::default(),
            epoch_is_noted: Arc::default(),
            webhooks_lost: Arc::default(),
            winding_down: Arc::default(),
        }
    }

    /// With another clock, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// With other random numbers, for tests.
    #[must_use]
    pub fn with_randomness(mut self, randomness: impl Randomness + 'static) -> Self {
        self.randomness = Arc::new(randomness);
        self
    }

    /// With another policy.
    ///
    /// # Errors
    /// When the policy contradicts itself, see [`Policy::check`], or has
    /// [`Policy::cancel_in_loop`] or [`Policy::recreate_rma`] on: [`crate::decide()`] answers to
    /// them, but the bridge does not carry them out, because the ledger keeps no record yet of who
    /// cancelled what and of how often it was tried.
    pub fn with_policy(mut self, policy: Policy) -> Result<Self, InvalidPolicy> {
        policy.check()?;
        for (field, on) in [
            ("cancel_in_loop", policy.cancel_in_loop),
            ("recreate_rma", policy.recreate_rma),
        ] {
            if on {
                let problem = "is decided by `decide`, and not carried out by the bridge";
                return Err(InvalidPolicy { field, problem });
            }
        }
        self.policy = policy;
        Ok(self)
    }

    /// With webhooks, signed with one of the verifier's secrets.
    #[must_use]
    pub fn with_webhooks(mut self, verifier: WebhookVerifier) -> Self {
        self.verifier = Some(verifier);
        self
    }

    /// Whose bridge it is.
    #[must_use]
    pub fn merchant(&self) -> &MerchantId {
        &self.merchant
    }

    /// What the merchant wants.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What was intended, sent and confirmed, and what waits for what.
    #[must_use]
    pub fn ledger(&self) -> &dyn Ledger {
        &*self.ledger
    }

    /// Notes that there may be news of a return, so that the next [`Bridge::settle`] asks both sides
    /// about it: for a return that neither webhooks nor pulls name, such as one that is older than
    /// the first pull looks back.
    ///
    /// ```
    /// # use loop_client::Timestamp;
    /// # async fn example(bridge: ams_loop_bridge::Bridge, now: Timestamp) -> Result<(), Box<dyn std::error::Error>> {
    /// bridge.note_news("99904598".parse()?, now).await?;
    /// bridge.settle(now).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn note_news(&self, id: ReturnId, now: Timestamp) -> Result<(), LedgerError> {
        self.note_epoch().await?;
        let key = rma_key(&self.merchant, id);
        let first = || Entry::new(key.clone(), now);
        self.hear(&key, first, |entry| entry.note_loop_news(now))
            .await
            .map(drop)
    }

    /// Changes the entry of a return that there may be news of for the first time: `first` makes
    /// its entry then.
    async fn hear<T>(
        &self,
        key: &RmaKey,
        first: impl Fn() -> Entry + Send + Sync,
        change: impl Fn(&mut Entry) -> T + Send,
    ) -> Result<(Entry, T), LedgerError> {
        self.swap(key, |known| Ok(known.unwrap_or_else(&first)), change)
            .await
    }

    /// Compares and swaps until it succeeds; gives back what is stored with what `change`
    /// returned. `change` may run several times, each time on what is stored by then.
    async fn swap<T>(
        &self,
        key: &RmaKey,
        start: impl Fn(Option<Entry>) -> Result<Entry, LedgerError> + Send,
        change: impl Fn(&mut Entry) -> T + Send,
    ) -> Result<(Entry, T), LedgerError> {
        for _ in 0..TRIES {
            let known = self.ledger.load(key).await?;
            let mut entry = start(known.clone())?;
            let answer = change(&mut entry);
            if known.as_ref() == Some(&entry) {
                return Ok((entry, answer));
            }
            if self.ledger.store(&entry).await? == Stored::Yes {
                entry.revision = entry.revision.saturating_add(1);
                return Ok((entry, answer));
            }
        }
        Err(LedgerError::Contended(key.clone()))
    }

    /// By when a pull has shown what a webhook speaks of, if the merchant has any; until then Loop
    /// need not be asked.
    fn shown_by(&self, now: Timestamp) -> Timestamp {
        if self.policy.pull.returns_list {
            now.plus(SHOWN_BY_A_PULL)
        } else {
            now
        }
    }

    /// Makes the RMA at once if it is still wanted and the payload shows that one is owed. What the
    /// payload does not tell is left to a look at Loop's own words, and so is a failure.
    async fn make_rma_if_owed(
        &self,
        entry: &Entry,
        ret: &Return,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        if entry.rma != RmaRecord::Wanted {
            return Ok(());
        }
        match map_return(&self.merchant, &self.policy, ret) {
            Mapping::Owed { rma, .. } => match self.make_rma(&rma, now).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    tracing::warn!(return_id = ret.id.get(), %error, "the RMA is not made yet");
                }
            },
            // A pull says the same, and takes it down.
            Mapping::NotOwed { .. } => return Ok(()),
            Mapping::Incomplete(_) | Mapping::Contradictory(_) => {}
        }
        let key = &entry.key;
        let first = || Entry::new(key.clone(), now);
        self.hear(key, first, |entry| entry.look_at = Some(now))
            .await
            .map(drop)
    }

    async fn create_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        match self.oms.create_rma(rma).await {
            Ok(CreateOutcome::Created(found)) => {
                tracing::info!(return_id = rma.rma_number.get(), "the RMA is made");
                Ok(found)
            }
            Ok(CreateOutcome::AlreadyExists(found)) => Ok(found),
            // With other goods it is there all the same; the next look compares and amends.
            Err(OmsError::Conflict { existing, .. }) => Ok(*existing),
            Err(error) => Err(error),
        }
    }

    /// Writes down that the RMA is in the OMS; `unexpected` when the entry says that none is owed.
    async fn note_rma(
        &self,
        key: &RmaKey,
        found: &RmaSnapshot,
        unexpected: impl Fn(&mut Entry) + Send + Sync,
        now: Timestamp,
    ) -> Result<Entry, LedgerError> {
        let first = || Entry::new(key.clone(), now);
        let change = |entry: &mut Entry| {
            // Somebody may have noted it and gone on since.
            if entry.rma != RmaRecord::Made {
                // When the ledger does not know what happened to it, it does not know either what
                // was sent to Loop.
                if found.has_begun() {
                    entry.doubt_process();
                }
                if entry.rma == RmaRecord::NotOwed {
                    unexpected(entry);
                }
                entry.note_rma_made();
            }
        };
        let (entry, ()) = self.hear(key, first, change).await?;
        Ok(entry)
    }

    /// The same for an entry that this worker holds. News that came meanwhile stay news: only what
    /// the look began with is done.
    async fn note_held_rma(
        &self,
        held: &mut Held,
        found: &RmaSnapshot,
        now: Timestamp,
    ) -> Result<(), BridgeError> {
        let key = &held.entry.key;
        // What this look knows comes from Loop itself.
        let noted = self.note_rma(key, found, |_| (), now).await?;
        if noted.fence != held.entry.fence {
            return Err(LedgerError::ClaimLost(noted.key).into());
        }
        held.entry = Entry {
            news: held.entry.news,
            ..noted
        };
        Ok(())
    }

    /// Makes the RMA on the word of a webhook, and writes that down.
    async fn make_rma(&self, rma: &Rma, now: Timestamp) -> Result<(), BridgeError> {
        let found = self.create_rma(rma).await?;
        // A look has found meanwhile that none is owed: Loop is asked what holds.
        let unexpected = |entry: &mut Entry| entry.note_loop_news(now);
        self.note_rma(&rma.key(), &found, unexpected, now).await?;
        Ok(())
    }
}

/// An error with its causes, which say where the trouble is; none of them holds personal data.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
