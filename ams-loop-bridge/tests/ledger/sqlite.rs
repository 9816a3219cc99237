//! What only a file must do.

use std::fs;
use std::sync::Arc;

use ams_loop_bridge::ProcessRecord;
use ams_loop_bridge::ledger::{CursorName, Entry, Ledger, LedgerError, SqliteLedger};

use crate::common::{at, count, key, merchant};
use crate::suite::{full, one_wins, shared, stored, suite};

#[tokio::test]
async fn sqlite_ledger() {
    let dir = tempfile::tempdir().unwrap();
    suite(&SqliteLedger::open(dir.path().join("ledger")).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_ledger_one_wins_on_one_connection() {
    let dir = tempfile::tempdir().unwrap();
    one_wins(shared(
        &SqliteLedger::open(dir.path().join("ledger")).await.unwrap(),
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_ledger_one_wins_over_many_connections() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledgers: Vec<Arc<dyn Ledger>> = Vec::new();
    for _ in 0..8 {
        ledgers.push(Arc::new(
            SqliteLedger::open(dir.path().join("ledger")).await.unwrap(),
        ));
    }
    one_wins(ledgers).await;
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    let before = {
        let ledger = SqliteLedger::open(&path).await.unwrap();
        ledger
            .store_cursor(&merchant(), CursorName::LoopReturns, "x")
            .await
            .unwrap();
        stored(&ledger, &full(1)).await
    };
    let ledger = SqliteLedger::open(&path).await.unwrap();
    assert_eq!(
        ledger.load(&before.key).await.unwrap(),
        Some(before.clone())
    );
    let cursor = ledger
        .cursor(&merchant(), CursorName::LoopReturns)
        .await
        .unwrap();
    assert_eq!(cursor.as_deref(), Some("x"));
    let mut entry = before;
    assert!(!entry.intend_process(at(9)), "what was sent is known");
}

/// What the first version of the schema looked like, and an entry as it wrote it.
const FIRST: &str = include_str!("first.sql");

#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up_to_date() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(FIRST)
        .unwrap();
    let ledger = SqliteLedger::open(&path).await.unwrap();
    let mut entry = ledger.load(&key(7)).await.unwrap().unwrap();
    assert_eq!((entry.fence, entry.claimed_until), (0, None));
    assert_eq!(entry.process, ProcessRecord::Accepted { since: at(0) });
    assert!(!entry.intend_process(at(9)), "what was sent is known");
    let due = ledger.due(&merchant(), at(60), count(9)).await;
    assert_eq!(due.unwrap(), std::slice::from_ref(&entry));
    assert!(entry.claim(at(0), at(9)));
    assert_eq!(stored(&ledger, &entry).await.revision, 4);
    let epoch = ledger.epoch().await.unwrap();
    drop(ledger);
    let again = SqliteLedger::open(&path).await.unwrap();
    assert_eq!(again.epoch().await.unwrap(), epoch, "nothing was restored");
}

/// It knows nothing of what was sent since, and was made before anybody noted an epoch.
#[tokio::test]
async fn a_file_of_the_first_version_in_the_place_of_a_later_one_is_not_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    drop(SqliteLedger::open(&path).await.unwrap());
    while dir.path().join("ledger-wal").exists() {
        std::thread::yield_now();
    }
    fs::remove_file(&path).unwrap();
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(FIRST).unwrap();
    drop(old);
    for _ in 0..2 {
        let ledger = SqliteLedger::open(&path).await.unwrap();
        let noted = ledger.cursor(&merchant(), CursorName::Epoch).await.unwrap();
        assert!(noted.is_some_and(|it| it.is_empty()));
        assert_ne!(ledger.epoch().await.unwrap(), "");
    }
}

/// The copy, and what it is put back beside.
async fn epochs_around(change: impl AsyncFnOnce(&SqliteLedger, &std::path::Path)) -> [String; 2] {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    let before = {
        let ledger = SqliteLedger::open(&path).await.unwrap();
        stored(&ledger, &Entry::new(key(1), at(0))).await;
        let epoch = ledger.epoch().await.unwrap();
        change(&ledger, &path).await;
        epoch
    };
    let copy = dir.path().join("copy");
    if copy.exists() {
        // The last connection takes the log away when it closes, on a thread of its own.
        while dir.path().join("ledger-wal").exists() {
            std::thread::yield_now();
        }
        fs::copy(&copy, &path).unwrap();
    }
    let after = SqliteLedger::open(&path).await.unwrap();
    [before, after.epoch().await.unwrap()]
}

/// SQLite's own way of a backup.
fn back_up(path: &std::path::Path) {
    let copy = path.with_file_name("copy");
    rusqlite::Connection::open(path)
        .unwrap()
        .execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
        .unwrap();
}

async fn intend(ledger: &SqliteLedger, id: u64) {
    let mut entry = Entry::new(key(id), at(0));
    assert!(entry.intend_process(at(1)));
    stored(ledger, &entry).await;
}

#[tokio::test]
async fn an_older_copy_in_its_place_is_noticed() {
    let [before, after] = epochs_around(async |ledger, path| {
        intend(ledger, 2).await;
        back_up(path);
        intend(ledger, 3).await;
    })
    .await;
    assert_ne!(before, after, "an intent is forgotten");
    let [before, after] = epochs_around(async |ledger, path| {
        intend(ledger, 2).await;
        back_up(path);
        stored(ledger, &Entry::new(key(3), at(0))).await;
    })
    .await;
    assert_eq!(before, after, "nothing that was sent is forgotten");
    for garbage in [
        None,
        Some("garbage"),
        Some(
            "0 99
",
        ),
        Some(""),
    ] {
        let [before, after] = epochs_around(async |_, path| {
            let witness = path.with_file_name("ledger-witness");
            match garbage {
                None => fs::remove_file(witness).unwrap(),
                Some(text) => fs::write(witness, text).unwrap(),
            }
        })
        .await;
        assert_ne!(before, after, "{garbage:?}: nobody knows");
    }
}

#[tokio::test]
async fn an_intent_that_cannot_be_witnessed_is_not_acted_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    let ledger = SqliteLedger::open(&path).await.unwrap();
    let witness = dir.path().join("ledger-witness");
    fs::remove_file(&witness).unwrap();
    fs::create_dir(&witness).unwrap();
    let mut entry = Entry::new(key(1), at(0));
    assert!(entry.intend_process(at(1)));
    let error = ledger.store(&entry).await.unwrap_err();
    assert!(matches!(error, LedgerError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn many_processes_may_be_the_first_to_open_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    let opened = futures_util::future::join_all((0..8).map(|_| SqliteLedger::open(&path)));
    let mut epochs = std::collections::BTreeSet::new();
    for ledger in opened.await {
        epochs.insert(ledger.unwrap().epoch().await.unwrap());
    }
    assert_eq!(epochs.len(), 1);
}

#[tokio::test]
async fn a_file_of_another_program_or_of_a_newer_version_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let make = |name: &str, sql: &str| {
        let path = dir.path().join(name);
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch(sql).unwrap();
        path
    };
    for path in [
        make("foreign", "CREATE TABLE mine (x); PRAGMA user_version = 0;"),
        make(
            "signed",
            "PRAGMA application_id = 42; PRAGMA user_version = 1;",
        ),
        make(
            "newer",
            &format!(
                "CREATE TABLE later (x); PRAGMA application_id = {}; PRAGMA user_version = 999;",
                0x414d_536c
            ),
        ),
        make(
            "negative",
            &format!(
                "CREATE TABLE odd (x); PRAGMA application_id = {}; PRAGMA user_version = -1;",
                0x414d_536c
            ),
        ),
    ] {
        let before = fs::read(&path).unwrap();
        let error = SqliteLedger::open(&path).await.unwrap_err();
        assert!(
            matches!(error, LedgerError::Unreadable { .. }),
            "{}: {error}",
            path.display()
        );
        assert_eq!(fs::read(&path).unwrap(), before, "{}", path.display());
    }
    let text = dir.path().join("text");
    fs::write(
        &text,
        "no database, but long enough to be looked at by anybody who wants to",
    )
    .unwrap();
    let before = fs::read(&text).unwrap();
    assert!(SqliteLedger::open(&text).await.is_err());
    assert_eq!(fs::read(&text).unwrap(), before);
}

/// L4: one entry that cannot be read must not hide the merchant's others.
#[tokio::test]
async fn one_unreadable_entry_does_not_hide_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    let ledger = SqliteLedger::open(&path).await.unwrap();
    for id in [1, 2] {
        stored(&ledger, &Entry::new(key(id), at(0))).await;
    }
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute(
            "UPDATE entry SET body = '{\"from\": \"a newer version\"}' WHERE rma_number LIKE '%1'",
            [],
        )
        .unwrap();
    assert!(
        ledger.load(&key(1)).await.is_err(),
        "it must not read as unknown"
    );
    let due = ledger.due(&merchant(), at(1), count(9)).await;
    assert!(due.is_ok_and(|due| due.iter().any(|entry| entry.key == key(2))));
}
