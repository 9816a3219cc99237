use futures_util::StreamExt as _;
use loop_client::{Effect, HappyReturnsShipmentId, ReturnId, ShipmentId, Timestamp};
use serde_json::json;

use crate::paging::rows;
use crate::script::{EVERYWHERE, Failure, Golden, Script, fails};

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id() -> ShipmentId {
    ShipmentId::new(55).unwrap()
}

fn text_id() -> HappyReturnsShipmentId {
    "HRS-9f".parse().unwrap()
}

#[tokio::test]
async fn calls_and_answers() {
    let page = r#"{
        "current_page": 3,
        "data": [
            {"loop_shipment_id": 55, "happy_returns_shipment_id": "HRS-9f",
                "line_item_count": "12", "return_count": 5,
                "created_at": "2026-11-01T10:00:00.000Z", "updated_at": "2026-11-02 11:00:00"},
            {"loop_shipment_id": null}
        ],
        "next_page_url": null
    }"#;
    let shipment = json!({
        "loop_shipment_id": "55", "happy_returns_shipment_id": "HRS-9f", "line_item_count": 12,
        "return_count": 5, "created_at": "2026-11-01T10:00:00Z",
        "updated_at": "2026-11-02T11:00:00Z",
    });
    Golden::new(
        "GET /api/2026-10/happy-returns/shipments\
         ?from=2026-11-01T00%3A00%3A00Z&to=2026-11-08T00%3A00%3A00Z&page=3",
        page,
    )
    .reads_only(json!([shipment, "unreadable"]), async |client| {
        let (from, to) = (time("2026-11-01"), time("2026-11-08"));
        let page = client.happy_returns().shipments_page(from, to, 3).await?;
        Ok(rows(page.rows))
    })
    .await;

    let one = r#"{"loop_shipment_id":"55","happy_returns_shipment_id":7}"#;
    Golden::new("GET /api/2026-10/happy-returns/shipments/HRS-9f", one)
        .reads_only(
            json!({
                "loop_shipment_id": "55", "happy_returns_shipment_id": "7",
                "line_item_count": null, "return_count": null, "created_at": null,
                "updated_at": null,
            }),
            async |client| client.happy_returns().shipment(&text_id()).await,
        )
        .await;

    let items = r##"{
        "current_page": 1,
        "data": [
            {"carrier": "UPS", "happy_returns_return_bag_barcodes": ["HR1", 2],
                "happy_returns_rma_id": "RM-1", "happy_returns_shipment_id": "HRS-9f",
                "item_title": "Tee", "order_name": "#1001", "po_number": 4711,
                "return_id": 99904598, "shipment_id": 55, "shipping_box_barcode": "BOX",
                "sku": "TEE-M", "tracking_number": 1, "variant_title": "M"},
            {"return_id": "99904599", "happy_returns_return_bag_barcodes": null, "sku": "N/A"}
        ],
        "next_page_url": null
    }"##;
    Golden::new(
        "GET /api/2026-10/happy-returns/shipments/55/items?page=1",
        items,
    )
    .reads_only(
        json!([
            {
                "return_id": "99904598", "happy_returns_shipment_id": "HRS-9f",
                "happy_returns_rma_id": "RM-1",
                "happy_returns_return_bag_barcodes": ["HR1", "2"], "shipping_box_barcode": "BOX",
                "shipment_id": "55", "carrier": "UPS", "tracking_number": "1",
                "po_number": "4711", "order_name": "#1001", "sku": "TEE-M", "item_title": "Tee",
                "variant_title": "M",
            },
            {
                "return_id": "99904599", "happy_returns_shipment_id": null,
                "happy_returns_rma_id": null, "happy_returns_return_bag_barcodes": [],
                "shipping_box_barcode": null, "shipment_id": null, "carrier": null,
                "tracking_number": null, "po_number": null, "order_name": null, "sku": null,
                "item_title": null, "variant_title": null,
            },
        ]),
        async |client| {
            let page = client.happy_returns().items_page(id(), 1).await?;
            Ok(rows(page.rows))
        },
    )
    .await;
}

#[tokio::test]
async fn a_bad_item_names_its_return_if_it_can() {
    let body = r#"{"current_page":1,"data":[{"return_id":7,"sku":{}},{"return_id":"x"},[7],7]}"#;
    let script = Script::new([(200, body)]);
    let page = script.client().happy_returns().items_page(id(), 1).await;
    let found: Vec<_> = page
        .unwrap()
        .rows
        .iter()
        .map(|row| row.as_ref().unwrap_err().return_id().map(ReturnId::get))
        .collect();
    assert_eq!(found, [Some(7), None, None, None]);
}

#[tokio::test]
async fn refusals() {
    let none: Failure = (404, r#"{"message":"No."}"#, "not_found", Effect::NotApplied);
    let now = time("2026-11-01");
    fails(EVERYWHERE, async |client| {
        client.happy_returns().shipments_page(now, now, 1).await
    })
    .await;
    fails(&[EVERYWHERE, &[none]].concat(), async |client| {
        client.happy_returns().shipment(&text_id()).await
    })
    .await;
    fails(&[EVERYWHERE, &[none]].concat(), async |client| {
        client.happy_returns().items_page(id(), 1).await
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_not_sent() {
    let script = Script::new::<&str>([]);
    let client = script.client();
    let (early, late) = (time("2026-11-01"), time("2026-11-02"));
    let rows: Vec<_> = client
        .happy_returns()
        .shipments(late, early)
        .collect()
        .await;
    let [Err(backwards)] = &rows[..] else {
        panic!("{rows:?}")
    };
    let zero = client.happy_returns().shipments_page(early, late, 0).await;
    for error in [backwards, &zero.unwrap_err()] {
        assert_eq!(
            (error.kind().name(), error.effect()),
            ("input", Effect::NotSent)
        );
    }
    assert_eq!(script.sent(), []);
}
