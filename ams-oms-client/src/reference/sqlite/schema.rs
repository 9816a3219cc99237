//! The file's layout, and how older files get it.

use std::thread;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::failure::{read_failed, write_failed};
use crate::OmsError;

/// Marks the file as one of ours (`AMSo` in ASCII), so that another program's database is left
/// alone.
const APPLICATION_ID: i32 = 0x414d_536f;

/// How long a call waits for another process to finish its transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Step `n` leads from schema version `n` to `n + 1`. Steps are only ever added.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE store (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        -- Names the store in its cursors.
        id TEXT NOT NULL,
        last_change INTEGER NOT NULL
    ) STRICT;
    INSERT INTO store VALUES (1, lower(hex(randomblob(16))), 0);

    CREATE TABLE rma (
        merchant TEXT NOT NULL,
        -- Decimal text, because the numbers may exceed SQLite's integers. Its length and then
        -- the text give the numeric order.
        rma_number TEXT NOT NULL,
        version TEXT NOT NULL,
        is_open INTEGER NOT NULL,
        -- The number of the last change, over all merchants.
        change INTEGER NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (merchant, rma_number)
    ) STRICT;
    CREATE UNIQUE INDEX rma_by_change ON rma (merchant, change);
    CREATE INDEX rma_open ON rma (merchant, length(rma_number), rma_number) WHERE is_open;
"];

/// Sets the connection up and brings the file to the newest schema.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), OmsError> {
    connection.busy_timeout(BUSY_TIMEOUT).map_err(read_failed)?;
    // Before anything is written: the file may not be ours.
    migrate(connection)?;
    write_ahead(connection)
        .and_then(|()| connection.pragma_update(None, "synchronous", "FULL"))
        .map_err(read_failed)
}

/// Switches the file to a write-ahead log, for all connections.
///
/// When several connections switch a new file at the same moment, SQLite tells all but one that
/// the database is busy and does not apply the busy timeout, so the waiting is done here. This is
/// the database's own thread: nobody else waits.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    const PAUSE: Duration = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && waited < BUSY_TIMEOUT =>
            {
                thread::sleep(PAUSE);
                waited += PAUSE;
            }
            result => return result,
        }
    }
}

fn migrate(connection: &mut Connection) -> Result<(), OmsError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(read_failed)?;
    let read = |sql| transaction.query_row(sql, [], |row| row.get::<_, i64>(0));
    let application = read("PRAGMA application_id").map_err(read_failed)?;
    let version = read("PRAGMA user_version").map_err(read_failed)?;
    let tables = read("SELECT count(*) FROM sqlite_schema").map_err(read_failed)?;

    let fresh = application == 0 && version == 0 && tables == 0;
    if !fresh && application != i64::from(APPLICATION_ID) {
        return Err(OmsError::malformed(
            "the file is a database of another program",
        ));
    }
    let newest = MIGRATIONS.len();
    let pending = usize::try_from(version)
        .ok()
        .and_then(|done| MIGRATIONS.get(done..))
        .ok_or_else(|| {
            OmsError::malformed(format!(
                "the file has schema version {version} and this program knows up to {newest}: \
                 use a newer program"
            ))
        })?;
    if pending.is_empty() {
        return Ok(());
    }
    for step in pending {
        transaction.execute_batch(step).map_err(read_failed)?;
    }
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .and_then(|()| transaction.pragma_update(None, "user_version", newest.to_string()))
        .map_err(read_failed)?;
    transaction.commit().map_err(write_failed)
}
