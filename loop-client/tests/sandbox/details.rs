use loop_client::sandbox::{NewReturn, Sandbox};
use serde_json::json;

use crate::api::*;

#[tokio::test]
async fn details_are_found_in_three_ways() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let first = sandbox.create_return(shirts());
    let other = sandbox.create_return(NewReturn::new("#1002"));
    let again = sandbox.create_return(shirts());
    let by_id = api.details("return_id", &first.to_string()).await.body;
    assert_eq!(by_id["id"], first);
    assert_eq!(by_id["line_items"][0]["reason"], "Other");
    let order_id = by_id["provider_order_id"].to_string();
    let newest = api.details("order_id", &order_id).await.body;
    assert_eq!(newest["id"], again);
    for name in ["#1002", "1002"] {
        assert_eq!(api.details("order_name", name).await.body["id"], other);
    }
}

#[tokio::test]
async fn unknown_details_are_200_with_an_error() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    sandbox.create_return(shirts());
    let expected = json!({"error": {"message": "No return found with this ID."}});
    for (name, value) in [
        ("return_id", "1"),
        ("return_id", "abc"),
        ("order_name", "#9"),
        ("order_id", "9"),
        ("currency_type", "shop"),
    ] {
        let answer = api.details(name, value).await;
        assert_eq!(answer.status, 200, "{name}={value}");
        assert_eq!(answer.body, expected, "{name}={value}");
    }
}

#[tokio::test]
async fn notes_none_and_one_in_both_forms() {
    let hands = Hands::new();
    let sandbox = hands.on(Sandbox::builder()).start().await.unwrap();
    let id = sandbox.create_return(shirts());
    let path = format!("/warehouse/return/{id}/notes");
    let (new, old) = (Api::of(&sandbox), Api::version(&sandbox, "v1"));
    for api in [&new, &old] {
        let none = api.get(&path, &[]).await;
        assert_eq!((none.status, none.body), (422, json!(false)));
    }
    let write = format!("/warehouse/return/{id}/note");
    let note = json!({"content": "Line 1 damaged"});
    assert_eq!(new.post(&write, Some(&note)).await.body, true);
    let bare = new.get(&path, &[]).await.body;
    assert_eq!(bare[0]["content"], "Line 1 damaged");
    assert_eq!(bare[0]["created_at"], "2026-06-15 12:00:00");
    let wrapped = old.get(&path, &[]).await.body;
    assert_eq!(wrapped["notes"][0]["created_at"], "2026-06-15T12:00:00Z");
    assert_eq!(wrapped["notes"][0]["id"], bare[0]["id"]);
    assert_eq!(truth_of(&sandbox, id).notes, ["Line 1 damaged"]);
}

#[tokio::test]
async fn a_note_needs_content_below_255_characters() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let id = sandbox.create_return(shirts());
    let path = format!("/warehouse/return/{id}/note");
    let text = "Content is required and must be less than 255 characters.";
    let expected = json!({"errors": {"message": text}});
    for body in [
        None,
        Some(json!({})),
        Some(json!([])),
        Some(json!({"content": ""})),
        Some(json!({"content": 7})),
        Some(json!({"content": "é".repeat(255)})),
    ] {
        let answer = api.post(&path, body.as_ref()).await;
        assert_eq!(answer.status, 422, "{body:?}");
        assert_eq!(answer.body, expected, "{body:?}");
    }
    let longest = json!({"content": "é".repeat(254)});
    assert_eq!(api.post(&path, Some(&longest)).await.body, true);
    assert_eq!(truth_of(&sandbox, id).notes.len(), 1);
}
