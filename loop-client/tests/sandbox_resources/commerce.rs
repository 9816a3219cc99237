use reqwest::Method;
use serde_json::{Value, json};

use crate::api::*;

// Deep links.

#[tokio::test]
async fn a_deep_link_needs_an_order_that_exists() {
    let api = Api::start().await;
    api.sandbox.create_return(shirts());
    let order = json!({"name": "#2002", "created_at": "2026-06-01T00:00:00+00:00"});
    assert_eq!(api.post("/orders", order).await.0, 201);
    for path in ["/order/link", "/order/qr"] {
        for (body, status) in [
            (json!({"name": "1001", "zip": "62701"}), 200),
            (
                json!({"name": "#2002", "zip": "x", "gift": true, "type": "gif", "size": 9}),
                200,
            ),
            (json!({"name": "#9", "zip": "62701"}), 400),
            (json!({"name": "#1001"}), 422),
            (json!({"name": "#1001", "zip": ""}), 422),
            (json!({"zip": "62701"}), 422),
            (json!([]), 422),
        ] {
            let label = format!("{path} {body}");
            let (found, answer) = api.post(path, body).await;
            assert_eq!(found, status, "{label}");
            match status {
                400 => assert!(answer["errors"][0].is_string(), "{label}"),
                422 => assert!(answer["errors"]["message"].is_string(), "{label}"),
                _ if path == "/order/link" => {
                    let link = answer["url"].as_str().unwrap();
                    assert!(link.starts_with("https://sandbox.loopreturns.com/#/link/"));
                }
                _ => assert!(answer["qr"].is_string() && answer["deeplink_url"].is_string()),
            }
        }
    }
}

// Carts.

#[tokio::test]
async fn a_cart_is_made_read_overwritten_and_deleted() {
    let api = Api::start().await;
    let id = api.sandbox.create_return(shirts());
    let returned = api.details(id).await["line_items"][0]["variant_id"].clone();
    api.sandbox.add_variant(7);
    let (status, made) = api.post("/cart", json!({"cart": [returned, 7, 7]})).await;
    assert_eq!(
        (status, &made["data"]["cart"]),
        (200, &json!([returned, 7, 7]))
    );
    let one = format!("/cart/{}", made["token"].as_str().unwrap());
    assert_eq!(
        api.get(&one).await,
        (200, json!({"cart": [returned, 7, 7]}))
    );
    let changed = json!({"updated": true, "data": {"cart": [7]}});
    assert_eq!(api.post(&one, json!({"cart": [7]})).await, (200, changed));
    for path in ["/cart", one.as_str()] {
        for (body, text) in [
            (json!({"cart": []}), "Cart is empty."),
            (json!({"cart": [777_777]}), "Variant ID 777777 not found."),
            (json!({}), "Cart should contain a list of variant IDs."),
        ] {
            assert_eq!(
                api.post(path, body).await,
                (200, errors_message(text)),
                "{path}"
            );
        }
    }
    assert_eq!(
        api.get(&one).await,
        (200, json!({"cart": [7]})),
        "a refusal changes nothing"
    );
    assert_eq!(api.delete(&one).await, (200, json!(true)));
    let missing = (200, errors_message("No cart found for the provided token."));
    assert_eq!(api.get(&one).await, missing);
    assert_eq!(api.post(&one, json!({"cart": [7]})).await, missing);
    assert_eq!(api.delete(&one).await, missing);
}

// Orders.

#[tokio::test]
async fn orders_are_echoed_and_dated_since_2026_10() {
    let api = Api::start().await;
    let old = api.version("2026-07");
    let dated = json!({
        "name": "#3003", "created_at": "2026-06-01T00:00:00+00:00", "lines": [{"product_id": 9}],
    });
    let (status, made) = api.post("/orders", dated.clone()).await;
    assert_eq!(status, 201);
    let id = made["id"].as_u64().unwrap();
    let mut whole = dated.clone();
    whole["id"] = json!(id);
    assert_eq!(made, whole);
    let one = format!("/orders/{id}");
    assert_eq!(api.get(&one).await, (200, whole.clone()));
    assert_eq!(api.get("/orders").await, (200, json!({"orders": [whole]})));

    for (method, path) in [
        (Method::POST, "/orders"),
        (Method::PUT, "/orders"),
        (Method::PUT, one.as_str()),
    ] {
        for created_at in [
            Value::Null,
            json!("2026-06-01"),
            json!("2026-06-01T00:00:00Z"),
        ] {
            let body = json!({"name": "#3003", "created_at": created_at});
            let (status, body) = api.call(method.clone(), path, body).await;
            let label = format!("{method} {path} {created_at}");
            assert_eq!(
                (status, wrong_fields(&body)),
                (422, vec!["created_at".to_owned()]),
                "{label}"
            );
        }
        let undated = json!({"name": "#3003"});
        let (status, _) = old.call(method.clone(), path, undated).await;
        assert!(status < 300, "{method} {path}");
        assert_eq!(api.call(method, path, json!([])).await.0, 422);
    }
    let (status, replaced) = api.put("/orders", whole.clone()).await;
    assert_eq!(
        (status, &replaced["id"]),
        (200, &json!(id)),
        "an upsert by id"
    );
    assert_eq!(api.put("/orders", dated).await.0, 201, "an upsert without");

    let text = api
        .send(Method::GET, &one, &Value::Null, "string")
        .await
        .body;
    assert_eq!(text["id"], id.to_string());
    assert_eq!(text["lines"][0]["product_id"], "9");

    let eligible = |name: &str| json!({ "order_name": name });
    let path = "/orders/return-eligibility";
    let (status, read) = api.post(path, eligible("#3003")).await;
    assert_eq!(
        (status, &read["return_eligibility"]["order_id"]),
        (200, &json!(id))
    );
    let returned = api.sandbox.create_return(shirts());
    let (_, read) = api.post(path, eligible("1001")).await;
    assert_eq!(
        read["return_eligibility"]["order_id"],
        api.details(returned).await["order_id"]
    );
    assert_eq!(api.post(path, eligible("#9")).await.0, 404);
    assert_eq!(api.post(path, json!({})).await.0, 422);

    assert_eq!(api.delete(&one).await, (204, Value::Null));
    for (status, body) in [
        api.get(&one).await,
        api.delete(&one).await,
        api.put(&one, whole).await,
    ] {
        assert_eq!((status, &body["code"]), (404, &json!("ORDER_NOT_FOUND")));
    }
}
