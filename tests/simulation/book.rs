//! The ledger: what is durable, and the port to it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use ams_loop_bridge::ProcessRecord;
use ams_loop_bridge::ledger::{CursorName, Entry, Ledger, LedgerError, MemoryLedger, Stored};
use ams_oms_client::{MerchantId, RmaKey, RmaNumber};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use loop_client::Timestamp;

use super::cut::How;
use super::outage::Side;
use super::planted::Plant;
use super::sim::{Effect, Shared, Sim, at};

/// Survives every crash.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) entries: BTreeMap<u64, Entry>,
    archived: BTreeSet<u64>,
    /// How often an older copy was put in its place.
    pub(crate) restored: u64,
    cursors: BTreeMap<&'static str, String>,
    copy: Option<Copy>,
    /// What several merchants share, if they do: it has to show each exactly what is here.
    pub(crate) common: Option<MemoryLedger>,
}

#[derive(Debug, Clone)]
struct Copy {
    entries: BTreeMap<u64, Entry>,
    archived: BTreeSet<u64>,
    cursors: BTreeMap<&'static str, String>,
}

impl Book {
    fn listed(&self, from: u64) -> impl Iterator<Item = &Entry> {
        let listed = |(id, _): &(&u64, &Entry)| !self.archived.contains(id);
        self.entries
            .range(from..)
            .filter(listed)
            .map(|(_, entry)| entry)
    }

    pub(crate) fn copy(&mut self) {
        self.copy = Some(Copy {
            entries: self.entries.clone(),
            archived: self.archived.clone(),
            cursors: self.cursors.clone(),
        });
    }

    /// Whether there was a copy to put in its place.
    pub(crate) fn restore(&mut self) -> bool {
        let Some(copy) = self.copy.take() else {
            return false;
        };
        self.entries = copy.entries;
        self.archived = copy.archived;
        self.cursors = copy.cursors;
        self.restored += 1;
        true
    }

    /// A planted bug: the pull counts as done before its pages are.
    pub(crate) fn jump_cursor(&mut self, to: i64) {
        let name = CursorName::LoopReturns.as_str();
        self.cursors.insert(name, at(to).to_string());
        let name = CursorName::LoopAsn.as_str();
        self.cursors.insert(name, at(to).to_string());
    }
}

#[derive(Debug, Clone)]
pub(crate) struct LedgerPort(pub(crate) Shared);

fn busy() -> LedgerError {
    LedgerError::Unavailable {
        what: "simulated",
        source: None,
    }
}

impl Sim {
    /// Compares and swaps.
    pub(crate) fn store(&mut self, entry: &Entry) -> bool {
        let id = entry.key.rma_number.get();
        let known = self.book.entries.get(&id);
        let stored = known.map_or(0, |known| known.revision);
        if stored != entry.revision && !self.has(Plant::EveryWriterWins) {
            return false;
        }
        if self.has(Plant::IntentIsNotStored)
            && matches!(entry.process, ProcessRecord::Unknown { .. })
        {
            return true;
        }
        if self.has(Plant::AcknowledgesLostWrites) && self.rng.chance(200) {
            return true;
        }
        let mut next = entry.clone();
        next.revision = stored + 1;
        if self.has(Plant::FailureReArms) && next.process == ProcessRecord::Failed {
            next.process = ProcessRecord::NotSent;
        }
        if self.has(Plant::ReasonIsNotStored) {
            next.waiting_for = None;
        }
        let before = known.cloned();
        self.cuts.last = self.cuts.seen;
        self.note("ledger stores", id, || {
            format!(
                "r{} {:?} {:?}",
                next.revision, next.process, next.waiting_for
            )
        });
        self.share_entry(&next);
        self.book.entries.insert(id, next);
        self.book.archived.remove(&id);
        self.watch_claim(id, before.as_ref());
        self.watch_store(id);
        true
    }

    fn shown(&self, entry: &Entry) -> Entry {
        let mut entry = entry.clone();
        let sent = matches!(
            entry.process,
            ProcessRecord::Unknown { .. } | ProcessRecord::Accepted { .. }
        );
        if sent && self.has(Plant::UnknownIsSentAgain) {
            entry.process = ProcessRecord::NotSent;
        }
        if self.has(Plant::ClaimsAreNotSeen) || self.has(Plant::FenceIsNotSeen) {
            entry.claimed_until = None;
        }
        if self.has(Plant::FenceIsNotSeen) {
            entry.fence = 0;
        }
        entry
    }
}

impl LedgerPort {
    async fn read<T>(&self, read: impl FnOnce(&mut Sim) -> T) -> Result<T, LedgerError> {
        let cut = self.0.boundary(false).await;
        self.0.pause(0).await;
        if cut == Some(How::After) {
            self.0.die().await;
        }
        self.0.with(|sim| {
            let fails = sim.faults.read_fails;
            let out = sim.is_out(Side::Ledger) || cut.is_some();
            if out || sim.rng.chance(fails) {
                sim.note("ledger read fails", 0, String::new);
                return Err(busy());
            }
            Ok(read(sim))
        })
    }

    /// Whether a write fails before or after it took place.
    fn trouble(&self) -> (bool, bool) {
        self.0.with(|sim| {
            let (fails, lies) = (sim.faults.store_fails, sim.faults.store_lies);
            let out = sim.is_out(Side::Ledger) || sim.is_out(Side::LedgerIsReadOnly);
            (out || sim.rng.chance(fails), sim.rng.chance(lies))
        })
    }
}

#[async_trait]
impl Ledger for LedgerPort {
    async fn load(&self, key: &RmaKey) -> Result<Option<Entry>, LedgerError> {
        let id = key.rma_number.get();
        self.read(|sim| {
            let known = sim.book.entries.get(&id).cloned();
            if let Some(common) = sim.book.common.clone() {
                let shown = common.load(key).now_or_never();
                sim.shows(shown, &known);
            }
            known.map(|entry| sim.shown(&entry))
        })
        .await
    }

    async fn store(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        let cut = self.0.boundary(true).await;
        let (before, after) = self.trouble();
        let after = after || cut == Some(How::Lost);
        let effect = (!before).then(|| Effect::Store(Box::new(entry.clone())));
        self.0.travel(0, effect.as_ref()).await;
        if before {
            return Err(busy());
        }
        let stored = self.0.with(|sim| sim.store(entry));
        if cut == Some(How::After) {
            self.0.die().await;
        }
        self.0.pause(0).await;
        match (after, stored) {
            (true, _) => Err(busy()),
            (false, true) => Ok(Stored::Yes),
            (false, false) => Ok(Stored::Stale),
        }
    }

    async fn due(
        &self,
        merchant: &MerchantId,
        now: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        self.read(|sim| {
            let is_due = |entry: &&Entry| entry.due_at().is_some_and(|at| at <= now);
            let mut due: Vec<&Entry> = sim.book.listed(0).filter(is_due).collect();
            due.sort_by_key(|entry| (entry.due_at(), entry.key.rma_number));
            due.truncate(usize::try_from(limit.get()).unwrap_or(usize::MAX));
            let due: Vec<Entry> = due.into_iter().cloned().collect();
            if let Some(common) = sim.book.common.clone() {
                let shown = common.due(merchant, now, limit).now_or_never();
                sim.shows(shown, &due);
            }
            due.iter().map(|entry| sim.shown(entry)).collect()
        })
        .await
    }

    async fn list(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        self.read(|sim| {
            let from = after.map_or(0, RmaNumber::get) + 1;
            let size = usize::try_from(limit.get()).unwrap_or(usize::MAX);
            let entries: Vec<Entry> = sim.book.listed(from).take(size).cloned().collect();
            if let Some(common) = sim.book.common.clone() {
                let shown = common.list(merchant, after, limit).now_or_never();
                sim.shows(shown, &entries);
            }
            entries.iter().map(|entry| sim.shown(entry)).collect()
        })
        .await
    }

    async fn archive(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        let id = entry.key.rma_number.get();
        self.0.pause(0).await;
        Ok(self.0.with(|sim| {
            let known = sim.book.entries.get(&id);
            if known.is_none_or(|known| known.revision != entry.revision) {
                return Stored::Stale;
            }
            sim.book.archived.insert(id);
            if let Some(common) = sim.book.common.clone() {
                let archived = common.archive(entry).now_or_never();
                sim.shows(archived, &Stored::Yes);
            }
            Stored::Yes
        }))
    }

    async fn epoch(&self) -> Result<String, LedgerError> {
        self.read(|sim| {
            let seen = !sim.has(Plant::RestoreIsNotSeen);
            (if seen { sim.book.restored } else { 0 }).to_string()
        })
        .await
    }

    async fn cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
    ) -> Result<Option<String>, LedgerError> {
        self.read(|sim| {
            let known = sim.book.cursors.get(name.as_str()).cloned();
            if let Some(common) = sim.book.common.clone() {
                let shown = common.cursor(merchant, name).now_or_never();
                sim.shows(shown, &known);
            }
            known
        })
        .await
    }

    async fn store_cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
        value: &str,
    ) -> Result<(), LedgerError> {
        let cut = self.0.boundary(true).await;
        let (before, after) = self.trouble();
        let after = after || cut == Some(How::Lost);
        self.0.pause(0).await;
        if before {
            return Err(busy());
        }
        self.0.with(|sim| {
            sim.note("ledger cursor", 0, || format!("{name:?} {value}"));
            sim.book.cursors.insert(name.as_str(), value.to_owned());
            sim.share_cursor(merchant, name, value);
        });
        if cut == Some(How::After) {
            self.0.die().await;
        }
        self.0.pause(0).await;
        if after { Err(busy()) } else { Ok(()) }
    }
}
