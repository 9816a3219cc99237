use loop_client::{Effect, OrderId};
use serde_json::{Map, Value, json};

use crate::script::{EVERYWHERE, Failure, Golden, fails};

const ORDER: &str = r##"{"id":"5444175757553","name":"#1001"}"##;

fn id() -> OrderId {
    "5444175757553".parse().unwrap()
}

fn order() -> Map<String, Value> {
    let Value::Object(order) = order_body() else {
        panic!("an object")
    };
    order
}

fn order_body() -> Value {
    json!({"name": "#1001", "created_at": "2026-11-23T10:00:00+00:00"})
}

fn read() -> Value {
    json!({"id": "5444175757553", "name": "#1001"})
}

#[tokio::test]
async fn calls_and_answers() {
    Golden::new("GET /api/2026-10/orders?a=b+c%26d&e=f", "[]")
        .reads(json!([]), async |client| {
            client.orders().list(&[("a", "b c&d"), ("e", "f")]).await
        })
        .await;
    Golden::new("GET /api/2026-10/orders/5444175757553", ORDER)
        .reads(read(), async |client| client.orders().get(&id()).await)
        .await;
    Golden::new("POST /api/2026-10/orders", ORDER)
        .status(201)
        .body(order_body())
        .reads(read(), async |client| {
            client.orders().create(&order()).await
        })
        .await;
    Golden::new("PUT /api/2026-10/orders", ORDER)
        .body(order_body())
        .reads(read(), async |client| {
            client.orders().upsert(&order()).await
        })
        .await;
    Golden::new("PUT /api/2026-10/orders/5444175757553", ORDER)
        .body(order_body())
        .reads(read(), async |client| {
            client.orders().update(&id(), &order()).await
        })
        .await;
    Golden::new("DELETE /api/2026-10/orders/5444175757553", "")
        .status(204)
        .reads(Value::Null, async |client| {
            client.orders().delete(&id()).await
        })
        .await;
    let eligibility =
        r#"{"return_eligibility":{"order_id":1,"as_of":"x","advisory":true,"items":[]}}"#;
    Golden::new("POST /api/2026-10/orders/return-eligibility", eligibility)
        .body(json!({"order_name": "#1001"}))
        .reads(
            json!({"return_eligibility": {"order_id": 1, "as_of": "x", "advisory": true, "items": []}}),
            async |client| client.orders().return_eligibility("#1001").await,
        )
        .await;
}

#[tokio::test]
async fn refusals() {
    let invalid: [Failure; 3] = [
        (
            422,
            r#"{"message":"The given data was invalid.","errors":{"created_at":["Not ATOM."]}}"#,
            "invalid",
            Effect::NotApplied,
        ),
        (200, "<html>", "unreadable", Effect::Unknown),
        (200, "", "unreadable", Effect::Unknown),
    ];
    let none: Failure = (
        404,
        r#"{"code":"ORDER_NOT_FOUND","message":"No."}"#,
        "not_found",
        Effect::NotApplied,
    );
    let failures = [EVERYWHERE, &invalid, &[none]].concat();
    fails(&failures, async |client| client.orders().list(&[]).await).await;
    fails(&failures, async |client| client.orders().get(&id()).await).await;
    fails(&failures, async |client| {
        client.orders().create(&order()).await
    })
    .await;
    fails(&failures, async |client| {
        client.orders().upsert(&order()).await
    })
    .await;
    fails(&failures, async |client| {
        client.orders().update(&id(), &order()).await
    })
    .await;
    fails(&failures, async |client| {
        client.orders().return_eligibility("#1001").await
    })
    .await;
    fails(&[EVERYWHERE, &[none]].concat(), async |client| {
        client.orders().delete(&id()).await
    })
    .await;
}
