//! What came of the returns, by decision, as the ledger knows it. So it is the same after one run
//! as after several that were interrupted.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::mem;
use std::time::Duration;

use ams_loop_bridge::ledger::{Entry, Ledger, Outcome, RmaRecord};
use ams_loop_bridge::{Action, Decision, ProcessRecord, WouldDo};
use loop_client::ReturnId;

use crate::job::Job;
use crate::state::Work;
use crate::{chunks, with_causes};

/// What came of a return, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Became {
    Processed,
    ToldToProcess,
    Flagged,
    LeftToAPerson,
    RmaWaits,
    Waits,
    Closed,
    NotOwed,
    Failed,
}

impl fmt::Display for Became {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Processed => "processed",
            Self::ToldToProcess => "told to process",
            Self::Flagged => "flagged",
            Self::LeftToAPerson => "left to a person",
            Self::RmaWaits => "RMA made, waits",
            Self::Waits => "waits",
            Self::Closed => "nothing to do",
            Self::NotOwed => "no RMA owed",
            Self::Failed => "failed",
        })
    }
}

/// The table, and what else there is to know.
#[derive(Debug)]
pub(crate) struct Summary {
    rows: BTreeMap<(Became, String), u64>,
    /// Returns that have an RMA.
    rmas: u64,
    /// Returns that the ledger heard of since the backfill began.
    new: u64,
    left: usize,
    failures: Vec<(ReturnId, String)>,
    unreadable: Vec<String>,
    besides: usize,
    calls: u64,
    waited: Duration,
}

impl Summary {
    /// Reads the ledger. What had failed and has been done since counts as done.
    pub(crate) async fn gather(
        job: &Job,
        ledger: &dyn Ledger,
        work: &mut Work,
        besides: usize,
    ) -> Self {
        let mut summary = Self {
            rows: BTreeMap::new(),
            rmas: 0,
            new: 0,
            left: work.left.len(),
            failures: Vec::new(),
            unreadable: work.unreadable.clone(),
            besides,
            calls: job.meter.calls(),
            waited: job.meter.waited(),
        };
        let (done, failed) = (mem::take(&mut work.done), mem::take(&mut work.failed));
        let ids = done.into_iter().map(|id| (id, true));
        for (id, was_done) in ids.chain(failed.into_iter().map(|id| (id, false))) {
            let entry = match ledger.load(&job.key(id)).await {
                Ok(Some(entry)) => Ok(entry),
                Ok(None) => Err("the ledger has not heard of it".to_owned()),
                Err(error) => Err(with_causes(&error)),
            };
            let fault = |entry: &Entry| match was_done {
                // News that came since are not this backfill's.
                true => chunks::failure(entry),
                false => chunks::unfinished(entry, (job.now)()),
            };
            match entry.and_then(|entry| fault(&entry).map_or(Ok(entry), Err)) {
                Ok(entry) => {
                    work.done.push(id);
                    summary.rmas += u64::from(entry.rma == RmaRecord::Made);
                    summary.new += u64::from(entry.first_seen >= work.began);
                    let (became, why) = became(&entry);
                    summary.count(became, why, 1);
                }
                Err(why) => {
                    work.failed.push(id);
                    summary.count(Became::Failed, "see below".to_owned(), 1);
                    summary.failures.push((id, why));
                }
            }
        }
        for (why, returns) in &work.not_owed {
            summary.count(Became::NotOwed, why.clone(), *returns);
        }
        summary
    }

    fn count(&mut self, became: Became, why: String, returns: u64) {
        *self.rows.entry((became, why)).or_default() += returns;
    }

    /// For people. `would_do` is what a dry run would have sent.
    pub(crate) fn text(&self, would_do: Option<&[WouldDo]>) -> String {
        let mut text = String::new();
        // Nothing fails that is written to a text.
        self.write(&mut text, would_do).ok();
        text.truncate(text.trim_end().len());
        text
    }

    fn write(&self, text: &mut String, would_do: Option<&[WouldDo]>) -> fmt::Result {
        if would_do.is_some() {
            writeln!(text, "What would come of the returns:\n")?;
        }
        writeln!(text, "{:>7}  {:<16}  why", "returns", "outcome")?;
        for ((became, why), returns) in &self.rows {
            writeln!(text, "{returns:>7}  {became:<16}  {why}")?;
        }
        let total: u64 = self.rows.values().sum();
        writeln!(text, "{total:>7}  in all")?;
        if self.left > 0 {
            writeln!(text, "{:>7}  left", self.left)?;
        }
        let Self { rmas, new, .. } = self;
        writeln!(text, "\nWith an RMA: {rmas}. New to the ledger: {new}.")?;
        if self.besides > 0 {
            let besides = self.besides;
            writeln!(
                text,
                "Other returns that were due, and looked at besides: {besides}."
            )?;
        }
        writeln!(
            text,
            "Calls to Loop in this run: {}. Waited for its call limit: {} s.",
            self.calls,
            self.waited.as_secs(),
        )?;
        for (id, why) in &self.failures {
            writeln!(text, "failed {id}: {why}")?;
        }
        for row in &self.unreadable {
            writeln!(text, "unreadable: {row}")?;
        }
        for effect in would_do.into_iter().flatten() {
            writeln!(text, "would {effect}")?;
        }
        if would_do.is_some_and(<[WouldDo]>::is_empty) {
            writeln!(text, "would do nothing")?;
        }
        Ok(())
    }
}

/// What the ledger says of a return, and why.
fn became(entry: &Entry) -> (Became, String) {
    let why = |decision: Option<&Decision>| {
        let why = decision.map(|decision| decision.explanation.clone());
        why.unwrap_or_default()
    };
    let decided = || why(entry.decision.as_ref());
    // Of what was sent to Loop, the reason for it tells more than a later look at it.
    let sent = || why(entry.acted_on.as_ref().or(entry.decision.as_ref()));
    if let Some(settled) = &entry.settlement {
        return match settled.outcome {
            Outcome::Processed => (Became::Processed, sent()),
            Outcome::Flagged => (Became::Flagged, sent()),
            Outcome::Escalated => (Became::LeftToAPerson, decided()),
            _ if entry.rma == RmaRecord::NotOwed => (Became::NotOwed, decided()),
            _ => (Became::Closed, decided()),
        };
    }
    // Loop has yet to show it.
    let action = entry.decision.as_ref().map(|decision| decision.action);
    match (&entry.process, action, entry.rma) {
        (ProcessRecord::Unknown { .. } | ProcessRecord::Accepted { .. }, ..) => {
            (Became::ToldToProcess, sent())
        }
        (_, Some(Action::Flag), _) => (Became::Flagged, sent()),
        (_, _, RmaRecord::Made) => (Became::RmaWaits, waits(entry)),
        _ => (Became::Waits, waits(entry)),
    }
}

fn waits(entry: &Entry) -> String {
    entry.waiting_for.clone().unwrap_or_default()
}
