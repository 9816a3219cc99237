//! Where ledgers and embedded OMS files are.

use std::path::PathBuf;
use std::sync::Arc;

use ams_loop_bridge::ledger::{Ledger, PostgresLedger, SqliteLedger};
use ams_oms_client::{MerchantId, Oms, SqliteOms};
use tokio::sync::OnceCell;

use crate::Outcome;
use crate::config::{OmsSettings, Secret};

#[derive(Debug)]
pub(crate) struct Storage {
    folder: PathBuf,
    database: Option<(Secret, OnceCell<Arc<PostgresLedger>>)>,
}

impl Storage {
    /// SQLite files in `folder`; ledgers in the `database` instead, if there is one.
    pub(crate) fn new(folder: PathBuf, database: Option<Secret>) -> Self {
        let database = database.map(|url| (url, OnceCell::new()));
        Self { folder, database }
    }

    /// One ledger per merchant, for ever: in a file of its own, or among all others in the
    /// database, which any number of processes share.
    pub(crate) async fn ledger(&self, merchant: &MerchantId) -> Outcome<Arc<dyn Ledger>> {
        match &self.database {
            Some((url, shared)) => {
                let connect = async || PostgresLedger::connect(url.as_str()).await.map(Arc::new);
                Ok(shared.get_or_try_init(connect).await?.clone())
            }
            None => {
                let path = self.file(&format!("{merchant}.ledger.sqlite"))?;
                Ok(Arc::new(SqliteLedger::open(path).await?))
            }
        }
    }

    pub(crate) async fn oms(
        &self,
        merchant: &MerchantId,
        settings: &OmsSettings,
    ) -> Outcome<Arc<dyn Oms>> {
        let path = match settings {
            OmsSettings::Ready(oms) => return Ok(oms.clone()),
            OmsSettings::Sqlite(Some(path)) => path.clone(),
            OmsSettings::Sqlite(None) => self.file(&format!("{merchant}.oms.sqlite"))?,
        };
        Ok(Arc::new(SqliteOms::open(path).await?))
    }

    fn file(&self, name: &str) -> Outcome<PathBuf> {
        std::fs::create_dir_all(&self.folder)
            .map_err(|error| format!("{}: {error}", self.folder.display()))?;
        Ok(self.folder.join(name))
    }
}
