//! Every return comes to an end, whatever cannot be read or written.

use std::sync::atomic::Ordering;

use ams_loop_bridge::Policy;
use ams_oms_client::{Condition, Oms as _, Rma, RmaLine};
use loop_client::Call;
use loop_client::webhook::sign;

use crate::common::{HOUR, MINUTE, at, count, key, line, line_ref, number};
use crate::world::{Fault, SECRET, World};
use crate::{DAY, ID};

/// I3, I5: the note of an escalation is not forgotten because its first attempt failed.
#[tokio::test]
async fn an_escalations_note_survives_a_failed_attempt() {
    for call in [Call::ListNotes, Call::CreateNote] {
        let world = World::memory();
        world.announce(ID, 0).await;
        world.receive(ID, Condition::Damaged).await;
        world.settle(10).await;
        assert!(world.api.is_flagged(ID));
        world
            .regrade(ID, Condition::Damaged, Condition::Available)
            .await;
        world.api.next(call, [Fault::Server { applied: false }]);
        for now in [20, HOUR, 2 * HOUR] {
            world.settle(now).await;
        }
        assert_eq!(
            world.api.notes_of(ID).len(),
            2,
            "{call}: {:?}",
            world.api.notes_of(ID)
        );
        assert_eq!(world.api.sent(ID), 0);
    }
}

/// L2: after an unknown process call a cancelled return must come to an end, not be flagged in
/// vain for ever.
#[tokio::test]
async fn an_unknown_process_call_on_a_cancelled_return_ends() {
    let world = World::memory();
    world.announce(ID, 0).await;
    world.receive(ID, Condition::Available).await;
    world
        .api
        .next(Call::Process, [Fault::Lost { applied: false }]);
    world.settle(10).await;
    world.api.set_state(ID, "cancelled");
    world.bridge().pull(at(HOUR)).await.unwrap();
    for now in 1..20 {
        world.settle(DAY + now * 2 * HOUR).await;
    }
    assert!(world.entry(ID).await.settlement.is_some());
    assert!(world.api.count(Call::Flag, ID) <= 2);
}

/// I3: damage must be held in Loop even when the note cannot be written.
#[tokio::test]
async fn a_note_that_cannot_be_written_keeps_no_damaged_return_unflagged() {
    for call in [Call::ListNotes, Call::CreateNote] {
        let world = World::memory();
        world.announce(ID, 0).await;
        world.receive(ID, Condition::Damaged).await;
        world.api.always(call, Some(Fault::Garbage));
        for pass in 1..12 {
            world.settle(pass * 2 * HOUR).await;
        }
        assert!(world.api.is_flagged(ID), "{call}");
        world.api.always(call, None);
        for now in [2 * DAY, 3 * DAY] {
            world.settle(now).await;
        }
        assert_eq!(world.api.notes_of(ID).len(), 1, "{call}");
    }
}

/// L2: the OMS shows a new RMA late (up to 400 s) and has no feed.
#[tokio::test]
async fn an_oms_that_shows_an_rma_late_loses_no_return() {
    for without_feed in [false, true] {
        let world = World::memory();
        world.oms.without_feed.store(without_feed, Ordering::SeqCst);
        world.oms.hidden.store(true, Ordering::SeqCst);
        world.announce(ID, 0).await;
        world.settle(100).await;
        world.oms.hidden.store(false, Ordering::SeqCst);
        world.receive(ID, Condition::Available).await;
        for now in [400, 500, 2 * HOUR, 4 * HOUR] {
            world.settle(now).await;
        }
        assert_eq!(world.api.sent(ID), 1, "without a feed: {without_feed}");
    }
}

/// I10, L2: RMAs of other origins in the merchant's OMS are no business of Loop's, and must not
/// be asked for at Loop for ever.
#[tokio::test]
async fn an_rma_that_loop_does_not_know_ends() {
    let world = World::memory();
    let foreign = RmaLine::new(line_ref("1"), count(1)).with_sku("A");
    world
        .oms
        .create_rma(&Rma::new(key(ID), vec![foreign]).unwrap())
        .await
        .unwrap();
    for hours in 0..100 {
        world.settle(hours * HOUR + MINUTE).await;
    }
    assert!(world.entry(ID).await.settlement.is_some());
    assert!(world.api.count(Call::ReturnDetails, ID) < 50);
    assert_eq!(key(ID).rma_number, number(ID));
}

/// I10, L2: a payload that never says enough is not asked for every minute for ever.
#[tokio::test]
async fn an_incomplete_return_is_asked_for_more_and_more_rarely() {
    let mut policy = Policy::processing();
    policy.destinations = ["5".parse().unwrap()].into();
    let world = World::memory();
    world.api.put(ID, "open", &[line(1, "A")]);
    let bridge = world.bridge_with(policy);
    bridge
        .accept_webhook(
            [sign(
                SECRET.as_bytes(),
                world.return_webhook(ID).to_string().as_bytes(),
            )
            .as_bytes()],
            world.return_webhook(ID).to_string().as_bytes(),
            at(0),
        )
        .await;
    for minutes in 0..24 * 60 {
        bridge.settle(at(minutes * MINUTE)).await.unwrap();
    }
    let calls = world.api.count(Call::ReturnDetails, ID);
    assert!(calls <= 100, "{calls} calls in a day");
}
