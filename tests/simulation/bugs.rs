//! Every planted bug is found, by the rule it breaks, and how soon.

use std::collections::BTreeSet;
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

/// How many seeds it takes from `from` on, and what is found.
fn needed(plant: Plant, from: u64, within: u64) -> (u64, String) {
    let setting = planted(plant);
    let (found, _) = search(from, within, setting);
    let seed = found.unwrap_or_else(|| panic!("{plant:?} is not found in {within} seeds"));
    (seed + 1 - from, run(seed, setting).violation.unwrap())
}

fn wanted(plant: Plant) -> bool {
    env::var("PLANT").map_or(true, |only| only == format!("{plant:?}"))
}

#[test]
fn every_planted_bug_is_found() {
    for (plant, rules, within) in Plant::ALL {
        if wanted(plant) {
            let (needed, what) = needed(plant, first(), within);
            println!("{plant:?}: {needed} seeds: {what}");
            let named = |rule: &&str| what.contains(&format!("{rule}:"));
            assert!(rules.iter().any(named), "{plant:?}: {what}");
        }
    }
}

/// The table in `README.md`.
#[test]
#[ignore = "takes many runs, and shows how soon each planted bug is found"]
fn table_of_planted_bugs() {
    println!("| Planted bug | Rules | Seeds to find: median | Worst of 21 | Bound |");
    println!("| --- | --- | --- | --- | --- |");
    for (plant, _, within) in Plant::ALL {
        if !wanted(plant) {
            continue;
        }
        let starts = (0..21).map(|start| start * 1_000_000 + first());
        let mut rules = BTreeSet::new();
        let mut all = Vec::new();
        for from in starts {
            let (needed, what) = needed(plant, from, 20_000);
            all.push(needed);
            let rule = what.split(": ").nth(1).unwrap_or_default();
            rules.insert(rule.to_owned());
        }
        all.sort_unstable();
        let (median, worst) = (all[10], all[20]);
        let rules: Vec<String> = rules.into_iter().collect();
        let rules = rules.join(", ");
        println!("| `{plant:?}` | {rules} | {median} | {worst} | {within} |");
    }
}
