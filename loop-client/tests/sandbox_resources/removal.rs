use std::sync::Arc;

use loop_client::sandbox::{NewLine, NewReturn, Sandbox};
use serde_json::{Value, json};

use crate::api::*;

#[tokio::test]
async fn removal_takes_lines_and_then_processes() {
    let api = Api::start().await;
    let id = api.sandbox.create_return(shirts());
    let lines = api.truth(id).line_item_ids;
    let path = remove(id, &lines[..1]);
    assert_eq!(api.post(&path, Value::Null).await, (200, json!(true)));
    let waiting = api.truth(id);
    assert_eq!((waiting.state.as_str(), waiting.refunds), ("open", 0));
    assert_eq!(waiting.line_item_ids, lines[1..]);
    assert_eq!(waiting.process_requests, 0, "it was no process request");

    let again = api.post(&remove(id, &lines[1..]), Value::Null).await;
    let refused = json!({"message": "Return cannot be modified."});
    assert_eq!(again, (422, refused.clone()), "also while the first waits");
    assert_eq!(api.sandbox.finish_processing(), 1);
    let after = api.truth(id);
    assert_eq!((after.state.as_str(), after.refunds), ("closed", 1));
    assert_eq!(api.details(id).await["refunds"][0]["amount"], "78.00");
    let again = api.post(&remove(id, &lines[1..]), Value::Null).await;
    assert_eq!(again, (422, refused));
}

#[tokio::test]
async fn removal_is_carried_out_in_the_background_and_told() {
    let sandbox = Sandbox::start().await.unwrap();
    let (inbox, url) = receiver().await;
    let api = Api {
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        base: format!("{}/v1", sandbox.base_url()),
        sandbox,
        hands: Arc::default(),
    };
    api.subscribe("return", "return.updated", &url).await;
    api.subscribe("return", "return.closed", &url).await;
    let id = api.sandbox.create_return(shirts());
    let lines = api.truth(id).line_item_ids;
    let path = remove(id, &lines[..1]);
    assert_eq!(api.post(&path, Value::Null).await, (200, json!(true)));
    api.sandbox.webhooks_delivered().await;
    let told: Vec<_> = inbox
        .lock()
        .unwrap()
        .iter()
        .map(|body| (body["trigger"].clone(), body["state"].clone()))
        .collect();
    let expected = [
        (json!("return.updated"), json!("open")),
        (json!("return.updated"), json!("closed")),
        (json!("return.closed"), json!("closed")),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn removal_of_every_line_cancels() {
    let api = Api::start().await;
    let id = api.sandbox.create_return(shirts());
    let path = remove(id, &api.truth(id).line_item_ids);
    assert_eq!(api.post(&path, Value::Null).await, (200, json!(true)));
    let after = api.truth(id);
    assert_eq!((after.state.as_str(), after.refunds), ("cancelled", 0));
    assert_eq!(api.sandbox.finish_processing(), 0);
}

#[tokio::test]
async fn removal_needs_lines_that_pay_money_or_credit() {
    let api = Api::start().await;
    let none = json!({"message": "There are no line items that qualify for removal"});
    let some = json!({"message": "Not all line items qualify for removal"});
    let yes = json!(true);
    // (outcome, the first line's own outcome, positions; 9 is no line of it, answer)
    let table: [(&str, &str, &[usize], u16, &Value); 13] = [
        ("refund", "default", &[0], 200, &yes),
        ("credit", "default", &[1], 200, &yes),
        ("credit", "default", &[1, 1], 200, &yes),
        ("exchange", "default", &[0], 422, &none),
        ("exchange", "refund", &[0], 200, &yes),
        ("exchange", "refund", &[0, 1], 422, &some),
        ("exchange+refund", "default", &[0], 422, &none),
        ("exchange+refund", "default", &[1], 200, &yes),
        ("exchange+credit", "default", &[0, 1], 422, &some),
        ("refund", "exchange", &[0], 422, &none),
        ("upsell", "default", &[1], 422, &none),
        ("refund", "default", &[9], 422, &none),
        ("refund", "default", &[0, 9], 422, &some),
    ];
    for (outcome, own, positions, status, body) in table {
        let order = NewReturn::new("#1001")
            .outcome(outcome)
            .line(NewLine::new("A").outcome(own))
            .line(NewLine::new("B"))
            .line(NewLine::new("C"));
        let id = api.sandbox.create_return(order);
        let lines = api.truth(id).line_item_ids;
        let wanted: Vec<u64> = positions
            .iter()
            .map(|position| lines.get(*position).copied().unwrap_or(7))
            .collect();
        let answer = api.post(&remove(id, &wanted), Value::Null).await;
        let label = format!("{outcome} {own} {positions:?}");
        assert_eq!(answer, (status, body.clone()), "{label}");
        let left = api.truth(id).line_item_ids.len();
        assert_eq!(left, if status == 200 { 2 } else { 3 }, "{label}");
    }
}

#[tokio::test]
async fn removal_is_refused_in_these_ways() {
    let api = Api::start().await;
    let required = json!({"error": {"message": "The line item id field is required."}});
    let id = api.sandbox.create_return(shirts());
    for query in ["", "?line_item_id=", "?line_item_id=,%20,", "?other=1"] {
        let path = format!("/warehouse/return/{id}/remove{query}");
        let answer = api.post(&path, Value::Null).await;
        assert_eq!(answer, (422, required.clone()), "{query}");
    }
    let unknown = json!({"errors": [{"message": UNKNOWN_RETURN}]});
    for id in ["1", "abc"] {
        let path = format!("/warehouse/return/{id}/remove?line_item_id=1");
        assert_eq!(
            api.post(&path, Value::Null).await,
            (403, unknown.clone()),
            "{id}"
        );
    }
    let fixed = json!({"message": "Return cannot be modified."});
    for state in ["review", "closed", "cancelled", "expired", "else"] {
        let id = api.sandbox.create_return(shirts());
        let path = remove(id, &api.truth(id).line_item_ids[..1]);
        api.sandbox.set_state(id, state);
        let answer = api.post(&path, Value::Null).await;
        assert_eq!(answer, (422, fixed.clone()), "{state}");
        assert_eq!(api.truth(id).skus.len(), 2, "{state}");
    }
    let flag = format!("/warehouse/return/{id}/flag");
    assert_eq!(api.post(&flag, Value::Null).await.1, true);
    let path = remove(id, &api.truth(id).line_item_ids[..1]);
    assert_eq!(api.post(&path, Value::Null).await, (422, fixed));
    api.sandbox.allow_flagged_to_process(true);
    assert_eq!(api.post(&path, Value::Null).await, (200, json!(true)));
}
