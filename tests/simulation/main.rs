//! A deterministic simulation of the bridge: workers, Loop, the OMS, the ledger and everything
//! between them, from one seed, in virtual time, in one thread.
//!
//! ```text
//! cargo test -p loop-ams-tests --test simulation                      # as CI does
//! SIM_SEEDS=10000000 cargo test --release -p loop-ams-tests --test simulation many -- --nocapture
//! SEED=42 cargo test -p loop-ams-tests --test simulation replay -- --nocapture
//! SIM_FROM=1000 PLANT=CursorBeforePage cargo test -p loop-ams-tests --test simulation planted
//! ```
//!
//! Three parts: the environment (`shop`, `yard`, `book`, with the ports to them), the load
//! (`load`, and the schedules in `world`), and the auditor (`audit`), which knows what is true on
//! both sides and shares no code with the bridge.
// Clippy's exception for tests does not reach their helpers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure has to end the test"
)]

mod audit;
mod book;
mod faults;
mod load;
mod loop_port;
mod oms_port;
mod planted;
mod rng;
mod shop;
mod sim;
mod time;
mod trace;
mod world;
mod yard;

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use planted::Plant;
use world::{Counts, Report, Setting, run};

/// Together with the other tests here some fifteen seconds on two cores, without optimisation.
const SEEDS: u64 = 150;

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

/// Runs seeds on every core until one fails, from `SIM_FROM` on; the first that failed, and what
/// all came to.
fn search(seeds: u64, setting: Setting) -> (Option<u64>, Counts) {
    let from = number("SIM_FROM").unwrap_or(0);
    let seeds = from.saturating_add(seeds);
    let next = AtomicU64::new(from);
    let first = AtomicU64::new(u64::MAX);
    let threads = thread::available_parallelism().map_or(2, usize::from);
    let mut counts = Counts::default();
    thread::scope(|scope| {
        let work = || {
            let mut counts = Counts::default();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= seeds || seed > first.load(Ordering::Relaxed) {
                    return counts;
                }
                let report = run(seed, setting);
                if report.violation.is_some() {
                    first.fetch_min(seed, Ordering::Relaxed);
                }
                counts.add(&report.counts);
            }
        };
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for handle in handles {
            counts.add(&handle.join().unwrap());
        }
    });
    let first = first.into_inner();
    ((first != u64::MAX).then_some(first), counts)
}

/// The same run in words.
fn told(seed: u64, setting: Setting) -> Report {
    let setting = Setting {
        in_words: true,
        ..setting
    };
    let report = run(seed, setting);
    for line in &report.tail {
        println!("{line}");
    }
    report
}

fn fail(seed: u64, setting: Setting) -> ! {
    let report = told(seed, setting);
    let what = report.violation.unwrap_or_default();
    let realistic = if setting.realistic {
        "REALISTIC=1 "
    } else {
        ""
    };
    panic!(
        "seed {seed}: {what}\n\n{realistic}SEED={seed} cargo test -p loop-ams-tests \
         --test simulation replay -- --nocapture\n"
    );
}

fn rate(part: u64, whole: u64) -> String {
    let hundredths = (part * 1_000_000).checked_div(whole).unwrap_or(0);
    format!("{}.{:04} %", hundredths / 10_000, hundredths % 10_000)
}

fn tenths(sum: u64, among: u64) -> String {
    let tenths = (sum * 10).checked_div(among).unwrap_or(0);
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn show(name: &str, seeds: u64, counts: &Counts, began: Instant) {
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    println!(
        "{name}: {seeds} seeds, {} a second; {counts:?}; false flags: {} of good returns; Loop \
         calls per settled return: {}, without the polls of all: {}",
        tenths(seeds * 1000, millis),
        rate(counts.false_flags, counts.good),
        tenths(counts.calls, counts.settled),
        tenths(counts.own_calls, counts.settled),
    );
}

#[test]
fn many_seeds_break_no_rule() {
    let seeds = number("SIM_SEEDS").unwrap_or(SEEDS);
    let setting = Setting::default();
    let began = Instant::now();
    let (failed, counts) = search(seeds, setting);
    show("harsh", seeds, &counts, began);
    if let Some(seed) = failed {
        fail(seed, setting);
    }
    assert!(counts.refunds > 0 && counts.crashes > 0, "{counts:?}");
}

#[test]
fn at_realistic_rates_hardly_a_good_return_is_flagged() {
    let seeds = number("SIM_SEEDS").unwrap_or(SEEDS) / 3;
    let setting = Setting {
        realistic: true,
        ..Setting::default()
    };
    let began = Instant::now();
    let (failed, counts) = search(seeds, setting);
    show("realistic", seeds, &counts, began);
    if let Some(seed) = failed {
        fail(seed, setting);
    }
    assert!(
        counts.good > 0 && counts.false_flags * 50 <= counts.good,
        "{counts:?}"
    );
}

#[test]
fn a_seed_run_twice_gives_the_same_trace() {
    let setting = Setting {
        in_words: true,
        ..Setting::default()
    };
    let mut hashes = std::collections::BTreeSet::new();
    for seed in 0..25 {
        let hash = run(seed, setting).hash;
        assert_eq!(hash, run(seed, setting).hash, "seed {seed}");
        hashes.insert(hash);
    }
    assert_eq!(hashes.len(), 25, "every seed is a run of its own");
}

#[test]
fn every_planted_bug_is_found() {
    let only = env::var("PLANT").ok();
    for (plant, rules, within) in Plant::ALL {
        if only
            .as_ref()
            .is_some_and(|only| *only != format!("{plant:?}"))
        {
            continue;
        }
        let setting = Setting {
            plant: Some(plant),
            ..Setting::default()
        };
        let (found, _) = search(within, setting);
        let seed = found.unwrap_or_else(|| panic!("{plant:?} is not found in {within} seeds"));
        let what = run(seed, setting).violation.unwrap();
        let needed = seed + 1 - number("SIM_FROM").unwrap_or(0);
        println!("{plant:?}: {needed} seeds: {what}");
        assert!(
            rules.iter().any(|rule| what.contains(rule)),
            "{plant:?}: {what}"
        );
    }
}

/// One seed in words: `SEED`, as a failure prints it. A seed means another run once anything more
/// is drawn, so what a failure teaches becomes a named test of the bridge's own.
#[test]
fn replay() {
    let seed = number("SEED").unwrap_or(0);
    let setting = Setting {
        realistic: env::var_os("REALISTIC").is_some(),
        ..Setting::default()
    };
    let report = told(seed, setting);
    println!("{:?}", report.counts);
    assert_eq!(report.violation, None, "seed {seed}");
}
