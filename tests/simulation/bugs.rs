//! Every planted bug is found, by the rule it breaks, and how soon.

use std::env;

use super::planted::Plant;
use super::run::{Setting, run};
use super::search::{first, search};

fn planted(plant: Plant) -> Setting {
    Setting {
        plant: Some(plant),
        ..Setting::default()
    }
}

/// How many seeds it takes from `from` on.
fn needed(plant: Plant, from: u64, rules: &[&str], within: u64) -> u64 {
    let setting = planted(plant);
    let (found, _) = search(from, within, setting);
    let seed = found.unwrap_or_else(|| panic!("{plant:?} is not found in {within} seeds"));
    let what = run(seed, setting).violation.unwrap();
    assert!(
        rules.iter().any(|rule| what.contains(&format!("{rule}:"))),
        "{plant:?}: {what}"
    );
    seed + 1 - from
}

fn wanted(plant: Plant) -> bool {
    env::var("PLANT").map_or(true, |only| only == format!("{plant:?}"))
}

#[test]
fn every_planted_bug_is_found() {
    for (plant, rules, within) in Plant::ALL {
        if wanted(plant) {
            let needed = needed(plant, first(), rules, within);
            println!("{plant:?}: {needed} seeds");
        }
    }
}

/// The table in `README.md`.
#[test]
#[ignore = "takes many runs, and shows how soon each planted bug is found"]
fn table_of_planted_bugs() {
    println!("| Planted bug | Rules | Seeds to find: median | Worst of 21 | Bound |");
    println!("| --- | --- | --- | --- | --- |");
    for (plant, rules, within) in Plant::ALL {
        if !wanted(plant) {
            continue;
        }
        let starts = (0..21).map(|start| start * 1_000_000 + first());
        let mut all: Vec<u64> = starts
            .map(|from| needed(plant, from, rules, 20_000))
            .collect();
        all.sort_unstable();
        let (median, worst) = (all[10], all[20]);
        let rules = rules.join(", ");
        println!("| `{plant:?}` | {rules} | {median} | {worst} | {within} |");
    }
}
