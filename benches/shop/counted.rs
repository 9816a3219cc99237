//! Counts what is written durably.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ams_loop_bridge::ProcessRecord;
use ams_loop_bridge::ledger::{CursorName, Entry, Ledger, LedgerError, Stored};
use ams_oms_client::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, CreateOutcome, EventHint, MerchantId,
    Oms, OmsError, OmsEvent, Rma, RmaKey, RmaNumber, RmaSnapshot, Warehouse, WarehouseWork,
};
use async_trait::async_trait;
use loop_client::Timestamp;

/// A ledger whose calls are counted.
#[derive(Debug, Clone)]
pub(crate) struct CountedLedger<L> {
    ledger: L,
    counts: Arc<LedgerCounts>,
}

#[derive(Debug, Default)]
pub(crate) struct LedgerCounts {
    pub(crate) reads: AtomicU64,
    pub(crate) rows: AtomicU64,
    pub(crate) entries_written: AtomicU64,
    pub(crate) cursors_written: AtomicU64,
    pub(crate) intents: AtomicU64,
}

impl<L> CountedLedger<L> {
    pub(crate) fn new(ledger: L) -> Self {
        Self {
            ledger,
            counts: Arc::default(),
        }
    }

    pub(crate) fn counts(&self) -> Arc<LedgerCounts> {
        Arc::clone(&self.counts)
    }

    fn rows(&self, rows: usize) {
        add(&self.counts.reads);
        self.counts.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

impl LedgerCounts {
    pub(crate) fn take(count: &AtomicU64) -> u64 {
        count.swap(0, Ordering::Relaxed)
    }
}

#[async_trait]
impl<L: Ledger> Ledger for CountedLedger<L> {
    async fn load(&self, key: &RmaKey) -> Result<Option<Entry>, LedgerError> {
        let found = self.ledger.load(key).await?;
        self.rows(usize::from(found.is_some()));
        Ok(found)
    }

    async fn store(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        let stored = self.ledger.store(entry).await?;
        if stored == Stored::Yes {
            add(&self.counts.entries_written);
            if matches!(entry.process, ProcessRecord::Unknown { .. }) {
                add(&self.counts.intents);
            }
        }
        Ok(stored)
    }

    async fn due(
        &self,
        merchant: &MerchantId,
        now: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let found = self.ledger.due(merchant, now, limit).await?;
        self.rows(found.len());
        Ok(found)
    }

    async fn list(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let found = self.ledger.list(merchant, after, limit).await?;
        self.rows(found.len());
        Ok(found)
    }

    async fn archive(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        self.ledger.archive(entry).await
    }

    async fn epoch(&self) -> Result<String, LedgerError> {
        self.rows(1);
        self.ledger.epoch().await
    }

    async fn cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
    ) -> Result<Option<String>, LedgerError> {
        self.rows(1);
        self.ledger.cursor(merchant, name).await
    }

    async fn store_cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
        value: &str,
    ) -> Result<(), LedgerError> {
        add(&self.counts.cursors_written);
        self.ledger.store_cursor(merchant, name, value).await
    }
}

/// An OMS whose writes are counted.
#[derive(Debug, Clone)]
pub(crate) struct CountedOms<O> {
    oms: O,
    written: Arc<AtomicU64>,
}

impl<O> CountedOms<O> {
    pub(crate) fn new(oms: O) -> Self {
        Self {
            oms,
            written: Arc::default(),
        }
    }

    pub(crate) fn written(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.written)
    }
}

#[async_trait]
impl<O: Oms> Oms for CountedOms<O> {
    async fn create_rma(&self, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        let outcome = self.oms.create_rma(rma).await?;
        if matches!(outcome, CreateOutcome::Created(_)) {
            add(&self.written);
        }
        Ok(outcome)
    }

    async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        self.oms.get_rma(key).await
    }

    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        add(&self.written);
        self.oms.amend_rma(rma).await
    }

    async fn cancel_rma(&self, key: &RmaKey, reason: &str) -> Result<CancelOutcome, OmsError> {
        add(&self.written);
        self.oms.cancel_rma(key, reason).await
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        self.oms.changes(merchant, cursor, limit).await
    }

    async fn list_open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        self.oms.list_open(merchant, after, limit).await
    }

    fn decode_event(&self, event: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        self.oms.decode_event(event)
    }

    fn capabilities(&self) -> Capabilities {
        self.oms.capabilities()
    }
}

#[async_trait]
impl<O: Warehouse> Warehouse for CountedOms<O> {
    async fn apply(&self, key: &RmaKey, work: WarehouseWork) -> Result<RmaSnapshot, OmsError> {
        add(&self.written);
        self.oms.apply(key, work).await
    }
}
