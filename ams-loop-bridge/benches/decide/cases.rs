//! What is measured.

use ams_loop_bridge::{History, Policy, decide, map_return};
use ams_oms_client::{MerchantId, RmaSnapshot};
use divan::{Bencher, black_box};
use loop_client::{Return, Timestamp};
use serde_json::{Value, json};

/// A return and its RMA, all of whose units are available or one of which is damaged.
fn pair(lines: u64, damaged: bool) -> (Return, RmaSnapshot) {
    let of_loop: Vec<Value> = (1..=lines)
        .map(|id| {
            json!({"line_item_id": 293_482_000 + id, "sku": format!("2039473-{id}"),
                "barcode": format!("2908324283{id:02}"), "title": "Black Striped Shirt",
                "outcome": "default", "price": "78.00"})
        })
        .collect();
    let of_oms: Vec<Value> = (1..=lines)
        .map(|id| {
            let bad = u64::from(damaged && id == lines);
            json!({"line_item_id": (293_482_000 + id).to_string(), "sku": format!("2039473-{id}"),
                "counts": {"expected": 1, "available": 1 - bad, "damaged": bad, "held": 0,
                    "missing": 0}})
        })
        .collect();
    let ret = json!({"id": 99_904_598, "state": "open", "outcome": "refund",
        "line_items": of_loop});
    let rma = json!({"merchant": "acme", "rma_number": "99904598", "state": "completed",
        "raw_state": "CLOSED", "version": "7", "lines": of_oms, "unexpected": []});
    (
        serde_json::from_value(ret).unwrap(),
        serde_json::from_value(rma).unwrap(),
    )
}

#[divan::bench(args = [1, 10, 60])]
fn process(bencher: Bencher<'_, '_>, lines: u64) {
    decision(bencher, lines, false);
}

#[divan::bench(args = [1, 10, 60])]
fn flag_with_note(bencher: Bencher<'_, '_>, lines: u64) {
    decision(bencher, lines, true);
}

fn decision(bencher: Bencher<'_, '_>, lines: u64, damaged: bool) {
    let (ret, rma) = pair(lines, damaged);
    let history = History::none(rma.key.clone(), Timestamp::from_unix_seconds(1_800_000_000));
    let policy = Policy::processing();
    bencher.bench_local(|| {
        decide(
            black_box(&policy),
            black_box(&ret),
            Some(black_box(&rma)),
            black_box(&history),
        )
    });
}

#[divan::bench(args = [1, 10, 60])]
fn map(bencher: Bencher<'_, '_>, lines: u64) {
    let (ret, _) = pair(lines, false);
    let merchant = MerchantId::new("acme").unwrap();
    let policy = Policy::processing();
    bencher.bench_local(|| map_return(black_box(&merchant), black_box(&policy), black_box(&ret)));
}
