use loop_client::webhook::{Topic, Trigger};
use loop_client::{Effect, SubscriptionStatus, WebhookId};
use serde_json::{Value, json};

use crate::script::{EVERYWHERE, Failure, Golden, fails};

const ONE: &str = r#"{"id": 12, "shop_id": "34", "topic": "return", "trigger": "return.created",
    "url": "https://wms.example.com/loop", "status": "active"}"#;
const URL: &str = "https://wms.example.com/loop";

fn id() -> WebhookId {
    WebhookId::new(12).unwrap()
}

fn one() -> Value {
    json!({"id": "12", "shop_id": "34", "topic": "return", "trigger": "return.created",
        "url": URL, "status": "active"})
}

fn wanted(status: &str) -> Value {
    json!({"topic": "return", "trigger": "return.created", "url": URL, "status": status})
}

#[tokio::test]
async fn calls_and_answers() {
    let all = r#"{"webhooks":[{"id":"12","topic":"new.topic","trigger":"new.trigger"}]}"#;
    Golden::new("GET /api/2026-10/webhooks", all)
        .reads_only(
            json!([{"id": "12", "shop_id": null, "topic": "new.topic", "trigger": "new.trigger",
                "url": "", "status": null}]),
            async |client| client.webhooks().list().await,
        )
        .await;
    for status in [200, 201] {
        Golden::new("POST /api/2026-10/webhooks", ONE)
            .status(status)
            .body(wanted("active"))
            .reads_only(one(), async |client| {
                let webhooks = client.webhooks();
                let trigger = Trigger::ReturnCreated;
                webhooks.create(&Topic::Return, &trigger, URL).await
            })
            .await;
    }
    for (status, answer) in [(204, ""), (200, ONE)] {
        Golden::new("PUT /api/2026-10/webhooks/12", answer)
            .status(status)
            .body(wanted("inactive"))
            .reads(Value::Null, async |client| {
                let off = SubscriptionStatus::Inactive;
                let webhooks = client.webhooks();
                let trigger = Trigger::ReturnCreated;
                webhooks
                    .update(id(), &Topic::Return, &trigger, URL, &off)
                    .await
            })
            .await;
    }
    Golden::new("DELETE /api/2026-10/webhooks/12", "")
        .status(204)
        .reads(Value::Null, async |client| {
            client.webhooks().delete(id()).await
        })
        .await;
}

#[tokio::test]
async fn refusals() {
    let none: Failure = (
        404,
        r#"{"errors":{"code":"NOT_FOUND"}}"#,
        "not_found",
        Effect::NotApplied,
    );
    let invalid: Failure = (
        422,
        r#"{"message":"Must be one of these","errors":{"topic":["Must be one of these"]}}"#,
        "invalid",
        Effect::NotApplied,
    );
    fails(EVERYWHERE, async |client| client.webhooks().list().await).await;
    fails(&[EVERYWHERE, &[invalid]].concat(), async |client| {
        let webhooks = client.webhooks();
        webhooks
            .create(&Topic::Return, &Trigger::ReturnCreated, URL)
            .await
    })
    .await;
    fails(&[EVERYWHERE, &[none, invalid]].concat(), async |client| {
        let on = SubscriptionStatus::Active;
        let webhooks = client.webhooks();
        let trigger = Trigger::ReturnCreated;
        webhooks
            .update(id(), &Topic::Return, &trigger, URL, &on)
            .await
    })
    .await;
    fails(&[EVERYWHERE, &[none]].concat(), async |client| {
        client.webhooks().delete(id()).await
    })
    .await;
}
