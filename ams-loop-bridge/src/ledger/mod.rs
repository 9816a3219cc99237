//! What the bridge intended, sent, and saw confirmed. The one thing that stands between a crash
//! and a second refund.
//!
//! A ledger stores [`Entry`]s, one per merchant and return, and changes them only by compare and
//! swap: whoever read an entry that somebody else has changed since must read it again. What a
//! change means is the entry's business, in pure functions; how it is kept is the ledger's.

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod body;
mod claim;
mod entry;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use ams_oms_client::{MerchantId, RmaKey, RmaNumber};
use async_trait::async_trait;
use loop_client::Timestamp;

pub use entry::{Entry, Outcome, OwedNote, RmaRecord, Settlement};
pub use memory::MemoryLedger;
#[cfg(feature = "postgres")]
pub use postgres::PostgresLedger;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteLedger;

/// Why the ledger did not do what it was asked. Nothing may be sent that it did not store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// It cannot be read or written now: busy, full, gone.
    #[error("the ledger cannot be used now: {what}")]
    Unavailable {
        /// What was tried.
        what: &'static str,
        /// The cause.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// It holds something that this version cannot read.
    #[error("the ledger holds something unreadable: {what}")]
    Unreadable {
        /// What was found.
        what: String,
    },
    /// An entry that was there is there no more.
    #[error("the ledger entry of {0} is gone")]
    Vanished(RmaKey),
    /// The same entry was changed by others again and again.
    #[error("the ledger entry of {0} is being changed by too many at once")]
    Contended(RmaKey),
    /// The claim ran out and the entry is another worker's: nothing was recorded.
    #[error("the claim on the ledger entry of {0} is lost")]
    ClaimLost(RmaKey),
}

impl LedgerError {
    /// Whether it is one entry that nothing can be done about, and no reason to leave the others.
    #[must_use]
    pub fn is_about_one_entry(&self) -> bool {
        matches!(self, Self::Unreadable { .. } | Self::Vanished(_))
    }
}

/// Whether a [`Ledger::store`] took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It did, durably.
    Yes,
    /// Somebody else changed the entry since it was loaded: load it again.
    Stale,
}

/// Names what a cursor counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CursorName {
    /// Up to which time Loop's returns list was read.
    LoopReturns,
    /// Up to which time Loop's ASN report was read.
    LoopAsn,
    /// The OMS's change feed.
    OmsChanges,
    /// The policy of the last pass, as a digest.
    Policy,
    /// The [`Ledger::epoch`] whose entries can be relied on.
    Epoch,
    /// Nothing: it is stored to see whether the ledger can be written, for a health check.
    Probe,
}

impl CursorName {
    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoopReturns => "loop_returns",
            Self::LoopAsn => "loop_asn",
            Self::OmsChanges => "oms_changes",
            Self::Policy => "processing",
            Self::Epoch => "epoch",
            Self::Probe => "probe",
        }
    }
}

/// Keeps entries and cursors. Object-safe; shared by any number of workers.
///
/// `Ok` means durable: what was stored survives a crash that follows at once. A future that is
/// dropped may or may not have stored.
#[async_trait]
pub trait Ledger: Send + Sync + fmt::Debug {
    /// The entry, if there is one.
    async fn load(&self, key: &RmaKey) -> Result<Option<Entry>, LedgerError>;

    /// Stores `entry` if nobody stored another since it was loaded; a new entry, if there is
    /// none yet.
    async fn store(&self, entry: &Entry) -> Result<Stored, LedgerError>;

    /// The merchant's entries that are to be looked at by `now` (see [`Entry::due_at`]), the
    /// longest due first.
    async fn due(
        &self,
        merchant: &MerchantId,
        now: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError>;

    /// The merchant's entries by ascending RMA number, after `after`. At most `limit`; the end is
    /// reached when the answer is empty.
    async fn list(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError>;

    /// Puts the entry away if nobody stored another since it was loaded: it is no longer due and
    /// no longer listed. It can still be loaded, and comes back when it is stored again.
    async fn archive(&self, entry: &Entry) -> Result<Stored, LedgerError>;

    /// Names the unbroken history that this ledger's contents are the latest state of. It is
    /// another text once an older copy was put in its place: what happened since is forgotten
    /// then, and its entries cannot be relied on.
    async fn epoch(&self) -> Result<String, LedgerError>;

    /// A cursor, if one was stored.
    async fn cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
    ) -> Result<Option<String>, LedgerError>;

    /// Stores a cursor.
    async fn store_cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
        value: &str,
    ) -> Result<(), LedgerError>;
}

#[async_trait]
impl<T: Ledger + ?Sized> Ledger for Arc<T> {
    async fn load(&self, key: &RmaKey) -> Result<Option<Entry>, LedgerError> {
        (**self).load(key).await
    }

    async fn store(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        (**self).store(entry).await
    }

    async fn due(
        &self,
        merchant: &MerchantId,
        now: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        (**self).due(merchant, now, limit).await
    }

    async fn list(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        (**self).list(merchant, after, limit).await
    }

    async fn archive(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        (**self).archive(entry).await
    }

    async fn epoch(&self) -> Result<String, LedgerError> {
        (**self).epoch().await
    }

    async fn cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
    ) -> Result<Option<String>, LedgerError> {
        (**self).cursor(merchant, name).await
    }

    async fn store_cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
        value: &str,
    ) -> Result<(), LedgerError> {
        (**self).store_cursor(merchant, name, value).await
    }
}

/// A limit, for what is in memory.
pub(crate) fn size(limit: NonZeroU32) -> usize {
    usize::try_from(limit.get()).unwrap_or(usize::MAX)
}
