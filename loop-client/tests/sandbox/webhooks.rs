use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use loop_client::sandbox::{DeliveryOutcome, Sandbox};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::api::*;

#[tokio::test]
async fn webhooks_are_signed_over_the_bytes_that_arrive() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let (receiver, url) = Receiver::start().await;
    for trigger in ["return.created", "return.updated", "return.closed"] {
        api.subscribe("return", trigger, &url).await;
    }
    let id = sandbox.create_return(shirts().tracking("1Z").carrier("UPS"));
    assert_eq!(api.act(id, "process").await.body, true);
    sandbox.webhooks_delivered().await;

    let arrived = receiver.inbox.lock().unwrap().clone();
    for (signature, body) in &arrived {
        let key = sandbox.webhook_secret().as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(body);
        assert_eq!(STANDARD.encode(mac.finalize().into_bytes()), *signature);
        assert!(body.is_ascii(), "non-ASCII is escaped");
        let text = std::str::from_utf8(body).unwrap();
        assert!(text.contains(r"https:\/\/"), "slashes are escaped");
        assert!(text.contains(r"Zo\u00eb"), "accents are escaped");
        assert!(!text.contains('\n') && !text.contains("\": "), "compact");
    }
    let triggers = ["return.created", "return.updated", "return.closed"];
    assert_eq!(receiver.triggers(), triggers);
    let bodies = receiver.bodies();
    let text_id = json!(id.to_string());
    assert!(bodies.iter().all(|body| body["id"] == text_id));
    assert_eq!(bodies[0]["state"], "open");
    assert_eq!(bodies[1]["state"], "closed");

    let deliveries = sandbox.deliveries();
    assert_eq!(deliveries.len(), 3);
    for (delivery, trigger) in deliveries.iter().zip(triggers) {
        assert_eq!(delivery.return_id, id);
        assert_eq!(delivery.trigger, trigger);
        assert_eq!(delivery.url, url);
        assert_eq!(delivery.attempts, 1);
        assert!(delivery.succeeded());
    }
}

#[tokio::test]
async fn a_body_has_the_form_of_its_topic() {
    let sandbox = held().await;
    let api = Api::of(&sandbox);
    let (receiver, url) = Receiver::start().await;
    let failed = "return.processing.failed";
    api.subscribe("label", "return.created", &url).await;
    api.subscribe("return.processing", failed, &url).await;
    api.subscribe("return", failed, &url).await;
    sandbox.create_return(shirts());
    let id = sandbox.create_return(shirts().tracking("1Z"));
    assert_eq!(api.act(id, "process").await.body, true);
    assert!(sandbox.fail_processing(id, "Card declined"));
    assert!(!sandbox.fail_processing(id, "Card declined"));
    sandbox.webhooks_delivered().await;
    let bodies = receiver.bodies();
    assert_eq!(bodies.len(), 3, "without a label there is no label body");
    assert_eq!(bodies[0]["topic"], "label");
    assert_eq!(bodies[0]["id"], id);
    assert_eq!(bodies[1]["return_id"], id);
    assert_eq!(bodies[1]["return_state"], "open");
    assert_eq!(bodies[1]["message"], "Card declined");
    assert_eq!(bodies[2]["topic"], "return");
    assert_eq!(truth_of(&sandbox, id).refunds, 0);
}

#[tokio::test]
async fn failed_deliveries_are_tried_again_and_given_up() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let (receiver, url) = Receiver::start().await;
    api.subscribe("return", "return.created", &url).await;
    for (failures, attempts, status) in [(0, 1, 200), (2, 3, 200), (4, 4, 500)] {
        receiver.failures.store(failures, Ordering::SeqCst);
        sandbox.create_return(shirts());
        sandbox.webhooks_delivered().await;
        let last = sandbox.deliveries().pop().unwrap();
        assert_eq!(last.attempts, attempts);
        assert_eq!(last.outcome, DeliveryOutcome::Status(status));
    }

    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let unreachable = format!("http://{}/hook", free.local_addr().unwrap());
    drop(free);
    api.subscribe("return", "return.updated", &unreachable)
        .await;
    let id = sandbox.create_return(shirts());
    sandbox.set_state(id, "expired");
    sandbox.webhooks_delivered().await;
    let last = sandbox.deliveries().pop().unwrap();
    assert!(matches!(last.outcome, DeliveryOutcome::Failed(_)));
    assert!(!last.succeeded());
}

#[tokio::test]
async fn lost_webhooks_never_arrive() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let (receiver, url) = Receiver::start().await;
    api.subscribe("return", "return.created", &url).await;
    api.subscribe("return", "return.updated", &url).await;
    let lost = sandbox.create_return(shirts());
    sandbox.lose_webhooks_of(lost);
    let other = sandbox.create_return(shirts());
    sandbox.set_state(lost, "expired");
    sandbox.set_state(other, "expired");
    sandbox.webhooks_delivered().await;
    let bodies = receiver.bodies();
    let arrived: Vec<&str> = bodies
        .iter()
        .map(|body| body["id"].as_str().unwrap())
        .collect();
    let (lost_id, other_id) = (lost.to_string(), other.to_string());
    assert_eq!(arrived, [&lost_id, &other_id, &other_id]);
    let unsent: Vec<_> = sandbox
        .deliveries()
        .into_iter()
        .filter(|delivery| delivery.outcome == DeliveryOutcome::Lost)
        .map(|delivery| (delivery.return_id, delivery.trigger, delivery.attempts))
        .collect();
    assert_eq!(unsent, [(lost, "return.updated".to_owned(), 0)]);
}

#[tokio::test]
async fn subscriptions_are_made_changed_and_removed() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let (receiver, url) = Receiver::start().await;
    let wanted = json!({"topic": "return", "trigger": "return.created", "url": url});
    let made = api.post("/webhooks", Some(&wanted)).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.body["status"], "inactive", "the default sends nothing");
    assert_eq!(made.body["shop_id"], 12_345);
    sandbox.create_return(shirts());
    sandbox.webhooks_delivered().await;
    assert!(receiver.bodies().is_empty());

    let one = format!("{}/webhooks/{}", api.base, made.body["id"]);
    let mut active = wanted.clone();
    active["status"] = json!("active");
    let changed = api.send(Method::PUT, &one, Some(&active)).await;
    assert_eq!((changed.status, changed.body), (204, Value::Null));
    let all = api.get("/webhooks", &[]).await.body;
    assert_eq!(all["webhooks"][0]["status"], "active");
    sandbox.create_return(shirts());
    sandbox.webhooks_delivered().await;
    assert_eq!(receiver.bodies().len(), 1);

    assert_eq!(api.send(Method::DELETE, &one, None).await.status, 204);
    for answer in [
        api.send(Method::DELETE, &one, None).await,
        api.send(Method::PUT, &one, Some(&active)).await,
    ] {
        assert_eq!(answer.status, 404);
        assert_eq!(answer.body, json!({"errors": {"code": "NOT_FOUND"}}));
    }
    let mut unknown = wanted;
    unknown["topic"] = json!("label_request");
    let refused = api.post("/webhooks", Some(&unknown)).await;
    assert_eq!(refused.status, 422);
    let text = refused.body["message"].as_str().unwrap();
    assert!(text.starts_with("Must be one of the following values:return,label,restock"));
    assert!(refused.body["errors"]["topic"].is_array());
}
