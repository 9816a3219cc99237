//! What only a server must do.

use std::error::Error as _;
use std::net::TcpListener;
use std::sync::Arc;

use ams_loop_bridge::ledger::{CursorName, Entry, Ledger, LedgerError, PostgresLedger, Stored};
use ams_oms_client::RmaKey;
use deadpool_postgres::tokio_postgres::NoTls;
use deadpool_postgres::{Manager, Pool};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use crate::common::{at, count, key, merchant};
use crate::server::PostgresServer;
use crate::suite::{full, one_wins, shared, stored, suite};

async fn open(server: &PostgresServer, database: &str) -> PostgresLedger {
    open_as(server, "postgres", database).await.unwrap()
}

async fn open_as(
    server: &PostgresServer,
    user: &str,
    database: &str,
) -> Result<PostgresLedger, LedgerError> {
    PostgresLedger::connect(&server.url(user, database)).await
}

async fn refused(server: &PostgresServer, user: &str, database: &str) -> LedgerError {
    open_as(server, user, database).await.unwrap_err()
}

/// A server that is allowed to lose in a crash what it has answered.
fn careless() -> Option<PostgresServer> {
    let server = PostgresServer::start()?;
    for setting in ["synchronous_commit = off", "wal_writer_delay = '10s'"] {
        server.sql("postgres", &format!("ALTER SYSTEM SET {setting}"));
    }
    server.sql("postgres", "SELECT pg_reload_conf()");
    Some(server)
}

/// Each broken connection fails one call; then the pool has none left.
async fn load_after_a_crash(ledger: &PostgresLedger, key: &RmaKey) -> Option<Entry> {
    for _ in 0..9 {
        match ledger.load(key).await {
            Ok(found) => return found,
            Err(LedgerError::Unavailable { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("it does not recover");
}

#[tokio::test]
async fn postgres_ledger() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    suite(&open(server, &server.database()).await).await;
}

#[tokio::test]
async fn postgres_ledger_on_a_pool_of_ones_own() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let config = server.url("postgres", &server.database()).parse().unwrap();
    let pool = Pool::builder(Manager::new(config, NoTls)).max_size(1);
    suite(
        &PostgresLedger::with_pool(pool.build().unwrap())
            .await
            .unwrap(),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_ledger_one_wins_on_one_pool() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    one_wins(shared(&open(server, &server.database()).await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_ledger_one_wins_over_many_ledgers_that_open_at_once() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let database = server.database();
    let ledgers = join_all((0..8).map(|_| open(server, &database))).await;
    let versions = server.sql(&database, "SELECT version FROM ams_ledger.schema_version");
    assert_eq!(versions, "1", "one of them has made the tables");
    let ledgers = ledgers.into_iter();
    one_wins(ledgers.map(|it| Arc::new(it) as Arc<dyn Ledger>).collect()).await;
}

/// A lost race looks different to them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_ledger_one_wins_in_stricter_transactions() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    for isolation in ["repeatable read", "serializable"] {
        let database = server.database();
        let set =
            format!("ALTER DATABASE {database} SET default_transaction_isolation = '{isolation}'");
        server.sql("postgres", &set);
        let ledgers = join_all((0..4).map(|_| open(server, &database))).await;
        one_wins(
            ledgers
                .iter()
                .flat_map(|it| shared(it).split_off(24))
                .collect(),
        )
        .await;
    }
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_crash_of_the_server() {
    let Some(server) = careless() else {
        return;
    };
    let ledger = open(&server, &server.database()).await;
    let before = stored(&ledger, &full(1)).await;
    let name = CursorName::LoopReturns;
    ledger.store_cursor(&merchant(), name, "x").await.unwrap();
    let epoch = ledger.epoch().await.unwrap();

    server.crash();
    for _ in 0..2 {
        let error = ledger.store(&before).await.unwrap_err();
        assert!(matches!(error, LedgerError::Unavailable { .. }), "{error}");
    }
    server.start_again();

    let found = load_after_a_crash(&ledger, &before.key).await;
    assert_eq!(found.as_ref(), Some(&before));
    let cursor = ledger.cursor(&merchant(), name).await.unwrap();
    assert_eq!(cursor.as_deref(), Some("x"));
    assert_eq!(ledger.epoch().await.unwrap(), epoch, "nothing is forgotten");
    assert_eq!(stored(&ledger, &before).await.revision, 2);
}

/// Every store whose answer was `Ok` is there, and of the others each is there whole or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crash_in_the_middle_of_many_stores_loses_none_that_was_answered() {
    const WORKERS: u64 = 200;
    let Some(server) = careless() else {
        return;
    };
    let ledger = open(&server, &server.database()).await;
    let answered = Arc::new(Semaphore::new(0));
    let workers: Vec<_> = (1..=WORKERS)
        .map(|id| {
            let (ledger, answered) = (ledger.clone(), Arc::clone(&answered));
            tokio::spawn(async move {
                let mut entry = Entry::new(key(id), at(0));
                while ledger.store(&entry).await.is_ok_and(|it| it == Stored::Yes) {
                    entry.revision += 1;
                    answered.add_permits(1);
                }
                entry
            })
        })
        .collect();
    // On average each has stored twice, and all are about to store again.
    let enough = answered.acquire_many(2 * u32::try_from(WORKERS).unwrap());
    enough.await.unwrap().forget();
    server.crash();
    let last_answered: Vec<Entry> = join_all(workers).await.into_iter().flatten().collect();
    server.start_again();

    assert_eq!(last_answered.len(), 200);
    load_after_a_crash(&ledger, &key(1)).await;
    for entry in last_answered {
        let found = ledger.load(&entry.key).await.unwrap();
        let revision = found.map_or(0, |it| it.revision);
        let unknown = entry.revision + 1;
        assert!(
            (entry.revision..=unknown).contains(&revision),
            "{revision} of {unknown}"
        );
    }
}

/// What a write waits for is what is set when its transaction ends.
#[tokio::test]
async fn every_write_waits_for_the_disk_whatever_the_role_says() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let database = server.database();
    open(server, &database).await;
    server.sql(
        &database,
        "CREATE TABLE seen (what text, setting text, lock_timeout text);
         CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
             INSERT INTO seen SELECT tg_table_name || ' ' || tg_op,
                 current_setting('synchronous_commit'), current_setting('lock_timeout');
             RETURN NULL;
         END $$;
         CREATE CONSTRAINT TRIGGER see AFTER INSERT OR UPDATE ON ams_ledger.entry
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION see();
         CREATE CONSTRAINT TRIGGER see AFTER INSERT OR UPDATE ON ams_ledger.cursor
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION see();",
    );
    for (said, wanted) in [
        ("off", "on"),
        ("local", "on"),
        ("remote_write", "on"),
        ("on", "on"),
        ("remote_apply", "remote_apply"),
    ] {
        let role = format!("writer_{said}");
        server.sql(
            &database,
            &format!(
                "CREATE ROLE {role} LOGIN; ALTER ROLE {role} SET synchronous_commit = {said};
                 GRANT USAGE ON SCHEMA ams_ledger TO {role};
                 GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA ams_ledger TO {role};
                 TRUNCATE seen, ams_ledger.entry, ams_ledger.cursor;"
            ),
        );
        let ledger = open_as(server, &role, &database).await.unwrap();
        let entry = stored(&ledger, &Entry::new(key(1), at(0))).await;
        let entry = stored(&ledger, &entry).await;
        assert_eq!(ledger.archive(&entry).await.unwrap(), Stored::Yes);
        for value in ["1", "2"] {
            let name = CursorName::LoopReturns;
            ledger.store_cursor(&merchant(), name, value).await.unwrap();
        }
        let each = [
            "entry INSERT",
            "entry UPDATE",
            "entry UPDATE",
            "cursor INSERT",
            "cursor UPDATE",
        ];
        let each: Vec<_> = each.iter().map(|it| format!("{it}|{wanted}|10s")).collect();
        assert_eq!(
            server.sql(&database, "TABLE seen"),
            each.join("\n"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    for version in ["2", "999", "-1"] {
        let database = server.database();
        open(server, &database).await;
        let set = format!("UPDATE ams_ledger.schema_version SET version = {version}");
        server.sql(&database, &set);
        let dump = || {
            let dump = server.run("pg_dump", &[&server.url("postgres", &database)]);
            // Each dump has a random key in its `\restrict` and `\unrestrict`.
            let lines = dump.lines().filter(|line| !line.starts_with('\\'));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let before = dump();
        let error = refused(server, "postgres", &database).await;
        assert!(matches!(error, LedgerError::Unreadable { .. }), "{error}");
        assert_eq!(dump(), before);
    }
}

#[tokio::test]
async fn a_database_that_cannot_keep_a_ledger_is_refused() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let ascii = server.database();
    server.sql("postgres", &format!("DROP DATABASE {ascii}"));
    let make = format!("CREATE DATABASE {ascii} ENCODING 'SQL_ASCII' TEMPLATE template0");
    server.sql("postgres", &make);
    let frozen = server.database();
    let freeze = format!("ALTER DATABASE {frozen} SET default_transaction_read_only = on");
    server.sql("postgres", &freeze);
    for database in [&ascii, &frozen, "no_such_database"] {
        let error = refused(server, "postgres", database).await;
        assert!(matches!(error, LedgerError::Unavailable { .. }), "{error}");
    }
    for database in [&ascii, &frozen] {
        let made = server.sql(database, "SELECT to_regnamespace('ams_ledger') IS NOT NULL");
        assert_eq!(made, "f", "nothing was written");
    }
}

/// The tables are where they are, whatever the search path of a role.
#[tokio::test]
async fn workers_with_different_roles_share_one_ledger() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let database = server.database();
    server.sql(
        &database,
        "CREATE ROLE maker LOGIN; CREATE ROLE worker LOGIN;
         CREATE SCHEMA maker AUTHORIZATION maker; CREATE SCHEMA worker AUTHORIZATION worker;",
    );
    let error = refused(server, "maker", &database).await;
    assert!(matches!(error, LedgerError::Unavailable { .. }), "{error}");
    server.sql(&database, "CREATE SCHEMA ams_ledger AUTHORIZATION maker");
    let maker = open_as(server, "maker", &database).await.unwrap();
    server.sql(
        &database,
        "GRANT USAGE ON SCHEMA ams_ledger TO worker;
         GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA ams_ledger TO worker;",
    );
    let worker = open_as(server, "worker", &database).await.unwrap();
    assert_eq!(maker.epoch().await.unwrap(), worker.epoch().await.unwrap());
    let entry = stored(&maker, &Entry::new(key(1), at(0))).await;
    assert_eq!(worker.load(&entry.key).await.unwrap(), Some(entry));
}

#[tokio::test]
async fn an_older_copy_in_its_place_is_noticed() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let database = server.database();
    let ledger = open(server, &database).await;
    stored(&ledger, &full(1)).await;
    let epoch = ledger.epoch().await.unwrap();
    let again = open(server, &database).await.epoch().await.unwrap();
    assert_eq!(again, epoch, "nothing was restored");
    server.sql(&database, "VACUUM FULL ams_ledger.entry");
    server.sql(&database, "REINDEX SCHEMA ams_ledger");
    assert_eq!(ledger.epoch().await.unwrap(), epoch, "nothing was restored");

    let address = server.url("postgres", &database);
    server.run("pg_dump", &["--format=custom", "--file=dump", &address]);
    // Into the same database.
    server.sql(&database, "DROP SCHEMA ams_ledger CASCADE");
    server.run("pg_restore", &["--dbname", &address, "dump"]);
    let restored = ledger.epoch().await.unwrap();
    assert_ne!(restored, epoch);
    assert!(ledger.load(&key(1)).await.unwrap().is_some());
    // Into another that takes its name.
    let other = server.database();
    let address = server.url("postgres", &other);
    server.run("pg_restore", &["--dbname", &address, "dump"]);
    let replaced = open(server, &other).await.epoch().await.unwrap();
    assert!(replaced != epoch && replaced != restored);
}

#[tokio::test]
async fn a_promoted_standby_is_another_epoch() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    let database = server.database();
    let ledger = open(&server, &database).await;
    let entry = stored(&ledger, &full(1)).await;
    let epoch = ledger.epoch().await.unwrap();
    let standby = server.standby();
    let error = refused(&standby, "postgres", &database).await;
    assert!(matches!(error, LedgerError::Unavailable { .. }), "{error}");
    let config = standby.url("postgres", &database).parse().unwrap();
    let pool = Pool::builder(Manager::new(config, NoTls)).build().unwrap();
    let error = PostgresLedger::with_pool(pool).await.unwrap_err();
    assert!(error.to_string().contains("standby"), "{error}");

    server.crash();
    standby.promote();
    let promoted = open(&standby, &database).await;
    assert_ne!(promoted.epoch().await.unwrap(), epoch);
    assert_eq!(promoted.load(&entry.key).await.unwrap(), Some(entry));
}

#[tokio::test]
async fn a_server_that_does_not_say_who_it_is_can_be_used() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let database = server.database();
    let ledger = open(server, &database).await;
    let known = ledger.epoch().await.unwrap();
    server.sql(
        &database,
        "REVOKE EXECUTE ON FUNCTION pg_control_system(), pg_walfile_name(pg_lsn) FROM PUBLIC;
         CREATE ROLE ignorant LOGIN; GRANT USAGE ON SCHEMA ams_ledger TO ignorant;
         GRANT SELECT ON ALL TABLES IN SCHEMA ams_ledger TO ignorant;",
    );
    let ledger = open_as(server, "ignorant", &database).await.unwrap();
    let epoch = ledger.epoch().await.unwrap();
    let table = epoch.strip_prefix("-/-/").unwrap();
    assert!(known.ends_with(table), "{epoch} {known}");
}

/// L4: one entry that cannot be read must not hide the merchant's others.
#[tokio::test]
async fn one_unreadable_entry_does_not_hide_the_others() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    for change in [
        "body = '{\"from\": \"a newer version\"}'",
        "form = 999",
        "body = ''",
    ] {
        let database = server.database();
        let ledger = open(server, &database).await;
        for id in [1, 2] {
            stored(&ledger, &Entry::new(key(id), at(0))).await;
        }
        let break_it = format!("UPDATE ams_ledger.entry SET {change} WHERE rma_number = 1");
        server.sql(&database, &break_it);
        let error = ledger.load(&key(1)).await.unwrap_err();
        assert!(matches!(error, LedgerError::Unreadable { .. }), "{error}");
        let due = ledger.due(&merchant(), at(1), count(9)).await.unwrap();
        let due: Vec<_> = due.into_iter().map(|entry| entry.key).collect();
        assert_eq!(due, [key(2)]);
    }
}

/// All that an error says, its causes included.
fn everything(error: &LedgerError) -> String {
    let mut text = format!("{error:?} {error}");
    let mut cause = error.source();
    while let Some(it) = cause {
        text += &format!(" {it:?} {it}");
        cause = it.source();
    }
    text
}

#[tokio::test]
async fn passwords_do_not_show() {
    const CANARY: &str = "c4nary";
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let database = server.database();
    server.sql(
        &database,
        &format!(
            "CREATE ROLE locked; CREATE ROLE guest LOGIN PASSWORD '{CANARY}' IN ROLE locked;
             CREATE SCHEMA ams_ledger AUTHORIZATION guest"
        ),
    );
    let ledger = open_as(server, &format!("guest:{CANARY}"), &database)
        .await
        .unwrap();
    let debug = format!("{ledger:?} {ledger:#?}");
    assert!(
        debug.starts_with("PostgresLedger") && !debug.contains(CANARY),
        "{debug}"
    );
    server.sql(&database, "REVOKE ALL ON SCHEMA ams_ledger FROM guest");
    let error = ledger.load(&key(1)).await.unwrap_err();
    assert!(!everything(&error).contains(CANARY), "{error:?}");

    let right = server.url(&format!("guest:{CANARY}"), &database);
    for url in [
        right.replace(CANARY, "wrong-c4nary"),
        right.replace(&database, "no_such_database"),
        right.replace("%2F", "/"),
        right.replace("%2Fams-postgres", "%2Fno-such-place"),
        format!("{right}?sslmode=require"),
        format!("{right}?{CANARY}=1"),
        format!("{right}?port={CANARY}"),
        format!("postgres://guest:{CANARY}@db.example.com/{database}"),
        format!("postgres://guest:c@{CANARY}@localhost/{database}"),
        format!("postgres://guest:c/@{CANARY}@localhost/{database}"),
        format!("host=localhost password=a {CANARY}"),
    ] {
        let error = PostgresLedger::connect(&url).await.unwrap_err();
        assert!(matches!(error, LedgerError::Unavailable { .. }), "{error}");
        let text = everything(&error);
        assert!(!text.contains(CANARY), "{text}");
    }
}

/// The clock is stopped, so that it jumps to the time limit as soon as all wait for the server.
#[tokio::test]
async fn a_server_that_hangs_does_not_hang_its_caller() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    tokio::time::pause();
    let url = format!("postgres://u@127.0.0.1:{port}/db");
    let error = PostgresLedger::connect(&url).await.unwrap_err();
    assert!(everything(&error).contains("elapsed"), "{error:?}");
    tokio::time::resume();

    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let database = server.database();
    let ledger = open(server, &database).await;
    let entry = stored(&ledger, &Entry::new(key(1), at(0))).await;
    let config = server.url("postgres", &database).parse().unwrap();
    let pool = Pool::builder(Manager::new(config, NoTls)).build().unwrap();
    let mut somebody = pool.get().await.unwrap();
    let holding = somebody.transaction().await.unwrap();
    holding
        .batch_execute("LOCK TABLE ams_ledger.entry")
        .await
        .unwrap();
    tokio::time::pause();
    let error = ledger.store(&entry).await.unwrap_err();
    assert!(everything(&error).contains("elapsed"), "{error:?}");
    tokio::time::resume();
    let left = format!("{ledger:?}");
    assert!(left.contains("connections: 0"), "none that hangs: {left}");
    holding.rollback().await.unwrap();
    // Nobody knows whether it was stored.
    let found = ledger.load(&entry.key).await.unwrap().unwrap();
    assert!([1, 2].contains(&found.revision));
}
