//! The planted mistake: after a restart an unknown outcome counts as a call that was never sent.
//! It is harmless until a worker dies at the wrong moment.

use std::num::NonZeroU32;
use std::sync::Arc;

use ams_loop_bridge::ProcessRecord;
use ams_loop_bridge::ledger::{CursorName, Entry, Ledger, LedgerError, Stored};
use ams_oms_client::{MerchantId, RmaKey, RmaNumber, async_trait};
use loop_client::Timestamp;

#[derive(Debug)]
pub(crate) struct Forgetful {
    ledger: Arc<dyn Ledger>,
    started: Timestamp,
}

impl Forgetful {
    pub(crate) fn new(ledger: Arc<dyn Ledger>, started: Timestamp) -> Self {
        Self { ledger, started }
    }

    fn forget(&self, mut entry: Entry) -> Entry {
        if let ProcessRecord::Unknown { since } = entry.process
            && since < self.started
        {
            entry.process = ProcessRecord::NotSent;
        }
        entry
    }

    fn forget_all(&self, entries: Vec<Entry>) -> Vec<Entry> {
        let forgotten = entries.into_iter().map(|entry| self.forget(entry));
        forgotten.collect()
    }
}

#[async_trait]
impl Ledger for Forgetful {
    async fn load(&self, key: &RmaKey) -> Result<Option<Entry>, LedgerError> {
        let entry = self.ledger.load(key).await?;
        Ok(entry.map(|entry| self.forget(entry)))
    }

    async fn store(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        self.ledger.store(entry).await
    }

    async fn due(
        &self,
        merchant: &MerchantId,
        now: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let entries = self.ledger.due(merchant, now, limit).await?;
        Ok(self.forget_all(entries))
    }

    async fn list(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let entries = self.ledger.list(merchant, after, limit).await?;
        Ok(self.forget_all(entries))
    }

    async fn archive(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        self.ledger.archive(entry).await
    }

    async fn epoch(&self) -> Result<String, LedgerError> {
        self.ledger.epoch().await
    }

    async fn cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
    ) -> Result<Option<String>, LedgerError> {
        self.ledger.cursor(merchant, name).await
    }

    async fn store_cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
        value: &str,
    ) -> Result<(), LedgerError> {
        self.ledger.store_cursor(merchant, name, value).await
    }
}
