use std::time::Duration;

use loop_client::sandbox::{Processing, Sandbox};
use serde_json::json;

use crate::api::*;

#[tokio::test]
async fn a_second_process_while_one_is_queued_refunds_twice() {
    let sandbox = held().await;
    let api = Api::of(&sandbox);
    let id = sandbox.create_return(shirts());
    assert_eq!(api.act(id, "process").await.body, true);
    let still = api.details("return_id", &id.to_string()).await.body;
    assert_eq!(still["state"], "open");
    assert_eq!(api.act(id, "process").await.body, true);
    assert_eq!(truth_of(&sandbox, id).refunds, 0);
    assert_eq!(sandbox.finish_processing(), 2);
    assert_eq!(sandbox.finish_processing(), 0);
    let refused = api.act(id, "process").await.body;
    assert_eq!(refused["errors"]["code"], "UNPROCESSABLE_RETURN");

    let truth = truth_of(&sandbox, id);
    assert_eq!(truth.state, "closed");
    assert_eq!(truth.refunds, 2);
    assert_eq!(truth.process_requests, 3);
    assert_eq!(truth.process_accepted, 2);
    let after = api.details("return_id", &id.to_string()).await.body;
    assert_eq!(after["refunds"].as_array().unwrap().len(), 2);
}

/// `true` is no promise: whoever waits for `return.closed` waits for ever.
#[tokio::test]
async fn processing_a_reshop_return_is_accepted_and_does_nothing() {
    let sandbox = held().await;
    let api = Api::of(&sandbox);
    let (receiver, url) = Receiver::start().await;
    let id = sandbox.create_return(shirts().is_reshop(true));
    for trigger in ["return.closed", "return.processing.failed"] {
        api.subscribe("return", trigger, &url).await;
    }
    for _ in 0..2 {
        assert_eq!(api.act(id, "process").await.body, true);
        assert_eq!(sandbox.finish_processing(), 0);
        assert!(!sandbox.fail_processing(id, "nothing waits"));
    }
    let line = truth_of(&sandbox, id).line_item_ids[0];
    let removed = api.act(id, &format!("remove?line_item_id={line}")).await;
    assert_eq!(removed.body, true);
    assert_eq!(sandbox.finish_processing(), 0);

    let truth = truth_of(&sandbox, id);
    assert_eq!((truth.state.as_str(), truth.refunds), ("open", 0));
    assert_eq!(truth.process_accepted, 2);
    assert!(truth.notes.is_empty());
    sandbox.webhooks_delivered().await;
    assert!(receiver.bodies().is_empty());

    assert!(sandbox.set_state(id, "closed"));
    let refused = api.act(id, "process").await.body;
    assert_eq!(refused["errors"]["code"], "UNPROCESSABLE_RETURN");
}

#[tokio::test]
async fn accepted_processing_is_carried_out_in_the_background() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let id = sandbox.create_return(shirts());
    let details = json!({"rma": "7"});
    let path = format!("/warehouse/return/{id}/process");
    assert_eq!(api.post(&path, Some(&details)).await.body, true);
    sandbox.webhooks_delivered().await;
    let truth = truth_of(&sandbox, id);
    assert_eq!((truth.state.as_str(), truth.refunds), ("closed", 1));
    assert_eq!(truth.notes.len(), 1);
}

#[tokio::test]
async fn delayed_processing_comes_by_itself() {
    let builder = Sandbox::builder().processing(Processing::After(Duration::from_millis(1)));
    let sandbox = builder.start().await.unwrap();
    let api = Api::of(&sandbox);
    let (_, url) = Receiver::start().await;
    api.subscribe("return", "return.closed", &url).await;
    let id = sandbox.create_return(shirts());
    assert_eq!(api.act(id, "process").await.body, true);
    while truth_of(&sandbox, id).refunds == 0 {
        tokio::task::yield_now().await;
    }
    sandbox.webhooks_delivered().await;
    assert_eq!(sandbox.deliveries().len(), 1);
}

#[tokio::test]
async fn what_is_no_object_does_not_stop_processing() {
    let sandbox = held().await;
    let api = Api::of(&sandbox);
    for body in [json!([]), json!("text"), json!(null), json!({})] {
        let id = sandbox.create_return(shirts());
        let path = format!("/warehouse/return/{id}/process");
        assert_eq!(api.post(&path, Some(&body)).await.body, true, "{body}");
        sandbox.finish_processing();
        assert!(truth_of(&sandbox, id).notes.is_empty(), "{body}");
    }
}
