//! Links into the return portal.

use loop_client::{DeepLink, ErrorCode, QrCode, QrFormat};

use crate::shop::{Shop, not_sent, refused, shirts};

#[tokio::test]
async fn links_lead_to_the_order() {
    let shop = Shop::open().await;
    shop.submit(shirts());
    let links = shop.client.deep_links();
    let own = links
        .create(&DeepLink::new("#1001", "62701"))
        .await
        .unwrap();
    assert!(own.reveal().starts_with("https://"), "a link");
    let gift = DeepLink::new("#1001", "62701").gift(true);
    let gift = links.create(&gift).await.unwrap();
    assert_ne!(own, gift);
    let code = QrCode::new().format(QrFormat::Svg).size(250);
    let link = DeepLink::new("1001", "62701");
    let qr = links.create_qr(&link, &code).await.unwrap();
    assert_eq!(qr.deeplink_url, own);
    assert!(qr.qr.reveal().starts_with(shop.sandbox.base_url()));
}

#[tokio::test]
async fn links_are_refused() {
    let shop = Shop::open().await;
    let links = shop.client.deep_links();
    let unknown = DeepLink::new("#9999", "62701");
    let code = QrCode::new();
    for error in [
        refused(links.create(&unknown).await, "invalid", 400, "ORDER_NOT"),
        refused(
            links.create_qr(&unknown, &code).await,
            "invalid",
            400,
            "ORDER_NOT",
        ),
    ] {
        assert_eq!(error.code(), Some(&ErrorCode::OrderNotFound));
    }
    not_sent(links.create(&DeepLink::new("#1001", " ")).await, "blank");
}
