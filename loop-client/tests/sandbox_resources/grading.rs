use serde_json::{Value, json};

use crate::api::*;

// Grading and disposition.

#[tokio::test]
async fn a_grade_shows_on_list_and_details() {
    let api = Api::start().await;
    let id = api.sandbox.create_return(shirts());
    let line = api.truth(id).line_item_ids[0];
    assert_eq!(api.row(id).await["line_items"][0]["condition"], Value::Null);
    let item = json!({
        "line_item_id": line,
        "description": "No refurbishment needed",
        "condition_category": "grade_a",
        "return_processor": "dock@example.com",
        "note": "Scuff marks.",
        "images": ["https://example.com/image.jpg"],
        "inspected_at": "2026-06-15 10:00:00",
    });
    for version in ["2026-07", "v1"] {
        let api = api.version(version);
        let graded = api
            .post("/dispositioning/grade", json!({"items": [item]}))
            .await;
        assert_eq!(graded, (200, json!([item])), "{version}");
    }
    let short = json!({
        "description": "No refurbishment needed", "category": "grade_a", "note": "Scuff marks.",
        "return_processor": "dock@example.com", "inspected_at": "2026-06-15 10:00:00",
    });
    assert_eq!(api.row(id).await["line_items"][0]["condition"], short);
    let long = api.details(id).await["line_items"][0]["condition"].clone();
    assert_eq!(long["condition_category"], "grade_a");
    assert_eq!(long["images"], item["images"]);
    assert_eq!(api.row(id).await["line_items"][1]["condition"], Value::Null);

    let disposed = json!({
        "line_item_id": line, "disposition_outcome": "donate", "return_processor": null,
        "note": null, "inspected_at": null,
    });
    let answer = api
        .post("/dispositioning/assess", json!({"items": [disposed]}))
        .await;
    assert_eq!(answer, (200, json!([disposed])));
    assert_eq!(
        api.row(id).await["line_items"][0]["disposition"]["outcome"],
        "donate"
    );
    let shown = api.details(id).await["line_items"][0]["disposition"].clone();
    assert_eq!(shown["disposition_outcome"], "donate");
    assert_eq!(api.truth(id).state, "open", "neither changes the state");
}

#[tokio::test]
async fn the_category_is_an_object_since_2026_10() {
    let api = Api::start().await;
    let id = api.sandbox.create_return(shirts());
    let line = api.truth(id).line_item_ids[0];
    let graded = |category: &Value| {
        json!({"items": [
            {"line_item_id": line, "description": "x", "condition_category": category},
        ]})
    };
    let object = json!({"subject": "Item condition grade", "title": "Grade A"});
    let text = json!("grade_a");
    for (version, right, wrong) in [
        ("2026-10", &object, &text),
        ("latest", &object, &text),
        ("unstable", &object, &text),
        ("2026-07", &text, &object),
        ("v1", &text, &object),
    ] {
        let api = api.version(version);
        let (status, body) = api.post("/dispositioning/grade", graded(right)).await;
        assert_eq!(status, 200, "{version}");
        let answered = &body[0]["condition_category"];
        assert_eq!(answered.is_object(), right.is_object(), "{version}");
        let (status, body) = api.post("/dispositioning/grade", graded(wrong)).await;
        assert_eq!(status, 422, "{version}");
        assert_eq!(
            wrong_fields(&body),
            ["items.0.condition_category"],
            "{version}"
        );
    }
    assert_eq!(api.sandbox.condition_categories().len(), 1);
    let typo = json!({"subject": "Item condition grade", "title": "Grade a"});
    assert_eq!(
        api.post("/dispositioning/grade", graded(&typo)).await.0,
        200
    );
    assert_eq!(
        api.sandbox.condition_categories().len(),
        2,
        "a typo makes a category"
    );
    let shown = api.row(id).await["line_items"][0]["condition"]["category"].clone();
    assert_eq!(shown, "Grade a");
}

#[tokio::test]
async fn lines_of_another_shop_are_refused_and_nothing_is_written() {
    let api = Api::start().await;
    let id = api.sandbox.create_return(shirts());
    let line = api.truth(id).line_item_ids[0];
    for (version, status) in [
        ("2026-10", 403),
        ("latest", 403),
        ("2026-07", 422),
        ("v1", 422),
    ] {
        for path in ["/dispositioning/grade", "/dispositioning/assess"] {
            let item = |line: u64| json!({"line_item_id": line, "description": "x", "disposition_outcome": "donate"});
            let body = json!({"items": [item(line), item(5)]});
            let (found, answer) = api.version(version).post(path, body).await;
            assert_eq!(found, status, "{version} {path}");
            if status == 422 {
                assert_eq!(wrong_fields(&answer), ["items.1.line_item_id"]);
            }
        }
    }
    let details = api.details(id).await;
    assert_eq!(details["line_items"][0]["condition"], Value::Null);
    assert_eq!(details["line_items"][0]["disposition"], Value::Null);
    let many: Vec<Value> = (0..31)
        .map(|_| json!({"line_item_id": line, "description": "x"}))
        .collect();
    let (status, body) = api
        .post("/dispositioning/grade", json!({"items": many[..30]}))
        .await;
    assert_eq!((status, body.as_array().unwrap().len()), (200, 30));
    let (status, body) = api
        .post("/dispositioning/grade", json!({"items": many}))
        .await;
    assert_eq!(
        (status, wrong_fields(&body)),
        (422, vec!["items".to_owned()])
    );
}
