//! What a policy may say.

use ams_loop_bridge::Policy;
use loop_client::ConditionSubject;
use serde_json::{Value, json};

#[test]
fn the_default_is_the_article_with_refunds_off() {
    let policy = Policy::default();
    assert_eq!(policy.check(), Ok(()));
    assert_eq!(Policy::processing().check(), Ok(()));
    assert!(!policy.process_returns && !policy.flag_early && !policy.flag_overdue);
    assert!(!policy.cancel_in_loop && !policy.recreate_rma);
    assert!(!policy.inspection.grades && !policy.inspection.dispositions);
    assert!(policy.pull.asn_report && policy.pull.returns_list && policy.cancel_rma);
    assert_eq!(serde_json::from_str::<Policy>("{}").unwrap(), policy);
}

#[test]
fn a_policy_survives_its_json() {
    let mut policy = Policy::processing();
    policy.destinations = ["5".parse().unwrap()].into();
    policy.process_outcomes = ["refund".to_owned()].into();
    policy.inspection.damaged.category = Some(ConditionSubject::new("a", "b"));
    let json = serde_json::to_value(&policy).unwrap();
    assert_eq!(serde_json::from_value::<Policy>(json).unwrap(), policy);
}

/// The field is named by the error, when the policy is read as when it is checked.
#[test]
fn what_makes_no_sense_is_refused_by_the_fields_name() {
    let text = "x".repeat(101);
    for (json, field) in [
        (json!({"process_outcomes": ["refund"]}), "process_outcomes"),
        (
            json!({"process_returns": true, "process_outcomes": ["refund+credit"]}),
            "process_outcomes",
        ),
        (
            json!({"process_returns": true, "process_outcomes": [" "]}),
            "process_outcomes",
        ),
        (
            json!({"not_shipped_outcomes": [""]}),
            "not_shipped_outcomes",
        ),
        (
            json!({"not_shipped_outcomes": ["keep", "Default"]}),
            "not_shipped_outcomes",
        ),
        (json!({"not_shipped_methods": [""]}), "not_shipped_methods"),
        (
            json!({"not_shipped_methods": ["Loop POS"]}),
            "not_shipped_methods",
        ),
        (json!({"in_store_providers": ["\t"]}), "in_store_providers"),
        (
            json!({"not_shipped_methods": ["Happy Returns"]}),
            "expect_happy_returns",
        ),
        (
            json!({"in_store_providers": ["happyreturns"]}),
            "expect_happy_returns",
        ),
        (
            json!({"flag_overdue": true, "overdue_after_days": 0}),
            "flag_overdue",
        ),
        (
            json!({"process_deadline_hours": 0}),
            "process_deadline_hours",
        ),
        (
            json!({"pull": {"returns_list": false, "asn_report": false}}),
            "pull",
        ),
        (
            json!({"pull": {"first_look_back_hours": 0}}),
            "pull.first_look_back_hours",
        ),
        (
            json!({"pull": {"overlap_minutes": 0}}),
            "pull.overlap_minutes",
        ),
        (
            json!({"inspection": {"available": {"grade": "grade_a",
                "category": {"subject": "s", "title": text}}}}),
            "inspection.available",
        ),
        (
            json!({"inspection": {"damaged": {"grade": text}}}),
            "inspection.damaged",
        ),
        (
            json!({"inspection": {"missing": {"grade": "missing", "disposition": text}}}),
            "inspection.missing",
        ),
    ] {
        let error = serde_json::from_value::<Policy>(json.clone()).expect_err(field);
        let said = error.to_string();
        assert!(said.starts_with(&format!("{field}: ")), "{json} {said}");
    }
}

#[test]
fn a_misspelt_field_is_refused_by_name() {
    for (json, field) in [
        (json!({"proces_returns": true}), "proces_returns"),
        (json!({"pull": {"overlap": 1}}), "overlap"),
        (json!({"inspection": {"grade": true}}), "grade"),
        (
            json!({"inspection": {"missing": {"grade": "missing", "dispositon": "x"}}}),
            "dispositon",
        ),
    ] {
        let error = serde_json::from_value::<Policy>(json).expect_err(field);
        assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
    }
    for wrong in [
        json!({"process_returns": "yes"}),
        json!({"overdue_after_days": -1}),
        json!({"destinations": ["#1"]}),
        json!({"surplus": "refund"}),
        Value::Null,
        json!([]),
        json!([true]),
    ] {
        assert!(serde_json::from_value::<Policy>(wrong).is_err());
    }
}

#[test]
fn sensible_combinations_are_taken() {
    for json in [
        json!({"process_returns": true, "process_outcomes": ["refund", "exchange"]}),
        json!({"overdue_after_days": 0}),
        json!({"flag_overdue": true, "overdue_after_days": 1}),
        json!({"pull": {"returns_list": false}}),
        json!({"pull": {"asn_report": false, "overlap_minutes": 1, "first_look_back_hours": 1}}),
        json!({"not_shipped_outcomes": [], "not_shipped_methods": [], "in_store_providers": []}),
    ] {
        serde_json::from_value::<Policy>(json.clone()).unwrap_or_else(|e| panic!("{json} {e}"));
    }
}
