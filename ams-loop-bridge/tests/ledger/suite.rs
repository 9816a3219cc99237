//! What every ledger must do.

use std::sync::Arc;

use ams_loop_bridge::ledger::{CursorName, Entry, Ledger, Stored};
use ams_loop_bridge::{History, Policy, ProcessRecord, decide};
use ams_oms_client::{MerchantId, RmaKey, RmaNumber, RmaVersion};

use crate::common::{self, at, count, key, line, merchant, number, ret, rma, row};

fn stranger() -> MerchantId {
    MerchantId::new("Acme").unwrap()
}

fn changed(entry: Entry, change: impl FnOnce(&mut Entry)) -> Entry {
    let mut entry = entry;
    change(&mut entry);
    entry
}

pub(crate) async fn stored(ledger: &dyn Ledger, entry: &Entry) -> Entry {
    assert_eq!(ledger.store(entry).await.unwrap(), Stored::Yes);
    ledger.load(&entry.key).await.unwrap().unwrap()
}

/// What every ledger must do. Each part uses return ids of its own.
pub(crate) async fn suite(ledger: &dyn Ledger) {
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
pub(crate) fn full(id: u64) -> Entry {
    let ret = ret("open", &[line(1, "A\u{1f9e6}\"'\n\u{0}")]);
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
    entry.note_process_refused("no\u{0}".to_owned());
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
        ProcessRecord::NotRecorded,
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
    let due = ledger.due(&pager, at(0), count(99)).await.unwrap();
    let due: Vec<u64> = due.iter().map(|it| it.key.rma_number.get()).collect();
    assert_eq!(due, NUMBERS, "of those due since the same time");
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
        CursorName::Policy,
        CursorName::Epoch,
        CursorName::Probe,
    ];
    for name in all {
        assert_eq!(ledger.cursor(&merchant(), name).await.unwrap(), None);
        ledger
            .store_cursor(&merchant(), name, name.as_str())
            .await
            .unwrap();
        assert_eq!(ledger.cursor(&stranger(), name).await.unwrap(), None);
    }
    let (empty, odd) = ("", "\u{0}\u{1f9e6}'\\n\n");
    let (asn, changes) = (CursorName::LoopAsn, CursorName::OmsChanges);
    for (name, value) in [(asn, empty), (changes, odd)] {
        ledger.store_cursor(&merchant(), name, value).await.unwrap();
    }
    for name in all {
        let wanted = match name {
            CursorName::LoopAsn => empty,
            CursorName::OmsChanges => odd,
            _ => name.as_str(),
        };
        assert_eq!(
            ledger.cursor(&merchant(), name).await.unwrap().as_deref(),
            Some(wanted)
        );
    }
}

/// I1: of all that want to send the process call, one may.
pub(crate) async fn one_wins(ledgers: Vec<Arc<dyn Ledger>>) {
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

pub(crate) fn shared(ledger: &(impl Ledger + Clone + 'static)) -> Vec<Arc<dyn Ledger>> {
    (0..32)
        .map(|_| Arc::new(ledger.clone()) as Arc<dyn Ledger>)
        .collect()
}
