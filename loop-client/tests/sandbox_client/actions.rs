//! The actions that move a return on, in every state.

use loop_client::sandbox::Sandbox;
use loop_client::{Amount, ApiVersion, ErrorCode, Result, ReturnId, ReturnState, Timestamp};
use serde_json::json;

use crate::shop::{Shop, nobody, refused, shirts};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Process,
    Flag,
    Cancel,
    Close,
}

use Action::{Cancel, Close, Flag, Process};

async fn act(shop: &Shop, action: Action, id: ReturnId) -> Result<()> {
    let returns = shop.client.returns();
    match action {
        Process => returns.process(id).await,
        Flag => returns.flag(id).await,
        Cancel => returns.cancel(id).await,
        Close => returns.close(id).await,
    }
}

#[tokio::test]
async fn processing_is_queued_and_closes_the_return_once_it_is_done() {
    let shop = Shop::open().await;
    let id = shop.submit(shirts());
    let details = json!({ "received_by": "dock 4" });
    let details = details.as_object().unwrap();
    shop.client
        .returns()
        .process_with(id, details)
        .await
        .unwrap();
    let queued = shop.client.returns().get(id).await.unwrap();
    assert_eq!(queued.state, Some(ReturnState::Open));
    assert_eq!(queued.refunds, []);
    assert_eq!(shop.truth(id).refunds, 0);

    assert_eq!(shop.sandbox.finish_processing(), 1);
    let done = shop.client.returns().get(id).await.unwrap();
    assert_eq!(done.state, Some(ReturnState::Closed));
    assert_eq!(done.refunds.len(), 1);
    let amount = done.refunds[0].amount.and_then(Amount::cents);
    assert_eq!(amount, Some(13_050));
    assert_eq!(done.refunds[0].currency.as_deref(), Some("USD"));
    let truth = shop.truth(id);
    assert_eq!((truth.process_accepted, truth.refunds), (1, 1));
    let notes = shop.client.notes(id).list().await.unwrap();
    assert_eq!(notes.len(), 1);
    assert!(notes[0].content.contains("dock 4"));
}

#[tokio::test]
async fn flag_cancel_and_close_do_what_they_say() {
    for (action, state, flagged) in [
        (Flag, ReturnState::Review, true),
        (Cancel, ReturnState::Cancelled, false),
        (Close, ReturnState::Closed, false),
    ] {
        let shop = Shop::open().await;
        let id = shop.submit(shirts());
        act(&shop, action, id).await.unwrap();
        let found = shop.client.returns().get(id).await.unwrap();
        assert_eq!(found.state, Some(state), "{action:?}");
        let truth = shop.truth(id);
        assert_eq!((truth.flagged, truth.refunds), (flagged, 0), "{action:?}");
    }
}

#[tokio::test]
async fn every_state_refuses_what_it_cannot_take() {
    let coded = Some(ErrorCode::UnprocessableReturn);
    let flagged = Some(ErrorCode::UnprocessableFlaggedReturn);
    let processed = "and therefore cannot be processed.";
    let cancelled = "and cannot be processed.";
    let not_flagged = "and therefore cannot be flagged.";
    // (state, whether it is flagged, action, how the refusal ends, its code)
    let table = [
        ("open", true, Process, processed, flagged),
        ("review", false, Process, processed, None),
        ("cancelled", false, Process, processed, None),
        ("closed", false, Process, processed, coded.clone()),
        ("expired", false, Process, processed, coded.clone()),
        ("open", true, Flag, not_flagged, coded.clone()),
        ("closed", false, Flag, not_flagged, coded.clone()),
        ("cancelled", false, Flag, not_flagged, coded.clone()),
        ("open", true, Cancel, cancelled, None),
        ("expired", false, Cancel, cancelled, None),
        ("closed", false, Cancel, processed, coded.clone()),
        ("cancelled", false, Cancel, processed, coded.clone()),
        ("cancelled", false, Close, processed, None),
        ("closed", false, Close, processed, coded),
    ];
    let builder = Sandbox::builder().flag_moves_to_review(false);
    let shop = Shop::with(builder, ApiVersion::default()).await;
    for (state, is_flagged, action, words, code) in table {
        let label = format!("{action:?} when {state}, flagged: {is_flagged}");
        let id = shop.submit(shirts());
        if is_flagged {
            shop.client.returns().flag(id).await.unwrap();
        }
        if state != "open" {
            shop.set_state(id, state);
        }
        let before = shop.truth(id);
        let error = refused(act(&shop, action, id).await, "refused", 200, words);
        assert_eq!(error.code(), code.as_ref(), "{label}");
        assert_eq!(error.return_id(), Some(id), "{label}");
        let after = shop.truth(id);
        assert_eq!(after.state, before.state, "{label}");
        assert_eq!(after.process_accepted, 0, "{label}");
        assert_eq!(after.flag_calls, before.flag_calls, "{label}");
    }
}

#[tokio::test]
async fn a_flagged_return_is_processed_where_the_merchant_allows_it() {
    let shop = Shop::open().await;
    let id = shop.submit(shirts());
    shop.client.returns().flag(id).await.unwrap();
    shop.sandbox.allow_flagged_to_process(true);
    shop.client.returns().process(id).await.unwrap();
    assert_eq!(shop.sandbox.finish_processing(), 1);
    assert_eq!(shop.truth(id).refunds, 1);
}

#[tokio::test]
async fn no_action_finds_an_unknown_return() {
    let shop = Shop::open().await;
    for action in [Process, Flag, Cancel, Close] {
        let words = "No return found with this ID.";
        let error = refused(act(&shop, action, nobody()).await, "not_found", 200, words);
        assert_eq!(error.return_id(), Some(nobody()), "{action:?}");
    }
}

#[tokio::test]
async fn the_moment_of_a_change_is_read_as_it_was() {
    let shop = Shop::open().await;
    let id = shop.submit(shirts());
    let submitted: Timestamp = shop.now();
    shop.advance(crate::shop::DAY);
    shop.client.returns().close(id).await.unwrap();
    let found = shop.client.returns().get(id).await.unwrap();
    assert_eq!(found.created_at, Some(submitted));
    assert_eq!(found.updated_at, Some(shop.now()));
    assert_eq!(found.edited_at, None);
}
