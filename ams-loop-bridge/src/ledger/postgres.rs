//! A ledger in a PostgreSQL database.

mod address;
mod schema;
mod server;

use std::fmt;
use std::num::NonZeroU32;

use ams_oms_client::{MerchantId, RmaKey, RmaNumber};
use async_trait::async_trait;
use deadpool_postgres::Pool;
use deadpool_postgres::tokio_postgres::Row;
use deadpool_postgres::tokio_postgres::error::SqlState;
use deadpool_postgres::tokio_postgres::types::Type;
use loop_client::Timestamp;

use self::server::{Parameter, Server, failed};
use super::body::{Columns, FORM, encode, entries, entry, integer, readable_entries, stored};
use super::{CursorName, Entry, Ledger, LedgerError, Stored};

/// The ledger of an integration on several machines: one PostgreSQL database, shared by any number
/// of workers and merchants.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use ams_loop_bridge::ledger::PostgresLedger;
///
/// let ledger = PostgresLedger::connect("postgres://bridge@localhost/loop").await?;
/// # Ok(())
/// # }
/// ```
///
/// Its tables are in the schema `ams_ledger` of the database, whatever the search path says, so
/// that no two workers on one database have two ledgers. The first to open it makes them, and needs
/// the right to create a schema, or an empty `ams_ledger` of its own. From then on a role needs
/// `USAGE` on the schema and `SELECT`, `INSERT` and `UPDATE` on its tables, until a newer version
/// of this crate has tables to change. It takes PostgreSQL 12 or newer, and a database in UTF-8.
///
/// # What is durable
///
/// What a call has returned survives a crash of the server, as far as its disk keeps its word:
/// every write waits for the disk, and for a synchronous standby if there is one, even where server
/// or role say `synchronous_commit = off`. A server with `fsync = off` promises nothing, and is
/// warned of.
///
/// A call that gets no answer fails after 20 seconds at the latest, and may or may not have
/// stored. Broken connections are replaced: a ledger outlives a restart of its server.
///
/// # What the epoch notices
///
/// [`Ledger::epoch`] is made of the cluster's identifier, its timeline, and the object ids of the
/// database and the table. So these change it, and the bridge processes nothing until it is
/// reconciled: a restored dump, a recovery to a point in time, the promotion of a standby (which
/// may have missed the latest intents), another server, and, without need, an upgrade by
/// `pg_upgrade`.
///
/// Not noticed is what goes back in time without telling the server: a file-system or disk
/// snapshot put in place of the data directory, a base backup that is started without
/// `recovery.signal`, rows deleted or replaced by hand (`pg_restore --data-only` included), and an
/// old primary that still answers beside the promoted one. After any of these, change the epoch by
/// hand: dump and restore the schema `ams_ledger`.
///
/// A server that keeps its identifier or timeline from the role (PostgreSQL itself does not;
/// hosted variants may) is warned of, and their changes are not noticed. All workers need the same
/// rights there: to one that may see more, the epoch is another.
///
/// # Runtime
///
/// Unlike the other ledgers it needs a Tokio runtime, with I/O and time enabled. Clones share the
/// connections.
#[derive(Clone)]
pub struct PostgresLedger {
    server: Server,
}

impl PostgresLedger {
    /// Connects without TLS to the server that `url` names, as in
    /// `postgres://user:password@localhost:5432/database` or
    /// `postgres://user@%2Fvar%2Frun%2Fpostgresql/database`, and brings an older schema up to date.
    /// What is special in a user, password or path is percent-encoded.
    ///
    /// Of several hosts the first that can be written to is used. At most 8 connections are open
    /// at a time.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`] when the URL cannot be understood, when the server cannot be
    /// used, and when it is on another machine: passwords and ledgers do not go over a network in
    /// the clear, unless the URL ends in `?sslmode=disable`. Use [`PostgresLedger::with_pool`]
    /// for TLS. [`LedgerError::Unreadable`] when the schema belongs to a newer version of this
    /// crate, which is never touched. The errors do not quote the URL.
    pub async fn connect(url: &str) -> Result<Self, LedgerError> {
        Self::with_pool(address::pool(url)?).await
    }

    /// Uses connections of yours, with the TLS of your choice, and brings an older schema up to
    /// date. They must lead to the server that is written to, never to a standby that may be
    /// behind.
    ///
    /// ```no_run
    /// use ams_loop_bridge::ledger::PostgresLedger;
    /// use deadpool_postgres::tokio_postgres::NoTls;
    /// use deadpool_postgres::{Manager, Pool};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// // With rustls, by the crate `tokio-postgres-rustls`:
    /// // let tls = tokio_postgres_rustls::MakeRustlsConnect::new(rustls_client_config);
    /// let tls = NoTls;
    /// let url = "postgres://bridge@db.example.com/loop?sslmode=require\
    ///            &target_session_attrs=read-write";
    /// let pool = Pool::builder(Manager::new(url.parse()?, tls)).build()?;
    /// let ledger = PostgresLedger::with_pool(pool).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`PostgresLedger::connect`] that are not about its URL.
    pub async fn with_pool(pool: Pool) -> Result<Self, LedgerError> {
        let server = Server::new(pool);
        server.prepare().await?;
        Ok(Self { server })
    }

    /// Runs a statement that changes one row, if it still is what the caller loaded.
    async fn swap(
        &self,
        what: &'static str,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Stored, LedgerError> {
        match self.server.answer(what, sql, parameters).await? {
            Ok(rows) => Ok(stored(rows.len())),
            // How a lost race looks to a role whose transactions are repeatable or serializable.
            Err(error) if error.code() == Some(&SqlState::T_R_SERIALIZATION_FAILURE) => {
                Ok(Stored::Stale)
            }
            Err(error) => Err(failed(what)(error)),
        }
    }

    /// One part of the epoch; "-" where the server does not let us know.
    async fn identity(&self, sql: &str) -> Result<String, LedgerError> {
        const WHAT: &str = "reading the epoch";
        match self.server.answer(WHAT, sql, &[]).await? {
            Ok(rows) => only(&rows),
            Err(error)
                if error.code().is_some_and(|code| {
                    [
                        SqlState::INSUFFICIENT_PRIVILEGE,
                        SqlState::FEATURE_NOT_SUPPORTED,
                        SqlState::UNDEFINED_FUNCTION,
                    ]
                    .contains(code)
                }) =>
            {
                tracing::warn!(
                    %error,
                    "the server does not say who it is: an older copy may not be noticed"
                );
                Ok("-".to_owned())
            }
            Err(error) => Err(failed(WHAT)(error)),
        }
    }
}

/// Neither addresses nor passwords.
impl fmt::Debug for PostgresLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresLedger")
            .field("connections", &self.server.connections())
            .finish_non_exhaustive()
    }
}

/// Begins each statement that writes. A commit that does not wait for the disk can lose an intent,
/// and a lost intent is a second refund. It is set for this transaction only, because a pool is
/// shared and may be reset, and in the same statement, because a round trip less is a fault less.
///
/// Whoever holds a row for long, in a forgotten session, makes writes fail on the server too:
/// those that nobody waits for any more must not pile up there.
const DURABLY: &str = "
    WITH durably AS MATERIALIZED (
        SELECT
            set_config(
                'synchronous_commit',
                CASE current_setting('synchronous_commit')
                    WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on'
                END,
                true
            ),
            set_config('lock_timeout', '10s', true)
    )";

#[async_trait]
impl Ledger for PostgresLedger {
    async fn load(&self, key: &RmaKey) -> Result<Option<Entry>, LedgerError> {
        let rows = self
            .server
            .query(
                "reading an entry",
                "SELECT form, revision, body FROM ams_ledger.entry
                 WHERE merchant = $1 AND rma_number = $2::numeric",
                &[
                    (&key.merchant.as_str(), Type::TEXT),
                    (&decimal(key.rma_number), Type::TEXT),
                ],
            )
            .await?;
        rows.first()
            .map(|row| columns(row).and_then(entry))
            .transpose()
    }

    async fn store(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        let next = Entry {
            revision: entry.revision.saturating_add(1),
            ..entry.clone()
        };
        let before = integer(entry.revision)?;
        // One statement, so that comparing the revision and writing cannot be parted.
        let sql = if before == 0 {
            format!(
                "{DURABLY}
                 INSERT INTO ams_ledger.entry
                     (merchant, rma_number, revision, due_at, form, body, process_intents)
                 SELECT $1, $2::numeric, $3 + 1, $4, $5, $6, $7 FROM durably
                 ON CONFLICT DO NOTHING RETURNING 1"
            )
        } else {
            format!(
                "{DURABLY}
                 UPDATE ams_ledger.entry SET revision = $3 + 1, due_at = $4, form = $5, body = $6,
                     process_intents = $7, archived = false
                 FROM durably
                 WHERE merchant = $1 AND rma_number = $2::numeric AND revision = $3 RETURNING 1"
            )
        };
        self.swap(
            "writing an entry",
            &sql,
            &[
                (&next.key.merchant.as_str(), Type::TEXT),
                (&decimal(next.key.rma_number), Type::TEXT),
                (&before, Type::INT8),
                (&next.due_at().map(Timestamp::unix_millis), Type::INT8),
                (&FORM, Type::INT8),
                (&encode(&next)?, Type::TEXT),
                (&integer(next.process_intents)?, Type::INT8),
            ],
        )
        .await
    }

    // All workers are given the same entries, and all but one are late for each. That costs them a
    // round trip per entry, which is nothing beside the calls that Loop allows, and an entry that
    // is claimed is given to nobody until its claim runs out. Rows that are skipped while another
    // has them locked would help only within that worker's transaction, which is over by then.
    async fn due(
        &self,
        merchant: &MerchantId,
        now: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let rows = self
            .server
            .query(
                "reading entries",
                "SELECT form, revision, body FROM ams_ledger.entry
                 WHERE merchant = $1 AND due_at <= $2 AND NOT archived AND form <= $4
                 ORDER BY due_at, rma_number LIMIT $3",
                &[
                    (&merchant.as_str(), Type::TEXT),
                    (&now.unix_millis(), Type::INT8),
                    (&i64::from(limit.get()), Type::INT8),
                    (&FORM, Type::INT8),
                ],
            )
            .await?;
        all_columns(&rows).map(readable_entries)
    }

    async fn list(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let after = after.map_or_else(|| "0".to_owned(), decimal);
        let rows = self
            .server
            .query(
                "reading entries",
                "SELECT form, revision, body FROM ams_ledger.entry
                 WHERE merchant = $1 AND rma_number > $2::numeric AND NOT archived
                     AND form <= $4
                 ORDER BY rma_number LIMIT $3",
                &[
                    (&merchant.as_str(), Type::TEXT),
                    (&after, Type::TEXT),
                    (&i64::from(limit.get()), Type::INT8),
                    (&FORM, Type::INT8),
                ],
            )
            .await?;
        all_columns(&rows).and_then(entries)
    }

    async fn archive(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        self.swap(
            "archiving an entry",
            &format!(
                "{DURABLY}
                 UPDATE ams_ledger.entry SET archived = true FROM durably
                 WHERE merchant = $1 AND rma_number = $2::numeric AND revision = $3 RETURNING 1"
            ),
            &[
                (&entry.key.merchant.as_str(), Type::TEXT),
                (&decimal(entry.key.rma_number), Type::TEXT),
                (&integer(entry.revision)?, Type::INT8),
            ],
        )
        .await
    }

    async fn epoch(&self) -> Result<String, LedgerError> {
        let cluster = self
            .identity("SELECT system_identifier::text FROM pg_control_system()")
            .await?;
        // The control file names the timeline of the last checkpoint, which is older than a
        // promotion; the log that is written now is of the present one.
        let timeline = self
            .identity("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)")
            .await?;
        let table = self
            .identity(
                "SELECT oid || '/' || 'ams_ledger.entry'::regclass::oid
                 FROM pg_database WHERE datname = current_database()",
            )
            .await?;
        Ok(format!("{cluster}/{timeline}/{table}"))
    }

    async fn cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
    ) -> Result<Option<String>, LedgerError> {
        let rows = self
            .server
            .query(
                "reading a cursor",
                "SELECT value FROM ams_ledger.cursor WHERE merchant = $1 AND name = $2",
                &[
                    (&merchant.as_str(), Type::TEXT),
                    (&name.as_str(), Type::TEXT),
                ],
            )
            .await?;
        let value = rows.first().map(|row| row.try_get(0)).transpose();
        let value: Option<Vec<u8>> = value.map_err(failed("reading a cursor"))?;
        let unreadable = |_| LedgerError::Unreadable {
            what: format!("the cursor {}", name.as_str()),
        };
        value.map(String::from_utf8).transpose().map_err(unreadable)
    }

    async fn store_cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
        value: &str,
    ) -> Result<(), LedgerError> {
        self.server
            .query(
                "writing a cursor",
                &format!(
                    "{DURABLY}
                     INSERT INTO ams_ledger.cursor (merchant, name, value)
                     SELECT $1, $2, $3 FROM durably
                     ON CONFLICT (merchant, name) DO UPDATE SET value = excluded.value"
                ),
                &[
                    (&merchant.as_str(), Type::TEXT),
                    (&name.as_str(), Type::TEXT),
                    (&value.as_bytes(), Type::BYTEA),
                ],
            )
            .await
            .map(drop)
    }
}

/// RMA numbers exceed PostgreSQL's integers; as `numeric` they stay numbers to whoever looks
/// into the table.
fn decimal(number: RmaNumber) -> String {
    number.get().to_string()
}

fn columns(row: &Row) -> Result<Columns, LedgerError> {
    let read = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
    read().map_err(failed("reading an entry"))
}

fn all_columns(rows: &[Row]) -> Result<Vec<Columns>, LedgerError> {
    rows.iter().map(columns).collect()
}

fn only(rows: &[Row]) -> Result<String, LedgerError> {
    let row = rows.first().ok_or_else(|| LedgerError::Unreadable {
        what: "an answer without a row".to_owned(),
    })?;
    row.try_get(0).map_err(failed("reading the epoch"))
}
