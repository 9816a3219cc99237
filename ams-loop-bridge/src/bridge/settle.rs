//! A settling pass: what changed in the OMS, and a look at every return that is due.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ams_oms_client::{OmsError, RmaKey, RmaNumber};
use loop_client::Timestamp;

use super::look::{LookResult, May};
use super::{Bridge, BridgeError};
use crate::decide::{ProcessRecord, Reason};
use crate::ledger::{CursorName, Entry, LedgerError, RmaRecord, Stored};
use crate::map::NotOwed;

/// Pages of changes read in one pass.
const PAGES: u32 = 1000;
/// Entries and changes read at once. At Loop's five calls a second so many process calls are over
/// while what was read for them is still fresh.
const PAGE: NonZeroU32 = NonZeroU32::new(500).expect("not zero");
/// For so long after it is settled the warehouse may correct a receipt.
const CORRECTED_WITHIN: Duration = Duration::from_secs(30 * 24 * 3600);

/// What a settling pass did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct SettleReport {
    /// Every return that was looked at, with what came of it.
    pub looks: Vec<Look>,
    /// Returns whose look failed; each is tried again later.
    pub failures: Vec<Failure>,
}

/// A look at one return.
#[derive(Debug)]
#[non_exhaustive]
pub struct Look {
    /// Which.
    pub key: RmaKey,
    /// What came of it.
    pub result: LookResult,
}

/// A look that failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// Which.
    pub key: RmaKey,
    /// Why.
    pub error: BridgeError,
}

impl Bridge {
    /// Looks at every return with news or due for another look, decides what is owed, and does
    /// it: makes, amends or cancels RMAs, tells Loop to process or flag, and sees to it that
    /// what was asked for really happened.
    ///
    /// # Errors
    /// When nothing of this merchant can go on: the ledger cannot be used, or a key is refused.
    /// One return's trouble stops no other; it is in the report.
    pub async fn settle(&self, now: Timestamp) -> Result<SettleReport, BridgeError> {
        self.check_backoff(now)?;
        let result = self.settle_all(now).await;
        self.note_outcome(&result, now);
        result
    }

    /// Ends passes, for a graceful stop: [`Bridge::settle`] finishes the return that it is at and
    /// begins no other, [`Bridge::pull`] ends after a row and leaves the rest to the next pull, and
    /// later passes do nothing. For this value and its clones, for good; webhooks are still taken.
    ///
    /// To drop a pass at once is as safe for the money. But the return that it was at waits for ten
    /// minutes then, and if the answer to a process call was on its way nobody learns it, and a person
    /// may have to look.
    ///
    /// ```
    /// # use ams_loop_bridge::Bridge;
    /// # use loop_client::Timestamp;
    /// # async fn example(bridge: Bridge, now: Timestamp) -> Result<(), Box<dyn std::error::Error>> {
    /// let worker = bridge.clone();
    /// let pass = async move { worker.settle(now).await };
    /// // elsewhere, when the process is asked to end:
    /// bridge.wind_down();
    /// pass.await?; // ends soon
    /// # Ok(())
    /// # }
    /// ```
    pub fn wind_down(&self) {
        self.winding_down.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_winding_down(&self) -> bool {
        self.winding_down.load(Ordering::Relaxed)
    }

    async fn settle_all(&self, now: Timestamp) -> Result<SettleReport, BridgeError> {
        let began = self.clock.elapsed();
        if self.is_winding_down() {
            return Ok(SettleReport::default());
        }
        self.note_epoch().await?;
        self.take_policy_change(now).await?;
        self.take_oms_changes(now).await?;
        let mut report = SettleReport::default();
        let mut seen = BTreeSet::<RmaKey>::new();
        loop {
            let due = self.ledger.due(&self.merchant, now, PAGE).await?;
            let fresh: Vec<Entry> = due
                .into_iter()
                .filter(|entry| seen.insert(entry.key.clone()))
                .collect();
            if fresh.is_empty() || self.is_winding_down() {
                return Ok(report);
            }
            let prepared = self.prepare(fresh, now).await;
            let read_at = prepared.read_at;
            for (entry, known) in prepared.entries {
                if self.is_winding_down() {
                    return Ok(report);
                }
                let key = entry.key.clone();
                let known = self.still_fresh(known, read_at);
                let look = self.look(entry, known, May::Act, self.time(now, began));
                match look.await {
                    Ok(result) => report.looks.push(Look { key, result }),
                    Err(error) if error.stops_the_merchant() => return Err(error),
                    Err(error) => report.failures.push(Failure { key, error }),
                }
            }
        }
    }

    /// What time it is in a pass that began at `now`. Whole seconds are enough.
    pub(super) fn time(&self, now: Timestamp, began: Duration) -> Timestamp {
        let passed = self.clock.elapsed().saturating_sub(began);
        now.plus(Duration::from_secs(passed.as_secs()))
    }

    /// Whether the ledger was last settled by another policy. If so, the next [`Bridge::settle`]
    /// decides anew over everything that rested on it: with [`Policy::process_returns`] switched
    /// on, for instance, all returns are processed that were left while it was off. Ask before the
    /// first pass of a new process, if nobody should be surprised. `false` for a new ledger.
    ///
    /// ```
    /// # async fn example(bridge: ams_loop_bridge::Bridge) -> Result<(), Box<dyn std::error::Error>> {
    /// if bridge.policy_has_changed().await? {
    ///     println!("what was left to the merchant is decided anew");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the ledger cannot be read.
    ///
    /// [`Policy::process_returns`]: crate::Policy::process_returns
    pub async fn policy_has_changed(&self) -> Result<bool, LedgerError> {
        let last = self
            .ledger
            .cursor(&self.merchant, CursorName::Policy)
            .await?;
        Ok(last.is_some_and(|last| last != self.policy.digest()))
    }

    /// Returns that were left to the merchant, or that the warehouse was not to expect, are looked
    /// at again when the policy has changed.
    async fn take_policy_change(&self, now: Timestamp) -> Result<(), BridgeError> {
        let enabled = self.policy.digest();
        let before = self
            .ledger
            .cursor(&self.merchant, CursorName::Policy)
            .await?;
        if before.as_ref() == Some(&enabled) {
            return Ok(());
        }
        if before.is_some() {
            self.look_again_after_a_policy_change(now).await?;
        }
        self.ledger
            .store_cursor(&self.merchant, CursorName::Policy, &enabled)
            .await?;
        Ok(())
    }

    async fn look_again_after_a_policy_change(&self, now: Timestamp) -> Result<(), LedgerError> {
        let mut after = None;
        loop {
            let entries = self.next_entries(&mut after).await?;
            if entries.is_empty() {
                return Ok(());
            }
            for entry in entries {
                let decision = entry.decision.as_ref();
                if decision.is_some_and(|decision| rests_on_the_policy(&decision.reason)) {
                    self.note_oms_news(entry.key.rma_number, now).await?;
                }
            }
        }
    }

    /// Notes which RMAs changed. The cursor moves only when that is written down.
    async fn take_oms_changes(&self, now: Timestamp) -> Result<(), BridgeError> {
        let stored = self
            .ledger
            .cursor(&self.merchant, CursorName::OmsChanges)
            .await?;
        let mut cursor = stored.map(ams_oms_client::ChangeCursor::new);
        // A feed that never ends must not keep what is due waiting; the next pass goes on with it.
        for _ in 0..PAGES {
            if self.is_winding_down() {
                return Ok(());
            }
            let page = match self
                .oms
                .changes(&self.merchant, cursor.as_ref(), PAGE)
                .await
            {
                Ok(page) => page,
                Err(OmsError::CursorLost) if cursor.is_some() => {
                    cursor = None;
                    continue;
                }
                Err(error) if error.is_retryable() => {
                    // What is due all the same can still be settled.
                    tracing::warn!(%error, "the OMS's changes could not be read");
                    return Ok(());
                }
                Err(error @ OmsError::Auth { .. }) => return Err(error.into()),
                // Without a feed, or with one that makes no sense, every RMA may have changed.
                Err(error) => {
                    tracing::debug!(%error, "the OMS has no feed of changes to go by");
                    return self.compare_versions(now).await;
                }
            };
            for change in &page.changes {
                match self.note_oms_news(change.rma_number, now).await {
                    Err(error) if error.is_about_one_entry() => {
                        let return_id = change.rma_number.get();
                        tracing::error!(return_id, %error, "an entry of the ledger is left alone");
                    }
                    noted => noted?,
                }
            }
            let next = page.next.as_str();
            self.ledger
                .store_cursor(&self.merchant, CursorName::OmsChanges, next)
                .await?;
            if !page.more || cursor.as_ref() == Some(&page.next) {
                return Ok(());
            }
            cursor = Some(page.next);
        }
        Ok(())
    }

    pub(super) async fn note_oms_news(
        &self,
        number: RmaNumber,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let key = RmaKey::new(self.merchant.clone(), number);
        let first = || Entry::adopted(key.clone(), now);
        self.hear(&key, first, |entry| entry.note_oms_news(now))
            .await
            .map(drop)
    }

    /// Reads every RMA that may still change, and notes those that have.
    async fn compare_versions(&self, now: Timestamp) -> Result<(), BridgeError> {
        let mut after = None;
        loop {
            let entries = self.next_entries(&mut after).await?;
            if entries.is_empty() {
                return Ok(());
            }
            for entry in entries {
                if self.is_winding_down() {
                    return Ok(());
                }
                let settled = entry.settlement.as_ref();
                let is_final = settled.is_some_and(|it| now.since(it.at) > CORRECTED_WITHIN);
                if entry.rma != RmaRecord::Made || is_final {
                    continue;
                }
                let version = match self.oms.get_rma(&entry.key).await {
                    Ok(snapshot) => snapshot.map(|rma| rma.version),
                    Err(error @ OmsError::Auth { .. }) => return Err(error.into()),
                    Err(error) if error.is_retryable() => {
                        // What is due all the same can still be settled.
                        tracing::warn!(%error, "the OMS's RMAs could not be read");
                        return Ok(());
                    }
                    Err(error) => {
                        let return_id = entry.key.rma_number.get();
                        tracing::warn!(return_id, %error, "the RMA could not be read");
                        continue;
                    }
                };
                if version != entry.rma_version {
                    let first = || entry.clone();
                    // Noted once: a look that fails comes again by itself, later and later.
                    self.hear(&entry.key, first, |stored| {
                        stored.rma_version.clone_from(&version);
                        stored.note_oms_news(now);
                    })
                    .await?;
                }
            }
        }
    }

    /// The next entries after `after`, which goes on with them; none at the end.
    pub(super) async fn next_entries(
        &self,
        after: &mut Option<RmaNumber>,
    ) -> Result<Vec<Entry>, LedgerError> {
        let entries = self.ledger.list(&self.merchant, *after, PAGE).await?;
        *after = entries.last().map(|last| last.key.rma_number).or(*after);
        Ok(entries)
    }

    /// Puts away the entries of returns that were settled before `before`, so that what is listed
    /// and compared stays small. What was sent for them is still known: news bring them back. One
    /// that was not processed never is any more; a person decides over it.
    ///
    /// Gives back how many there were.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn archive(&self, before: Timestamp) -> Result<u64, BridgeError> {
        let (mut archived, mut after) = (0, None);
        loop {
            let entries = self.next_entries(&mut after).await?;
            if entries.is_empty() {
                return Ok(archived);
            }
            for mut entry in entries {
                let settled = entry.settlement.as_ref().is_some_and(|it| it.at < before);
                if !settled || entry.due_at().is_some() {
                    continue;
                }
                // Nothing compares what is put away with a restored copy, so it is no ground for
                // a process call any more.
                if entry.process == ProcessRecord::NotSent {
                    entry.doubt_process();
                    if self.ledger.store(&entry).await? == Stored::Stale {
                        continue;
                    }
                    entry.revision = entry.revision.saturating_add(1);
                }
                let stored = self.ledger.archive(&entry).await?;
                archived += u64::from(stored == Stored::Yes);
            }
        }
    }
}

/// Whether another policy could lead to another answer. Of a return that Loop is done with it does
/// not matter.
fn rests_on_the_policy(reason: &Reason) -> bool {
    match reason {
        Reason::ProcessingDisabled | Reason::OutcomeLeftToMerchant => true,
        Reason::NotOwed(why) => !matches!(
            why,
            NotOwed::Closed | NotOwed::Cancelled | NotOwed::Expired | NotOwed::UnknownToLoop
        ),
        _ => false,
    }
}
