//! Commerce data, of which little but the date is documented.

use loop_client::{ApiVersion, ErrorCode, OrderId, RawJson};
use serde_json::{Map, Value, json};

use crate::shop::{Shop, refused, shirts};

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other}"),
    }
}

fn order(name: &str) -> Map<String, Value> {
    object(json!({
        "name": name,
        "created_at": "2026-06-01T10:00:00+00:00",
        "line_items": [{ "id": 31, "variant_id": 7001 }],
    }))
}

fn id_of(order: &RawJson) -> OrderId {
    order.get()["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_order_lives_from_create_to_delete() {
    let shop = Shop::open().await;
    let orders = shop.client.orders();
    let made = orders.create(&order("#2001")).await.unwrap();
    let id = id_of(&made);
    assert_eq!(made.get()["name"], "#2001");
    assert_eq!(made.get()["line_items"][0]["id"], "31", "ids come as text");
    assert_eq!(orders.get(&id).await.unwrap(), made);
    let listed = orders.list(&[("limit", "10")]).await.unwrap();
    assert_eq!(listed.get()["orders"], json!([made]));

    let updated = orders.update(&id, &order("#2002")).await.unwrap();
    assert_eq!(
        (id_of(&updated), &updated.get()["name"]),
        (id.clone(), &json!("#2002"))
    );
    let mut same = order("#2003");
    same.insert("id".to_owned(), json!(id.as_str()));
    let found = orders.upsert(&same).await.unwrap();
    assert_eq!(id_of(&found), id);
    let other = orders.upsert(&order("#2004")).await.unwrap();
    assert_ne!(id_of(&other), id);

    orders.delete(&id).await.unwrap();
    for gone in [
        orders.get(&id).await.map(drop),
        orders.update(&id, &order("x")).await.map(drop),
        orders.delete(&id).await,
    ] {
        let gone = refused(gone, "not_found", 404, "No order found with this ID.");
        assert_eq!(gone.code(), Some(&ErrorCode::OrderNotFound));
    }
    let left = orders.list(&[]).await.unwrap();
    assert_eq!(left.get()["orders"], json!([other]));
}

#[tokio::test]
async fn orders_need_their_date_since_2026_10() {
    let undated = object(json!({ "name": "#2001" }));
    let shop = Shop::at(ApiVersion::V2026_07).await;
    let orders = shop.client.orders();
    let id = id_of(&orders.create(&undated).await.unwrap());
    orders.update(&id, &undated).await.unwrap();

    let shop = Shop::open().await;
    let orders = shop.client.orders();
    let id = id_of(&orders.create(&order("#2001")).await.unwrap());
    let mut spaced = undated.clone();
    spaced.insert("created_at".to_owned(), json!("2026-06-01 10:00:00"));
    let required = "The created at field is required.";
    for (wanted, words) in [(&undated, required), (&spaced, "does not match the format")] {
        for refusal in [
            orders.create(wanted).await,
            orders.upsert(wanted).await,
            orders.update(&id, wanted).await,
        ] {
            refused(refusal, "invalid", 422, words);
        }
    }
}

#[tokio::test]
async fn eligibility_is_read_by_the_name_of_the_order() {
    let shop = Shop::open().await;
    shop.submit(shirts());
    let orders = shop.client.orders();
    let made = orders.create(&order("#2001")).await.unwrap();
    let found = orders.return_eligibility("#2001").await.unwrap();
    assert_eq!(
        found.get()["return_eligibility"]["order_id"],
        made.get()["id"]
    );
    let found = orders.return_eligibility("#1001").await.unwrap();
    assert!(found.get()["return_eligibility"]["items"].is_array());
    let unknown = orders.return_eligibility("#9999").await;
    refused(unknown, "not_found", 404, "No order found");
    let blank = orders.return_eligibility("").await;
    refused(blank, "invalid", 422, "The order name field is required.");
}
