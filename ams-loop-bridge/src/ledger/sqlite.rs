//! A ledger in one SQLite file.

mod schema;

use std::num::NonZeroU32;
use std::path::Path;

use ams_oms_client::{MerchantId, RmaKey, RmaNumber};
use async_trait::async_trait;
use loop_client::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{CursorName, Entry, Ledger, LedgerError, Stored};

/// The ledger of an integration on one machine: one SQLite file, durable and shared by any number
/// of workers on that machine.
///
/// What a call has returned survives a crash of the process and, as far as the disk keeps its
/// word, a loss of power (write-ahead log, full synchronisation). Keep the file on a local disk,
/// never on a network share, and never go back to an old copy of it: what the copy does not know
/// would be sent a second time.
///
/// Each value opened has a thread of its own for SQLite, so the calls work on any async runtime
/// and block none. Clones share it.
#[derive(Debug, Clone)]
pub struct SqliteLedger {
    connection: tokio_rusqlite::Connection,
}

impl SqliteLedger {
    /// Opens the file, creating it if it does not exist, and brings an older one up to date.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`] when the file cannot be opened;
    /// [`LedgerError::Unreadable`] when it belongs to another program or to a newer version of
    /// this crate, which is never touched.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, LedgerError> {
        let connection = tokio_rusqlite::Connection::open(path)
            .await
            .map_err(failed("opening"))?;
        let ledger = Self { connection };
        ledger.call(schema::prepare).await?;
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
            Err(_) => Err(LedgerError::Unavailable {
                what: "the database thread has stopped",
                source: None,
            }),
        }
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn load(&self, key: &RmaKey) -> Result<Option<Entry>, LedgerError> {
        let key = key.clone();
        self.call(move |connection| {
            connection
                .prepare_cached(
                    "SELECT revision, body FROM entry WHERE merchant = ?1 AND rma_number = ?2",
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
        let body = serde_json::to_string(&next).map_err(|error| LedgerError::Unreadable {
            what: error.to_string(),
        })?;
        let before = integer(entry.revision)?;
        self.call(move |connection| {
            let merchant = next.key.merchant.as_str();
            let number = sortable(next.key.rma_number);
            let after = before.saturating_add(1);
            let look_at = next.look_at.map(Timestamp::unix_millis);
            // One statement, so that comparing the revision and writing cannot be parted.
            let changed = if before == 0 {
                connection.execute(
                    "INSERT INTO entry (merchant, rma_number, revision, look_at, body)
                     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                    params![merchant, number, after, look_at, body],
                )
            } else {
                connection.execute(
                    "UPDATE entry SET revision = ?3, look_at = ?4, body = ?5
                     WHERE merchant = ?1 AND rma_number = ?2 AND revision = ?6",
                    params![merchant, number, after, look_at, body, before],
                )
            };
            let changed = changed.map_err(failed("writing an entry"))?;
            Ok(if changed == 1 {
                Stored::Yes
            } else {
                Stored::Stale
            })
        })
        .await
    }

    async fn due(
        &self,
        merchant: &MerchantId,
        now: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let merchant = merchant.clone();
        self.call(move |connection| {
            readable_entries(
                connection,
                "SELECT revision, body FROM entry WHERE merchant = ?1 AND look_at <= ?2
                 ORDER BY look_at, rma_number LIMIT ?3",
                params![merchant.as_str(), now.unix_millis(), limit.get()],
            )
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
            entries(
                connection,
                "SELECT revision, body FROM entry WHERE merchant = ?1 AND rma_number > ?2
                 ORDER BY rma_number LIMIT ?3",
                params![merchant.as_str(), after, limit.get()],
            )
        })
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
                .query_row(
                    "SELECT value FROM cursor WHERE merchant = ?1 AND name = ?2",
                    params![merchant.as_str(), name.as_str()],
                    |row| row.get(0),
                )
                .optional()
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
        self.call(move |connection| {
            connection
                .execute(
                    "INSERT INTO cursor (merchant, name, value) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET value = excluded.value",
                    params![merchant.as_str(), name.as_str(), value],
                )
                .map(drop)
                .map_err(failed("writing a cursor"))
        })
        .await
    }
}

/// RMA numbers exceed SQLite's integers; padded to their longest, they sort as numbers.
fn sortable(number: RmaNumber) -> String {
    format!("{:020}", number.get())
}

fn integer(revision: u64) -> Result<i64, LedgerError> {
    i64::try_from(revision).map_err(|_| LedgerError::Unreadable {
        what: format!("revision {revision}"),
    })
}

fn columns(row: &rusqlite::Row<'_>) -> rusqlite::Result<(i64, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn entry((revision, body): (i64, String)) -> Result<Entry, LedgerError> {
    let unreadable = |what: String| LedgerError::Unreadable { what };
    let revision = u64::try_from(revision).map_err(|error| unreadable(error.to_string()))?;
    let entry: Entry =
        serde_json::from_str(&body).map_err(|error| unreadable(error.to_string()))?;
    Ok(Entry { revision, ..entry })
}

/// L4: an entry that cannot be read must not keep the others from being looked at.
fn readable_entries(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Entry>, LedgerError> {
    let rows = rows(connection, sql, parameters)?;
    let readable = |row| {
        entry(row)
            .inspect_err(|error| tracing::error!(%error, "an entry of the ledger is left alone"))
            .ok()
    };
    Ok(rows.into_iter().filter_map(readable).collect())
}

fn entries(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Entry>, LedgerError> {
    rows(connection, sql, parameters)?
        .into_iter()
        .map(entry)
        .collect()
}

fn rows(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<(i64, String)>, LedgerError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut query| {
            query
                .query_map(parameters, columns)?
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(failed("reading entries"))
}

fn failed(what: &'static str) -> impl FnOnce(rusqlite::Error) -> LedgerError {
    move |error| LedgerError::Unavailable {
        what,
        source: Some(Box::new(error)),
    }
}
