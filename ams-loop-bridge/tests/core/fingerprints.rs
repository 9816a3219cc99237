//! A flag is raised once per set of facts, so a fingerprint tells any two sets apart, and no new
//! version of this crate may change it.

use std::collections::BTreeMap;

use ams_loop_bridge::{Facts, Fingerprint, decide};
use ams_oms_client::RmaSnapshot;
use serde_json::{Value, json};

use crate::common::{Counts, line, ret, rma, row, stray};
use crate::support::{DAMAGED, GOOD, HELD, MISSING, OUTSTANDING, fresh, on, two};

fn of(lines: &[Value], snapshot: &RmaSnapshot) -> (Facts, Fingerprint) {
    let decision = decide(&on(), &ret("open", lines), Some(snapshot), &fresh());
    (decision.facts, decision.fingerprint)
}

#[test]
fn a_fingerprint_is_the_same_in_every_version() {
    let lines = [line(1, "A"), line(2, "B")];
    let beside = [stray("C", 2, "damaged")];
    let rows = [row(1, "A", GOOD), row(2, "B", DAMAGED)];
    let text = |fingerprint: Fingerprint| serde_json::to_value(fingerprint).unwrap();
    assert_eq!(
        text(of(&lines, &two("completed", GOOD, GOOD)).1),
        "33e54cfffd02ba34895fa461a91824d1"
    );
    assert_eq!(
        text(of(&lines, &rma("completed", &rows, &beside)).1),
        "ba8be964d280d94dd7d81f5a1c292430"
    );
}

#[test]
fn other_facts_have_another_fingerprint() {
    // In a closed RMA, what was declared missing and what did not come are the same.
    let conditions: [Counts; 6] = [
        GOOD,
        OUTSTANDING,
        DAMAGED,
        HELD,
        [1, 2, 0, 0, 0],
        [1, 1, 1, 0, 0],
    ];
    let beside = [
        vec![],
        vec![stray("C", 1, "available")],
        vec![stray("C", 2, "available")],
        vec![stray("C", 1, "damaged")],
        vec![stray("D", 1, "available")],
        vec![json!({"quantity": 1, "condition": "available"})],
        vec![stray("", 1, "available"), stray("C", 1, "available")],
    ];
    let lines = [
        vec![line(1, "A")],
        vec![line(2, "A")],
        vec![line(1, "A"), line(1, "A")],
        vec![line(1, "A"), line(2, "A")],
    ];
    let mut seen: BTreeMap<String, Facts> = BTreeMap::new();
    let mut different = Vec::new();
    for lines in &lines {
        for units in conditions {
            for beside in &beside {
                let rows = [row(1, "A", units), row(2, "A", OUTSTANDING)];
                let (facts, fingerprint) = of(lines, &rma("completed", &rows, beside));
                let known = seen
                    .entry(format!("{fingerprint:?}"))
                    .or_insert_with(|| facts.clone());
                assert_eq!(*known, facts, "one fingerprint for two sets of facts");
                if !different.contains(&facts) {
                    different.push(facts);
                }
            }
        }
    }
    assert_eq!(seen.len(), different.len());
    assert!(different.len() > 100, "{}", different.len());
}

/// The same goods are the same facts, whatever the warehouse calls its state. But what is awaited
/// is not missing yet.
#[test]
fn only_what_is_awaited_makes_a_difference_to_the_close() {
    let lines = [line(1, "A"), line(2, "B")];
    let of = |state, second| of(&lines, &two(state, DAMAGED, second)).1;
    for second in [GOOD, DAMAGED, MISSING] {
        assert_eq!(of("in_progress", second), of("completed", second));
    }
    for second in [OUTSTANDING, HELD] {
        let same = of("in_progress", second) == of("completed", second);
        assert_eq!(same, second == HELD, "{second:?}");
    }
    assert_eq!(of("completed", OUTSTANDING), of("completed", MISSING));
}
