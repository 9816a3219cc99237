//! Carts, which are refused with status 200.

use loop_client::CartToken;

use crate::shop::{Shop, refused, shirts};

#[tokio::test]
async fn a_cart_lives_from_create_to_delete() {
    let shop = Shop::open().await;
    let id = shop.submit(shirts());
    let found = shop.client.returns().get(id).await.unwrap();
    // What is returned is sold.
    let shirt = found.lines()[0].variant_id.as_ref().unwrap();
    let shirt = shirt.number().unwrap();
    shop.sandbox.add_variant(7001);
    let carts = shop.client.carts();
    let made = carts.create(&[shirt, 7001, 7001], Some("e30=")).await;
    let made = made.unwrap();
    assert_eq!(made.variants, [shirt, 7001, 7001]);
    assert_eq!(carts.get(&made.token).await.unwrap(), made);
    carts.replace(&made.token, &[7001]).await.unwrap();
    assert_eq!(carts.get(&made.token).await.unwrap().variants, [7001]);
    carts.delete(&made.token).await.unwrap();
    for gone in [
        carts.get(&made.token).await.map(drop),
        carts.replace(&made.token, &[7001]).await,
        carts.delete(&made.token).await,
    ] {
        refused(gone, "not_found", 200, "No cart found");
    }
}

#[tokio::test]
async fn carts_are_refused() {
    let shop = Shop::open().await;
    shop.sandbox.add_variant(7001);
    let carts = shop.client.carts();
    let made = carts.create(&[7001], None).await.unwrap();
    for (variants, words) in [
        (&[][..], "Cart is empty."),
        (&[7001, 777_777][..], "Variant ID 777777 not found."),
    ] {
        let created = carts.create(variants, None).await;
        refused(created, "refused", 200, words);
        let replaced = carts.replace(&made.token, variants).await;
        refused(replaced, "refused", 200, words);
    }
    assert_eq!(carts.get(&made.token).await.unwrap(), made);
    let unknown: CartToken = "none".parse().unwrap();
    refused(carts.get(&unknown).await, "not_found", 200, "No cart found");
}
