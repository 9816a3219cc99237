//! What there is to say of a merchant's returns, for the page: taken from the ledger and from the
//! last reconciliation now and then, so that many readers cost one scan.
//!
//! The ledger holds ids, counts, states and reasons, and nothing about a person; nor does this.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, BinaryHeap};
use std::num::NonZeroU32;

use ams_loop_bridge::ledger::{Entry, Ledger, LedgerError, Outcome};
use ams_loop_bridge::{FindingKind, Reason, Reconciliation};
use ams_oms_client::{MerchantId, RmaKey, RmaNumber};
use loop_client::Timestamp;

/// Rows that are kept of a section. Nobody reads more at once, and the count says how many there
/// are.
pub(crate) const ROWS: usize = 100;
/// Entries that are read at once.
const PAGE: NonZeroU32 = NonZeroU32::new(200).expect("not zero");
/// Characters of an explanation that are kept. Some of it are words of Loop's or the warehouse's.
const LONGEST: usize = 600;

/// What the page shows of one merchant.
#[derive(Debug, Clone, Default)]
pub(crate) struct MerchantOverview {
    pub(crate) merchant: String,
    /// Of the last scan; `None` before the first.
    pub(crate) taken_at: Option<Timestamp>,
    /// Why nothing of this merchant goes on now, if so: key refused, ledger gone.
    pub(crate) trouble: Option<String>,
    pub(crate) last_pull: Option<Timestamp>,
    pub(crate) last_settle: Option<Timestamp>,
    /// When both sides were last held against each other.
    pub(crate) compared_at: Option<Timestamp>,
    /// Returns that are not settled.
    pub(crate) open: u64,
    /// When the oldest of them was first heard of.
    pub(crate) oldest_open: Option<Timestamp>,
    pub(crate) waiting: Section,
    pub(crate) flagged: Section,
    pub(crate) escalated: Section,
    /// All is well, and the policy leaves processing to the merchant.
    pub(crate) by_hand: Section,
    pub(crate) owed: Section,
    pub(crate) stale: Section,
    pub(crate) odd: Section,
    /// Why the last scan did not get to the end of the ledger, if so.
    pub(crate) cut_short: Option<String>,
    /// Rows of Loop's list that the last comparison could not read.
    pub(crate) unreadable: u64,
}

/// The oldest rows of a kind, and how many there are in all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Section {
    pub(crate) total: u64,
    /// The oldest first.
    pub(crate) rows: Vec<Row>,
}

/// One return. The order is the one on the page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) since: Timestamp,
    pub(crate) return_id: u64,
    pub(crate) explanation: String,
}

/// What a scan of the ledger tells.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    taken_at: Option<Timestamp>,
    open: u64,
    oldest_open: Option<Timestamp>,
    waiting: Section,
    flagged: Section,
    escalated: Section,
    by_hand: Section,
    cut_short: Option<String>,
}

/// What a reconciliation tells.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    compared_at: Option<Timestamp>,
    owed: Section,
    stale: Section,
    odd: Section,
    unreadable: u64,
}

impl MerchantOverview {
    /// Puts what a scan found in the place of what the one before it did.
    pub(crate) fn take_scan(&mut self, scanned: Scanned) {
        self.taken_at = scanned.taken_at;
        self.open = scanned.open;
        self.oldest_open = scanned.oldest_open;
        self.waiting = scanned.waiting;
        self.flagged = scanned.flagged;
        self.escalated = scanned.escalated;
        self.by_hand = scanned.by_hand;
        self.cut_short = scanned.cut_short;
    }

    /// Puts what a reconciliation found in the place of what the one before it did.
    pub(crate) fn take_findings(&mut self, findings: Findings) {
        self.compared_at = findings.compared_at;
        self.owed = findings.owed;
        self.stale = findings.stale;
        self.odd = findings.odd;
        self.unreadable = findings.unreadable;
    }

    /// The returns that the last comparison found owed or stale, and when that was.
    pub(crate) fn found(&self) -> Option<(Timestamp, BTreeSet<u64>)> {
        let rows = self.owed.rows.iter().chain(&self.stale.rows);
        let found: BTreeSet<u64> = rows.map(|row| row.return_id).collect();
        Some((self.compared_at?, found))
    }

    /// Takes those away that were settled since, unless there was another comparison.
    pub(crate) fn forget(&mut self, compared_at: Timestamp, settled: &BTreeSet<u64>) {
        if self.compared_at != Some(compared_at) {
            return;
        }
        for section in [&mut self.owed, &mut self.stale] {
            let before = section.rows.len();
            section.rows.retain(|row| !settled.contains(&row.return_id));
            let gone = before.saturating_sub(section.rows.len());
            let gone = u64::try_from(gone).unwrap_or(u64::MAX);
            section.total = section.total.saturating_sub(gone);
        }
    }
}

/// Scans the ledger by pages; memory does not grow with the ledger.
///
/// # Errors
/// When the ledger cannot be read. One entry of it that cannot be is no error: what was read
/// before it counts, and the page says so.
pub(crate) async fn scan(
    ledger: &dyn Ledger,
    merchant: &MerchantId,
    now: Timestamp,
) -> Result<Scanned, LedgerError> {
    let mut scanned = Scanned {
        taken_at: Some(now),
        ..Scanned::default()
    };
    let (mut waiting, mut flagged) = (Oldest::default(), Oldest::default());
    let (mut escalated, mut by_hand) = (Oldest::default(), Oldest::default());
    let mut after = None;
    loop {
        let entries = match ledger.list(merchant, after, PAGE).await {
            Ok(entries) => entries,
            Err(error) if error.is_about_one_entry() => {
                scanned.cut_short = Some(bounded(&error.to_string()));
                break;
            }
            Err(error) => return Err(error),
        };
        let Some(last) = entries.last() else { break };
        after = Some(last.key.rma_number);
        for entry in &entries {
            let id = entry.key.rma_number.get();
            let Some(settlement) = &entry.settlement else {
                scanned.open = scanned.open.saturating_add(1);
                let seen = entry.first_seen;
                scanned.oldest_open =
                    Some(scanned.oldest_open.map_or(seen, |oldest| oldest.min(seen)));
                waiting.add(seen, id, || waits_for(entry));
                continue;
            };
            match settlement.outcome {
                Outcome::Flagged => flagged.add(settlement.at, id, || decided(entry)),
                Outcome::Escalated => escalated.add(settlement.at, id, || decided(entry)),
                Outcome::Closed if is_left_to_the_merchant(entry) => {
                    by_hand.add(settlement.at, id, || decided(entry));
                }
                // Nobody has to do anything.
                _ => {}
            }
        }
    }
    scanned.waiting = waiting.into_section();
    scanned.flagged = flagged.into_section();
    scanned.escalated = escalated.into_section();
    scanned.by_hand = by_hand.into_section();
    Ok(scanned)
}

fn is_left_to_the_merchant(entry: &Entry) -> bool {
    entry.decision.as_ref().is_some_and(|decision| {
        matches!(
            decision.reason,
            Reason::ProcessingDisabled | Reason::OutcomeLeftToMerchant
        )
    })
}

/// Which of the returns in `found` were settled since the comparison that found them owed or stale.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) async fn settled_since(
    ledger: &dyn Ledger,
    merchant: &MerchantId,
    (compared_at, found): &(Timestamp, BTreeSet<u64>),
) -> Result<BTreeSet<u64>, LedgerError> {
    let mut settled = BTreeSet::new();
    for number in found.iter().copied().filter_map(RmaNumber::new) {
        let entry = ledger.load(&RmaKey::new(merchant.clone(), number)).await?;
        let settlement = entry.and_then(|entry| entry.settlement);
        if settlement.is_some_and(|it| it.at >= *compared_at) {
            settled.insert(number.get());
        }
    }
    Ok(settled)
}

/// Sorts what a reconciliation found at `at`. A finding has no age of its own.
pub(crate) fn findings(report: &Reconciliation, at: Timestamp) -> Findings {
    let (mut owed, mut stale, mut odd) = (Oldest::default(), Oldest::default(), Oldest::default());
    for finding in &report.findings {
        let section = match finding.kind {
            FindingKind::Owed => &mut owed,
            FindingKind::Stale => &mut stale,
            // What is not known here is for a person as well.
            _ => &mut odd,
        };
        section.add(at, finding.key.rma_number.get(), || {
            finding.explanation.clone()
        });
    }
    Findings {
        compared_at: Some(at),
        owed: owed.into_section(),
        stale: stale.into_section(),
        odd: odd.into_section(),
        unreadable: u64::try_from(report.unreadable.len()).unwrap_or(u64::MAX),
    }
}

/// Keeps the oldest rows of however many; the youngest of them is on top of the heap.
#[derive(Debug, Default)]
struct Oldest {
    total: u64,
    rows: BinaryHeap<Row>,
}

impl Oldest {
    fn add(&mut self, since: Timestamp, return_id: u64, explanation: impl FnOnce() -> String) {
        self.total = self.total.saturating_add(1);
        let is_full = self.rows.len() >= ROWS;
        let is_younger = |top: &Row| (top.since, top.return_id) <= (since, return_id);
        if is_full && self.rows.peek().is_some_and(is_younger) {
            return;
        }
        if is_full {
            self.rows.pop();
        }
        self.rows.push(Row {
            since,
            return_id,
            explanation: bounded(&explanation()),
        });
    }

    fn into_section(self) -> Section {
        Section {
            total: self.total,
            rows: self.rows.into_sorted_vec(),
        }
    }
}

fn waits_for(entry: &Entry) -> String {
    let what = entry.waiting_for.as_deref().map(str::trim);
    what.filter(|what| !what.is_empty())
        .unwrap_or("what it waits for is not written down")
        .to_owned()
}

/// Why a settled return ended as it did. Which line it is about stands in the note only, and the
/// note with the decision that sent it, which may be an earlier one on the same facts.
fn decided(entry: &Entry) -> String {
    let Some(decision) = &entry.decision else {
        return "why is not written down".to_owned();
    };
    let sent = entry.acted_on.as_ref();
    let note = decision.note.as_deref().or_else(|| {
        sent.filter(|sent| sent.fingerprint == decision.fingerprint)?
            .note
            .as_deref()
    });
    // A note is a headline, which says what the explanation says, and then line by line.
    match note.and_then(|note| note.split_once(". ")) {
        Some((_headline, lines)) => format!("{}: {lines}", decision.explanation),
        None => decision.explanation.clone(),
    }
}

fn bounded(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some(_) => text.chars().take(LONGEST - 1).chain(['…']).collect(),
    }
}
