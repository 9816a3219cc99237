use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ams_oms_client::{MerchantId, RmaKey, RmaNumber};
use async_trait::async_trait;
use loop_client::Timestamp;

use super::{CursorName, Entry, Ledger, LedgerError, Stored, size};

/// A ledger that lasts as long as the process: for tests. **Not for money**: what it forgets in
/// a crash is refunded twice.
#[derive(Debug, Clone, Default)]
pub struct MemoryLedger(Arc<Mutex<Contents>>);

#[derive(Debug, Default)]
struct Contents {
    entries: BTreeMap<RmaKey, Entry>,
    archived: BTreeSet<RmaKey>,
    cursors: BTreeMap<(MerchantId, &'static str), String>,
}

impl Contents {
    fn listed(&self, merchant: &MerchantId) -> impl Iterator<Item = &Entry> {
        self.entries
            .values()
            .filter(move |entry| &entry.key.merchant == merchant)
            .filter(|entry| !self.archived.contains(&entry.key))
    }
}

impl MemoryLedger {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn load(&self, key: &RmaKey) -> Result<Option<Entry>, LedgerError> {
        Ok(self.lock().entries.get(key).cloned())
    }

    async fn store(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        let mut contents = self.lock();
        let stored = contents
            .entries
            .get(&entry.key)
            .map_or(0, |known| known.revision);
        if stored != entry.revision {
            return Ok(Stored::Stale);
        }
        let next = Entry {
            revision: stored.saturating_add(1),
            ..entry.clone()
        };
        contents.entries.insert(entry.key.clone(), next);
        contents.archived.remove(&entry.key);
        Ok(Stored::Yes)
    }

    async fn due(
        &self,
        merchant: &MerchantId,
        now: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let contents = self.lock();
        let mut due: Vec<&Entry> = contents
            .listed(merchant)
            .filter(|entry| entry.due_at().is_some_and(|at| at <= now))
            .collect();
        due.sort_by_key(|entry| (entry.due_at(), entry.key.rma_number));
        Ok(due.into_iter().take(size(limit)).cloned().collect())
    }

    async fn list(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let contents = self.lock();
        Ok(contents
            .listed(merchant)
            .filter(|entry| Some(entry.key.rma_number) > after)
            .take(size(limit))
            .cloned()
            .collect())
    }

    async fn archive(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        let mut contents = self.lock();
        let known = contents.entries.get(&entry.key);
        if known.is_none_or(|known| known.revision != entry.revision) {
            return Ok(Stored::Stale);
        }
        contents.archived.insert(entry.key.clone());
        Ok(Stored::Yes)
    }

    async fn epoch(&self) -> Result<String, LedgerError> {
        // There is no older copy of it to go back to.
        Ok("memory".to_owned())
    }

    async fn cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
    ) -> Result<Option<String>, LedgerError> {
        Ok(self
            .lock()
            .cursors
            .get(&(merchant.clone(), name.as_str()))
            .cloned())
    }

    async fn store_cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
        value: &str,
    ) -> Result<(), LedgerError> {
        self.lock()
            .cursors
            .insert((merchant.clone(), name.as_str()), value.to_owned());
        Ok(())
    }
}
