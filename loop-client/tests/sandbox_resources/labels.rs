use serde_json::{Value, json};

use crate::api::*;

// Labels.

#[tokio::test]
async fn a_label_is_generated_once_and_told() {
    let api = Api::start().await;
    let (inbox, url) = receiver().await;
    for trigger in ["label.created", "label.updated"] {
        api.subscribe("label", trigger, &url).await;
    }
    api.subscribe("return", "label.created", &url).await;
    let id = api.sandbox.create_return(shirts());
    assert!(
        !api.sandbox.move_label(id, "in_transit"),
        "there is none yet"
    );
    let path = format!("/returns/{id}/labels");
    api.sandbox.label_generation_fails(true);
    let (status, body) = api.post(&path, Value::Null).await;
    assert_eq!(
        (status, &body["code"]),
        (422, &json!("label_generation_failed"))
    );
    assert_eq!(api.details(id).await["labels"], json!([]));
    api.sandbox.label_generation_fails(false);

    let queued = json!({"message": "Label generation queued", "returnId": id});
    assert_eq!(api.post(&path, Value::Null).await, (202, queued));
    let (status, body) = api.post(&path, Value::Null).await;
    assert_eq!(
        (status, &body["code"]),
        (409, &json!("label_already_exists"))
    );
    let (status, body) = api.post("/returns/1/labels", Value::Null).await;
    assert_eq!((status, &body["code"]), (404, &json!("return_not_found")));
    for state in ["closed", "cancelled", "expired", "review"] {
        let other = api.sandbox.create_return(shirts());
        api.sandbox.set_state(other, state);
        let (status, body) = api
            .post(&format!("/returns/{other}/labels"), Value::Null)
            .await;
        let code = json!("return_cannot_receive_label");
        assert_eq!((status, &body["code"]), (422, &code), "{state}");
    }

    let details = api.details(id).await;
    let label = &details["labels"][0];
    assert_eq!(label["status"], "new");
    assert_eq!(details["label_status"], "new");
    assert_eq!(details["tracking_number"], label["tracking_number"]);
    assert_eq!(details["label_url"], label["url"]);
    api.advance(60);
    assert!(api.sandbox.move_label(id, "in_transit"));
    let row = api.row(id).await;
    assert_eq!(row["label_status"], "in_transit");
    assert_eq!(row["label_updated_at"], "2026-06-15T12:01:00+00:00");
    api.sandbox.webhooks_delivered().await;
    let told = inbox.lock().unwrap().clone();
    let kinds: Vec<_> = told
        .iter()
        .map(|body| {
            (
                body["topic"].as_str().unwrap(),
                body["trigger"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("label", "label.created"),
        ("return", "label.created"),
        ("label", "label.updated"),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(
        (&told[0]["id"], &told[0]["label_status"]),
        (&json!(id), &json!("new"))
    );
    assert_eq!(told[0]["tracking_number"], label["tracking_number"]);
    assert_eq!(told[1]["labels"][0]["url"], label["url"]);
    assert_eq!(told[2]["label_updated_at"], "2026-06-15T12:01:00.000Z");
}

#[tokio::test]
async fn only_a_label_that_is_not_on_its_way_is_regenerated() {
    let api = Api::start().await;
    // (state of the return, status of its label or none, answer)
    for (state, label, status) in [
        ("open", Some("new"), 202),
        ("open", Some("pre_transit"), 202),
        ("open", Some("in_transit"), 422),
        ("open", Some("delivered"), 422),
        ("open", None, 422),
        ("closed", Some("new"), 422),
    ] {
        let id = api.sandbox.create_return(shirts());
        if let Some(label) = label {
            let path = format!("/returns/{id}/labels");
            assert_eq!(api.post(&path, Value::Null).await.0, 202);
            api.sandbox.move_label(id, label);
        }
        api.sandbox.set_state(id, state);
        let old = api.details(id).await["labels"].clone();
        let path = format!("/returns/{id}/labels/regenerate");
        let (found, body) = api.post(&path, Value::Null).await;
        assert_eq!(found, status, "{state} {label:?}");
        let new = api.details(id).await["labels"].clone();
        if status == 202 {
            assert_eq!(body["returnId"], id);
            assert_eq!(new.as_array().unwrap().len(), 1);
            assert_ne!(new[0]["tracking_number"], old[0]["tracking_number"]);
        } else {
            assert_eq!(new, old, "{state} {label:?}");
        }
    }
    let (status, body) = api.post("/returns/1/labels/regenerate", Value::Null).await;
    assert_eq!((status, &body["code"]), (404, &json!("return_not_found")));
    let bought = api
        .sandbox
        .create_return(shirts().tracking("1Z").carrier("UPS"));
    let path = format!("/returns/{bought}/labels/regenerate");
    assert_eq!(
        api.post(&path, Value::Null).await.0,
        202,
        "one of the shopper"
    );
}
