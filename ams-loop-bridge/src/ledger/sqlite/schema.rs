//! The file's layout, and how older files get it.

use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::witness::{Progress, Witness};
use super::{LedgerError, failed};

/// Marks the file as one of ours (`AMSl` in ASCII), so that another program's database is left
/// alone.
const APPLICATION_ID: i32 = 0x414d_536c;

/// How long a call waits for another process to finish its transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Step `n` leads from schema version `n` to `n + 1`. Steps are only ever added.
const MIGRATIONS: &[&str] = &[
    "
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
",
    "
    -- When a worker should look at it: not while another one does.
    ALTER TABLE entry RENAME COLUMN look_at TO due_at;
    -- Which form the body is written in.
    ALTER TABLE entry ADD COLUMN form INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE entry ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE entry ADD COLUMN process_intents INTEGER NOT NULL DEFAULT 0;
    DROP INDEX entry_due;
    CREATE INDEX entry_due ON entry (merchant, due_at, rma_number)
        WHERE due_at IS NOT NULL AND archived = 0;
    CREATE INDEX entry_listed ON entry (merchant, rma_number) WHERE archived = 0;

    CREATE TABLE history (
        epoch TEXT NOT NULL,
        -- The process calls of all entries that were ever intended.
        process_intents INTEGER NOT NULL,
        -- Whether there was ever a witness.
        witnessed INTEGER NOT NULL
    ) STRICT;
    INSERT INTO history SELECT lower(hex(randomblob(16))), 0, 0;
    CREATE TRIGGER entry_made AFTER INSERT ON entry WHEN new.process_intents > 0 BEGIN
        UPDATE history SET process_intents = process_intents + new.process_intents;
    END;
    CREATE TRIGGER entry_changed AFTER UPDATE OF process_intents ON entry
    WHEN new.process_intents > old.process_intents BEGIN
        UPDATE history
        SET process_intents = process_intents + new.process_intents - old.process_intents;
    END;
",
];

/// A merchant who never noted an epoch, as before there were any, must not take the new one for
/// the first.
const NOT_THE_LATEST: &str = "
    UPDATE history SET epoch = lower(hex(randomblob(16)));
    INSERT OR IGNORE INTO cursor (merchant, name, value)
        SELECT DISTINCT merchant, 'epoch', '' FROM entry;
";

/// Sets the connection up, brings the file to the newest schema, and sees whether it is the latest.
pub(super) fn prepare(connection: &mut Connection, witness: &Witness) -> Result<(), LedgerError> {
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .map_err(failed("setting up"))?;
    // Before anything is written: the file may not be ours.
    migrate(connection)?;
    write_ahead(connection).map_err(failed("setting up"))?;
    // NORMAL can lose a committed intent in a power loss, and a lost intent is a second refund.
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(failed("setting up"))?;
    check_epoch(connection, witness)
}

/// Gives the file a new epoch when its witness is gone, or has seen it go further than it is now.
fn check_epoch(connection: &mut Connection, witness: &Witness) -> Result<(), LedgerError> {
    // Until it is over nobody else can write an intent, or be the first to open the file.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed("setting up"))?;
    let mut reached = progress(&transaction)?;
    let seen = witness.remembers().map_err(unwitnessed)?;
    let is_the_latest = seen
        .as_ref()
        .is_some_and(|seen| seen.epoch == reached.epoch && seen.intents <= reached.intents);
    let was_witnessed: bool = transaction
        .query_row("SELECT witnessed FROM history", [], |row| row.get(0))
        .map_err(failed("setting up"))?;
    // A file from before there were witnesses, beside one, was put in the place of a later file.
    if (was_witnessed || seen.is_some()) && !is_the_latest {
        tracing::warn!(
            "the ledger is not the latest that was known here: nothing that it holds is processed \
             until it is reconciled"
        );
        transaction
            .execute_batch(NOT_THE_LATEST)
            .map_err(failed("setting up"))?;
        reached = progress(&transaction)?;
    }
    witness.remember(&reached).map_err(unwitnessed)?;
    transaction
        .execute("UPDATE history SET witnessed = 1", [])
        .and_then(|_| transaction.commit())
        .map_err(failed("setting up"))
}

/// How far the file has come.
pub(super) fn progress(connection: &Connection) -> Result<Progress, LedgerError> {
    connection
        .prepare_cached("SELECT epoch, process_intents FROM history")
        .and_then(|mut query| {
            query.query_row([], |row| {
                Ok(Progress {
                    epoch: row.get(0)?,
                    intents: row.get(1)?,
                })
            })
        })
        .map_err(failed("reading how far it has come"))
}

/// What was stored may not be acted on when it is not witnessed.
pub(super) fn unwitnessed(error: std::io::Error) -> LedgerError {
    LedgerError::Unavailable {
        what: "the file that witnesses it",
        source: Some(Box::new(error)),
    }
}

/// Switches the file to a write-ahead log. SQLite does not apply its busy timeout here, so the
/// waiting is done on this thread, which is the database's own.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    const PAUSE: Duration = Duration::from_millis(5);
    let began = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && began.elapsed() < BUSY_TIMEOUT =>
            {
                thread::sleep(PAUSE);
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
