//! The ledger that all workers share.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ams_loop_bridge::ledger::{Entry, Ledger, PostgresLedger, SqliteLedger};

use crate::merchant;

#[derive(Debug, Clone)]
pub(crate) enum Store {
    Sqlite(PathBuf),
    /// The address of a database.
    Postgres(String),
}

impl Store {
    /// Tries until it succeeds: the database may be on its way up.
    pub(crate) async fn open(&self) -> Arc<dyn Ledger> {
        loop {
            let opened: Result<Arc<dyn Ledger>, _> = match self {
                Self::Sqlite(file) => SqliteLedger::open(file).await.map(|it| Arc::new(it) as _),
                Self::Postgres(url) => PostgresLedger::connect(url)
                    .await
                    .map(|it| Arc::new(it) as _),
            };
            match opened {
                Ok(ledger) => return ledger,
                Err(error) => eprintln!("opening the ledger: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Every entry, by its return's id.
pub(crate) async fn entries(ledger: &dyn Ledger) -> BTreeMap<u64, Entry> {
    let page = NonZeroU32::new(500).unwrap();
    let mut entries = BTreeMap::new();
    let mut after = None;
    loop {
        let found = ledger.list(&merchant(), after, page).await.unwrap();
        let Some(last) = found.last() else {
            return entries;
        };
        after = Some(last.key.rma_number);
        let found = found.into_iter();
        entries.extend(found.map(|entry| (entry.key.rma_number.get(), entry)));
    }
}
