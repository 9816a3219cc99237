//! The note in Loop, letter by letter.

use ams_loop_bridge::{Action, History, decide};
use ams_oms_client::RmaSnapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::{at, key, line, read, return_json, rma, row, stray};
use crate::support::{on, proptest_config};

/// A line with a bad unit, as the note speaks of it: the SKU of at most 40 characters, and counts.
#[derive(Debug, Clone)]
struct Bad {
    sku: String,
    units: [u32; 5],
    told: &'static str,
}

fn cut(sku: &str) -> String {
    if sku.chars().count() <= 40 {
        return sku.to_owned();
    }
    sku.chars().take(39).collect::<String>() + "…"
}

/// Every number of whole entries that could be written, of which the most that fit must be.
fn expected(id: u64, entries: &[String]) -> String {
    let of = |shown: usize| {
        let left_out = entries.len() - shown;
        let mut note = format!("RMA {id}: not all units are available");
        if shown > 0 {
            note = format!("{note}. {}", entries[..shown].join("; "));
        }
        if left_out > 0 {
            note = format!("{note} and {left_out} more");
        }
        note
    };
    (0..=entries.len())
        .map(of)
        .rfind(|note| note.chars().count() <= 254)
        .expect("the headline alone fits")
}

fn bad() -> impl Strategy<Value = Bad> {
    let kinds = prop::sample::select(vec![
        ([1, 0, 1, 0, 0], "0 of 1 available, 1 damaged"),
        ([1, 0, 0, 1, 0], "0 of 1 available, 1 on hold"),
        ([1, 0, 0, 0, 1], "0 of 1 available, 1 missing"),
        ([1, 0, 0, 0, 0], "0 of 1 available, 1 missing"),
    ]);
    ("[A-Zäß€0-9-]{1,60}", kinds).prop_map(|(sku, (units, told))| Bad { sku, units, told })
}

proptest! {
    #![proptest_config(proptest_config())]

    #[test]
    fn as_many_whole_entries_as_fit_are_told_and_the_rest_is_counted(
        lines in prop::collection::vec(bad(), 1..40),
        strays in prop::collection::btree_map("[A-Z]{1,60}", (1u32..2_000, any::<bool>()), 0..4),
        id in 1u64..,
        step in prop::sample::select(vec![1u64, 1_000_000_007, u64::MAX / 41]),
    ) {
        let ids = (1u64..).map(|n| n * step);
        let mut of_loop: Vec<Value> = Vec::new();
        let mut of_oms: Vec<Value> = Vec::new();
        let mut entries: Vec<String> = Vec::new();
        for (line_id, bad) in ids.zip(&lines) {
            of_loop.push(line(line_id, &bad.sku));
            of_oms.push(row(line_id, &bad.sku, bad.units));
            entries.push(format!("line {line_id} {}: {}", cut(&bad.sku), bad.told));
        }
        // A good line is not worth a word.
        let good = u64::MAX;
        of_loop.push(line(good, "GOOD"));
        of_oms.push(row(good, "GOOD", [1, 1, 0, 0, 0]));
        let mut beside: Vec<Value> = Vec::new();
        for (sku, (units, is_good)) in &strays {
            let condition = if *is_good { "available" } else { "damaged" };
            beside.push(stray(sku, *units, condition));
            let told = if *is_good { "" } else { " not in good order" };
            entries.push(format!("not expected {}: {units}{told}", cut(sku)));
        }
        let mut json = serde_json::to_value(rma("completed", &of_oms, &beside)).unwrap();
        json["rma_number"] = json!(id.to_string());
        let snapshot: RmaSnapshot = serde_json::from_value(json).unwrap();
        let ret = read(return_json(id, "open", &of_loop));
        let found = decide(&on(), &ret, Some(&snapshot), &History::none(key(id), at(0)));
        prop_assert_eq!(found.action, Action::Flag);
        prop_assert_eq!(found.note.unwrap(), expected(id, &entries));
    }
}

#[test]
fn a_name_is_kept_on_one_line_and_its_absence_is_said() {
    let lines = [line(1, "A\u{7}\nB\tC"), json!({"line_item_id": 2})];
    let snapshot = rma("completed", &[], &[]);
    let unheard = decide(
        &on(),
        &read(return_json(7001, "closed", &lines)),
        Some(&snapshot),
        &History::none(key(7001), at(0)),
    );
    assert_eq!(
        unheard.note.unwrap(),
        "RMA 7001: the return is closed, but not all units are available. line 1 ABC: 0 of 1 \
         available, 1 missing; line 2 (no SKU): 0 of 1 available, 1 missing"
    );
}
