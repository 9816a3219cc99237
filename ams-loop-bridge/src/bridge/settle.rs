use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use ams_oms_client::{OmsError, RmaKey, RmaNumber, RmaSnapshot, RmaState};
use loop_client::{ErrorKind, Return, Timestamp};

use super::{Bridge, BridgeError, with_causes};
use crate::decide::{
    Action, Decision, ProcessRecord, Reason, decide, is_overdue, next_receiving_look,
};
use crate::ledger::{CursorName, Entry, LedgerError, RmaRecord};
use crate::map::{Mapping, NotOwed, RmaPlan, map_return, plan_rma, return_id_of};

/// A webhook can be ahead of what Loop's API shows, but not by more than this.
const UNKNOWN_TO_LOOP_FOR: Duration = Duration::from_secs(24 * 3600);
/// An OMS can show a new RMA late, but not by more than this.
const SHOWN_LATE: Duration = Duration::from_secs(600);
/// Pages of changes read in one pass.
const PAGES: u32 = 1000;
/// Entries and changes read at once.
const PAGE: NonZeroU32 = NonZeroU32::new(200).expect("not zero");

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

/// What came of a look.
#[derive(Debug)]
#[non_exhaustive]
pub enum LookResult {
    /// Goods are still to come.
    Receiving,
    /// The core decided, and it was carried out.
    Decided(Box<Decision>),
    /// Something changed during the look, so that what was decided may no longer hold: it is
    /// looked at again.
    Overtaken,
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
            if fresh.is_empty() {
                return Ok(report);
            }
            for entry in fresh {
                let (key, news) = (entry.key.clone(), entry.news);
                match self.look(entry, now).await {
                    Ok(result) => report.looks.push(Look { key, result }),
                    Err(error) => {
                        self.note_failure(&key, news, &error, now).await?;
                        if error.stops_the_merchant() {
                            return Err(error);
                        }
                        report.failures.push(Failure { key, error });
                    }
                }
            }
        }
    }

    async fn note_failure(
        &self,
        key: &RmaKey,
        news: u64,
        error: &BridgeError,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let what = with_causes(error);
        tracing::warn!(return_id = key.rma_number.get(), error = %what, "a look failed");
        self.change(key, |entry| entry.note_failure(what.clone(), news, now))
            .await
            .map(drop)
    }

    /// Returns that were left to the merchant, or that the warehouse was not to expect, are looked
    /// at again when the policy has changed.
    async fn take_policy_change(&self, now: Timestamp) -> Result<(), BridgeError> {
        let enabled = self.policy.digest();
        let before = self
            .ledger
            .cursor(&self.merchant, CursorName::Processing)
            .await?;
        if before.as_ref() == Some(&enabled) {
            return Ok(());
        }
        if before.is_some() {
            self.look_again_at(now, |entry| {
                entry
                    .decision
                    .as_ref()
                    .is_some_and(|decision| rests_on_the_policy(&decision.reason))
            })
            .await?;
        }
        self.ledger
            .store_cursor(&self.merchant, CursorName::Processing, &enabled)
            .await?;
        Ok(())
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
                // Without a feed, or with one that makes no sense, every open RMA may have changed.
                Err(error) => {
                    tracing::debug!(%error, "the OMS has no feed of changes to go by");
                    return self
                        .look_again_at(now, |entry| {
                            entry.rma == RmaRecord::Made && entry.settlement.is_none()
                        })
                        .await;
                }
            };
            for change in &page.changes {
                self.note_oms_news(change.rma_number, now).await?;
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

    async fn note_oms_news(&self, number: RmaNumber, now: Timestamp) -> Result<(), LedgerError> {
        let key = RmaKey::new(self.merchant.clone(), number);
        let first = || Entry::adopted(key.clone(), now);
        self.hear(&key, first, |entry| entry.note_oms_news(now))
            .await
            .map(drop)
    }

    async fn look_again_at(
        &self,
        now: Timestamp,
        which: fn(&Entry) -> bool,
    ) -> Result<(), BridgeError> {
        let mut after = None;
        loop {
            let entries = self.ledger.list(&self.merchant, after, PAGE).await?;
            let Some(last) = entries.last() else {
                return Ok(());
            };
            after = Some(last.key.rma_number);
            for entry in entries {
                if which(&entry) {
                    self.note_oms_news(entry.key.rma_number, now).await?;
                }
            }
        }
    }

    /// One look at one return: what do both sides say now, and what follows?
    async fn look(&self, mut entry: Entry, now: Timestamp) -> Result<LookResult, BridgeError> {
        let mut known = None;
        if entry.rma != RmaRecord::Made {
            let Some(ret) = self.ask_loop(&entry, now).await? else {
                return self
                    .conclude(&entry, Decision::not_owed(NotOwed::UnknownToLoop), now)
                    .await;
            };
            match map_return(&self.merchant, &self.policy, &ret) {
                Mapping::Owed { rma, .. } => {
                    let news = entry.news;
                    // News that came meanwhile stay news: only what this look began with is done.
                    entry = Entry {
                        news,
                        ..self.make_rma(&rma, now).await?
                    };
                }
                Mapping::NotOwed { why, .. } => {
                    let decision = Decision::not_owed(why);
                    return self.conclude(&entry, decision, now).await;
                }
                Mapping::Incomplete(_) | Mapping::Contradictory(_) => {
                    let history = entry.history(now);
                    let decision = decide(&self.policy, &ret, None, &history);
                    return self.carry_out(entry, &ret, None, decision, now).await;
                }
            }
            known = Some(ret);
        }
        let mut snapshot = self.oms.get_rma(&entry.key).await?;
        if known.is_none() && !self.needs_loop(&entry, snapshot.as_ref(), now) {
            let news = entry.news;
            let next = next_receiving_look(&self.policy, &entry.history(now));
            let received = snapshot.as_ref().is_some_and(was_received);
            self.change(&entry.key, |e| {
                e.goods_were_received |= received;
                e.note_receiving(next, news, now);
            })
            .await?;
            return Ok(LookResult::Receiving);
        }
        let ret = match known {
            Some(ret) => ret,
            // Not of our making: perhaps Loop has never heard of it.
            None if entry.process == ProcessRecord::NotKnown => {
                let Some(ret) = self.ask_loop(&entry, now).await? else {
                    return self
                        .conclude(&entry, Decision::not_owed(NotOwed::UnknownToLoop), now)
                        .await;
                };
                ret
            }
            None => self.loop_api.get_return(return_id_of(&entry.key)).await?,
        };
        if let Some(before) = &snapshot {
            snapshot = Some(self.bring_up_to_date(&ret, before).await?);
        }
        let mut history = entry.history(now);
        history.rma_was_made = now.since(entry.first_seen) >= SHOWN_LATE;
        let decision = decide(&self.policy, &ret, snapshot.as_ref(), &history);
        let seen = snapshot.map(|rma| rma.version);
        self.carry_out(entry, &ret, seen, decision, now).await
    }

    /// `None` when Loop has not known the return for a day.
    async fn ask_loop(
        &self,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<Option<Return>, loop_client::Error> {
        match self.loop_api.get_return(return_id_of(&entry.key)).await {
            Ok(ret) => Ok(Some(ret)),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound(_))
                    && now.since(entry.first_seen) >= UNKNOWN_TO_LOOP_FOR =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// While goods are on their way and Loop has no news, Loop need not be asked.
    fn needs_loop(&self, entry: &Entry, snapshot: Option<&RmaSnapshot>, now: Timestamp) -> bool {
        let process_is_open = !matches!(
            entry.process,
            ProcessRecord::NotSent | ProcessRecord::NotKnown
        );
        let is_damaged = |snapshot: &RmaSnapshot| {
            self.policy.flag_early && snapshot.lines.iter().any(|line| line.counts.damaged > 0)
        };
        entry.ask_loop
            || process_is_open
            || is_overdue(&self.policy, &entry.history(now))
            || snapshot.is_none_or(|snapshot| {
                snapshot.is_complete()
                    || is_damaged(snapshot)
                    || matches!(snapshot.state, RmaState::Cancelled | RmaState::Unknown)
            })
    }

    /// What changed in Loop after the RMA was made is told to the OMS, while nothing has arrived.
    async fn bring_up_to_date(
        &self,
        ret: &Return,
        snapshot: &RmaSnapshot,
    ) -> Result<RmaSnapshot, OmsError> {
        let mapping = map_return(&self.merchant, &self.policy, ret);
        let changed = match plan_rma(&self.policy, &mapping, Some(snapshot)) {
            RmaPlan::Amend { rma, .. } => self.oms.amend_rma(&rma).await.map(drop),
            RmaPlan::Cancel(why) => self
                .oms
                .cancel_rma(&snapshot.key, &why.to_string())
                .await
                .map(drop),
            RmaPlan::Create(_) | RmaPlan::Keep | RmaPlan::TooLate { .. } => {
                return Ok(snapshot.clone());
            }
        };
        match changed {
            // Too late or impossible: the decision compares with what Loop says now.
            Ok(()) | Err(OmsError::TooLate { .. } | OmsError::Unsupported { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(self
            .oms
            .get_rma(&snapshot.key)
            .await?
            .unwrap_or_else(|| snapshot.clone()))
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

fn was_received(snapshot: &RmaSnapshot) -> bool {
    !snapshot.unexpected.is_empty() || snapshot.lines.iter().any(|it| it.counts.received() > 0)
}

impl Decision {
    /// Nothing is to be received.
    fn not_owed(why: NotOwed) -> Self {
        let reason = Reason::NotOwed(why);
        let facts = crate::Facts::default();
        Self {
            action: Action::Nothing,
            explanation: reason.to_string(),
            reason,
            fingerprint: facts.fingerprint(),
            facts,
            note: None,
        }
    }
}
