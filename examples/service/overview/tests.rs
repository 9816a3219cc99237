use ams_loop_bridge::ledger::{
    CursorName, Entry, Ledger, LedgerError, MemoryLedger, RmaRecord, Settlement, Stored,
};
use ams_loop_bridge::{Action, Bridge, Decision, Policy, decide};
use ams_oms_client::{MemoryOms, MerchantId, RmaKey, RmaNumber, RmaSnapshot, async_trait};
use loop_client::sandbox::{NewLine, NewReturn, Sandbox};
use loop_client::{ApiKey, Client, Return, ReturnState};
use serde_json::json;

use super::*;

const HOUR: i64 = 3600;
const NOW: i64 = 1_800_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(NOW + seconds)
}

fn acme() -> MerchantId {
    "acme".parse().unwrap()
}

fn entry(number: u64, first_seen: Timestamp) -> Entry {
    let number = RmaNumber::new(number).unwrap();
    Entry::new(RmaKey::new(acme(), number), first_seen)
}

/// What is decided of a return in this state, of whose two units one is damaged.
fn decided(entry: &Entry, state: &str, now: Timestamp) -> (Decision, ReturnState) {
    judged(&Policy::processing(), 0, entry, state, now)
}

/// What is decided of a return in this state, of whose two units one is in good order and perhaps
/// the other one too.
fn judged(
    policy: &Policy,
    second: u32,
    entry: &Entry,
    state: &str,
    now: Timestamp,
) -> (Decision, ReturnState) {
    let number = entry.key.rma_number;
    let ret: Return = serde_json::from_value(json!({
        "id": number.get(), "state": state,
        "line_items": [{"line_item_id": 7, "sku": "TEE-M"}, {"line_item_id": 8, "sku": "CAP. RED"}],
    }))
    .unwrap();
    let line = |line: &str, sku: &str, available: u32| {
        json!({"line_item_id": line, "sku": sku, "counts": {
            "expected": 1, "available": available, "damaged": 1 - available, "held": 0, "missing": 0,
        }})
    };
    let rma: RmaSnapshot = serde_json::from_value(json!({
        "merchant": "acme", "rma_number": number.to_string(),
        "state": "completed", "raw_state": "CLOSED", "version": "3", "unexpected": [],
        "lines": [line("7", "TEE-M", 1), line("8", "CAP. RED", second)],
    }))
    .unwrap();
    let history = entry.history(now);
    let decision = decide(policy, &ret, Some(&rma), &history);
    (decision, ret.state.unwrap())
}

/// A look that finds the return in this state, and Loop does what it is told.
fn look(mut entry: Entry, state: &str, expected: Action, now: Timestamp) -> Entry {
    let (decision, state) = decided(&entry, state, now);
    assert_eq!(decision.action, expected);
    if matches!(decision.action, Action::Flag | Action::Escalate) {
        entry.intend(&decision);
    }
    let news = entry.news;
    entry.note_decision(&decision, Some(&state), None, news, now);
    entry
}

async fn ledger_of(entries: impl IntoIterator<Item = Entry>) -> MemoryLedger {
    let ledger = MemoryLedger::new();
    for entry in entries {
        assert_eq!(ledger.store(&entry).await.unwrap(), Stored::Yes);
    }
    ledger
}

fn told(section: &Section) -> Vec<(u64, Timestamp, &str)> {
    let rows = section.rows.iter();
    rows.map(|row| (row.return_id, row.since, row.explanation.as_str()))
        .collect()
}

#[tokio::test]
async fn every_entry_is_where_a_person_looks_for_it() {
    let mut unnamed = entry(2, at(-9 * HOUR));
    unnamed.waiting_for = Some(" ".to_owned());
    // Loop shows the flag at the second look, and the note went out at the first.
    let flagged = look(
        entry(3, at(-20 * HOUR)),
        "open",
        Action::Flag,
        at(-5 * HOUR),
    );
    let mut unseen = flagged.clone();
    unseen.key = entry(4, at(0)).key;
    let flagged = look(flagged, "review", Action::Nothing, at(-4 * HOUR));
    let escalated = look(
        entry(5, at(-30 * HOUR)),
        "closed",
        Action::Escalate,
        at(-3 * HOUR),
    );
    let mut unexplained = escalated.clone();
    unexplained.key = entry(6, at(0)).key;
    unexplained.decision = None;
    let mut left = entry(9, at(-7 * HOUR));
    left.decision = Some(judged(&Policy::default(), 1, &left, "open", at(-2 * HOUR)).0);
    left.settlement = Some(settlement("closed", at(-2 * HOUR)));
    let settled = |number, outcome| {
        let mut entry = entry(number, at(-90 * HOUR));
        entry.settlement = Some(settlement(outcome, at(-80 * HOUR)));
        entry
    };
    let mut of_another = unnamed.clone();
    of_another.key.merchant = "other".parse().unwrap();
    let ledger = ledger_of([
        entry(1, at(-HOUR)),
        unnamed,
        unseen,
        flagged,
        escalated,
        unexplained,
        settled(7, "processed"),
        settled(8, "closed"),
        left,
        of_another,
    ])
    .await;

    let mut overview = MerchantOverview::default();
    overview.take_scan(scan(&ledger, &acme(), at(0)).await.unwrap());

    assert_eq!(overview.taken_at, Some(at(0)));
    assert_eq!(
        (overview.open, overview.oldest_open),
        (3, Some(at(-20 * HOUR)))
    );
    assert_eq!(
        told(&overview.waiting),
        [
            (4, at(-20 * HOUR), "Loop to show the flag"),
            (2, at(-9 * HOUR), "what it waits for is not written down"),
            (1, at(-HOUR), "the first look"),
        ]
    );
    assert_eq!(
        told(&overview.flagged),
        [(
            3,
            at(-4 * HOUR),
            "flagged for this already; a person decides: line 8 CAP. RED: 0 of 1 available, 1 damaged"
        )]
    );
    assert_eq!(
        told(&overview.escalated),
        [
            (
                5,
                at(-3 * HOUR),
                "the return is already closed in Loop, and units are damaged, missing or on hold: \
                 line 8 CAP. RED: 0 of 1 available, 1 damaged"
            ),
            (6, at(-3 * HOUR), "why is not written down"),
        ]
    );
    assert_eq!(
        told(&overview.by_hand),
        [(
            9,
            at(-2 * HOUR),
            "every expected unit is in available stock, and the merchant processes by hand"
        )]
    );
    let totals = [&overview.waiting, &overview.flagged, &overview.escalated].map(|it| it.total);
    assert_eq!((totals, overview.cut_short), ([3, 1, 2], None));
}

fn settlement(outcome: &str, at: Timestamp) -> Settlement {
    serde_json::from_value(json!({ "outcome": outcome, "at": at })).unwrap()
}

#[tokio::test]
async fn the_oldest_are_kept_and_all_are_counted() {
    let (rows, page) = (u64::try_from(ROWS).unwrap(), u64::from(PAGE.get()));
    for count in [0, 1, rows - 1, rows, rows + 1, page, page + 1, 2 * page + 7] {
        // The ages have nothing to do with the order of the ledger, and several are equal.
        let age = |number: u64| at(-HOUR * i64::try_from(number * 7919 % 251).unwrap());
        let ledger = ledger_of((1..=count).map(|number| {
            let mut entry = entry(number, age(number));
            entry.waiting_for = Some("ß".repeat(LONGEST + 1));
            entry
        }))
        .await;
        let waiting = scan(&ledger, &acme(), at(0)).await.unwrap().waiting;
        let mut expected: Vec<_> = (1..=count).map(|number| (age(number), number)).collect();
        expected.sort_unstable();
        expected.truncate(ROWS);
        let kept: Vec<_> = waiting
            .rows
            .iter()
            .map(|row| (row.since, row.return_id))
            .collect();
        assert_eq!((waiting.total, kept), (count, expected));
        for row in waiting.rows {
            assert_eq!(row.explanation.chars().count(), LONGEST);
            assert!(row.explanation.ends_with("ß…"));
        }
    }
}

/// Lists its entries and then fails.
#[derive(Debug)]
struct Torn(MemoryLedger, fn() -> LedgerError);

#[async_trait]
impl Ledger for Torn {
    async fn list(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let entries = self.0.list(merchant, after, limit).await?;
        if entries.is_empty() {
            Err(self.1())
        } else {
            Ok(entries)
        }
    }

    async fn load(&self, key: &RmaKey) -> Result<Option<Entry>, LedgerError> {
        self.0.load(key).await
    }

    async fn store(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        self.0.store(entry).await
    }

    async fn due(
        &self,
        merchant: &MerchantId,
        now: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        self.0.due(merchant, now, limit).await
    }

    async fn archive(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        self.0.archive(entry).await
    }

    async fn epoch(&self) -> Result<String, LedgerError> {
        self.0.epoch().await
    }

    async fn cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
    ) -> Result<Option<String>, LedgerError> {
        self.0.cursor(merchant, name).await
    }

    async fn store_cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
        value: &str,
    ) -> Result<(), LedgerError> {
        self.0.store_cursor(merchant, name, value).await
    }
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_hides_no_other_and_a_ledger_that_is_gone_is_an_error() {
    let ledger = ledger_of([entry(1, at(-HOUR))]).await;
    let unreadable = Torn(ledger.clone(), || LedgerError::Unreadable {
        what: "an entry in form 9".to_owned(),
    });
    let scanned = scan(&unreadable, &acme(), at(0)).await.unwrap();
    assert_eq!(scanned.waiting.total, 1);
    assert_eq!(
        scanned.cut_short.as_deref(),
        Some("the ledger holds something unreadable: an entry in form 9")
    );
    let gone = Torn(ledger, || LedgerError::Unavailable {
        what: "reading",
        source: None,
    });
    let error = scan(&gone, &acme(), at(0)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Unavailable { .. }), "{error}");
}

/// What a real reconciliation finds.
#[tokio::test]
async fn findings_are_sorted_by_what_they_ask_for() {
    let sandbox = Sandbox::start().await.unwrap();
    let submit = || sandbox.create_return(NewReturn::new("#1001").line(NewLine::new("TEE-M")));
    let (unheard, contradictory) = (submit(), submit());
    let forgotten = contradictory + 1;
    let now = Timestamp::now();
    let hours = |hours: u64| std::time::Duration::from_secs(hours * 3600);

    let mut processed = entry(contradictory, now);
    processed.rma = RmaRecord::Made;
    processed.settlement = Some(settlement("processed", now));
    processed.look_at = None;
    let ledger = ledger_of([processed, entry(forgotten, now.minus(hours(3)))]).await;
    let client = Client::builder(ApiKey::new(sandbox.api_key()).unwrap())
        .base_url(sandbox.base_url())
        .build()
        .unwrap();
    let bridge = Bridge::new(acme(), client, MemoryOms::new(), ledger);
    let found = bridge.reconcile(now.minus(hours(1)), now.plus(hours(1)), now);
    let mut report = found.await.unwrap();
    report.unreadable.push("row 3: no id".to_owned());

    let mut overview = MerchantOverview::default();
    overview.take_findings(findings(&report, now));

    assert_eq!(overview.compared_at, Some(now));
    assert_eq!(overview.unreadable, 1);
    for (section, id, start) in [
        (
            &overview.owed,
            unheard,
            "the ledger had not heard of this return",
        ),
        (
            &overview.odd,
            contradictory,
            "it was seen processed, and its state in Loop is open",
        ),
        (&overview.stale, forgotten, "it was to be looked at "),
    ] {
        let told = told(section);
        assert_eq!((section.total, told.len()), (1, 1), "{told:?}");
        assert_eq!((told[0].0, told[0].1), (id, now));
        assert!(told[0].2.starts_with(start), "{told:?}");
    }

    // What was settled since is late no more.
    let later = now.plus(hours(1));
    for id in [unheard, forgotten] {
        let key = RmaKey::new(acme(), RmaNumber::new(id).unwrap());
        let mut entry = bridge.ledger().load(&key).await.unwrap().unwrap();
        entry.settlement = Some(settlement("closed", later));
        bridge.ledger().store(&entry).await.unwrap();
        let found = overview.found().unwrap();
        let settled = settled_since(bridge.ledger(), &acme(), &found).await;
        overview.forget(found.0, &settled.unwrap());
    }
    assert_eq!(
        [&overview.owed, &overview.stale, &overview.odd].map(|it| it.total),
        [0, 0, 1]
    );
}
