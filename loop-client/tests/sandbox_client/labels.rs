//! Labels that Loop buys.

use loop_client::{ErrorCode, Label, ReturnId};

use crate::shop::{Shop, nobody, refused, shirts};

async fn labels(shop: &Shop, id: ReturnId) -> Vec<Label> {
    shop.client.returns().get(id).await.unwrap().labels
}

#[tokio::test]
async fn a_generated_label_appears_on_the_return() {
    let shop = Shop::open().await;
    let id = shop.submit(shirts());
    assert_eq!(labels(&shop, id).await, []);
    shop.client.labels().generate(id).await.unwrap();
    let found = shop.client.returns().get(id).await.unwrap();
    let [label] = &found.labels[..] else {
        panic!("{found:?}")
    };
    assert_eq!(label.status.as_deref(), Some("new"));
    assert_eq!(label.updated_at, Some(shop.now()));
    assert_eq!(label.line_items, shop.lines(id));
    assert!(label.url.is_some() && label.rate.is_some());
    assert_eq!(label.tracking_number, found.tracking_number);
    assert_eq!(label.carrier, found.carrier);
    assert_eq!(found.label_status.as_deref(), Some("new"));
    assert_eq!(found.label_url, label.url);

    let again = shop.client.labels().generate(id).await;
    let again = refused(again, "invalid", 409, "already exists");
    assert_eq!(again.code(), Some(&ErrorCode::LabelAlreadyExists));
}

#[tokio::test]
async fn a_regenerated_label_takes_the_place_of_the_first() {
    let shop = Shop::open().await;
    let id = shop.submit(shirts());
    let generate = shop.client.labels();
    let error = refused(
        generate.regenerate(id).await,
        "invalid",
        422,
        "cannot receive",
    );
    assert_eq!(error.code(), Some(&ErrorCode::ReturnCannotReceiveLabel));
    generate.generate(id).await.unwrap();
    let first = labels(&shop, id).await;
    generate.regenerate(id).await.unwrap();
    let second = labels(&shop, id).await;
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first[0].tracking_number, second[0].tracking_number);

    assert!(shop.sandbox.move_label(id.get(), "in_transit"));
    assert_eq!(
        labels(&shop, id).await[0].status.as_deref(),
        Some("in_transit")
    );
    refused(
        generate.regenerate(id).await,
        "invalid",
        422,
        "cannot receive",
    );
}

#[tokio::test]
async fn labels_are_refused_by_their_codes() {
    let shop = Shop::open().await;
    let labels = shop.client.labels();
    let closed = shop.submit(shirts());
    shop.set_state(closed, "closed");
    let unlucky = shop.submit(shirts());
    shop.sandbox.label_generation_fails(true);
    for (id, kind, status, code) in [
        (nobody(), "not_found", 404, ErrorCode::ReturnNotFound),
        (closed, "invalid", 422, ErrorCode::ReturnCannotReceiveLabel),
        (unlucky, "invalid", 422, ErrorCode::LabelGenerationFailed),
    ] {
        let error = refused(labels.generate(id).await, kind, status, code.as_str());
        assert_eq!(error.code(), Some(&code));
    }
    refused(
        labels.regenerate(nobody()).await,
        "not_found",
        404,
        "No return found",
    );
}
