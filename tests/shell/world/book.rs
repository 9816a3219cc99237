//! The ledger as a stand-in with faults, and the clock.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use ams_loop_bridge::ledger::{CursorName, Entry, Ledger, LedgerError, Stored};
use ams_loop_bridge::{Clock, ProcessRecord};
use ams_oms_client::{MerchantId, RmaKey, RmaNumber};
use async_trait::async_trait;
use loop_client::Timestamp;

use super::pause;

/// A ledger whose writes can be made to fail.
#[derive(Debug, Clone)]
pub(crate) struct Book {
    pub(super) ledger: Arc<dyn Ledger>,
    /// Writes that still succeed; negative is no limit.
    writes_left: Arc<AtomicI64>,
    /// Seconds that storing an intent to process takes, by the clock.
    pub(crate) slow: Arc<AtomicI64>,
    /// The RMA number whose entry cannot be read; 0 for none.
    pub(crate) torn: Arc<AtomicU64>,
    time: FakeClock,
    pause: Arc<AtomicBool>,
}

/// A clock that stands still until it is moved.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeClock(Arc<AtomicI64>);

impl FakeClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst).try_into().unwrap())
    }
}

impl Book {
    pub(super) fn new(ledger: Arc<dyn Ledger>, time: FakeClock, pause: Arc<AtomicBool>) -> Self {
        Self {
            ledger,
            writes_left: Arc::new(AtomicI64::new(-1)),
            slow: Arc::default(),
            torn: Arc::default(),
            time,
            pause,
        }
    }

    fn may_write(&self) -> Result<(), LedgerError> {
        if self.writes_left.load(Ordering::SeqCst) == 0 {
            return Err(LedgerError::Unavailable {
                what: "the disk is full",
                source: None,
            });
        }
        self.writes_left.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }

    pub(crate) fn fail_after(&self, writes: i64) {
        self.writes_left.store(writes, Ordering::SeqCst);
    }
}

#[async_trait]
impl Ledger for Book {
    async fn load(&self, key: &RmaKey) -> Result<Option<Entry>, LedgerError> {
        pause(&self.pause).await;
        if key.rma_number.get() == self.torn.load(Ordering::SeqCst) {
            let what = format!("the entry of {key}");
            return Err(LedgerError::Unreadable { what });
        }
        self.ledger.load(key).await
    }

    async fn store(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        pause(&self.pause).await;
        self.may_write()?;
        if matches!(entry.process, ProcessRecord::Unknown { .. }) {
            self.time.advance(self.slow.load(Ordering::SeqCst));
        }
        let answer = self.ledger.store(entry).await;
        pause(&self.pause).await;
        answer
    }

    async fn due(
        &self,
        merchant: &MerchantId,
        now: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        pause(&self.pause).await;
        self.ledger.due(merchant, now, limit).await
    }

    async fn list(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        self.ledger.list(merchant, after, limit).await
    }

    async fn archive(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        self.may_write()?;
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
        pause(&self.pause).await;
        self.may_write()?;
        let answer = self.ledger.store_cursor(merchant, name, value).await;
        pause(&self.pause).await;
        answer
    }
}
