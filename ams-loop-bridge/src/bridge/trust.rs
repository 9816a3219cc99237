//! Whether the ledger can be relied on. An older copy in its place does not know what was sent
//! since, so on its word nothing is processed until it is reconciled.

use std::sync::atomic::Ordering;

use super::Bridge;
use crate::ledger::{CursorName, LedgerError};

impl Bridge {
    /// Whether the ledger is the latest that this merchant was served with.
    ///
    /// When it is not, good returns end with a person, and bad ones are flagged as ever, until
    /// [`Bridge::reconcile`] has compared it with the OMS.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn ledger_is_trusted(&self) -> Result<bool, LedgerError> {
        let epoch = self.ledger.epoch().await?;
        let known = self
            .ledger
            .cursor(&self.merchant, CursorName::Epoch)
            .await?;
        match known {
            Some(known) => Ok(known == epoch),
            None => self.trust(&epoch).await.map(|()| true),
        }
    }

    /// Notes the epoch before anything else is written: of a copy that is older than that nothing
    /// can have been sent.
    pub(super) async fn note_epoch(&self) -> Result<(), LedgerError> {
        if !self.epoch_is_noted.load(Ordering::Relaxed) {
            self.ledger_is_trusted().await?;
            self.epoch_is_noted.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    pub(super) async fn trust(&self, epoch: &str) -> Result<(), LedgerError> {
        self.ledger
            .store_cursor(&self.merchant, CursorName::Epoch, epoch)
            .await
    }
}
