//! Real processes: workers that share a ledger are killed with SIGKILL in the middle of load, and
//! nothing may be lost, and nothing doubled.
//!
//! ```text
//! cargo test --workspace --test kill                      # a few kills
//! KILLS=110 cargo test --workspace --test kill -- --nocapture      # as CI does
//! KILLS=20000 SEED=7 cargo test --release --workspace --test kill -- --nocapture
//! ```
//!
//! On PostgreSQL the server crashes under the workers every few seconds. `REQUIRE_POSTGRES=1` makes
//! it fail where there is no server; otherwise that part is skipped, and says so.
//!
//! A worker is this program, started again: the real client, bridge and ledger (`worker`). Loop's
//! stand-in and the OMS stay in the test's own process and survive. Between them lies a wire that
//! writes every call down (`tap`, `history`) and kills some of those who call (`killer`). When the
//! storm is over, faults are off and the clock is moved on until all is settled; the verdict
//! (`verdict`) rests on the history, on what is true on both sides, and on what stands in the
//! ledger.
//!
//! The seed decides the load and the aims. When a process dies to the microsecond it cannot
//! decide: a run cannot be repeated.
#![cfg(unix)]
// Clippy's exception for tests does not reach their helpers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failure has to end the test"
)]

mod book;
mod clock;
mod crew;
mod gate;
mod history;
mod index;
mod killer;
mod orders;
mod planted;
#[path = "../../ams-loop-bridge/tests/common/postgres.rs"]
mod postgres;
#[path = "../simulation/rng.rs"]
mod rng;
mod run;
mod store;
mod tap;
mod town;
mod verdict;
mod worker;

use std::collections::BTreeMap;
use std::env;
use std::time::Instant;

use ams_loop_bridge::Policy;
use ams_oms_client::{MerchantId, RmaKey, RmaNumber};

use tokio::sync::Mutex;

use orders::Orders;
use postgres::PostgresServer;
use run::{Run, Setting};
use verdict::Verdict;

/// Kills of each part, unless `KILLS` says otherwise: a few seconds.
const KILLS: usize = 20;

fn merchant() -> MerchantId {
    MerchantId::new("acme").unwrap()
}

fn rma_key(id: u64) -> RmaKey {
    RmaKey::new(merchant(), RmaNumber::new(id).unwrap())
}

fn policy() -> Policy {
    let mut policy = Policy::processing();
    // So that the calm is short.
    policy.process_deadline_hours = 1;
    // Everybody has the same clock here, and the lists of a quarter of an hour are long.
    policy.pull.overlap_minutes = 2;
    policy
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

/// One run at a time: each has processes of its own.
static ALONE: Mutex<()> = Mutex::const_new(());

async fn run(name: &str, setting: Setting, database: Option<PostgresServer>) -> (Verdict, String) {
    let _alone = ALONE.lock().await;
    let began = Instant::now();
    let mut run = Run::start(setting, database).await;
    run.storm().await;
    let storm = began.elapsed();
    let ended = run.calm().await;
    let verdict = run.verdict(ended).await;
    println!(
        "{name}, seed {}: {:.1} s of storm, {:.1} s in all: {verdict}",
        setting.seed,
        storm.as_secs_f64(),
        began.elapsed().as_secs_f64(),
    );
    (verdict, run.log())
}

fn setting(workers: usize) -> Setting {
    Setting {
        seed: number("SEED").unwrap_or(1),
        workers,
        kills: number("KILLS").map_or(KILLS, |kills| usize::try_from(kills).unwrap()),
        planted: false,
    }
}

fn convict(verdict: &Verdict, log: &str) {
    let mut kinds = BTreeMap::<&str, (usize, &str)>::new();
    for violation in &verdict.violations {
        let (id, kind) = match violation.split_once(": ") {
            Some((id, kind)) if id.parse::<u64>().is_ok() => (id, kind),
            _ => ("", violation.as_str()),
        };
        kinds.entry(kind).or_insert((0, id)).0 += 1;
    }
    for (kind, (times, first)) in kinds {
        println!("{times} times: {kind} (first: {first})");
    }
    for trace in &verdict.traces {
        println!("\n{trace}");
    }
    assert!(
        verdict.violations.is_empty(),
        "{} violations; the workers' last words:\n{log}",
        verdict.violations.len()
    );
}

fn acquit(setting: Setting, verdict: &Verdict, log: &str) {
    convict(verdict, log);
    assert!(verdict.kills.values().sum::<usize>() >= setting.kills);
    assert!(verdict.refunded > 0 && verdict.flagged > 0, "{verdict}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_on_sqlite_nothing_is_lost_and_nothing_doubled() {
    let setting = setting(2);
    let (verdict, log) = run("SQLite", setting, None).await;
    acquit(setting, &verdict, &log);
}

/// The server crashes every few seconds, too. Without a server it is skipped, and says so; with
/// `REQUIRE_POSTGRES` it fails then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_on_postgres_nothing_is_lost_and_nothing_doubled() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    let setting = setting(3);
    let (verdict, log) = run("PostgreSQL", setting, Some(server)).await;
    acquit(setting, &verdict, &log);
}

/// A verdict that finds nothing here would find nothing anywhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_forgets_what_it_sent_is_convicted() {
    let setting = Setting {
        planted: true,
        kills: 6,
        ..setting(2)
    };
    let (verdict, _) = run("planted", setting, None).await;
    for rule in [
        "I1: more than one process request",
        "I1: refunded more than once",
    ] {
        let breaks = |violation: &String| violation.contains(rule);
        let found = verdict.violations.iter().any(breaks);
        assert!(found, "{rule}: {:?}", verdict.violations);
    }
}

/// One worker process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "is started by the other tests"]
async fn a_worker() {
    if let Some(orders) = Orders::received() {
        worker::work(orders).await;
    }
}
