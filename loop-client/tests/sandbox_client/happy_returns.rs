//! Bulk shipments, which come in pages of two hundred.

use futures_util::TryStreamExt as _;
use loop_client::sandbox::{NewLine, NewReturn};
use loop_client::{HappyReturnsShipmentId, ReturnId, Shipment, ShipmentId};

use crate::shop::{DAY, Shop, not_sent, refused, shirts};

#[tokio::test]
async fn a_shipment_holds_the_units_of_its_returns() {
    let shop = Shop::open().await;
    let (first, second) = (shop.submit(shirts()), shop.submit(shirts()));
    let ids = [first.get(), second.get()];
    let number = shop.sandbox.record_shipment("HR-55", &ids);
    let happy = shop.client.happy_returns();
    let name: HappyReturnsShipmentId = "HR-55".parse().unwrap();
    let found = happy.shipment(&name).await.unwrap();
    assert_eq!(found.loop_shipment_id.get(), number);
    assert_eq!(found.happy_returns_shipment_id.as_ref(), Some(&name));
    assert_eq!(
        (found.line_item_count, found.return_count),
        (Some(4), Some(2))
    );
    assert_eq!(found.created_at, Some(shop.now()));
    let (from, to) = shop.around_now();
    let listed: Vec<_> = happy.shipments(from, to).try_collect().await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&found));
    let (from, to) = (from.minus(2 * DAY), to.minus(DAY));
    let before: Vec<Shipment> = happy.shipments(from, to).try_collect().await.unwrap();
    assert_eq!(before, []);

    let items = happy.items(found.loop_shipment_id);
    let items: Vec<_> = items.try_collect().await.unwrap();
    let of: Vec<Option<ReturnId>> = items.iter().map(|item| item.return_id).collect();
    assert_eq!(of, [first, first, second, second].map(Some));
    let skus: Vec<_> = items
        .iter()
        .filter_map(|item| item.sku.as_deref())
        .collect();
    assert_eq!(skus, ["SHIRT-S", "SHIRT-M", "SHIRT-S", "SHIRT-M"]);
    for item in &items {
        assert_eq!(item.happy_returns_shipment_id.as_ref(), Some(&name));
        assert_eq!(item.happy_returns_return_bag_barcodes.len(), 1);
        assert_eq!(item.order_name.as_deref(), Some("#1001"));
        assert_eq!(item.shipment_id.as_ref().unwrap().number(), Some(number));
        assert!(item.shipping_box_barcode.is_some());
        assert!(item.happy_returns_rma_id.is_some() && item.tracking_number.is_some());
    }
}

#[tokio::test]
async fn shipments_and_items_are_walked_over_pages() {
    let shop = Shop::open().await;
    let large = (0..401).fold(NewReturn::new("#1001"), |new, _| {
        new.line(NewLine::new("SOCKS"))
    });
    let id = shop.submit(large);
    let boxes: Vec<u64> = (0..250)
        .map(|number| {
            shop.sandbox
                .record_shipment(&format!("HR-{number}"), &[id.get()])
        })
        .collect();
    let happy = shop.client.happy_returns();
    let (from, to) = shop.around_now();
    let walked: Vec<_> = happy.shipments(from, to).try_collect().await.unwrap();
    let ids: Vec<u64> = walked.iter().map(|it| it.loop_shipment_id.get()).collect();
    assert_eq!(ids, boxes);
    let first = happy.shipments_page(from, to, 1).await.unwrap();
    assert_eq!(
        (first.rows.len(), first.next, first.total),
        (200, Some(2), Some(250))
    );
    let last = happy.shipments_page(from, to, 2).await.unwrap();
    assert_eq!((last.rows.len(), last.next), (50, None));

    let number = ShipmentId::new(boxes[7]).unwrap();
    let items: Vec<_> = happy.items(number).try_collect().await.unwrap();
    assert_eq!(items.len(), 401);
    let last = happy.items_page(number, 3).await.unwrap();
    assert_eq!(
        (last.rows.len(), last.next, last.total),
        (1, None, Some(401))
    );
}

#[tokio::test]
async fn shipments_are_refused() {
    let shop = Shop::open().await;
    let happy = shop.client.happy_returns();
    let words = "The shipment could not be found.";
    let unknown = "HR-9".parse().unwrap();
    refused(happy.shipment(&unknown).await, "not_found", 404, words);
    let unknown = ShipmentId::new(7).unwrap();
    refused(happy.items_page(unknown, 1).await, "not_found", 404, words);
    let (from, to) = shop.around_now();
    not_sent(happy.shipments_page(to, from, 1).await, "ends before");
}
