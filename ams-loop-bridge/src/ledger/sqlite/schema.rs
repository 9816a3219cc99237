//! The file's layout, and how older files get it.

use std::thread;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::{LedgerError, failed};

/// Marks the file as one of ours (`AMSl` in ASCII), so that another program's database is left
/// alone.
const APPLICATION_ID: i32 = 0x414d_536c;

/// How long a call waits for another process to finish its transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Step `n` leads from schema version `n` to `n + 1`. Steps are only ever added.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE entry (
        merchant TEXT NOT NULL,
        -- Twenty digits with leading zeros.
        rma_number TEXT NOT NULL,
        revision INTEGER NOT NULL,
        -- Milliseconds since 1970, or NULL when only news can change anything.
        look_at INTEGER,
        body TEXT NOT NULL,
        PRIMARY KEY (merchant, rma_number)
    ) STRICT;
    CREATE INDEX entry_due ON entry (merchant, look_at) WHERE look_at IS NOT NULL;

    CREATE TABLE cursor (
        merchant TEXT NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (merchant, name)
    ) STRICT;
"];

/// Sets the connection up and brings the file to the newest schema.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), LedgerError> {
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .map_err(failed("setting up"))?;
    // Before anything is written: the file may not be ours.
    migrate(connection)?;
    write_ahead(connection).map_err(failed("setting up"))?;
    // NORMAL can lose a committed intent in a power loss, and a lost intent is a second refund.
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(failed("setting up"))
}

/// Switches the file to a write-ahead log. SQLite does not apply its busy timeout here, so the
/// waiting is done on this thread, which is the database's own.
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

fn migrate(connection: &mut Connection) -> Result<(), LedgerError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed("setting up"))?;
    let read = |sql| {
        transaction
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .map_err(failed("setting up"))
    };
    let application = read("PRAGMA application_id")?;
    let version = read("PRAGMA user_version")?;
    let fresh =
        application == 0 && version == 0 && read("SELECT count(*) FROM sqlite_schema")? == 0;
    if !fresh && application != i64::from(APPLICATION_ID) {
        return Err(LedgerError::Unreadable {
            what: "a database of another program".to_owned(),
        });
    }
    let pending = usize::try_from(version)
        .ok()
        .and_then(|done| MIGRATIONS.get(done..));
    let pending = pending.ok_or_else(|| LedgerError::Unreadable {
        what: format!("schema version {version} of a newer program"),
    })?;
    if pending.is_empty() {
        return Ok(());
    }
    for step in pending {
        transaction
            .execute_batch(step)
            .map_err(failed("setting up"))?;
    }
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .and_then(|()| {
            transaction.pragma_update(None, "user_version", MIGRATIONS.len().to_string())
        })
        .and_then(|()| transaction.commit())
        .map_err(failed("setting up"))
}
