use serde_json::{Value, json};

use crate::api::*;

// Destinations.

fn warehouse(name: &str) -> Value {
    json!({
        "name": name,
        "type": "warehouse",
        "address": {
            "address1": "123 Commerce St", "city": "Columbus", "state": "Ohio", "zip": "43215",
            "country": "United States", "country_code": "US",
        },
    })
}

#[tokio::test]
async fn destinations_are_made_changed_and_removed() {
    let api = Api::start().await;
    assert_eq!(
        api.get("/destinations").await,
        (200, json!({"destinations": []}))
    );
    let (status, made) = api.post("/destinations", warehouse("Ohio")).await;
    assert_eq!(status, 200);
    assert_eq!(made["enabled"], true);
    assert_eq!(made["provider_location_id"], Value::Null);
    assert_eq!(made["address"]["address2"], Value::Null);
    let id = made["id"].as_u64().unwrap();
    let one = format!("/destinations/{id}");
    assert_eq!(api.get(&one).await, (200, made.clone()));
    assert_eq!(
        api.get("/destinations").await.1["destinations"],
        json!([made])
    );
    let (status, body) = api.post("/destinations", json!({"type": "donate"})).await;
    assert_eq!(
        (status, body),
        (422, json!({"message": "The name field is required."}))
    );

    let mut other = warehouse("Utah");
    other["enabled"] = json!(false);
    let (status, changed) = api.put(&one, other).await;
    assert_eq!(
        (status, &changed["name"], &changed["id"]),
        (200, &json!("Utah"), &json!(id))
    );
    let (_, again) = api.put(&one, warehouse("Utah")).await;
    assert_eq!(
        again["enabled"], false,
        "without the field the old value stays"
    );
    assert_eq!(api.put(&one, json!({})).await.0, 422);

    api.sandbox.limit_destinations(1);
    let (status, body) = api.post("/destinations", warehouse("Iowa")).await;
    assert_eq!(
        (status, &body["code"]),
        (422, &json!("DESTINATION_LIMIT_EXCEEDED"))
    );

    assert!(api.sandbox.forget_destination_address(id));
    let text = "One or more destinations do not have an address";
    assert_eq!(
        api.get("/destinations").await,
        (500, json!({ "message": text }))
    );
    assert_eq!(api.get(&one).await.1["address"], Value::Null);

    assert_eq!(api.delete(&one).await, (200, json!("Success")));
    assert!(!api.sandbox.forget_destination_address(id));
    let gone = json!({"code": "NOT_FOUND", "message": "The destination could not be found."});
    assert_eq!(api.get(&one).await, (404, gone.clone()));
    assert_eq!(api.put(&one, warehouse("Utah")).await, (404, gone.clone()));
    assert_eq!(api.delete(&one).await, (404, gone));
    assert_eq!(api.get("/destinations").await.0, 200);
}

// Happy Returns.

#[tokio::test]
async fn shipments_of_happy_returns_are_told_and_read() {
    let api = Api::start().await;
    let (inbox, url) = receiver().await;
    api.subscribe("happy.returns.shipment", "shipment.processed", &url)
        .await;
    let returns = [
        api.sandbox.create_return(shirts()),
        api.sandbox.create_return(shirts()),
    ];
    let id = api
        .sandbox
        .record_shipment("67891", &[returns[0], returns[1], 5]);
    api.sandbox.webhooks_delivered().await;
    let expected = json!({
        "topic": "happy.returns.shipment", "trigger": "shipment.processed",
        "loop_shipment_id": id, "happy_returns_shipment_id": "67891",
    });
    assert_eq!(*inbox.lock().unwrap(), [expected]);
    assert_eq!(api.sandbox.deliveries()[0].return_id, 0);

    let (status, shipment) = api.get("/happy-returns/shipments/67891").await;
    assert_eq!((status, &shipment["loop_shipment_id"]), (200, &json!(id)));
    assert_eq!(
        (&shipment["line_item_count"], &shipment["return_count"]),
        (&json!(4), &json!(2))
    );
    let (_, page) = api.get("/happy-returns/shipments").await;
    assert_eq!(page["data"], json!([shipment]));
    assert_eq!(
        (&page["per_page"], &page["last_page"]),
        (&json!(200), &json!(1))
    );
    let (_, items) = api
        .get(&format!("/happy-returns/shipments/{id}/items"))
        .await;
    assert_eq!(items["total"], 4);
    assert_eq!(items["data"][0]["return_id"], returns[0]);
    assert_eq!(items["data"][0]["variant_title"], "Small");
    assert_eq!(items["data"][0]["shipment_id"], id);
    // Each path has its own kind of id.
    for path in [
        format!("/{id}"),
        "/67891/items".to_owned(),
        "/x/items".to_owned(),
    ] {
        assert_eq!(
            api.get(&format!("/happy-returns/shipments{path}")).await.0,
            404,
            "{path}"
        );
    }
    api.advance(86_401);
    assert_eq!(api.get("/happy-returns/shipments").await.1["total"], 0);
    let (_, page) = api.get("/happy-returns/shipments?from=2026-06-15").await;
    assert_eq!(page["total"], 1);
    let (status, body) = api.get("/happy-returns/shipments?to=soon").await;
    assert_eq!((status, wrong_fields(&body)), (422, vec!["to".to_owned()]));
}
