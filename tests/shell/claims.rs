//! One worker at a time, and what it may do when its time runs out.

use ams_loop_bridge::ledger::{CursorName, Entry};
use ams_loop_bridge::{LookResult, Policy, ProcessRecord};
use ams_oms_client::Condition;
use loop_client::Call;

use crate::common::{HOUR, MINUTE, at};
use crate::world::{Fault, World};
use crate::{DAY, ID};

async fn received(second: Condition) -> World {
    let world = World::memory();
    world.announce(ID, 0).await;
    world.receive(ID, second).await;
    world
}

/// Reading took so long that an answer could come after the claim has run out.
#[tokio::test]
async fn a_worker_whose_time_is_nearly_over_sends_nothing() {
    for second in [Condition::Available, Condition::Damaged] {
        let world = received(second).await;
        let time = world.time.clone();
        world
            .api
            .before_details(async move { time.advance(8 * MINUTE) });
        let report = world.settle(10).await;
        assert!(matches!(report.looks[0].result, LookResult::Overtaken));
        assert!(world.api.effects(ID).is_empty());
        assert_eq!(world.entry(ID).await.claimed_until, None, "given back");
        world.settle(20).await;
        assert!(!world.api.effects(ID).is_empty());
    }
}

/// The intent is durable, and nothing has left: it is taken back.
#[tokio::test]
async fn an_intent_that_took_too_long_to_store_is_taken_back() {
    let world = received(Condition::Available).await;
    world
        .book
        .slow
        .store(8 * MINUTE, std::sync::atomic::Ordering::SeqCst);
    world.settle(10).await;
    let entry = world.entry(ID).await;
    assert_eq!(
        (world.api.sent(ID), entry.process),
        (0, ProcessRecord::NotSent)
    );
    assert_eq!(entry.process_intents, 1);
    world
        .book
        .slow
        .store(0, std::sync::atomic::Ordering::SeqCst);
    world.settle(20).await;
    assert_eq!(world.api.sent(ID), 1);
}

/// A worker that died holds its return for ten minutes, and nobody else touches it.
#[tokio::test]
async fn the_claim_of_a_dead_worker_runs_out() {
    let world = received(Condition::Available).await;
    let claim = |entry: &mut Entry| assert!(entry.claim(at(10), at(610)));
    world.change(ID, claim).await;
    let fence = world.entry(ID).await.fence;
    for (now, sent) in [(20, 0), (609, 0), (610, 1)] {
        world.settle(now).await;
        assert_eq!(world.api.sent(ID), sent, "at {now}");
    }
    assert_eq!(world.entry(ID).await.fence, fence + 1);
}

/// Merchants are apart, and a refused key is not tried again and again.
#[tokio::test]
async fn a_merchant_whose_key_is_refused_is_left_alone_for_a_while() {
    let world = received(Condition::Available).await;
    let healthy = received(Condition::Available).await;
    world.api.always(Call::ReturnDetails, Some(Fault::Key));
    let bridge = world.bridge();
    let mut asked = Vec::new();
    for now in [10, 11, 20, 30, 60, 2 * MINUTE, HOUR, HOUR + 10] {
        drop(bridge.settle(at(now)).await);
        asked.push(world.api.count(Call::ReturnDetails, ID));
    }
    assert!(asked.is_sorted() && asked[3] == 1, "{asked:?}");
    assert!(asked[7] >= 2 && asked[7] <= 4, "{asked:?}");
    healthy.settle(10).await;
    assert_eq!(healthy.api.sent(ID), 1);
    world.api.always(Call::ReturnDetails, None);
    for now in [3 * HOUR, 4 * HOUR] {
        bridge.settle(at(now)).await.unwrap();
    }
    assert_eq!(world.api.sent(ID), 1, "mended");
}

/// An answer got lost, and the call's id stands in the return's notes: it arrived.
#[tokio::test]
async fn an_attempts_id_tells_that_a_lost_call_arrived() {
    let mut policy = Policy::processing();
    policy.process_attempt_id = true;
    for (applied, expected) in [(true, "accepted"), (false, "unknown")] {
        let world = received(Condition::Available).await;
        world.api.processing_closes(false);
        world.api.next(Call::Process, [Fault::Lost { applied }]);
        for now in [10, HOUR] {
            world.pass_with(policy.clone(), now).await;
        }
        let entry = world.entry(ID).await;
        let record = serde_json::to_value(&entry.process).unwrap();
        assert_eq!(record["status"], expected);
        let attempt = entry.attempt.unwrap();
        assert_eq!(world.api.notes_of(ID).len(), usize::from(applied));
        assert!(
            world
                .api
                .notes_of(ID)
                .iter()
                .all(|it| it.contains(&attempt))
        );
        world.pass_with(policy.clone(), 2 * DAY).await;
        assert_eq!(world.api.sent(ID), 1);
        assert!(world.api.is_flagged(ID), "and it was never finished");
    }
}

/// A graceful stop is between two returns: what was begun is finished, the rest is still due, and a
/// pull that read nothing does not count as one.
#[tokio::test]
async fn a_stop_finishes_the_return_that_it_finds() {
    let world = World::memory();
    let ids = [ID, ID + 1, ID + 2];
    for id in ids {
        world.announce(id, 0).await;
    }
    for id in ids {
        world.receive(id, Condition::Available).await;
    }
    let bridge = world.bridge();
    let stopped = bridge.clone();
    world.api.before_details(async move { stopped.wind_down() });
    let report = bridge.settle(at(10)).await.unwrap();
    assert_eq!(report.looks.len(), 1);
    assert_eq!(ids.map(|id| world.api.sent(id)), [1, 0, 0]);
    let later = bridge.settle(at(20)).await.unwrap();
    assert!(later.looks.is_empty() && later.failures.is_empty());
    let pages = world.api.pages();
    assert_eq!(bridge.pull(at(20)).await.unwrap().returns, 0);
    assert_eq!(world.api.pages(), pages);

    let cursor = CursorName::LoopReturns;
    let pulled = bridge.ledger().cursor(bridge.merchant(), cursor).await;
    assert_eq!(pulled.unwrap(), None);

    world.settle(30).await;
    assert_eq!(ids.map(|id| world.api.sent(id)), [1, 1, 1]);
}
