use super::*;

fn graded(field: &str, value: Value) -> Value {
    let mut item = json!({
        "line_item_id": 1,
        "description": "Grade A",
        "inspected_at": "2024-03-31 23:59:59",
    });
    item[field] = value;
    json!({ "items": [item] })
}

fn assessed(field: &str, value: Value) -> Value {
    let mut item = json!({"line_item_id": 1, "disposition_outcome": "donate"});
    item[field] = value;
    json!({ "items": [item] })
}

fn wrong_field<T: std::fmt::Debug>(result: Result<T, Refused>) -> Option<String> {
    let refused = result.err()?;
    let errors = refused.body["errors"].as_object().unwrap();
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.keys().next().cloned()
}

#[test]
fn every_limit_of_a_grading() {
    use CategoryForm::{Object, Text};
    let object = json!({"subject": "Item condition grade", "title": "Grade A"});
    let long = |length: usize| json!("x".repeat(length));
    let link = |length: usize| json!([format!("https://e.x/{}", "x".repeat(length - 12))]);
    let links = |count: usize| json!(vec!["https://example.com/a.jpg"; count]);
    // (version, field, value, the field that is refused)
    let table: Vec<(CategoryForm, &str, Value, Option<&str>)> = vec![
        (
            Text,
            "line_item_id",
            json!("1"),
            Some("items.0.line_item_id"),
        ),
        (
            Text,
            "line_item_id",
            Value::Null,
            Some("items.0.line_item_id"),
        ),
        (
            Text,
            "line_item_id",
            json!(1.5),
            Some("items.0.line_item_id"),
        ),
        (
            Text,
            "description",
            Value::Null,
            Some("items.0.description"),
        ),
        (Text, "description", long(255), None),
        (Text, "description", long(256), Some("items.0.description")),
        (Text, "condition_category", json!("grade_a"), None),
        (Text, "condition_category", json!("junk"), None),
        (Text, "condition_category", Value::Null, None),
        (
            Text,
            "condition_category",
            json!("grade_e"),
            Some("items.0.condition_category"),
        ),
        (
            Text,
            "condition_category",
            object.clone(),
            Some("items.0.condition_category"),
        ),
        (Object, "condition_category", object, None),
        (Object, "condition_category", Value::Null, None),
        (
            Object,
            "condition_category",
            json!("grade_a"),
            Some("items.0.condition_category"),
        ),
        (
            Object,
            "condition_category",
            json!([]),
            Some("items.0.condition_category"),
        ),
        (
            Object,
            "condition_category",
            json!({"title": "Grade A"}),
            Some("items.0.condition_category.subject"),
        ),
        (
            Object,
            "condition_category",
            json!({"subject": "x"}),
            Some("items.0.condition_category.title"),
        ),
        (
            Object,
            "condition_category",
            json!({"subject": "x", "title": long(100), "grade": long(101)}),
            Some("items.0.condition_category.grade"),
        ),
        (Text, "return_processor", long(100), None),
        (
            Text,
            "return_processor",
            long(101),
            Some("items.0.return_processor"),
        ),
        (Text, "note", long(65_535), None),
        (Text, "note", long(65_536), Some("items.0.note")),
        (Text, "images", links(5), None),
        (Text, "images", links(6), Some("items.0.images")),
        (Text, "images", link(2048), None),
        (Text, "images", link(2049), Some("items.0.images.0")),
        (Text, "images", json!(["no link"]), Some("items.0.images.0")),
        (
            Text,
            "images",
            json!("https://example.com"),
            Some("items.0.images"),
        ),
        (Text, "inspected_at", json!("2024-03-31T23:59:59Z"), None),
        (
            Text,
            "inspected_at",
            json!("yesterday"),
            Some("items.0.inspected_at"),
        ),
    ];
    for (form, field, value, expected) in table {
        let wrong = wrong_field(read_grading(&graded(field, value.clone()), form));
        let value: String = value.to_string().chars().take(60).collect();
        assert_eq!(wrong.as_deref(), expected, "{form:?} {field} {value}");
    }
}

#[test]
fn every_limit_of_an_assessment() {
    for (field, value, expected) in [
        ("disposition_outcome", json!("back_to_stock"), None),
        (
            "disposition_outcome",
            json!("damaged"),
            Some("items.0.disposition_outcome"),
        ),
        (
            "disposition_outcome",
            Value::Null,
            Some("items.0.disposition_outcome"),
        ),
        ("line_item_id", Value::Null, Some("items.0.line_item_id")),
        (
            "return_processor",
            json!("x".repeat(101)),
            Some("items.0.return_processor"),
        ),
        ("note", json!(7), Some("items.0.note")),
        ("inspected_at", json!("N/A"), Some("items.0.inspected_at")),
    ] {
        let wrong = wrong_field(read_assessment(&assessed(field, value.clone())));
        assert_eq!(wrong.as_deref(), expected, "{field} {value}");
    }
}

#[test]
fn a_call_has_one_to_thirty_items() {
    let item = |id| json!({"line_item_id": id, "disposition_outcome": "donate"});
    let call = |count: u64| {
        let items: Vec<Value> = (0..count).map(item).collect();
        json!({ "items": items })
    };
    for (body, right) in [
        (call(0), false),
        (call(1), true),
        (call(30), true),
        (call(31), false),
        (json!({}), false),
        (json!([]), false),
        (json!({"items": item(1)}), false),
        (json!({"items": [7]}), false),
    ] {
        assert_eq!(read_assessment(&body).is_ok(), right, "{body}");
    }
}

#[test]
fn a_known_pair_is_matched_and_an_unknown_one_is_made() {
    let mut categories = Categories::built_in();
    let mut settled = |category: Value| {
        let body = graded("condition_category", category);
        let mut items = read_grading(&body, CategoryForm::Object).unwrap();
        let mut item = items.remove(0);
        item.found.settle(&mut categories);
        (
            item.json()["condition_category"].clone(),
            item.found.short(),
        )
    };
    let (built_in, shown) = settled(json!({
        "subject": "Item condition grade", "title": "Grade A", "grade": "mine",
    }));
    assert_eq!(built_in["grade"], "grade_a");
    assert_eq!(shown["category"], "grade_a");
    let (made, shown) = settled(json!({"subject": "Smell", "title": "Smoke"}));
    assert_eq!(made["grade"], Value::Null);
    assert_eq!(shown["category"], "Smoke");
    let (matched, _) = settled(json!({"subject": "Smell", "title": "Smoke", "grade": "x"}));
    assert_eq!(matched, made);
    assert_eq!(categories.pairs().len(), 2);
}
