//! One suite for every ledger, and what only a file must do.
// Clippy's exception for tests does not reach their helpers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod common;

use std::sync::Arc;

use ams_loop_bridge::ledger::{
    CursorName, Entry, Ledger, LedgerError, MemoryLedger, SqliteLedger, Stored,
};
use ams_loop_bridge::{History, Policy, ProcessRecord, decide};
use ams_oms_client::{MerchantId, RmaKey, RmaNumber, RmaVersion};
use common::{at, count, key, line, merchant, number, ret, rma, row};

fn stranger() -> MerchantId {
    MerchantId::new("Acme").unwrap()
}

fn changed(entry: Entry, change: impl FnOnce(&mut Entry)) -> Entry {
    let mut entry = entry;
    change(&mut entry);
    entry
}

async fn stored(ledger: &dyn Ledger, entry: &Entry) -> Entry {
    assert_eq!(ledger.store(entry).await.unwrap(), Stored::Yes);
    ledger.load(&entry.key).await.unwrap().unwrap()
}

/// What every ledger must do. Each part uses return ids of its own.
async fn suite(ledger: &dyn Ledger) {
    compares_and_swaps(ledger).await;
    keeps_everything(ledger).await;
    lists_by_number(ledger).await;
    names_what_is_due(ledger).await;
    hides_what_is_claimed(ledger).await;
    puts_away(ledger).await;
    keeps_merchants_apart(ledger).await;
    keeps_cursors(ledger).await;
}

async fn compares_and_swaps(ledger: &dyn Ledger) {
    let new = Entry::new(key(100), at(0));
    assert_eq!(ledger.load(&new.key).await.unwrap(), None);
    let first = stored(ledger, &new).await;
    assert_eq!(first.revision, 1);
    assert_eq!(
        ledger.store(&new).await.unwrap(),
        Stored::Stale,
        "it exists"
    );
    let second = stored(ledger, &first).await;
    assert_eq!(second.revision, 2);
    assert_eq!(
        ledger.store(&first).await.unwrap(),
        Stored::Stale,
        "it changed"
    );
    let ahead = changed(second.clone(), |e| e.revision = 9);
    assert_eq!(
        ledger.store(&ahead).await.unwrap(),
        Stored::Stale,
        "nobody has seen that"
    );
    let ghost = changed(Entry::new(key(101), at(0)), |e| e.revision = 3);
    assert_eq!(
        ledger.store(&ghost).await.unwrap(),
        Stored::Stale,
        "there is none"
    );
    assert_eq!(ledger.load(&ghost.key).await.unwrap(), None);
    assert_eq!(ledger.load(&new.key).await.unwrap(), Some(second));
}

/// An entry with something in every field.
fn full(id: u64) -> Entry {
    let ret = ret("open", &[line(1, "A\u{1f9e6}\"'\n")]);
    let bad = rma("completed", &[row(1, "A", [1, 0, 1, 0, 0])], &[]);
    let decision = decide(
        &Policy::processing(),
        &ret,
        Some(&bad),
        &History::none(key(common::RETURN), at(0)),
    );
    let mut entry = Entry::new(key(id), at(0));
    entry.note_rma_made();
    assert!(entry.intend_process(at(1)));
    entry.note_process_refused("no".to_owned());
    entry.note_decision(&decision, None, None, entry.news, at(2));
    entry.loop_digest = Some("digest".to_owned());
    entry.failures = 7;
    assert!(entry.claim(at(3), at(603)));
    entry.rma_version = Some(RmaVersion::new("v7"));
    entry.submitted_at = Some(at(0));
    entry.flag_unseen_since = Some(at(2));
    entry.waiting_for = Some("goods".to_owned());
    entry
}

async fn keeps_everything(ledger: &dyn Ledger) {
    let entry = full(200);
    let found = stored(ledger, &entry).await;
    assert_eq!(found, changed(entry, |e| e.revision = 1));
    for (id, process) in (201u64..).zip([
        ProcessRecord::NotSent,
        ProcessRecord::Unknown { since: at(1) },
        ProcessRecord::Accepted { since: at(2) },
        ProcessRecord::Refused {
            message: "x".to_owned(),
        },
        ProcessRecord::Failed,
        ProcessRecord::NotKnown,
    ]) {
        let entry = changed(Entry::new(key(id), at(0)), |e| e.process = process);
        assert_eq!(stored(ledger, &entry).await.process, entry.process);
    }
}

const NUMBERS: [u64; 8] = [
    1,
    9,
    10,
    9_007_199_254_740_993,
    9_223_372_036_854_775_807,
    9_223_372_036_854_775_808,
    u64::MAX - 1,
    u64::MAX,
];

async fn lists_by_number(ledger: &dyn Ledger) {
    let pager = MerchantId::new("pager").unwrap();
    for n in NUMBERS.iter().rev() {
        let key = RmaKey::new(pager.clone(), number(*n));
        stored(ledger, &Entry::new(key, at(0))).await;
    }
    let mut found: Vec<u64> = Vec::new();
    let mut after: Option<RmaNumber> = None;
    loop {
        let page = ledger.list(&pager, after, count(3)).await.unwrap();
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        after = Some(last.key.rma_number);
        found.extend(page.iter().map(|entry| entry.key.rma_number.get()));
    }
    assert_eq!(found, NUMBERS);
}

async fn names_what_is_due(ledger: &dyn Ledger) {
    let waiter = MerchantId::new("waiter").unwrap();
    for (n, look_at) in [
        (5, Some(30)),
        (4, Some(10)),
        (3, Some(20)),
        (2, Some(20)),
        (1, None),
        (6, Some(31)),
    ] {
        let key = RmaKey::new(waiter.clone(), number(n));
        let entry = changed(Entry::new(key, at(0)), |e| e.look_at = look_at.map(at));
        stored(ledger, &entry).await;
    }
    let due = async |now, limit| -> Vec<u64> {
        let due = ledger.due(&waiter, at(now), count(limit)).await.unwrap();
        due.iter().map(|entry| entry.key.rma_number.get()).collect()
    };
    assert_eq!(
        due(30, 99).await,
        [4, 2, 3, 5],
        "the longest due first, its own second included"
    );
    assert_eq!(due(30, 2).await, [4, 2]);
    assert_eq!(due(9, 99).await, [0u64; 0]);
    assert_eq!(
        due(1_000_000, u32::MAX).await,
        [4, 2, 3, 5, 6],
        "without a time it is never due"
    );
    let key = RmaKey::new(waiter.clone(), number(4));
    let mut entry = ledger.load(&key).await.unwrap().unwrap();
    entry.look_at = None;
    stored(ledger, &entry).await;
    assert_eq!(due(30, 2).await, [2, 3]);
}

/// A claimed entry is nobody else's, whatever news come of it, until the claim runs out.
async fn hides_what_is_claimed(ledger: &dyn Ledger) {
    let taker = MerchantId::new("taker").unwrap();
    let key = RmaKey::new(taker.clone(), number(1));
    let mut entry = stored(ledger, &Entry::new(key.clone(), at(0))).await;
    assert!(entry.claim(at(5), at(605)));
    let entry = stored(ledger, &entry).await;
    assert_eq!((entry.fence, entry.claimed_until), (1, Some(at(605))));
    let due = async |now| ledger.due(&taker, at(now), count(9)).await.unwrap().len();
    assert_eq!((due(604).await, due(605).await), (0, 1));
    let news = changed(entry, |e| e.note_loop_news(at(10)));
    let mut entry = stored(ledger, &news).await;
    assert_eq!((due(604).await, due(605).await), (0, 1));
    entry.release();
    stored(ledger, &entry).await;
    assert_eq!((due(9).await, due(10).await), (0, 1));
}

async fn puts_away(ledger: &dyn Ledger) {
    let keeper = MerchantId::new("keeper").unwrap();
    let mut entries = Vec::new();
    for n in [1, 2] {
        let key = RmaKey::new(keeper.clone(), number(n));
        entries.push(stored(ledger, &Entry::new(key, at(0))).await);
    }
    let seen = async || {
        let listed = ledger.list(&keeper, None, count(9)).await.unwrap();
        let due = ledger.due(&keeper, at(9), count(9)).await.unwrap();
        assert_eq!(listed, due);
        listed.len()
    };
    let old = changed(entries[0].clone(), |e| e.revision = 0);
    assert_eq!(ledger.archive(&old).await.unwrap(), Stored::Stale);
    let ghost = Entry::new(RmaKey::new(keeper.clone(), number(3)), at(0));
    assert_eq!(ledger.archive(&ghost).await.unwrap(), Stored::Stale);
    assert_eq!(seen().await, 2);
    assert_eq!(ledger.archive(&entries[0]).await.unwrap(), Stored::Yes);
    assert_eq!(seen().await, 1);
    // What was sent for it is still known, and news bring it back.
    let found = ledger.load(&entries[0].key).await.unwrap();
    assert_eq!(found.as_ref(), Some(&entries[0]));
    let back = stored(ledger, &entries[0]).await;
    assert_eq!((seen().await, back.revision), (2, 2));
}

async fn keeps_merchants_apart(ledger: &dyn Ledger) {
    let mine = stored(ledger, &full(300)).await;
    let key = RmaKey::new(stranger(), number(300));
    assert_eq!(ledger.load(&key).await.unwrap(), None);
    let theirs = stored(ledger, &Entry::new(key, at(0))).await;
    assert_eq!(theirs.revision, 1);
    assert_eq!(theirs.process, ProcessRecord::NotSent);
    assert_eq!(ledger.load(&mine.key).await.unwrap(), Some(mine));
    let listed = ledger.list(&stranger(), None, count(99)).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&theirs));
    let due = ledger
        .due(&stranger(), at(999_999), count(99))
        .await
        .unwrap();
    assert_eq!(due, [theirs]);
    let nobody = MerchantId::new("nobody").unwrap();
    assert_eq!(ledger.list(&nobody, None, count(9)).await.unwrap(), []);
}

async fn keeps_cursors(ledger: &dyn Ledger) {
    let all = [
        CursorName::LoopReturns,
        CursorName::LoopAsn,
        CursorName::OmsChanges,
        CursorName::Processing,
        CursorName::Epoch,
    ];
    for name in all {
        assert_eq!(ledger.cursor(&merchant(), name).await.unwrap(), None);
        ledger
            .store_cursor(&merchant(), name, name.as_str())
            .await
            .unwrap();
        assert_eq!(ledger.cursor(&stranger(), name).await.unwrap(), None);
    }
    ledger
        .store_cursor(&merchant(), CursorName::LoopAsn, "")
        .await
        .unwrap();
    for name in all {
        let wanted = if name == CursorName::LoopAsn {
            ""
        } else {
            name.as_str()
        };
        assert_eq!(
            ledger.cursor(&merchant(), name).await.unwrap().as_deref(),
            Some(wanted)
        );
    }
}

/// I1: of all that want to send the process call, one may.
async fn one_wins(ledgers: Vec<Arc<dyn Ledger>>) {
    let key = key(400);
    stored(&*ledgers[0], &Entry::new(key.clone(), at(0))).await;
    let tasks: Vec<_> = ledgers
        .into_iter()
        .map(|ledger| {
            let key = key.clone();
            tokio::spawn(async move {
                loop {
                    let mut entry = ledger.load(&key).await.unwrap().unwrap();
                    if !entry.intend_process(at(1)) {
                        return false;
                    }
                    if ledger.store(&entry).await.unwrap() == Stored::Yes {
                        return true;
                    }
                }
            })
        })
        .collect();
    let mut winners = 0;
    for task in tasks {
        winners += u32::from(task.await.unwrap());
    }
    assert_eq!(winners, 1);
}

fn shared(ledger: &(impl Ledger + Clone + 'static)) -> Vec<Arc<dyn Ledger>> {
    (0..32)
        .map(|_| Arc::new(ledger.clone()) as Arc<dyn Ledger>)
        .collect()
}

#[tokio::test]
async fn memory_ledger() {
    suite(&MemoryLedger::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_ledger_one_wins() {
    one_wins(shared(&MemoryLedger::new())).await;
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::*;
    use std::fs;

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
    const FIRST: &str = include_str!("ledger/first.sql");

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

    /// The copy, and what it is put back beside.
    async fn epochs_around(
        change: impl AsyncFnOnce(&SqliteLedger, &std::path::Path),
    ) -> [String; 2] {
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
            .execute("UPDATE entry SET body = '{\"from\": \"a newer version\"}' WHERE rma_number LIKE '%1'", [])
            .unwrap();
        assert!(
            ledger.load(&key(1)).await.is_err(),
            "it must not read as unknown"
        );
        let due = ledger.due(&merchant(), at(1), count(9)).await;
        assert!(due.is_ok_and(|due| due.iter().any(|entry| entry.key == key(2))));
    }
}
