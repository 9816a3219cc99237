use loop_client::{CartToken, Effect};
use serde_json::{Value, json};

use crate::script::{EVERYWHERE, Failure, Golden, fails};

fn token() -> CartToken {
    "5d41402abc4b".parse().unwrap()
}

#[tokio::test]
async fn calls_and_answers() {
    let made = r#"{"token":"5d41402abc4b","data":{"cart":[39072856,39072856,"gid://shopify/ProductVariant/7"]}}"#;
    let read = json!({"token": "5d41402abc4b", "variants": [39_072_856, 39_072_856, 7]});
    Golden::new("POST /api/2026-10/cart", made)
        .body(json!({"cart": [39_072_856, 39_072_856, 7]}))
        .reads_only(read.clone(), async |client| {
            let variants = [39_072_856, 39_072_856, 7];
            client.carts().create(&variants, None).await
        })
        .await;
    Golden::new("POST /api/2026-10/cart", made)
        .body(json!({"cart": [], "shopify": "e30="}))
        .reads(read, async |client| {
            client.carts().create(&[], Some("e30=")).await
        })
        .await;
    Golden::new("GET /api/2026-10/cart/5d41402abc4b", r#"{"cart":["7"]}"#)
        .reads_only(
            json!({"token": "5d41402abc4b", "variants": [7]}),
            async |client| client.carts().get(&token()).await,
        )
        .await;
    let replaced = r#"{"updated":true,"data":{"cart":[7]}}"#;
    Golden::new("POST /api/2026-10/cart/5d41402abc4b", replaced)
        .body(json!({"cart": [7]}))
        .reads_only(Value::Null, async |client| {
            client.carts().replace(&token(), &[7]).await
        })
        .await;
    Golden::new("DELETE /api/2026-10/cart/5d41402abc4b", "true")
        .reads_only(Value::Null, async |client| {
            client.carts().delete(&token()).await
        })
        .await;
}

/// Loop refuses with status 200, with or without `data` beside the error.
#[tokio::test]
async fn refusals() {
    let not_done = Effect::NotApplied;
    let none: Failure = (
        200,
        r#"{"errors":{"message":"No cart found for the provided token."}}"#,
        "not_found",
        not_done,
    );
    let create: [Failure; 5] = [
        (
            200,
            r#"{"errors":{"message":"Cart is empty."}}"#,
            "refused",
            not_done,
        ),
        (
            200,
            r#"{"errors":{"message":"Variant ID 777777 not found."},"data":{"cart":[777777]}}"#,
            "refused",
            not_done,
        ),
        (
            200,
            r#"{"errors":{"message":"Cart should contain a list of variant IDs."}}"#,
            "refused",
            not_done,
        ),
        (
            200,
            r#"{"token":"t","data":{"cart":["seven"]}}"#,
            "unreadable",
            Effect::Unknown,
        ),
        (
            200,
            r#"{"token":"t","data":[[7]]}"#,
            "unreadable",
            Effect::Unknown,
        ),
    ];
    let replace: [Failure; 2] = [
        (
            200,
            r#"{"errors":{"message":"Error saving cart update."}}"#,
            "refused",
            not_done,
        ),
        (200, r#"{"updated":false}"#, "unreadable", Effect::Unknown),
    ];
    let delete: [Failure; 2] = [
        (
            200,
            r#"{"errors":{"message":"Failed to delete cart."}}"#,
            "refused",
            not_done,
        ),
        (200, "false", "server", Effect::Unknown),
    ];
    fails(&[EVERYWHERE, &create].concat(), async |client| {
        client.carts().create(&[777_777], None).await
    })
    .await;
    fails(&[EVERYWHERE, &[none]].concat(), async |client| {
        client.carts().get(&token()).await
    })
    .await;
    fails(&[EVERYWHERE, &[none], &replace].concat(), async |client| {
        client.carts().replace(&token(), &[7]).await
    })
    .await;
    fails(&[EVERYWHERE, &[none], &delete].concat(), async |client| {
        client.carts().delete(&token()).await
    })
    .await;
}
