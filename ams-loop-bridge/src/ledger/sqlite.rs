//! A ledger in one SQLite file.

mod schema;
mod witness;
mod writes;

use std::num::NonZeroU32;
use std::path::Path;

use ams_oms_client::{MerchantId, RmaKey, RmaNumber};
use async_trait::async_trait;
use loop_client::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use self::witness::Witness;
use self::writes::Writes;
use super::body::{Columns, FORM, encode, entries, entry, integer, readable_entries, stored};
use super::{CursorName, Entry, Ledger, LedgerError, Stored};
use crate::decide::ProcessRecord;

/// The ledger of an integration on one machine: one SQLite file, durable and shared by any number
/// of workers on that machine.
///
/// What a call has returned survives a crash of the process and, as far as the disk keeps its
/// word, a loss of power (write-ahead log, full synchronisation). Keep the file on a local disk,
/// never on a network share.
///
/// Beside it stands a file whose name ends in `-witness`, which remembers how many process calls
/// the ledger has intended. When an older copy is put in the ledger's place, while no process has
/// it open, the two differ, and so do they when the witness is missing: [`Ledger::epoch`] changes,
/// and the bridge processes nothing until it is reconciled. So leave the witness out of backups,
/// and where it is. When the ledger itself is missing, a new one begins, which processes no return
/// whose RMA is under way in the OMS.
///
/// Each value opened has a thread of its own for SQLite, so the calls work on any async runtime
/// and block none. Clones share it.
#[derive(Debug, Clone)]
pub struct SqliteLedger {
    connection: tokio_rusqlite::Connection,
    witness: Witness,
    writes: Writes,
}

impl SqliteLedger {
    /// Opens the file, creating it if it does not exist, and brings an older one up to date.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`] when the file cannot be opened;
    /// [`LedgerError::Unreadable`] when it belongs to another program or to a newer version of
    /// this crate, which is never touched.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, LedgerError> {
        let connection = tokio_rusqlite::Connection::open(path.as_ref())
            .await
            .map_err(failed("opening"))?;
        // Under whatever name it is opened, it has one witness.
        let file = path.as_ref().canonicalize().map_err(schema::unwitnessed)?;
        let witness = Witness::beside(&file);
        let ledger = Self {
            connection,
            witness: witness.clone(),
            writes: Writes::default(),
        };
        ledger
            .call(move |connection| schema::prepare(connection, &witness))
            .await?;
        Ok(ledger)
    }

    /// Runs `task` on the connection's thread.
    async fn call<R: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Connection) -> Result<R, LedgerError> + Send + 'static,
    ) -> Result<R, LedgerError> {
        match self.connection.call(task).await {
            Ok(value) => Ok(value),
            Err(tokio_rusqlite::Error::Error(error)) => Err(error),
            Err(_) => Err(stopped()),
        }
    }

    /// Runs a statement that changes rows, and tells how many, once that is durable.
    async fn write(
        &self,
        what: &'static str,
        is_intent: bool,
        write: impl FnOnce(&Connection) -> rusqlite::Result<usize> + Send + 'static,
    ) -> Result<usize, LedgerError> {
        let ticket = self.writes.add(what, is_intent, write);
        let (writes, witness) = (self.writes.clone(), self.witness.clone());
        // Unless an earlier call has carried it out together with its own by then.
        self.call(move |connection| {
            writes.carry_out(connection, &witness);
            Ok(())
        })
        .await?;
        ticket.answer().unwrap_or_else(|| Err(stopped()))
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn load(&self, key: &RmaKey) -> Result<Option<Entry>, LedgerError> {
        let key = key.clone();
        self.call(move |connection| {
            connection
                .prepare_cached(
                    "SELECT form, revision, body FROM entry
                     WHERE merchant = ?1 AND rma_number = ?2",
                )
                .and_then(|mut query| {
                    query
                        .query_row(
                            params![key.merchant.as_str(), sortable(key.rma_number)],
                            columns,
                        )
                        .optional()
                })
                .map_err(failed("reading an entry"))?
                .map(entry)
                .transpose()
        })
        .await
    }

    async fn store(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        let next = Entry {
            revision: entry.revision.saturating_add(1),
            ..entry.clone()
        };
        let body = encode(&next)?;
        let before = integer(entry.revision)?;
        let intents = integer(entry.process_intents)?;
        // Before anybody acts on an intent, it is witnessed.
        let is_intent = matches!(next.process, ProcessRecord::Unknown { .. });
        self.write("writing an entry", is_intent, move |connection| {
            let merchant = next.key.merchant.as_str();
            let number = sortable(next.key.rma_number);
            let after = before.saturating_add(1);
            let due_at = next.due_at().map(Timestamp::unix_millis);
            // One statement, so that comparing the revision and writing cannot be parted.
            if before == 0 {
                connection
                    .prepare_cached(
                        "INSERT INTO entry
                             (merchant, rma_number, revision, due_at, form, body, process_intents)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
                    )?
                    .execute(params![
                        merchant, number, after, due_at, FORM, body, intents
                    ])
            } else {
                connection
                    .prepare_cached(
                        "UPDATE entry SET revision = ?3, due_at = ?4, form = ?5, body = ?6,
                             process_intents = ?7, archived = 0
                         WHERE merchant = ?1 AND rma_number = ?2 AND revision = ?8",
                    )?
                    .execute(params![
                        merchant, number, after, due_at, FORM, body, intents, before
                    ])
            }
        })
        .await
        .map(stored)
    }

    async fn due(
        &self,
        merchant: &MerchantId,
        now: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let merchant = merchant.clone();
        self.call(move |connection| {
            rows(
                connection,
                "SELECT form, revision, body FROM entry
                 WHERE merchant = ?1 AND due_at <= ?2 AND archived = 0 AND form <= ?4
                 ORDER BY due_at, rma_number LIMIT ?3",
                params![merchant.as_str(), now.unix_millis(), limit.get(), FORM],
            )
            .map(readable_entries)
        })
        .await
    }

    async fn list(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let merchant = merchant.clone();
        let after = after.map(sortable).unwrap_or_default();
        self.call(move |connection| {
            rows(
                connection,
                "SELECT form, revision, body FROM entry
                 WHERE merchant = ?1 AND rma_number > ?2 AND archived = 0 AND form <= ?4
                 ORDER BY rma_number LIMIT ?3",
                params![merchant.as_str(), after, limit.get(), FORM],
            )
            .and_then(entries)
        })
        .await
    }

    async fn archive(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        let key = entry.key.clone();
        let revision = integer(entry.revision)?;
        self.write("archiving an entry", false, move |connection| {
            connection
                .prepare_cached(
                    "UPDATE entry SET archived = 1
                     WHERE merchant = ?1 AND rma_number = ?2 AND revision = ?3",
                )?
                .execute(params![
                    key.merchant.as_str(),
                    sortable(key.rma_number),
                    revision
                ])
        })
        .await
        .map(stored)
    }

    async fn epoch(&self) -> Result<String, LedgerError> {
        self.call(|connection| schema::progress(connection).map(|reached| reached.epoch))
            .await
    }

    async fn cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
    ) -> Result<Option<String>, LedgerError> {
        let merchant = merchant.clone();
        self.call(move |connection| {
            connection
                .prepare_cached("SELECT value FROM cursor WHERE merchant = ?1 AND name = ?2")
                .and_then(|mut query| {
                    query
                        .query_row(params![merchant.as_str(), name.as_str()], |row| row.get(0))
                        .optional()
                })
                .map_err(failed("reading a cursor"))
        })
        .await
    }

    async fn store_cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
        value: &str,
    ) -> Result<(), LedgerError> {
        let (merchant, value) = (merchant.clone(), value.to_owned());
        self.write("writing a cursor", false, move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO cursor (merchant, name, value) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET value = excluded.value",
                )?
                .execute(params![merchant.as_str(), name.as_str(), value])
        })
        .await
        .map(drop)
    }
}

/// RMA numbers exceed SQLite's integers; padded to their longest, they sort as numbers.
fn sortable(number: RmaNumber) -> String {
    format!("{:020}", number.get())
}

fn columns(row: &rusqlite::Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn rows(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Columns>, LedgerError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut query| {
            query
                .query_map(parameters, columns)?
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(failed("reading entries"))
}

fn stopped() -> LedgerError {
    LedgerError::Unavailable {
        what: "the database thread has stopped",
        source: None,
    }
}

fn failed(what: &'static str) -> impl FnOnce(rusqlite::Error) -> LedgerError {
    move |error| LedgerError::Unavailable {
        what,
        source: Some(Box::new(error)),
    }
}
