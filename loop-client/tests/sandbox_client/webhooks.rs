//! Webhook subscriptions.

use loop_client::webhook::{Topic, Trigger};
use loop_client::{ErrorCode, SubscriptionStatus, WebhookId};

use crate::shop::{Shop, refused};

const HOOK: &str = "http://127.0.0.1:9/hook";

#[tokio::test]
async fn a_subscription_lives_from_create_to_delete() {
    let shop = Shop::open().await;
    let webhooks = shop.client.webhooks();
    assert_eq!(webhooks.list().await.unwrap(), []);
    let (topic, trigger) = (Topic::Return, Trigger::LabelCreated);
    let made = webhooks.create(&topic, &trigger, HOOK).await.unwrap();
    assert_eq!(made.topic.as_ref(), Some(&topic));
    assert_eq!(made.trigger.as_ref(), Some(&trigger));
    assert_eq!(made.url, HOOK);
    assert_eq!(made.status, Some(SubscriptionStatus::Active));
    assert!(made.shop_id.is_some());
    assert_eq!(webhooks.list().await.unwrap(), std::slice::from_ref(&made));

    let (topic, trigger) = (Topic::ReturnProcessing, Trigger::ProcessingFailed);
    let off = SubscriptionStatus::Inactive;
    let updated = webhooks.update(made.id, &topic, &trigger, HOOK, &off);
    updated.await.unwrap();
    let all = webhooks.list().await.unwrap();
    assert_eq!((all[0].id, &all[0].topic), (made.id, &Some(topic)));
    assert_eq!(
        (&all[0].trigger, &all[0].status),
        (&Some(trigger), &Some(off))
    );

    webhooks.delete(made.id).await.unwrap();
    assert_eq!(webhooks.list().await.unwrap(), []);
    let gone = refused(
        webhooks.delete(made.id).await,
        "not_found",
        404,
        "NOT_FOUND",
    );
    assert_eq!(gone.code(), Some(&ErrorCode::NotFound));
}

#[tokio::test]
async fn subscriptions_are_refused() {
    let shop = Shop::open().await;
    let webhooks = shop.client.webhooks();
    let (topic, trigger) = (Topic::Return, Trigger::ReturnClosed);
    let on = SubscriptionStatus::Active;
    let unknown = WebhookId::new(7).unwrap();
    let updated = webhooks.update(unknown, &topic, &trigger, HOOK, &on).await;
    refused(updated, "not_found", 404, "NOT_FOUND");

    let made = webhooks.create(&topic, &trigger, HOOK).await.unwrap();
    let odd = (
        Topic::from("label_request"),
        Trigger::from("return.deleted"),
    );
    let values = "Must be one of the following values:";
    for (topic, trigger, url, words) in [
        (&odd.0, &trigger, HOOK, values),
        (&topic, &odd.1, HOOK, values),
        (&topic, &trigger, "", "The url field is required."),
    ] {
        let created = webhooks.create(topic, trigger, url).await;
        refused(created, "invalid", 422, words);
        let updated = webhooks.update(made.id, topic, trigger, url, &on).await;
        refused(updated, "invalid", 422, words);
    }
    assert_eq!(webhooks.list().await.unwrap(), [made]);
}
