//! What stands in the ledgers. The tests change nothing there.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use ams_loop_bridge::ledger::{Entry, Ledger, LedgerError, PostgresLedger, SqliteLedger};

use crate::town::Town;

impl Town {
    /// A merchant's ledger, as the services have it.
    pub(crate) async fn open_ledger(&self, merchant: &str) -> Result<Arc<dyn Ledger>, LedgerError> {
        Ok(match &self.database {
            Some(url) => Arc::new(PostgresLedger::connect(url).await?),
            None => Arc::new(SqliteLedger::open(self.ledger(merchant)).await?),
        })
    }

    /// Every entry, by its return's id.
    pub(crate) async fn entries(
        &self,
        merchant: &str,
    ) -> Result<BTreeMap<u64, Entry>, LedgerError> {
        let all = NonZeroU32::new(10_000).unwrap();
        let ledger = self.open_ledger(merchant).await?;
        let entries = ledger.list(&merchant.parse().unwrap(), None, all).await?;
        let by_id = |entry: Entry| (entry.key.rma_number.get(), entry);
        Ok(entries.into_iter().map(by_id).collect())
    }
}
