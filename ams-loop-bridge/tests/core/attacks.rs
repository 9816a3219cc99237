//! Inputs made to lead to a wrong payment.

use ams_loop_bridge::{Action, Facts, ProcessRecord, Reason, decide};
use serde_json::json;

use crate::common::{HOUR, RETURN, at, counts, line, product, read, ret, return_json, rma};
use crate::support::{DAMAGED, GOOD, after, fresh, on, two};
use Action::{Escalate, Flag, Nothing, Process, Wait};

#[test]
fn a_payload_that_says_too_little_or_too_much_never_processes() {
    let good = two("completed", GOOD, GOOD);
    let no_lines = read(json!({"id": RETURN, "state": "open"}));
    let found = decide(&on(), &no_lines, Some(&good), &fresh());
    assert!(matches!(
        (found.action, found.reason),
        (Wait, Reason::LoopIncomplete(_))
    ));
    let contradictory = ret("open", &[line(1, "A"), line(1, "B")]);
    let found = decide(&on(), &contradictory, Some(&good), &fresh());
    assert!(matches!(
        (found.action, found.reason),
        (Escalate, Reason::LoopContradictory(_))
    ));
    // I6, a second time: no line at all is not "every line".
    assert!(!Facts::default().all_available());
    // A unit that Loop lists twice is two units.
    let twice = ret("open", &[line(1, "A"), line(1, "A"), line(2, "B")]);
    assert_eq!(decide(&on(), &twice, Some(&good), &fresh()).action, Flag);
}

/// An OMS with a row per product and condition, and no line references: a good unit must not
/// hide a bad one because its row stands first.
#[test]
fn the_order_of_the_warehouses_rows_never_decides_over_money() {
    let rows = [product("A", [1, 1, 0, 0, 0]), product("A", [0, 0, 1, 0, 0])];
    let ret = ret("open", &[line(1, "A")]);
    let one = decide(&on(), &ret, Some(&rma("in_progress", &rows, &[])), &fresh());
    let reversed = [rows[1].clone(), rows[0].clone()];
    let other = decide(
        &on(),
        &ret,
        Some(&rma("in_progress", &reversed, &[])),
        &fresh(),
    );
    assert_eq!(one, other);
    assert_eq!(one.action, Flag);
}

/// `decide` is public: evidence about another return, or another merchant's, is none.
#[test]
fn another_rma_is_no_evidence() {
    let other = read(return_json(
        RETURN + 1,
        "open",
        &[line(1, "A"), line(2, "B")],
    ));
    let good = rma("completed", &[product("A", GOOD), product("B", GOOD)], &[]);
    assert_ne!(decide(&on(), &other, Some(&good), &fresh()).action, Process);
    let ret = ret("open", &[line(1, "A"), line(2, "B")]);
    let mut history = fresh();
    history.key.merchant = "stranger".parse().unwrap();
    let found = decide(&on(), &ret, Some(&good), &history);
    assert_ne!(found.action, Process);
    assert_eq!(found.facts, Facts::default(), "nor does it tell anything");
}

/// Where one side names no SKU, barcodes tell products apart.
#[test]
fn another_barcode_is_another_product() {
    let lines = json!({"line_item_id": 7, "sku": "A", "barcode": "400"});
    let ret = ret("open", &[lines]);
    let of = |row: serde_json::Value| {
        decide(&on(), &ret, Some(&rma("completed", &[row], &[])), &fresh())
    };
    for (row, action) in [
        (json!({"line_item_id": "7", "barcode": "400"}), Process),
        (json!({"line_item_id": "7", "barcode": "401"}), Flag),
        (json!({"line_item_id": "7"}), Process),
        (json!({"barcode": "400"}), Process),
        (json!({"barcode": "401"}), Escalate),
        (json!({"sku": "A", "barcode": "401"}), Process),
    ] {
        let mut row = row;
        row["counts"] = counts(GOOD);
        assert_eq!(of(row.clone()).action, action, "{row}");
    }
}

/// What neither side can name is not the same thing for that.
#[test]
fn a_nameless_row_is_no_nameless_line() {
    let ret = ret("open", &[json!({"line_item_id": 7})]);
    let row = json!({"counts": counts(GOOD)});
    let found = decide(&on(), &ret, Some(&rma("completed", &[row], &[])), &fresh());
    assert_eq!(
        (found.action, found.reason),
        (Escalate, Reason::LineUnknownToOms)
    );
}

/// Only the very reference that was announced is that line.
#[test]
fn a_reference_that_only_reads_like_a_lines_id_is_another() {
    let ret = ret("open", &[line(7, "A")]);
    let rows =
        |reference: &str| json!({"line_item_id": reference, "sku": "A", "counts": counts(GOOD)});
    let of = |reference: &str| {
        decide(
            &on(),
            &ret,
            Some(&rma("completed", &[rows(reference)], &[])),
            &fresh(),
        )
    };
    assert_eq!(of("7").action, Process);
    for odd in ["07", "+7", "7.0", "7a", "0x7", "٧", "L7"] {
        assert_eq!(of(odd).action, Escalate, "{odd}");
        assert!(!of(odd).facts.lines[0].known_to_oms, "{odd}");
    }
}

/// Never net across SKUs: a barcode that reads like the expected SKU is no SKU.
#[test]
fn a_foreign_sku_with_a_familiar_barcode_is_foreign() {
    let ret = ret("open", &[line(1, "12345")]);
    let foreign = json!({"sku": "OTHER", "barcode": "12345", "counts": counts(GOOD)});
    let found = decide(
        &on(),
        &ret,
        Some(&rma("completed", &[foreign], &[])),
        &fresh(),
    );
    assert_ne!(found.action, Process);
}

/// An OMS may name the line and the barcode it scanned, and no SKU.
#[test]
fn a_line_known_by_reference_and_barcode_is_the_same_product() {
    let ret = ret(
        "open",
        &[json!({"line_item_id": 1, "sku": "A", "barcode": "400"})],
    );
    let scanned = json!({"line_item_id": "1", "barcode": "400", "counts": counts(GOOD)});
    let found = decide(
        &on(),
        &ret,
        Some(&rma("completed", &[scanned], &[])),
        &fresh(),
    );
    assert_eq!(
        (found.action, found.reason),
        (Process, Reason::AllAvailable)
    );
}

/// I3: a line the OMS has not heard of is no reason to leave damage unflagged.
#[test]
fn damage_is_flagged_even_beside_a_line_the_oms_has_not_heard_of() {
    let ret = ret("open", &[line(1, "A"), line(2, "B"), line(3, "C")]);
    let found = decide(
        &on(),
        &ret,
        Some(&two("completed", GOOD, DAMAGED)),
        &fresh(),
    );
    assert_eq!(found.action, Flag);
    assert!(
        found
            .note
            .unwrap()
            .contains("line 2 B: 0 of 1 available, 1 damaged")
    );
}

/// "Available, then damaged after process": it cannot be undone, but somebody must hear of it.
#[test]
fn damage_found_after_the_process_call_is_escalated_with_a_note() {
    let bad = two("completed", GOOD, DAMAGED);
    for (state, process) in [
        ("closed", ProcessRecord::Accepted { since: at(-60) }),
        (
            "open",
            ProcessRecord::Refused {
                message: "no".to_owned(),
            },
        ),
    ] {
        let history = after(process);
        let ret = ret(state, &[line(1, "A"), line(2, "B")]);
        let found = decide(&on(), &ret, Some(&bad), &history);
        assert!(
            matches!(found.action, Flag | Escalate),
            "{state}: {:?}",
            found.action
        );
        assert!(
            found.note.is_some_and(|note| note.contains("line 2 B")),
            "{state}"
        );
    }
}

/// A closed return whose details show no lines any more tells nothing about the goods.
#[test]
fn a_processed_return_without_lines_is_processed_and_not_bad() {
    let good = two("completed", GOOD, GOOD);
    let history = after(ProcessRecord::Accepted { since: at(-60) });
    for json in [
        json!({"id": RETURN, "state": "closed"}),
        json!({"id": RETURN, "state": "closed", "line_items": []}),
    ] {
        let found = decide(&on(), &read(json), Some(&good), &history);
        assert_eq!((found.action, found.reason), (Nothing, Reason::Processed));
    }
}

/// A flag is refused in these states: to ask for one again and again never ends.
#[test]
fn an_unconfirmed_process_call_on_a_finished_return_is_escalated_and_not_flagged() {
    let good = two("completed", GOOD, GOOD);
    let history = after(ProcessRecord::Unknown {
        since: at(-48 * HOUR),
    });
    for state in ["cancelled", "expired"] {
        let ret = ret(state, &[line(1, "A"), line(2, "B")]);
        assert_eq!(
            decide(&on(), &ret, Some(&good), &history).action,
            Escalate,
            "{state}"
        );
    }
}
