use loop_client::sandbox::Sandbox;

use crate::api::*;

#[tokio::test]
async fn what_the_merchant_does_is_told_and_shown() {
    let sandbox = held().await;
    let api = Api::of(&sandbox);
    let (receiver, url) = Receiver::start().await;
    for trigger in ["return.updated", "return.closed"] {
        api.subscribe("return", trigger, &url).await;
    }
    let id = sandbox.create_return(shirts());
    let line = truth_of(&sandbox, id).line_item_ids[0];
    assert!(sandbox.remove_line(id, line));
    assert!(!sandbox.remove_line(id, line));
    let details = api.details("return_id", &id.to_string()).await.body;
    assert_eq!(details["line_items"].as_array().unwrap().len(), 1);
    assert!(details["edited_at"].is_string());
    assert!(sandbox.set_state(id, "closed"));
    assert!(!sandbox.set_state(1, "closed"));
    sandbox.webhooks_delivered().await;
    assert_eq!(
        receiver.triggers(),
        ["return.updated", "return.updated", "return.closed"]
    );
    assert_eq!(truth_of(&sandbox, id).refunds, 0, "closed by hand");
}

#[tokio::test]
async fn the_setting_lets_flagged_returns_process() {
    let sandbox = held().await;
    let api = Api::of(&sandbox);
    let id = sandbox.create_return(shirts());
    assert_eq!(api.act(id, "flag").await.body, true);
    assert_ne!(api.act(id, "process").await.body, true);
    sandbox.allow_flagged_to_process(true);
    assert_eq!(api.act(id, "process").await.body, true);
    assert_eq!(sandbox.finish_processing(), 1);
    let truth = truth_of(&sandbox, id);
    assert!(truth.flagged);
    assert_eq!((truth.flag_calls, truth.refunds), (1, 1));
}

#[tokio::test]
async fn calls_are_recorded_without_the_key() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let id = sandbox.create_return(shirts());
    api.list(&[("state", "open")]).await;
    api.act(id, "flag").await;
    api.get("/nothing", &[]).await;
    let calls = sandbox.calls();
    let seen: Vec<_> = calls
        .iter()
        .map(|call| (call.method.as_str(), call.status, call.return_id))
        .collect();
    let expected = [
        ("GET", 200, None),
        ("POST", 200, Some(id)),
        ("GET", 404, None),
    ];
    assert_eq!(seen, expected);
    assert_eq!(
        calls[0].path,
        "/api/2026-10/warehouse/return/list?state=open"
    );
    assert!(!format!("{calls:?}").contains(sandbox.api_key()));
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let builder = Sandbox::builder()
        .api_key("marker-key")
        .webhook_secret("marker-secret");
    assert!(!format!("{builder:?}").contains("marker"));
    let sandbox = builder.start().await.unwrap();
    assert_eq!(sandbox.api_key(), "marker-key");
    assert_eq!(sandbox.webhook_secret(), "marker-secret");
    assert!(!format!("{sandbox:?}").contains("marker"));
}

#[tokio::test]
async fn the_server_stops_with_its_last_handle() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let clone = sandbox.clone();
    drop(sandbox);
    assert_eq!(api.list(&[]).await.status, 200);
    drop(clone);
    // The server notices in its own task: ask until it is gone, on the kept connection too.
    let url = format!("{}/warehouse/return/list", api.base);
    while api.http.get(&url).send().await.is_ok() {}
}

#[tokio::test]
async fn ids_begin_where_the_builder_says_and_exceed_32_bits() {
    let first = u64::from(u32::MAX) + 7;
    let builder = Sandbox::builder().first_return_id(first);
    let sandbox = builder.start().await.unwrap();
    assert_eq!(sandbox.create_return(shirts()), first);
    assert_eq!(sandbox.create_return(shirts()), first + 1);
    let ids: Vec<u64> = sandbox.truth().iter().map(|truth| truth.id).collect();
    assert_eq!(ids, [first, first + 1]);
    let asked = format!("{first}");
    let found = Api::of(&sandbox).details("return_id", &asked).await.body;
    assert_eq!(found["id"], first);
}
