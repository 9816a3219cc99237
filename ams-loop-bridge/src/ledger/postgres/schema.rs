//! The tables, and how older ones are brought up to date.

use deadpool_postgres::tokio_postgres::types::Type;
use deadpool_postgres::tokio_postgres::{Client, Error, IsolationLevel, Transaction};

use super::LedgerError;
use super::server::failed;

/// Step `n` leads from schema version `n` to `n + 1`. Steps are only ever added.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE ams_ledger.schema_version (version bigint NOT NULL);
    INSERT INTO ams_ledger.schema_version VALUES (0);

    CREATE TABLE ams_ledger.entry (
        merchant text COLLATE \"C\" NOT NULL,
        -- Goes up to 2^64 - 1, which a bigint does not.
        rma_number numeric(20) NOT NULL,
        revision bigint NOT NULL,
        -- When a worker should look at it, in milliseconds since 1970; NULL when only news can
        -- change anything.
        due_at bigint,
        archived boolean NOT NULL DEFAULT false,
        -- Which form the body is written in.
        form bigint NOT NULL,
        -- JSON, kept as it was written: jsonb would take no escaped NUL in what Loop said.
        body text NOT NULL,
        -- The process calls that were ever about to be sent, for whoever audits.
        process_intents bigint NOT NULL,
        PRIMARY KEY (merchant, rma_number)
    );
    CREATE INDEX entry_due ON ams_ledger.entry (merchant, due_at, rma_number)
        WHERE due_at IS NOT NULL AND NOT archived;
    CREATE INDEX entry_listed ON ams_ledger.entry (merchant, rma_number) WHERE NOT archived;

    CREATE TABLE ams_ledger.cursor (
        merchant text COLLATE \"C\" NOT NULL,
        name text COLLATE \"C\" NOT NULL,
        -- Text in UTF-8. An OMS may put anything into its cursor, and text takes no NUL.
        value bytea NOT NULL,
        PRIMARY KEY (merchant, name)
    );
"];

const WHAT: &str = "setting up";

/// Names the lock of whoever migrates (`AMSl` in ASCII).
const LOCK: i64 = 0x414d_536c;

/// Brings the schema to the newest version; a newer one is left alone.
pub(super) async fn prepare(client: &mut Client) -> Result<(), LedgerError> {
    check(client).await?;
    // Looked at without a lock, because a role that may not change the tables can use them.
    let found = version(client).await.map_err(failed(WHAT))?;
    if pending(found)?.is_empty() {
        return Ok(());
    }
    // Whatever the role's default is, each statement must see what others did before it.
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .start()
        .await
        .map_err(failed(WHAT))?;
    transaction
        .query_typed("SELECT pg_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)])
        .await
        .map_err(failed(WHAT))?;
    let found = version(transaction.client()).await.map_err(failed(WHAT))?;
    migrate(&transaction, found, pending(found)?)
        .await
        .map_err(failed(WHAT))?;
    transaction.commit().await.map_err(failed(WHAT))
}

/// Whether the server can keep a ledger.
async fn check(client: &Client) -> Result<(), LedgerError> {
    let setting = async |name: &str| -> Result<String, Error> {
        let row = client
            .query_typed_one("SELECT current_setting($1)", &[(&name, Type::TEXT)])
            .await?;
        row.try_get(0)
    };
    let unusable = |what| Err(LedgerError::Unavailable { what, source: None });
    // Loop's texts may hold any character, and an entry that cannot be stored never settles.
    if setting("server_encoding").await.map_err(failed(WHAT))? != "UTF8" {
        return unusable("its database is not in UTF-8");
    }
    if setting("transaction_read_only")
        .await
        .map_err(failed(WHAT))?
        == "on"
    {
        return unusable("its server cannot be written to; it may be a standby");
    }
    if setting("fsync").await.map_err(failed(WHAT))? == "off" {
        tracing::warn!("the ledger's server has fsync off: what it loses may be refunded twice");
    }
    Ok(())
}

/// The version of the schema, if there is one.
async fn version(client: &Client) -> Result<Option<i64>, Error> {
    let exists = client
        .query_typed(
            // Not `to_regclass`, which may answer out of what its session has cached.
            "SELECT 1 FROM pg_tables
             WHERE schemaname = 'ams_ledger' AND tablename = 'schema_version'",
            &[],
        )
        .await?;
    if exists.is_empty() {
        return Ok(None);
    }
    let rows = client
        .query_typed("SELECT version FROM ams_ledger.schema_version", &[])
        .await?;
    rows.first().map(|row| row.try_get(0)).transpose()
}

fn pending(found: Option<i64>) -> Result<&'static [&'static str], LedgerError> {
    let version = found.unwrap_or_default();
    usize::try_from(version)
        .ok()
        .and_then(|done| MIGRATIONS.get(done..))
        .ok_or_else(|| LedgerError::Unreadable {
            what: format!("schema version {version} of a newer program"),
        })
}

async fn migrate(
    transaction: &Transaction<'_>,
    found: Option<i64>,
    steps: &[&str],
) -> Result<(), Error> {
    if found.is_none() {
        // Not `IF NOT EXISTS`, which asks for the right to create it even where it exists.
        let schema = transaction
            .query_typed(
                "SELECT 1 FROM pg_namespace WHERE nspname = 'ams_ledger'",
                &[],
            )
            .await?;
        if schema.is_empty() {
            transaction
                .batch_execute("CREATE SCHEMA ams_ledger")
                .await?;
        }
    }
    for step in steps {
        transaction.batch_execute(step).await?;
        transaction
            .batch_execute("UPDATE ams_ledger.schema_version SET version = version + 1")
            .await?;
    }
    Ok(())
}
