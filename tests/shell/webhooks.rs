//! What webhooks do, forged, replayed, early and about nobody.

use std::sync::atomic::Ordering;

use ams_loop_bridge::WebhookOutcome;
use ams_loop_bridge::ledger::{Ledger as _, Outcome, RmaRecord};
use ams_oms_client::{Condition, Oms as _};
use loop_client::Call;
use loop_client::webhook::sign;
use serde_json::json;

use crate::common::{HOUR, at, count, key, line, merchant};
use crate::world::{Fault, SECRET, World};
use crate::{DAY, ID};

#[tokio::test]
async fn webhooks_that_are_not_loops_change_nothing() {
    let world = World::memory();
    world.api.put(ID, "open", &[line(1, "A")]);
    let bridge = world.bridge();
    let body = world.return_webhook(ID).to_string();
    let good = sign(SECRET.as_bytes(), body.as_bytes());
    let other = sign(b"other", body.as_bytes());
    let large = " ".repeat(2 << 20);
    let large_signed = sign(SECRET.as_bytes(), large.as_bytes());
    for (signatures, body, status) in [
        (vec![], body.as_str(), 401),
        (vec![other.as_str()], body.as_str(), 401),
        (vec![good.as_str(), good.as_str()], body.as_str(), 401),
        (vec![good.as_str()], "", 401),
        (vec![good.as_str()], "{}", 401),
        (vec![large_signed.as_str()], large.as_str(), 413),
    ] {
        let signatures = signatures.iter().map(|text| text.as_bytes());
        let reply = bridge
            .accept_webhook(signatures, body.as_bytes(), at(0))
            .await;
        assert!(matches!(reply.outcome, WebhookOutcome::Refused(_)));
        assert_eq!(reply.status(), status);
    }
    assert_eq!(
        world.book.list(&merchant(), None, count(9)).await.unwrap(),
        []
    );
    for (body, status) in [
        (json!({"topic": "return"}), 200),
        (json!({"topic": "return", "id": 0}), 200),
        (json!({"topic": "news from the future", "id": ID}), 200),
        (json!([1]), 200),
    ] {
        assert_eq!(
            world.hook(&body, 0).await,
            status,
            "a repeat could not help"
        );
    }
    assert_eq!(
        world.book.list(&merchant(), None, count(9)).await.unwrap(),
        []
    );
    world.book.fail_after(0);
    assert_eq!(
        world.hook(&world.return_webhook(ID), 0).await,
        503,
        "a repeat helps"
    );
}

/// A subscription that fails too often in a row may be switched off.
#[tokio::test]
async fn a_long_bad_day_does_not_cost_the_subscription() {
    let world = World::memory();
    world.api.put(ID, "open", &[line(ID * 10, "A")]);
    let bridge = world.bridge();
    let body = world.return_webhook(ID).to_string();
    let signature = sign(SECRET.as_bytes(), body.as_bytes());
    let sent = async || {
        let reply = bridge.accept_webhook([signature.as_bytes()], body.as_bytes(), at(0));
        reply.await.status()
    };
    for expected in [503, 503, 503, 200, 200, 200] {
        world.book.fail_after(0);
        assert_eq!(sent().await, expected);
    }
    world.book.fail_after(-1);
    assert_eq!(sent().await, 200);
    world.book.fail_after(0);
    assert_eq!(sent().await, 503, "the count begins anew");
}

#[tokio::test]
async fn replayed_webhooks_are_harmless() {
    let world = World::memory();
    world.announce(ID, 0).await;
    let open = world.return_webhook(ID);
    world.receive(ID, Condition::Available).await;
    world.settle(10).await;
    world.settle(100).await;
    for now in [200, 300, 90 * DAY] {
        for _ in 0..5 {
            assert_eq!(world.hook(&open, now).await, 200);
        }
        world.settle(now).await;
    }
    assert_eq!((world.api.sent(ID), world.api.refunds(ID)), (1, 1));
    assert_eq!(
        world.entry(ID).await.settlement.unwrap().outcome,
        Outcome::Processed
    );
    // A cancelled return's first webhook makes no new RMA that stays.
    world.announce(8, 0).await;
    let open = world.return_webhook(8);
    world.api.set_state(8, "cancelled");
    world.bridge().pull(at(DAY)).await.unwrap();
    world.settle(DAY).await;
    world.hook(&open, 2 * DAY).await;
    world.settle(2 * DAY).await;
    let rma = world.oms.get_rma(&key(8)).await.unwrap().unwrap();
    assert_eq!(rma.state, ams_oms_client::RmaState::Cancelled);
}

#[tokio::test]
async fn a_webhook_ahead_of_the_api_waits_and_one_of_nobody_ends() {
    let world = World::memory();
    world.api.put(ID, "open", &[]);
    let label = json!({"topic": "label", "id": ID});
    let stranger = json!({"topic": "label", "id": 9_999});
    world.api.break_return(ID, Fault::NotFound);
    for body in [&label, &stranger] {
        assert_eq!(world.hook(body, 0).await, 200);
    }
    for now in [0, HOUR, 3 * HOUR, DAY + 2 * HOUR, 3 * DAY] {
        world.settle(now).await;
    }
    assert_eq!(
        world.entry(9_999).await.settlement.unwrap().outcome,
        Outcome::Closed
    );
    assert_eq!(world.api.sent(ID), 0);
}

/// A webhook of another shop, signed with this one's secret: the RMA is made on its word, and Loop
/// has never heard of the return.
#[tokio::test]
async fn a_return_that_loop_has_never_heard_of_ends_and_costs_few_calls() {
    let world = World::memory();
    world.announce(ID, 0).await;
    world.api.break_return(ID, Fault::NotFound);
    for hour in 1..(20 * 24) {
        world.settle(hour * HOUR).await;
    }
    let entry = world.entry(ID).await;
    assert_eq!(entry.settlement.map(|it| it.outcome), Some(Outcome::Closed));
    let asked = world.api.count(Call::ReturnDetails, ID);
    assert!(asked < 25, "{asked}");
}

/// A pull finds the return cancelled and no RMA, while the RMA is made on an older word.
#[tokio::test]
async fn an_rma_that_is_made_too_late_is_cancelled_again() {
    for (meets_a_look, without_feed) in [(false, false), (false, true), (true, false), (true, true)]
    {
        let world = World::memory();
        world.oms.without_feed.store(without_feed, Ordering::SeqCst);
        world.api.put(ID, "open", &[line(ID * 10, "A")]);
        let body = world.return_webhook(ID).to_string();
        let signature = sign(SECRET.as_bytes(), body.as_bytes());
        let bridge = world.bridge();
        let reply = bridge.record_webhook([signature.as_bytes()], body.as_bytes(), at(0));
        let reply = reply.await;
        world.clock(10);
        world.api.set_state(ID, "cancelled");
        let late = {
            let bridge = bridge.clone();
            async move { bridge.make_rma_of(&reply, at(20)).await }
        };
        if meets_a_look {
            world.oms.after_missing(late);
            bridge.pull(at(20)).await.unwrap();
        } else {
            bridge.pull(at(20)).await.unwrap();
            assert_eq!(world.entry(ID).await.rma, RmaRecord::NotOwed);
            late.await;
        }
        assert_eq!(world.entry(ID).await.rma, RmaRecord::Made);
        world.settle(30).await;
        let rma = world.oms.get_rma(&key(ID)).await.unwrap().unwrap();
        let case = format!("meets a look: {meets_a_look}, without a feed: {without_feed}");
        assert_eq!(rma.state, ams_oms_client::RmaState::Cancelled, "{case}");
    }
}

/// A page that was read before the webhook, and arrives after it, does not take its news away.
#[tokio::test]
async fn an_older_page_does_not_hide_a_cancellation() {
    let world = World::memory();
    world.announce(ID, 0).await;
    world.bridge().pull(at(10)).await.unwrap();
    world.clock(20);
    world.api.put(ID, "open", &[line(ID * 10, "A")]);
    world.api.after_page({
        let world = world.clone();
        async move {
            world.time.advance(5);
            world.clock(35);
            world.api.set_state(ID, "cancelled");
            assert_eq!(world.hook(&world.return_webhook(ID), 35).await, 200);
            world.time.advance(5);
        }
    });
    world.bridge().pull(at(30)).await.unwrap();
    world.settle(41).await;
    let rma = world.oms.get_rma(&key(ID)).await.unwrap().unwrap();
    assert_eq!(rma.state, ams_oms_client::RmaState::Cancelled);
}
