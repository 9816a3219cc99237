use reqwest::Method;
use serde_json::{Value, json};

use crate::api::*;

// Label requests.

fn sent_label(request: &Value) -> Value {
    json!({
        "label_request_id": request,
        "tracking_number": "LP1",
        "carrier": "Parcel",
        "label_url": "https://labels.example.com/1.pdf",
        "rate": {"amount": 512, "currency_code": "USD"},
    })
}

#[tokio::test]
async fn a_label_request_is_issued_answered_and_moved() {
    let api = Api::start().await;
    let (inbox, url) = receiver().await;
    for trigger in ["label.request.issued", "label.request.cancelled"] {
        api.subscribe("label.request", trigger, &url).await;
    }
    api.subscribe("return", "label.request.issued", &url).await;
    api.subscribe("label", "label.created", &url).await;
    api.subscribe("label", "label.updated", &url).await;
    let id = api.sandbox.create_return(shirts());
    assert_eq!(api.sandbox.issue_label_request(1), None);
    let request = api.sandbox.issue_label_request(id).unwrap();
    let (status, shown) = api.get(&format!("/label-requests/{request}")).await;
    assert_eq!(status, 200);
    assert_eq!(shown["id"], request.to_string(), "a text here");
    assert_eq!(shown["return_id"], id);
    assert_eq!(shown["status"], "issued");
    assert!(shown["addresses"]["origin"]["postal_code"].is_string());
    assert_eq!(
        shown["products"][0]["price"],
        json!({"amount": 7800, "currency": "USD"})
    );

    let path = "/labels";
    for (field, value, status) in [
        ("label_request_id", json!(5), 404),
        ("label_request_id", json!(request.to_string()), 422),
        ("tracking_number", json!("x".repeat(257)), 422),
        ("carrier", json!("x".repeat(33)), 422),
        ("label_url", Value::Null, 422),
        ("rate", json!(512), 422),
        ("rate", json!({"amount": 5.12, "currency_code": "USD"}), 422),
        ("rate", json!({"amount": 512, "currency": "USD"}), 422),
        ("tracking_url", json!("x".repeat(2049)), 422),
        ("qrcode_url", json!("x".repeat(513)), 422),
    ] {
        let mut body = sent_label(&json!(request));
        body[field] = value;
        let (found, answer) = api.post(path, body).await;
        assert_eq!(found, status, "{field} {answer}");
        if status == 404 {
            assert_eq!(answer, json!({"errors": "Label request not found."}));
        } else {
            let named = wrong_fields(&answer).remove(0);
            assert!(named.starts_with(field), "{field} {named}");
        }
    }
    assert_eq!(api.details(id).await["labels"], json!([]));

    let answer = api
        .send(Method::POST, path, &sent_label(&json!(request)), "")
        .await;
    assert_eq!(answer.status, 201);
    let label = answer.body["id"].as_u64().unwrap();
    assert!(label > u64::from(u32::MAX));
    let location = answer.headers["location"].to_str().unwrap();
    assert!(location.ends_with(&format!("/labels/{label}")));
    assert_eq!(answer.body["status"], "new");
    assert_eq!(
        answer.body["rate"],
        json!({"amount": 512, "currency_code": "USD"})
    );
    let (status, again) = api.post(path, sent_label(&json!(request))).await;
    assert_eq!(
        (status, wrong_fields(&again)),
        (422, vec!["label_request_id".to_owned()])
    );
    let details = api.details(id).await;
    assert_eq!(details["labels"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&details["carrier"], &details["label_rate"]),
        (&json!("Parcel"), &json!(512))
    );
    let regenerate = format!("/returns/{id}/labels/regenerate");
    assert_eq!(
        api.post(&regenerate, Value::Null).await.0,
        422,
        "made by a provider"
    );

    let one = format!("/labels/{label}");
    for (path, body, status) in [
        (one.as_str(), json!({"status": "in_transit"}), 200),
        (&one, json!({"status": "in_transit"}), 200),
        (&one, json!({"status": "lost"}), 422),
        (&one, json!({}), 422),
        ("/labels/1", json!({"status": "new"}), 404),
    ] {
        assert_eq!(api.put(path, body).await.0, status, "{path}");
    }
    assert_eq!(
        api.put(&one, json!({"status": "delivered"})).await.1["status"],
        "delivered"
    );
    assert_eq!(api.row(id).await["label_status"], "delivered");

    let second = api.sandbox.issue_label_request(id).unwrap();
    assert!(api.sandbox.cancel_label_request(second));
    for request in [second, request, 5] {
        assert!(!api.sandbox.cancel_label_request(request));
    }
    let (status, _) = api.post(path, sent_label(&json!(second))).await;
    assert_eq!(status, 422, "cancelled");
    let old = api.sandbox.issue_label_request(id).unwrap();
    let (status, _) = api.version("v1").post(path, sent_label(&json!(old))).await;
    assert_eq!(status, 200, "the older answer");

    api.sandbox.webhooks_delivered().await;
    let told = inbox.lock().unwrap().clone();
    let triggers: Vec<_> = told
        .iter()
        .map(|body| body["trigger"].as_str().unwrap())
        .collect();
    let expected = [
        "label.request.issued",
        "label.created",
        "label.updated",
        "label.updated",
        "label.request.issued",
        "label.request.cancelled",
        "label.request.issued",
        "label.created",
    ];
    assert_eq!(triggers, expected);
    assert_eq!(told[0]["id"], request, "a number here");
    assert!(told[0]["addresses"]["origin"]["zip"].is_string());
    assert_eq!(told[0].get("status"), None);
    assert_eq!(told[0]["return_id"], id);
}

#[tokio::test]
async fn label_requests_are_listed_by_time_return_and_status() {
    let api = Api::start().await;
    let (first, second) = (
        api.sandbox.create_return(shirts()),
        api.sandbox.create_return(shirts()),
    );
    let mut ids = Vec::new();
    for (position, of) in [first, second, second, first].into_iter().enumerate() {
        if position > 0 {
            api.advance(3600);
        }
        ids.push(api.sandbox.issue_label_request(of).unwrap());
    }
    assert!(api.sandbox.cancel_label_request(ids[1]));
    assert_eq!(api.post("/labels", sent_label(&json!(ids[2]))).await.0, 201);
    let of_first = format!("?return_id={first}");
    // (query, positions of the requests, or the field that is refused)
    let table: [(&str, Result<&[usize], &str>); 15] = [
        ("", Ok(&[0, 1, 2, 3])),
        ("?from=2026-06-15T13:00:00Z", Ok(&[1, 2, 3])),
        ("?to=2026-06-15T13:00:00Z", Ok(&[0])),
        (
            "?from=2026-06-15T13:00:00Z&to=2026-06-15T14:00:01Z",
            Ok(&[1, 2]),
        ),
        (&of_first, Ok(&[0, 3])),
        ("?status=issued", Ok(&[0, 3])),
        ("?status=cancelled", Ok(&[1])),
        ("?status=fulfilled", Ok(&[2])),
        ("?limit=2&offset=1", Ok(&[1, 2])),
        ("?limit=0", Ok(&[])),
        ("?limit=250&offset=4", Ok(&[])),
        ("?limit=251", Err("limit")),
        ("?status=new", Err("status")),
        ("?from=soon", Err("from")),
        ("?return_id=abc", Err("return_id")),
    ];
    for (query, expected) in table {
        let (status, body) = api.get(&format!("/label-requests{query}")).await;
        match expected {
            Ok(positions) => {
                assert_eq!(status, 200, "{query}");
                let found: Vec<&str> = body["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|request| request["id"].as_str().unwrap())
                    .collect();
                let wanted: Vec<String> = positions
                    .iter()
                    .map(|position| ids[*position].to_string())
                    .collect();
                assert_eq!(found, wanted, "{query}");
            }
            Err(field) => {
                assert_eq!(status, 422, "{query}");
                assert_eq!(wrong_fields(&body), [field], "{query}");
            }
        }
    }

    let errors = format!("/label-requests/{}/errors", ids[0]);
    let error = json!({"reason": "INVALID_ADDRESS", "message": "No such street"});
    let (status, body) = api.post(&errors, error).await;
    assert_eq!(
        (status, &body["created_at"]),
        (200, &json!("2026-06-15T15:00:00Z"))
    );
    let (status, body) = api.post(&errors, json!({"reason": "OTHER"})).await;
    assert_eq!(
        (status, wrong_fields(&body)),
        (422, vec!["reason".to_owned()])
    );
    let (_, shown) = api.get(&format!("/label-requests/{}", ids[0])).await;
    assert_eq!(shown["status"], "issued", "it stays");
    assert_eq!(shown["errors"][0]["message"], "No such street");
    for path in ["/label-requests/1", "/label-requests/abc"] {
        let (status, body) = api.get(path).await;
        assert_eq!((status, &body["code"]), (404, &json!("NOT_FOUND")));
        let (status, _) = api
            .post(&format!("{path}/errors"), json!({"reason": "Other"}))
            .await;
        assert_eq!(status, 404);
    }
}
