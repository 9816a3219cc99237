//! The work itself: some returns at a time are told to the ledger and settled, and then the
//! progress is stored.

use std::collections::HashSet;
use std::time::Duration;

use ams_loop_bridge::ledger::{Entry, Ledger};
use ams_loop_bridge::{Bridge, BridgeError, SettleReport, rma_key};
use ams_oms_client::{OmsError, RmaKey};
use loop_client::{ErrorKind, ReturnId, Timestamp};

use crate::job::Job;
use crate::state::{StateFile, Work};
use crate::with_causes;

/// So many failures in a row are no matter of single returns.
const IN_A_ROW: usize = 5;

/// How often a pass is asked whether it should end.
const LISTEN: Duration = Duration::from_millis(200);

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    Interrupted,
    /// Nothing works, for this reason.
    Trouble(String),
}

/// Some five seconds' worth of calls: so long a clean end takes when the limit is far, and so much
/// is looked at again after a dirty one.
pub(crate) fn size(calls_per_minute: u32) -> usize {
    usize::try_from(calls_per_minute / 12).map_or(1, |size| size.clamp(1, 50))
}

/// What a step came to.
struct Step {
    /// Returns of this step whose look failed although nothing is wrong with them.
    unlucky: usize,
    last_error: Option<String>,
    /// Whether it was stopped, and some of its returns were not looked at.
    is_cut_short: bool,
}

impl Job {
    /// Does what is left. Returns that were looked at because they were due anyway are added to
    /// `besides`.
    pub(crate) async fn work_off(
        &self,
        bridge: &Bridge,
        file: Option<&StateFile>,
        work: &mut Work,
        besides: &mut HashSet<RmaKey>,
    ) -> Result<End, String> {
        let ours: HashSet<RmaKey> = work.ids().map(|id| self.key(id)).collect();
        let mut in_a_row = 0;
        while !work.left.is_empty() {
            if (self.stop)() {
                return Ok(End::Interrupted);
            }
            let ids: Vec<ReturnId> = work.left.iter().take(self.chunk).copied().collect();
            let step = match self.step(bridge, &ids, &ours, besides).await {
                Ok(step) => step,
                // The progress stays as it is: this step is not done.
                Err(error) => return Ok(End::Trouble(with_causes(&error))),
            };
            let mut not_begun = Vec::new();
            for id in &ids {
                if self.is_done(bridge.ledger(), *id).await {
                    work.done.push(*id);
                } else if step.is_cut_short {
                    not_begun.push(*id);
                } else {
                    work.failed.push(*id);
                }
            }
            work.left.splice(..ids.len(), not_begun);
            if let Some(file) = file {
                file.save(work)?;
            }
            let looked_at = work.done.len() + work.failed.len();
            let waited = self.meter.waited();
            self.progress.worked(looked_at, work.total(), waited);
            in_a_row = if step.unlucky == ids.len() {
                in_a_row + step.unlucky
            } else {
                0
            };
            if let (true, Some(error)) = (in_a_row >= IN_A_ROW, step.last_error) {
                return Ok(End::Trouble(error));
            }
        }
        Ok(End::Done)
    }

    async fn step(
        &self,
        bridge: &Bridge,
        ids: &[ReturnId],
        ours: &HashSet<RmaKey>,
        besides: &mut HashSet<RmaKey>,
    ) -> Result<Step, BridgeError> {
        let now = (self.now)();
        let keys: HashSet<RmaKey> = ids.iter().map(|id| self.key(*id)).collect();
        for id in ids {
            match bridge.note_news(*id, now).await {
                // It fails by itself, and is told of in the end.
                Err(error) if error.is_about_one_entry() => {}
                told => told?,
            }
        }
        let (report, is_cut_short) = self.settle(bridge, now).await;
        let report = report?;
        let failed = report.failures.iter().map(|failure| &failure.key);
        let looked_at = report.looks.iter().map(|look| &look.key).chain(failed);
        besides.extend(looked_at.filter(|key| !ours.contains(key)).cloned());
        let unlucky: Vec<&BridgeError> = report
            .failures
            .iter()
            .filter(|failure| keys.contains(&failure.key))
            .map(|failure| &failure.error)
            .filter(|error| passes(error))
            .collect();
        Ok(Step {
            unlucky: unlucky.len(),
            last_error: unlucky.last().map(|error| with_causes(*error)),
            is_cut_short,
        })
    }

    /// A pass, which ends after the return that it is at when somebody wants it to stop. Says
    /// whether it did.
    async fn settle(
        &self,
        bridge: &Bridge,
        now: Timestamp,
    ) -> (Result<SettleReport, BridgeError>, bool) {
        let pass = bridge.settle(now);
        let mut pass = std::pin::pin!(pass);
        let mut is_cut_short = false;
        loop {
            tokio::select! {
                report = &mut pass => return (report, is_cut_short),
                () = tokio::time::sleep(LISTEN), if !is_cut_short => {
                    if (self.stop)() {
                        bridge.wind_down();
                        is_cut_short = true;
                    }
                }
            }
        }
    }

    async fn is_done(&self, ledger: &dyn Ledger, id: ReturnId) -> bool {
        let loaded = ledger.load(&self.key(id)).await;
        matches!(loaded, Ok(Some(entry)) if unfinished(&entry, (self.now)()).is_none())
    }

    pub(crate) fn key(&self, id: ReturnId) -> RmaKey {
        rma_key(&self.asked.merchant, id)
    }
}

/// Why the return is not done with, if so.
pub(crate) fn unfinished(entry: &Entry, now: Timestamp) -> Option<String> {
    if let Some(until) = entry.claimed_until.filter(|until| *until > now) {
        let until = Timestamp::from_unix_seconds(until.unix_seconds());
        let who = "another worker, alive or dead, has it until";
        return Some(format!("{who} {until}"));
    }
    let is_due = || entry.due_at().is_some_and(|due| due <= now);
    let news = || "there is news of it that is still to be looked at".to_owned();
    failure(entry).or_else(|| is_due().then(news))
}

/// Why the last look at it failed, if it did.
pub(crate) fn failure(entry: &Entry) -> Option<String> {
    let why = || entry.waiting_for.clone().unwrap_or_default();
    (entry.failures > 0).then(why)
}

/// Whether nothing is wrong with the return itself.
fn passes(error: &BridgeError) -> bool {
    match error {
        BridgeError::Loop(error) => matches!(
            error.kind(),
            ErrorKind::RateLimited | ErrorKind::Server(_) | ErrorKind::Transport(_)
        ),
        BridgeError::Oms(error) => matches!(error, OmsError::Transient { .. }),
        _ => false,
    }
}
