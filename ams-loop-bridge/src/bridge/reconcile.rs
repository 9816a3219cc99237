//! Both sides and the ledger held against each other, whatever anybody has said of changes.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use ams_oms_client::{OmsError, RmaKey, RmaNumber, RmaSnapshot};
use loop_client::{Return, ReturnState, ReturnsQuery, Timestamp};

use super::{Bridge, BridgeError, SHOWN_BY_A_PULL, with_causes};
use crate::decide::{Action, EffectStatus, ProcessRecord, decide, process_status};
use crate::ledger::{Entry, Outcome, RmaRecord};
use crate::map::{Mapping, RmaPlan, map_return, plan_rma, rma_key};

/// What a reconciliation found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Reconciliation {
    /// Returns of Loop's list that were compared.
    pub compared: u64,
    /// What is not as it should be, once per return and kind.
    pub findings: Vec<Finding>,
    /// Rows that could not be read: where, and what was expected. They hold no personal data.
    pub unreadable: Vec<String>,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Of which return.
    pub key: RmaKey,
    /// What sort of thing.
    pub kind: FindingKind,
    /// What, for a person.
    pub explanation: String,
}

/// What sort of thing a reconciliation found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// Something is to be done that was not done. It is noted, and the next
    /// [`Bridge::settle`] does it.
    Owed,
    /// It waits for longer than it should.
    Stale,
    /// The sides contradict each other, and only a person can tell which is right.
    Odd,
}

/// A look that is so long due was forgotten by the schedule.
const FORGOTTEN: Duration = Duration::from_secs(2 * 3600);
/// What Loop does at all it does in a day.
const LOOP_IS_LATE: Duration = Duration::from_secs(24 * 3600);
/// So many failures in a row are no accident.
const AGAIN_AND_AGAIN: u32 = 5;
const PAGE: NonZeroU32 = NonZeroU32::new(500).expect("not zero");

impl Bridge {
    /// Compares Loop's returns that were submitted between `from` and `to` with the OMS and the
    /// ledger, and lists what is owed, stale or odd. Scope: Returns, and one call for each page of
    /// the list.
    ///
    /// It sends nothing. What is owed is noted, so that the next [`Bridge::settle`] does it; what
    /// is as it should be stays as it is.
    ///
    /// After an older copy of the ledger was put in its place (see
    /// [`Bridge::ledger_is_trusted`]) it also goes through all entries: of a return whose RMA has
    /// had goods the ledger is not believed that nothing was sent, and a person decides over it.
    /// Of the others nothing can have been sent, and processing goes on as before.
    ///
    /// # Errors
    /// When Loop, the OMS or the ledger fails. Then nothing is trusted anew; repeat it.
    pub async fn reconcile(
        &self,
        from: Timestamp,
        to: Timestamp,
        now: Timestamp,
    ) -> Result<Reconciliation, BridgeError> {
        self.check_backoff(now)?;
        self.note_epoch().await?;
        let epoch = self.ledger.epoch().await?;
        let mut report = Reconciliation::default();
        if !self.ledger_is_trusted().await? {
            self.doubt_what_has_begun(&mut report).await?;
        }
        self.adopt_strangers(&mut report, now).await?;
        self.compare_list(from, to, &mut report, now).await?;
        self.list_stale(&mut report, now).await?;
        self.trust(&epoch).await?;
        Ok(report)
    }

    async fn doubt_what_has_begun(&self, report: &mut Reconciliation) -> Result<(), BridgeError> {
        let mut after = None;
        loop {
            let entries = self.next_entries(&mut after).await?;
            if entries.is_empty() {
                return Ok(());
            }
            for entry in entries {
                if entry.process != ProcessRecord::NotSent || entry.rma != RmaRecord::Made {
                    continue;
                }
                let rma = self.oms.get_rma(&entry.key).await?;
                // An RMA that is gone may have had one.
                if rma.as_ref().is_none_or(RmaSnapshot::has_begun) {
                    let first = || entry.clone();
                    self.hear(&entry.key, first, Entry::doubt_process).await?;
                    report.add(&entry.key, FindingKind::Odd, || {
                        "the ledger was restored, and what was sent for this return is not known"
                            .to_owned()
                    });
                }
            }
        }
    }

    /// RMAs that are open in the OMS and that the ledger has never heard of.
    async fn adopt_strangers(
        &self,
        report: &mut Reconciliation,
        now: Timestamp,
    ) -> Result<(), BridgeError> {
        let mut after: Option<RmaNumber> = None;
        loop {
            let page = match self.oms.list_open(&self.merchant, after, PAGE).await {
                Ok(page) => page,
                Err(OmsError::Unsupported { .. }) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(*last);
            for number in page {
                let key = RmaKey::new(self.merchant.clone(), number);
                if self.ledger.load(&key).await?.is_none() {
                    self.note_oms_news(number, now).await?;
                    report.add(&key, FindingKind::Owed, || {
                        "the OMS has an RMA that the ledger had not heard of".to_owned()
                    });
                }
            }
        }
    }

    async fn compare_list(
        &self,
        from: Timestamp,
        to: Timestamp,
        report: &mut Reconciliation,
        now: Timestamp,
    ) -> Result<(), BridgeError> {
        let query = ReturnsQuery::created(from, to);
        let mut met = BTreeSet::new();
        let mut position = None;
        loop {
            let page = self
                .loop_api
                .returns_page(&query, position.as_ref())
                .await?;
            for row in page.rows {
                match row {
                    // Pages may overlap.
                    Ok(ret) if !met.insert(ret.id) => {}
                    Ok(ret) => {
                        report.compared += 1;
                        self.compare(&ret, report, now).await?;
                    }
                    Err(error) => report.unreadable.push(with_causes(&error)),
                }
            }
            position = page.next;
            if position.is_none() {
                return Ok(());
            }
        }
    }

    async fn compare(
        &self,
        ret: &Return,
        report: &mut Reconciliation,
        now: Timestamp,
    ) -> Result<(), BridgeError> {
        let key = rma_key(&self.merchant, ret.id);
        let known = match self.ledger.load(&key).await {
            Err(error) if error.is_about_one_entry() => {
                report.add(&key, FindingKind::Odd, || with_causes(&error));
                return Ok(());
            }
            known => known?,
        };
        let rma = self.oms.get_rma(&key).await?;
        let owed = match &known {
            None => Some("the ledger had not heard of this return".to_owned()),
            Some(entry) => self.what_is_owed(entry, ret, rma.as_ref(), now),
        };
        if let Some(explanation) = owed {
            self.note_news(ret.id, now).await?;
            report.add(&key, FindingKind::Owed, || explanation);
        }
        if let Some(explanation) = known.and_then(|entry| contradiction(&entry, ret)) {
            report.add(&key, FindingKind::Odd, || explanation);
        }
        Ok(())
    }

    /// What would be done about a return that nobody has news of.
    fn what_is_owed(
        &self,
        entry: &Entry,
        ret: &Return,
        rma: Option<&RmaSnapshot>,
        now: Timestamp,
    ) -> Option<String> {
        let soon = now.plus(SHOWN_BY_A_PULL);
        if entry.is_claimed(now) || entry.due_at().is_some_and(|at| at <= soon) {
            // It is being done, or about to be.
            return None;
        }
        let mapping = map_return(&self.merchant, &self.policy, ret);
        if entry.rma != RmaRecord::Made {
            return matches!(mapping, Mapping::Owed { .. })
                .then(|| "it has no RMA, and one is owed".to_owned());
        }
        let history = entry.history(now);
        let decision = decide(&self.policy, ret, rma, &history);
        let plan = plan_rma(&self.policy, &mapping, rma);
        if let RmaPlan::Amend { .. } | RmaPlan::Cancel(_) = plan {
            return Some("the RMA is not what Loop says by now".to_owned());
        }
        let ends = matches!(decision.action, Action::Nothing | Action::Escalate);
        let acts = self.reaches_loop(entry, &decision) || entry.settlement.is_none() && ends;
        acts.then(|| format!("{:?}: {}", decision.action, decision.explanation))
    }

    async fn list_stale(
        &self,
        report: &mut Reconciliation,
        now: Timestamp,
    ) -> Result<(), BridgeError> {
        let mut after = None;
        loop {
            let entries = self.next_entries(&mut after).await?;
            if entries.is_empty() {
                return Ok(());
            }
            for entry in entries {
                if let Some(explanation) = stale(&entry, now) {
                    report.add(&entry.key, FindingKind::Stale, || explanation);
                }
            }
        }
    }
}

impl Reconciliation {
    fn add(&mut self, key: &RmaKey, kind: FindingKind, explanation: impl FnOnce() -> String) {
        self.findings.push(Finding {
            key: key.clone(),
            kind,
            explanation: explanation(),
        });
    }
}

/// Why an entry waits for longer than it should, if it does.
fn stale(entry: &Entry, now: Timestamp) -> Option<String> {
    if entry.settlement.is_some() {
        return None;
    }
    let waits_for = entry.waiting_for.as_deref().unwrap_or("nothing");
    let sent = match entry.process {
        ProcessRecord::Unknown { since } | ProcessRecord::Accepted { since } => Some(since),
        _ => entry.flag_unseen_since,
    };
    if let Some(due) = entry.due_at().filter(|due| now.since(*due) >= FORGOTTEN) {
        return Some(format!(
            "it was to be looked at {due}; waits for {waits_for}"
        ));
    }
    if entry.failures >= AGAIN_AND_AGAIN {
        let failures = entry.failures;
        return Some(format!(
            "{failures} looks in a row have failed: {waits_for}"
        ));
    }
    let since = sent.filter(|since| now.since(*since) >= LOOP_IS_LATE)?;
    Some(format!("waits since {since} for {waits_for}"))
}

/// Where the ledger and Loop cannot both be right.
fn contradiction(entry: &Entry, ret: &Return) -> Option<String> {
    let outcome = entry.settlement.as_ref().map(|settled| settled.outcome);
    let state = ret.state.as_ref();
    let name = state.map_or("none", ReturnState::as_str);
    if outcome == Some(Outcome::Processed)
        && process_status(&entry.process, state) != Some(EffectStatus::Done)
    {
        return Some(format!(
            "it was seen processed, and its state in Loop is {name}"
        ));
    }
    None
}
