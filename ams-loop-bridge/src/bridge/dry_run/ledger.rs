use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ams_oms_client::{MerchantId, RmaKey, RmaNumber};
use async_trait::async_trait;
use loop_client::Timestamp;

use crate::ledger::{CursorName, Entry, Ledger, LedgerError, Stored, size};

/// A ledger whose changes are kept beside it, and forgotten in the end.
#[derive(Debug)]
pub(super) struct DryLedger {
    inner: Arc<dyn Ledger>,
    changes: Mutex<Changes>,
}

#[derive(Debug, Default)]
struct Changes {
    entries: BTreeMap<RmaKey, Entry>,
    archived: BTreeSet<RmaKey>,
    cursors: BTreeMap<(MerchantId, &'static str), String>,
}

impl DryLedger {
    pub(super) fn new(inner: Arc<dyn Ledger>) -> Self {
        Self {
            inner,
            changes: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the entry is still as its holder saw it.
    async fn is_current(&self, entry: &Entry) -> Result<bool, LedgerError> {
        let known = self.load(&entry.key).await?;
        Ok(known.map_or(0, |known| known.revision) == entry.revision)
    }

    /// All that is listed, changes included. A dry run reads it whole: it has the time.
    async fn listed(&self, merchant: &MerchantId) -> Result<Vec<Entry>, LedgerError> {
        const PAGE: NonZeroU32 = NonZeroU32::new(500).expect("not zero");
        let mut listed = BTreeMap::new();
        let mut after = None;
        loop {
            let page = self.inner.list(merchant, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.rma_number);
            listed.extend(page.into_iter().map(|it| (it.key.rma_number, it)));
        }
        let changes = self.lock();
        let changed = changes.entries.values();
        for entry in changed.filter(|entry| &entry.key.merchant == merchant) {
            listed.insert(entry.key.rma_number, entry.clone());
        }
        let mut listed: Vec<Entry> = listed.into_values().collect();
        listed.retain(|entry| !changes.archived.contains(&entry.key));
        Ok(listed)
    }
}

#[async_trait]
impl Ledger for DryLedger {
    async fn load(&self, key: &RmaKey) -> Result<Option<Entry>, LedgerError> {
        let changed = self.lock().entries.get(key).cloned();
        match changed {
            Some(entry) => Ok(Some(entry)),
            None => self.inner.load(key).await,
        }
    }

    async fn store(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        if !self.is_current(entry).await? {
            return Ok(Stored::Stale);
        }
        let next = Entry {
            revision: entry.revision.saturating_add(1),
            ..entry.clone()
        };
        let mut changes = self.lock();
        changes.archived.remove(&entry.key);
        changes.entries.insert(entry.key.clone(), next);
        Ok(Stored::Yes)
    }

    async fn due(
        &self,
        merchant: &MerchantId,
        now: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let mut due = self.listed(merchant).await?;
        due.retain(|entry| entry.due_at().is_some_and(|at| at <= now));
        due.sort_by_key(|entry| (entry.due_at(), entry.key.rma_number));
        due.truncate(size(limit));
        Ok(due)
    }

    async fn list(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let mut listed = self.listed(merchant).await?;
        listed.retain(|entry| Some(entry.key.rma_number) > after);
        listed.truncate(size(limit));
        Ok(listed)
    }

    async fn archive(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        if entry.revision == 0 || !self.is_current(entry).await? {
            return Ok(Stored::Stale);
        }
        self.lock().archived.insert(entry.key.clone());
        Ok(Stored::Yes)
    }

    async fn epoch(&self) -> Result<String, LedgerError> {
        self.inner.epoch().await
    }

    async fn cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
    ) -> Result<Option<String>, LedgerError> {
        let changed = self
            .lock()
            .cursors
            .get(&(merchant.clone(), name.as_str()))
            .cloned();
        match changed {
            Some(value) => Ok(Some(value)),
            None => self.inner.cursor(merchant, name).await,
        }
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
