//! Returns a second through webhook, RMA, receipt, decision, process call and confirmation, beside
//! the durable commits a second that this disk gives:
//! `cargo bench --workspace --bench throughput`.
//!
//! Loop answers at once, so that nothing but the bridge and the disk is measured. The files are
//! below Cargo's target directory, which must not be in memory.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::let_underscore_must_use,
    reason = "a benchmark ends by panicking, and its numbers are small"
)]

mod disk;
#[path = "../../ams-loop-bridge/tests/common/postgres.rs"]
mod postgres;
#[path = "../shop/mod.rs"]
mod shop;
mod way;

use std::path::Path;
use std::time::Duration;

use ams_loop_bridge::ledger::{MemoryLedger, PostgresLedger, SqliteLedger};
use ams_oms_client::{MemoryOms, SqliteOms};
use loop_ams_benches::{Table, median, ratio};

use postgres::PostgresServer;
use way::{PARTS, Part, Way};

const ROUNDS: usize = 3;
const RETURNS: u64 = 100;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    runtime.block_on(async {
        whole_way(dir.path()).await;
        bursts(dir.path()).await;
        workers(dir.path()).await;
    });
}

async fn ledger(dir: &Path, name: &str) -> SqliteLedger {
    SqliteLedger::open(dir.join(name)).await.unwrap()
}

async fn whole_way(dir: &Path) {
    let oms = SqliteOms::open(dir.join("oms")).await.unwrap();
    let mut ways = [
        (
            "SQLite ledger, SQLite OMS",
            Way::new(vec![ledger(dir, "both").await], oms),
        ),
        (
            "SQLite ledger, OMS in memory",
            Way::new(vec![ledger(dir, "one").await], MemoryOms::new()),
        ),
        (
            "both in memory",
            Way::new(vec![MemoryLedger::new()], MemoryOms::new()),
        ),
    ];
    let mut rates = vec![Vec::new(); ways.len()];
    let mut nearness = vec![Vec::new(); ways.len()];
    let mut parts = vec![[Part::default(); 6]; ways.len()];
    let (mut commits, mut lines) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for (at, (_, way)) in ways.iter_mut().enumerate() {
            // The disk of the same moments, before and after.
            let before = disk::commits(dir);
            let taken = way.go(RETURNS).await;
            let disk = f64::midpoint(before, disk::commits(dir));
            let time: Duration = taken.iter().map(|part| part.time).sum();
            let writes: u64 = taken.iter().map(Part::writes).sum();
            let rate = RETURNS as f64 / time.as_secs_f64();
            rates[at].push(rate);
            nearness[at].push(writes as f64 / time.as_secs_f64() / disk);
            parts[at] = taken;
            commits.push(disk);
        }
        lines.push(disk::writes(dir));
    }
    println!(
        "This disk: {:.0} commits a second of one row, {:.0} synchronised lines a second.\n",
        median(commits),
        median(lines)
    );
    let mut table = Table::new(&[
        "Stores",
        "Returns a second",
        "Durable writes a return",
        "Of them ledger, witness, OMS",
        "Durable writes a second, by the disk's",
    ]);
    for (at, (name, _)) in ways.iter().enumerate() {
        let of = |count: fn(&Part) -> u64| {
            parts[at].iter().map(count).sum::<u64>() as f64 / RETURNS as f64
        };
        let durable = if name.contains("SQLite") {
            ratio(median(nearness[at].clone()))
        } else {
            "-".to_owned()
        };
        table.row([
            (*name).to_owned(),
            format!("{:.1}", median(rates[at].clone())),
            format!("{:.2}", of(Part::writes)),
            format!(
                "{:.2}, {:.2}, {:.2}",
                of(|it| it.entries + it.cursors),
                of(|it| it.witness),
                of(|it| it.oms)
            ),
            durable,
        ]);
    }
    println!("{table}");
    let mut table = Table::new(&[
        "Part of the way",
        "Ledger writes",
        "Witness",
        "OMS writes",
        "Milliseconds a return, both SQLite",
        "both in memory",
    ]);
    for (at, name) in PARTS.iter().enumerate() {
        let part = &parts[0][at];
        let each = |count: u64| format!("{:.2}", count as f64 / RETURNS as f64);
        let time = |part: &Part| format!("{:.3}", part.time.as_secs_f64() * 1e3 / RETURNS as f64);
        table.row([
            (*name).to_owned(),
            each(part.entries + part.cursors),
            each(part.witness),
            each(part.oms),
            time(part),
            time(&parts[2][at]),
        ]);
    }
    println!("{table}");
}

/// Webhooks that come all at once.
async fn bursts(dir: &Path) {
    const WEBHOOKS: u64 = 256;
    let oms = SqliteOms::open(dir.join("burst-oms")).await.unwrap();
    let mut with_files = Way::new(vec![ledger(dir, "burst-both").await], oms);
    let mut in_memory = Way::new(vec![ledger(dir, "burst-one").await], MemoryOms::new());
    let mut table = Table::new(&["Webhooks a second", "1 in flight", "64 in flight", "Factor"]);
    for (name, whole) in [("recorded", false), ("recorded, RMA made", true)] {
        for (oms, way) in [
            ("OMS in memory", &mut in_memory),
            ("SQLite OMS", &mut with_files),
        ] {
            if !whole && oms == "SQLite OMS" {
                continue;
            }
            let (mut one, mut many) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let rate = |time: Duration| WEBHOOKS as f64 / time.as_secs_f64();
                one.push(rate(way.burst(WEBHOOKS, 1, whole).await));
                many.push(rate(way.burst(WEBHOOKS, 64, whole).await));
            }
            let factors = many
                .iter()
                .zip(&one)
                .map(|(many, one)| many / one)
                .collect();
            table.row([
                format!("{name}, {oms}"),
                format!("{:.0}", median(one)),
                format!("{:.0}", median(many)),
                ratio(median(factors)),
            ]);
        }
    }
    println!("{table}");
}

/// Several workers on one ledger.
async fn workers(dir: &Path) {
    let server = PostgresServer::start();
    let mut table = Table::new(&["Ledger", "Workers", "Returns a second", "By one worker"]);
    let mut sqlite = Vec::new();
    let mut postgres = Vec::new();
    for workers in [1, 2, 4] {
        let shared = ledger(dir, &format!("workers-{workers}")).await;
        sqlite.push((workers, Way::new(vec![shared; workers], MemoryOms::new())));
        if let Some(server) = &server {
            let url = server.url("postgres", &server.database());
            let mut ledgers = Vec::new();
            for _ in 0..workers {
                ledgers.push(PostgresLedger::connect(&url).await.unwrap());
            }
            postgres.push((workers, Way::new(ledgers, MemoryOms::new())));
        }
    }
    for (name, ways) in [("SQLite", &mut sqlite), ("PostgreSQL", &mut postgres)] {
        let mut rates = vec![Vec::new(); ways.len()];
        for _ in 0..ROUNDS {
            for ((_, way), rates) in ways.iter_mut().zip(&mut rates) {
                let time: Duration = way.go(RETURNS).await.iter().map(|part| part.time).sum();
                rates.push(RETURNS as f64 / time.as_secs_f64());
            }
        }
        let alone = rates.first().cloned().unwrap_or_default();
        for ((workers, _), rates) in ways.iter().zip(rates) {
            let factors = rates
                .iter()
                .zip(&alone)
                .map(|(it, alone)| it / alone)
                .collect();
            let rate = format!("{:.1}", median(rates.clone()));
            table.row([
                name.to_owned(),
                workers.to_string(),
                rate,
                ratio(median(factors)),
            ]);
        }
    }
    println!("{table}");
}
