//! What is said of the goods as grades and dispositions, in both forms of Loop's API.

use ams_loop_bridge::{Inspection, InspectionPolicy, NotInspected, decide, inspect};
use loop_client::{ApiVersion, ConditionGrade, ConditionSubject};
use serde_json::{Value, json};

use crate::common::{line, product, ret, rma, row};
use crate::support::{DAMAGED, GOOD, HELD, MISSING, OUTSTANDING, fresh, on};

/// Of lines that are all of the SKU `A`.
fn said(state: &str, lines: u64, rows: &[Value], version: &ApiVersion) -> Inspection {
    let lines: Vec<_> = (1..=lines).map(|id| line(id, "A")).collect();
    let snapshot = rma(state, rows, &[]);
    let decision = decide(&on(), &ret("open", &lines), Some(&snapshot), &fresh());
    inspect(&InspectionPolicy::default(), &decision.facts, version)
}

fn left_out(inspection: &Inspection) -> Vec<(u64, NotInspected)> {
    inspection
        .left_out
        .iter()
        .map(|(id, why)| (id.get(), *why))
        .collect()
}

#[test]
fn each_line_is_graded_by_the_one_condition_of_its_units() {
    let rows = [
        row(1, "A", GOOD),
        row(2, "A", DAMAGED),
        row(3, "A", MISSING),
        row(4, "A", HELD),
        row(5, "A", OUTSTANDING),
    ];
    let done = said("completed", 5, &rows, &ApiVersion::V2026_07);
    assert_eq!(
        serde_json::to_value(&done.grades).unwrap(),
        json!([
            {"line_item_id": 1, "description": "Received into available stock", "condition_category": "grade_a"},
            {"line_item_id": 2, "description": "Received damaged", "condition_category": "grade_d"},
            {"line_item_id": 3, "description": "Not received", "condition_category": "missing"},
            {"line_item_id": 5, "description": "Not received", "condition_category": "missing"},
        ])
    );
    assert_eq!(
        serde_json::to_value(&done.dispositions).unwrap(),
        json!([
            {"line_item_id": 1, "disposition_outcome": "back_to_stock"},
            {"line_item_id": 2, "disposition_outcome": "resale_hold"},
            {"line_item_id": 3, "disposition_outcome": "missing"},
            {"line_item_id": 5, "disposition_outcome": "missing"},
        ])
    );
    assert_eq!(left_out(&done), [(4, NotInspected::Held)]);
    // While units may still come, what has not come is not missing.
    let coming = said("in_progress", 5, &rows, &ApiVersion::V2026_07);
    assert_eq!(
        left_out(&coming),
        [(4, NotInspected::Held), (5, NotInspected::Outstanding)]
    );
    assert_eq!(coming.grades[..], done.grades[..3]);
}

#[test]
fn the_form_of_the_category_follows_the_version() {
    let rows = [row(1, "A", GOOD), row(2, "A", DAMAGED)];
    let category = |version: ApiVersion| -> Vec<Value> {
        let said = said("completed", 2, &rows, &version);
        said.grades
            .iter()
            .map(|grade| serde_json::to_value(grade).unwrap()["condition_category"].clone())
            .collect()
    };
    let words = [json!("grade_a"), json!("grade_d")];
    // Only the pair that Loop documents is built in: any other would make a new category.
    let pair = json!({"subject": "Item condition grade", "title": "Grade A", "grade": "grade_a"});
    let pairs = [pair, Value::Null];
    assert_eq!(category(ApiVersion::V1), words);
    assert_eq!(category(ApiVersion::V2026_07), words);
    assert_eq!(category(ApiVersion::V2026_10), pairs);
    assert_eq!(category(ApiVersion::Unstable), pairs);
    assert_eq!(category(ApiVersion::Other("2027-01".to_owned())), pairs);
}

#[test]
fn a_merchants_own_words_are_used() {
    let mut words = InspectionPolicy::default();
    words.damaged.grade = ConditionGrade::Junk;
    words.damaged.category = Some(ConditionSubject::new("Packaging", "Torn"));
    words.damaged.disposition = None;
    let snapshot = rma("completed", &[row(1, "A", DAMAGED)], &[]);
    let decision = decide(
        &on(),
        &ret("open", &[line(1, "A")]),
        Some(&snapshot),
        &fresh(),
    );
    for (version, expected) in [
        (ApiVersion::V1, json!("junk")),
        (
            ApiVersion::V2026_10,
            json!({"subject": "Packaging", "title": "Torn"}),
        ),
    ] {
        let said = inspect(&words, &decision.facts, &version);
        let grades = serde_json::to_value(&said.grades).unwrap();
        assert_eq!(grades[0]["condition_category"], expected);
        assert_eq!(said.dispositions, []);
    }
}

#[test]
fn equal_units_in_different_conditions_are_ambiguous_without_line_references() {
    use NotInspected::Ambiguous;
    for (units, expected) in [
        ([2, 2, 0, 0, 0], vec![]),
        ([2, 0, 2, 0, 0], vec![]),
        ([2, 0, 0, 0, 2], vec![]),
        ([2, 0, 0, 0, 1], vec![]),
        ([2, 1, 1, 0, 0], vec![(1, Ambiguous), (2, Ambiguous)]),
        ([2, 1, 0, 0, 1], vec![(1, Ambiguous), (2, Ambiguous)]),
        ([2, 1, 0, 0, 0], vec![(1, Ambiguous), (2, Ambiguous)]),
        ([2, 0, 1, 1, 0], vec![(1, Ambiguous), (2, Ambiguous)]),
    ] {
        let said = said("completed", 2, &[product("A", units)], &ApiVersion::V1);
        assert_eq!(left_out(&said), expected, "{units:?}");
        assert_eq!(said.grades.len() + expected.len(), 2, "{units:?}");
    }
    // With references nothing is a guess.
    let rows = [row(1, "A", GOOD), row(2, "A", DAMAGED)];
    let said = said("completed", 2, &rows, &ApiVersion::V1);
    assert_eq!(left_out(&said), []);
}

#[test]
fn a_line_whose_units_differ_is_not_graded() {
    let lines = [line(1, "A"), line(1, "A")];
    let snapshot = rma("completed", &[row(1, "A", [2, 1, 1, 0, 0])], &[]);
    let decision = decide(&on(), &ret("open", &lines), Some(&snapshot), &fresh());
    let said = inspect(
        &InspectionPolicy::default(),
        &decision.facts,
        &ApiVersion::V1,
    );
    assert_eq!(left_out(&said), [(1, NotInspected::SeveralConditions)]);
    assert_eq!((said.grades.len(), said.dispositions.len()), (0, 0));
}
