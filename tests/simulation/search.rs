//! Many runs on every core, and what is told of them.

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use super::run::{Counts, Report, Setting, run};

pub(crate) fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

/// The first seed, from `SIM_FROM` on unless that is given.
pub(crate) fn first() -> u64 {
    number("SIM_FROM").unwrap_or(0)
}

/// Runs seeds until one fails: the first that failed, and what all came to.
pub(crate) fn search(from: u64, seeds: u64, setting: Setting) -> (Option<u64>, Counts) {
    let end = from.saturating_add(seeds);
    let next = AtomicU64::new(from);
    let first = AtomicU64::new(u64::MAX);
    let threads = thread::available_parallelism().map_or(2, usize::from);
    let mut counts = Counts::default();
    thread::scope(|scope| {
        let work = || {
            let mut counts = Counts::default();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= end || seed > first.load(Ordering::Relaxed) {
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
pub(crate) fn told(seed: u64, setting: Setting) -> Report {
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

pub(crate) fn fail(seed: u64, setting: Setting) -> ! {
    let report = told(seed, setting);
    let what = report.violation.unwrap_or_default();
    let realistic = if setting.realistic {
        "REALISTIC=1 "
    } else {
        ""
    };
    let returns = setting
        .returns
        .map_or(String::new(), |returns| format!("SIM_RETURNS={returns} "));
    panic!(
        "seed {seed}: {what}\n\n{realistic}{returns}SEED={seed} cargo test --workspace \
         --test simulation replay_seed -- --nocapture\n"
    );
}

fn rate(part: u64, whole: u64) -> String {
    let hundredths = (part * 1_000_000).checked_div(whole).unwrap_or(0);
    format!("{}.{:04} %", hundredths / 10_000, hundredths % 10_000)
}

fn hundredths(sum: u64, among: u64) -> String {
    let hundredths = (sum * 100).checked_div(among).unwrap_or(0);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

pub(crate) fn show(name: &str, seeds: u64, counts: &Counts, began: Instant) {
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    println!(
        "{name}: {seeds} seeds, {} a second; {} returns, {} settled, {} refunds, {} crashes, {} \
         polls of futures",
        hundredths(seeds * 1000, millis),
        counts.returns,
        counts.settled,
        counts.refunds,
        counts.crashes,
        counts.polls,
    );
    println!(
        "  of {} good returns {} were flagged ({}), and {} left to a person without ({})",
        counts.good,
        counts.false_flags,
        rate(counts.false_flags, counts.good),
        counts.escalated,
        rate(counts.escalated, counts.good),
    );
    for (why, count) in &counts.spoiled_by {
        println!("    {count} x {why}");
    }
    println!(
        "  calls to Loop: {}, about returns {}, about those that can be read, for each settled one:",
        counts.calls, counts.own_calls,
    );
    for (kind, count) in &counts.by_kind {
        println!("    {} {kind}", hundredths(*count, counts.settled));
    }
    println!("  and about good ones, for each:");
    for (kind, count) in &counts.of_good {
        println!("    {} {kind}", hundredths(*count, counts.good));
    }
}
