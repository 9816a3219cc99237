//! What a hundred changed returns cost among a thousand open ones, and among a million:
//! `cargo bench --workspace --bench growth`.
//!
//! The ledger's file is filled by SQL from one entry that the bridge itself has written. Loop and
//! the OMS know the changed returns only, so that nothing but the bridge and its ledger can grow.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::let_underscore_must_use,
    reason = "a benchmark ends by panicking, and its numbers are small"
)]

#[path = "../shop/mod.rs"]
mod shop;
#[path = "../throughput/way.rs"]
mod way;

use std::path::Path;
use std::time::{Duration, Instant};

use ams_loop_bridge::ledger::{Ledger as _, RmaRecord, SqliteLedger};
use ams_oms_client::MemoryOms;
use loop_ams_benches::{Table, Usage, median, ratio};
use rusqlite::{Connection, params};

use shop::key;
use way::Way;

const SIZES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
const ROUNDS: usize = 5;
const CHANGED: u64 = 100;
/// The first of the returns that are only there.
const OTHERS: u64 = 50_000_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    runtime.block_on(grow(&dir.path().join("ledger")));
}

#[derive(Clone, Copy)]
struct Measured {
    settle: Duration,
    pull: Duration,
    cpu: Duration,
    rows: u64,
}

async fn grow(file: &Path) {
    let ledger = SqliteLedger::open(file).await.unwrap();
    let mut way = Way::new(vec![ledger.clone()], MemoryOms::new());
    // Statements prepared, pages in the cache.
    way.go(CHANGED).await;
    let example = way.leave_one_open().await;
    let mut table = Table::new(&[
        "Open returns",
        "Settle, ms",
        "By 1,000",
        "Pull, ms",
        "By 1,000",
        "Processor, ms",
        "Rows of the ledger read",
        "File, MB",
        "Process in memory, MB",
        "All listed, s",
    ]);
    let mut there = 0;
    let mut smallest = None;
    for size in SIZES {
        fill(file, example, there..size);
        there = size;
        check(&ledger, size).await;
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let before = Usage::of("self").unwrap().cpu;
            way.take_rows();
            let parts = way.go(CHANGED).await;
            rounds.push(Measured {
                settle: parts[4].time,
                pull: parts[1].time,
                cpu: Usage::of("self").unwrap().cpu - before,
                rows: way.take_rows(),
            });
        }
        let of = |time: fn(&Measured) -> Duration| {
            median(
                rounds
                    .iter()
                    .map(|it| time(it).as_secs_f64() * 1e3)
                    .collect(),
            )
        };
        let (settle, pull) = (of(|it| it.settle), of(|it| it.pull));
        let (first_settle, first_pull) = *smallest.get_or_insert((settle, pull));
        let usage = Usage::of("self").unwrap();
        let listed = list_all(&ledger).await;
        table.row([
            size.to_string(),
            format!("{settle:.0}"),
            ratio(settle / first_settle),
            format!("{pull:.0}"),
            ratio(pull / first_pull),
            format!("{:.0}", of(|it| it.cpu)),
            rounds[0].rows.to_string(),
            format!("{:.0}", std::fs::metadata(file).unwrap().len() as f64 / 1e6),
            format!("{:.0}", usage.resident as f64 / 1e6),
            format!("{:.2}", listed.as_secs_f64()),
        ]);
    }
    println!("{CHANGED} changed returns, the whole way through; median of {ROUNDS}.\n\n{table}");
}

/// Adds returns that are as the example is, and due as late.
fn fill(file: &Path, example: u64, numbers: std::ops::Range<u64>) {
    let mut database = Connection::open(file).unwrap();
    let transaction = database.transaction().unwrap();
    transaction
        .execute(
            "WITH RECURSIVE other(i) AS (SELECT ?2 UNION ALL SELECT i + 1 FROM other WHERE i + 1 < ?3)
             INSERT INTO entry (merchant, rma_number, revision, due_at, form, body, archived,
                 process_intents)
             SELECT merchant, printf('%020d', i), revision, due_at + i, form,
                 json_set(body, '$.key.rma_number', CAST(i AS TEXT)), archived, process_intents
             FROM entry, other WHERE rma_number = printf('%020d', ?1)",
            params![
                example.cast_signed(),
                (OTHERS + numbers.start).cast_signed(),
                (OTHERS + numbers.end).cast_signed()
            ],
        )
        .unwrap();
    transaction.commit().unwrap();
    database
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
}

/// Whether the ledger takes what SQL has written for its own.
async fn check(ledger: &SqliteLedger, size: u64) {
    for id in [OTHERS, OTHERS + size / 2, OTHERS + size - 1] {
        let entry = ledger.load(&key(id)).await.unwrap().unwrap();
        assert_eq!((entry.key, entry.rma), (key(id), RmaRecord::Made));
        assert!(entry.settlement.is_none());
    }
    assert!(ledger.load(&key(OTHERS + size)).await.unwrap().is_none());
}

/// As `archive` and `reconcile` do, which walk through everything on purpose.
async fn list_all(ledger: &SqliteLedger) -> Duration {
    let began = Instant::now();
    let mut after = None;
    loop {
        let limit = 500.try_into().unwrap();
        let page = ledger.list(&shop::merchant(), after, limit).await.unwrap();
        let Some(last) = page.last() else {
            return began.elapsed();
        };
        after = Some(last.key.rma_number);
    }
}
