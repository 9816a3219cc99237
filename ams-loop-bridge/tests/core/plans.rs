//! What a changed return means for the RMA that was made of it.

use ams_loop_bridge::{LineChange, Mapping, NotOwed, Policy, RmaPlan, map_return, plan_rma};
use ams_oms_client::{LineRef, Rma, RmaSnapshot};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::{RETURN, counts, line, merchant, product, read, ret, rma, row, stray};
use crate::support::{GOOD, MISSING, OUTSTANDING, proptest_config};

fn plan(lines: &[Value], found: &RmaSnapshot) -> RmaPlan {
    plan_of(
        &map_return(&merchant(), &Policy::default(), &ret("open", lines)),
        Some(found),
    )
}

fn plan_of(mapping: &Mapping, found: Option<&RmaSnapshot>) -> RmaPlan {
    plan_rma(&Policy::default(), mapping, found)
}

fn announced(rows: &[Value]) -> RmaSnapshot {
    rma("announced", rows, &[])
}

/// Line, item, from, to.
type Brief<'a> = (Option<&'a str>, Option<&'a str>, u32, u32);

fn brief(changes: &[LineChange]) -> Vec<Brief<'_>> {
    changes
        .iter()
        .map(|change| {
            let line = change.line_ref.as_ref().map(LineRef::as_str);
            (line, change.item.as_deref(), change.from, change.to)
        })
        .collect()
}

fn amended(plan: &RmaPlan) -> (&Rma, Vec<Brief<'_>>) {
    match plan {
        RmaPlan::Amend { rma, changes } => (rma, brief(changes)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_an_rma_one_is_made_if_one_is_owed() {
    let owed = map_return(
        &merchant(),
        &Policy::default(),
        &ret("open", &[line(1, "A")]),
    );
    let Mapping::Owed { rma, .. } = &owed else {
        panic!("{owed:?}")
    };
    assert_eq!(plan_of(&owed, None), RmaPlan::Create(rma.clone()));
    for json in [
        json!({"id": RETURN, "state": "cancelled", "line_items": [line(1, "A")]}),
        json!({"id": RETURN, "state": "open"}),
        json!({"id": RETURN, "state": "open", "line_items": [line(1, "A"), line(1, "B")]}),
    ] {
        let mapping = map_return(&merchant(), &Policy::default(), &read(json));
        assert_eq!(plan_of(&mapping, None), RmaPlan::Keep, "{mapping:?}");
    }
}

#[test]
fn the_difference_is_named_and_nothing_else() {
    let found = announced(&[row(1, "A", OUTSTANDING), row(20, "B", OUTSTANDING)]);
    assert_eq!(plan(&[line(20, "B"), line(1, "A")], &found), RmaPlan::Keep);
    let edited = plan(&[line(1, "A"), line(1, "A"), line(3, "C")], &found);
    let (rma, changes) = amended(&edited);
    assert_eq!(
        changes,
        [
            (Some("1"), Some("A"), 1, 2),
            (Some("3"), Some("C"), 0, 1),
            (Some("20"), Some("B"), 1, 0),
        ]
    );
    assert_eq!(rma.units(), 3);
}

#[test]
fn without_line_references_products_are_compared() {
    let barcode = json!({"barcode": "400", "counts": counts(OUTSTANDING)});
    let found = announced(&[product("A", [2, 0, 0, 0, 0]), barcode]);
    let known = json!({"line_item_id": 3, "sku": "C", "barcode": "400"});
    let same = [line(1, "A"), line(2, "A"), known.clone()];
    assert_eq!(plan(&same, &found), RmaPlan::Keep);
    let edited = plan(&[line(1, "A"), known, line(4, "D")], &found);
    let (_, changes) = amended(&edited);
    assert_eq!(changes, [(None, Some("A"), 2, 1), (None, Some("D"), 0, 1)]);
}

/// A row without a reference may stand for any line, so none is told apart by its own.
#[test]
fn where_some_rows_name_no_line_products_are_compared() {
    let found = announced(&[row(1, "A", OUTSTANDING), product("B", OUTSTANDING)]);
    assert_eq!(plan(&[line(1, "A"), line(2, "B")], &found), RmaPlan::Keep);
    let edited = plan(&[line(2, "B")], &found);
    assert_eq!(amended(&edited).1, [(None, Some("A"), 1, 0)]);
}

#[test]
fn what_the_warehouse_has_begun_with_stays_as_it_is() {
    let lines = [line(1, "A")];
    let two = |state: &str, units| rma(state, &[row(1, "A", units), row(2, "B", OUTSTANDING)], &[]);
    for found in [
        two("announced", GOOD),
        two("announced", MISSING),
        two("arrived", OUTSTANDING),
        two("in_progress", OUTSTANDING),
        two("completed", GOOD),
        two("cancelled", OUTSTANDING),
        two("a new word", OUTSTANDING),
        rma(
            "announced",
            &[row(1, "A", OUTSTANDING), row(2, "B", OUTSTANDING)],
            &[stray("Z", 1, "available")],
        ),
    ] {
        match plan(&lines, &found) {
            RmaPlan::TooLate { changes } => {
                assert_eq!(brief(&changes), [(Some("2"), Some("B"), 1, 0)]);
            }
            other => panic!("{:?} {other:?}", found.state),
        }
        let mapping = map_return(&merchant(), &Policy::default(), &ret("cancelled", &lines));
        assert_eq!(plan_of(&mapping, Some(&found)), RmaPlan::Keep);
    }
}

#[test]
fn an_rma_is_cancelled_only_where_no_parcel_can_be_on_its_way() {
    let found = announced(&[row(1, "A", OUTSTANDING)]);
    let of = |fields: Value| {
        let mut json = json!({"id": RETURN, "state": "open", "line_items": [line(1, "A")]});
        for (key, value) in fields.as_object().unwrap() {
            json[key] = value.clone();
        }
        map_return(&merchant(), &Policy::default(), &read(json))
    };
    let kept = json!({"line_items": [{"line_item_id": 1, "sku": "A", "outcome": "keep"}]});
    for (mapping, cancelled) in [
        (of(json!({"state": "cancelled"})), Some(NotOwed::Cancelled)),
        (of(kept), Some(NotOwed::NothingShipsBack)),
        // These follow from a setting, or say nothing: what is mended later needs its RMA.
        (of(json!({"return_method": "loop-pos"})), None),
        (of(json!({"return_method": "donate"})), None),
        (of(json!({"line_items": []})), None),
        (of(json!({"state": "closed"})), None),
        (of(json!({"state": "expired"})), None),
        (of(json!({"state": "review"})), None),
        (of(json!({"line_items": null})), None),
    ] {
        let plan = plan_of(&mapping, Some(&found));
        assert_eq!(plan, cancelled.map_or(RmaPlan::Keep, RmaPlan::Cancel));
        let mut keeping = Policy::default();
        keeping.cancel_rma = false;
        assert_eq!(plan_rma(&keeping, &mapping, Some(&found)), RmaPlan::Keep);
    }
}

/// What an OMS that keeps the contract says of an RMA that was just made or amended.
fn as_announced(rma: &Rma, echoes_lines: bool) -> RmaSnapshot {
    let rows: Vec<Value> = rma
        .lines
        .iter()
        .map(|line| {
            let mut row = json!({"sku": line.sku, "barcode": line.barcode,
                "counts": counts([line.quantity.get(), 0, 0, 0, 0])});
            if echoes_lines {
                row["line_item_id"] = json!(line.line_ref);
            }
            row
        })
        .collect();
    announced(&rows)
}

proptest! {
    #![proptest_config(proptest_config())]

    /// After the plan was carried out there is nothing more to do.
    #[test]
    fn a_plan_that_was_carried_out_leaves_nothing_to_do(
        before in prop::collection::vec((1u64..6, prop::sample::select(vec!["A", "B", "C"])), 1..6),
        after in prop::collection::vec((1u64..6, prop::sample::select(vec!["A", "B", "C"])), 1..6),
        echoes_lines in any::<bool>(),
    ) {
        let mapping = |lines: &[(u64, &str)]| {
            let lines: Vec<Value> = lines.iter().map(|(id, sku)| line(*id, sku)).collect();
            map_return(&merchant(), &Policy::default(), &ret("open", &lines))
        };
        let (before, after) = (mapping(&before), mapping(&after));
        let (Mapping::Owed { rma: made, .. }, Mapping::Owed { rma: wanted, .. }) = (&before, &after) else {
            // Two products on one line.
            return Ok(());
        };
        let found = as_announced(made, echoes_lines);
        prop_assert_eq!(plan_of(&before, Some(&found)), RmaPlan::Keep);
        let changes = match plan_of(&after, Some(&found)) {
            RmaPlan::Keep => vec![],
            RmaPlan::Amend { rma, changes } => {
                prop_assert_eq!(&rma, wanted);
                prop_assert_eq!(plan_of(&after, Some(&as_announced(&rma, echoes_lines))), RmaPlan::Keep);
                changes
            }
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        // The difference adds up to the difference.
        let sum = |units: fn(&LineChange) -> u32| changes.iter().map(units).map(i64::from).sum::<i64>();
        prop_assert_eq!(
            sum(|change| change.to) - sum(|change| change.from),
            i64::from(wanted.units()) - i64::from(made.units())
        );
    }
}
