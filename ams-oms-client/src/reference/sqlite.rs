//! An OMS in one SQLite file.

use std::num::NonZeroU32;
use std::path::Path;

use async_trait::async_trait;
use rusqlite::{Connection, TransactionBehavior};

use self::failure::{read_failed, write_failed};
use super::cursor;
use super::document::Document;
use super::operations::{self, Step};
use crate::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, CreateOutcome, EventHint, MerchantId,
    Oms, OmsError, OmsEvent, Rma, RmaKey, RmaNumber, RmaSnapshot, Warehouse, WarehouseWork,
};

mod failure;
mod rows;
mod schema;

/// A complete [`Oms`] with its [`Warehouse`], embedded and durable: one SQLite file.
///
/// What a call has returned survives a crash of the process and, as far as the disk keeps its
/// word, of the machine (write-ahead log, full synchronisation). Several handles, in one process
/// or in several on one machine, may work on one file at the same time; do not put it on a
/// network share.
///
/// Each value opened has a thread of its own for SQLite, so the calls work on any async runtime
/// and block none. Clones share it. A call whose future is dropped may still take effect.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("oms.sqlite");
/// use ams_oms_client::{MerchantId, Oms, RmaKey, SqliteOms};
///
/// let oms = SqliteOms::open(path).await?;
/// let key = RmaKey::new(MerchantId::new("acme")?, "99904598".parse()?);
/// assert!(oms.get_rma(&key).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SqliteOms {
    connection: tokio_rusqlite::Connection,
}

impl SqliteOms {
    /// Opens the file, creating it if it does not exist, and brings an older one up to date.
    ///
    /// # Errors
    /// [`Transient`](OmsError::Transient) when the file cannot be opened or is locked for long;
    /// [`Malformed`](OmsError::Malformed) when it is not a file of this OMS, or was written by a
    /// newer version of this crate, which is never touched.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OmsError> {
        let connection = tokio_rusqlite::Connection::open(path)
            .await
            .map_err(read_failed)?;
        let oms = Self { connection };
        oms.call(schema::prepare).await?;
        Ok(oms)
    }

    /// Runs `task` on the connection's thread.
    async fn call<R: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Connection) -> Result<R, OmsError> + Send + 'static,
    ) -> Result<R, OmsError> {
        match self.connection.call(task).await {
            Ok(value) => Ok(value),
            Err(tokio_rusqlite::Error::Error(error)) => Err(error),
            // Only a panic in SQLite's own code ends the thread while this handle lives.
            Err(stopped) => Err(OmsError::ambiguous("the database thread has stopped")
                .with_source(stopped.to_string())),
        }
    }

    /// Reads, decides and writes as one transaction.
    async fn transact<R: Send + 'static>(
        &self,
        key: RmaKey,
        operation: impl FnOnce(Option<Document>) -> Result<Step<R>, OmsError> + Send + 'static,
    ) -> Result<R, OmsError> {
        self.call(move |connection| {
            // Immediate: a lock taken only at the first write would let two writers read the
            // same state first.
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(read_failed)?;
            let step = operation(rows::load(&transaction, &key)?)?;
            if let Some(document) = &step.save {
                rows::save(&transaction, &key, document)?;
                transaction.commit().map_err(write_failed)?;
            }
            Ok(step.reply)
        })
        .await
    }
}

#[async_trait]
impl Oms for SqliteOms {
    async fn create_rma(&self, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        let rma = rma.clone();
        self.transact(rma.key(), |stored| operations::create(stored, rma))
            .await
    }

    async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        let key = key.clone();
        self.call(move |connection| {
            Ok(rows::load(connection, &key)?.map(|document| document.snapshot()))
        })
        .await
    }

    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        let rma = rma.clone();
        self.transact(rma.key(), move |stored| operations::amend(stored, &rma))
            .await
    }

    async fn cancel_rma(&self, key: &RmaKey, reason: &str) -> Result<CancelOutcome, OmsError> {
        let reason = reason.to_owned();
        self.transact(key.clone(), move |stored| {
            operations::cancel(stored, &reason)
        })
        .await
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let merchant = merchant.clone();
        let cursor = cursor.cloned();
        self.call(move |connection| {
            // One transaction, so that the store's last change and the rows belong together.
            let transaction = connection.transaction().map_err(read_failed)?;
            rows::changes(&transaction, &merchant, cursor.as_ref(), limit)
        })
        .await
    }

    async fn list_open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        let merchant = merchant.clone();
        self.call(move |connection| rows::list_open(connection, &merchant, after, limit))
            .await
    }

    fn decode_event(&self, _: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        Err(OmsError::unsupported("decode_event"))
    }

    fn capabilities(&self) -> Capabilities {
        cursor::everything()
    }
}

#[async_trait]
impl Warehouse for SqliteOms {
    async fn apply(&self, key: &RmaKey, work: WarehouseWork) -> Result<RmaSnapshot, OmsError> {
        self.transact(key.clone(), move |stored| operations::work(stored, &work))
            .await
    }
}

#[cfg(test)]
mod tests;
