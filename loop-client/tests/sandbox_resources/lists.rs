use serde_json::{Value, json};

use crate::api::*;

// Fraud reports.

#[tokio::test]
async fn a_fraud_report_is_made_once_and_withdrawn() {
    let api = Api::start().await;
    let id = api.sandbox.create_return(shirts());
    let path = format!("/returns/{id}/fraud-report");
    let report = json!({"category": "other", "comment": "A brick"});
    let (status, body) = api.post(&path, json!({"category": "other"})).await;
    assert_eq!(
        (status, wrong_fields(&body)),
        (422, vec!["comment".to_owned()])
    );
    let unknown = errors_message(UNKNOWN_RETURN);
    for other in ["1", "abc"] {
        let path = format!("/returns/{other}/fraud-report");
        assert_eq!(
            api.post(&path, report.clone()).await,
            (404, unknown.clone())
        );
        assert_eq!(api.delete(&path).await, (404, unknown.clone()));
    }
    assert_eq!(api.delete(&path).await.0, 404);

    let (status, body) = api.post(&path, report.clone()).await;
    assert_eq!(status, 201);
    assert!(body["id"].is_u64());
    assert_eq!(body["return_id"], id);
    assert_eq!(body["category"], "other");
    assert_eq!(body["comment"], "A brick");
    assert_eq!(body["created_at"], "2026-06-15T12:00:00Z");
    assert_eq!(api.truth(id).fraud_category.as_deref(), Some("other"));
    assert_eq!(api.truth(id).state, "open");
    let twice = errors_message("Fraud Report already exists.");
    assert_eq!(api.post(&path, report.clone()).await, (409, twice));

    assert_eq!(api.delete(&path).await, (204, Value::Null));
    assert_eq!(api.truth(id).fraud_category, None);
    assert_eq!(api.post(&path, report).await.0, 201);
    let calls = api.sandbox.calls();
    assert_eq!(calls.last().unwrap().return_id, Some(id));
}

// Blocklist and allowlist.

#[tokio::test]
async fn blocklist_and_allowlist_are_kept_apart() {
    let api = Api::start().await;
    for (path, kind, foreign) in [
        ("/blocklists", "product_tag", "customer"),
        ("/allowlists", "email", "product"),
    ] {
        let entry = json!({"type": kind, "value": "x", "secondary_value": "y"});
        let (status, made) = api.post(path, entry).await;
        assert_eq!(status, 201, "{path}");
        let id = made["id"].as_u64().unwrap();
        let whole = json!({"id": id, "type": kind, "value": "x", "secondary_value": "y"});
        assert_eq!(made, whole, "{path}");
        let one = format!("{path}/{id}");
        assert_eq!(api.get(&one).await, (200, whole), "{path}");
        for (body, field) in [
            (json!({"type": kind}), "value"),
            (json!({"value": "x"}), "type"),
            (json!({"type": foreign, "value": "x"}), "type"),
            (
                json!({"type": kind, "value": "x", "secondary_value": 7}),
                "secondary_value",
            ),
        ] {
            let (status, body) = api.post(path, body).await;
            assert_eq!(
                (status, wrong_fields(&body)),
                (422, vec![field.to_owned()]),
                "{path}"
            );
        }
        for number in 0..15 {
            let value = format!("v{number}");
            assert_eq!(
                api.post(path, json!({"type": kind, "value": value}))
                    .await
                    .0,
                201
            );
        }
        let (_, first) = api.get(path).await;
        assert_eq!(first["data"].as_array().unwrap().len(), 15, "{path}");
        assert_eq!(
            (&first["from"], &first["last_page"]),
            (&json!("1"), &json!("2")),
            "{path}"
        );
        let next = first["next_page_url"].as_str().unwrap();
        assert!(next.ends_with(&format!("/api/v1{path}?page=2")), "{next}");
        let (_, second) = api.get(&format!("{path}?page=2")).await;
        assert_eq!(second["data"][0]["value"], "v14", "{path}");
        assert_eq!(second["next_page_url"], Value::Null, "{path}");

        assert_eq!(api.delete(&one).await, (204, Value::Null), "{path}");
        for (status, body) in [api.delete(&one).await, api.get(&one).await] {
            assert_eq!(
                (status, &body["code"]),
                (404, &json!("NOT_FOUND")),
                "{path}"
            );
        }
    }
}
