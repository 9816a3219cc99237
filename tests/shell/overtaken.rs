//! What others do while a return is looked at, before, and after.

use ams_loop_bridge::ledger::Outcome;
use ams_oms_client::{Condition, Oms as _, WarehouseWork};
use loop_client::Call;

use crate::common::{HOUR, MINUTE, at, key, line};
use crate::world::{Fault, World};
use crate::{DAY, ID};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_workers_process_and_flag_once() {
    for _ in 0..20 {
        let world = World::memory();
        for id in 1..=6 {
            world.announce(id, 0).await;
            let second = if id % 2 == 0 {
                Condition::Damaged
            } else {
                Condition::Available
            };
            world.receive(id, second).await;
        }
        world.pauses(true);
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let bridge = world.bridge();
                tokio::spawn(async move { drop(bridge.settle(at(10)).await) })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        world.pauses(false);
        world.settle(2 * HOUR).await;
        for id in 1..=6 {
            let damaged = id % 2 == 0;
            assert_eq!(world.api.sent(id), u32::from(!damaged));
            assert_eq!(world.api.count(Call::Flag, id), usize::from(damaged));
            assert_eq!(world.api.notes_of(id).len(), usize::from(damaged));
        }
    }
}

/// I2, I3: a worker decides "process", and before it does the goods turn out damaged. It must not
/// go on with a decision whose grounds are gone, whether it still has its claim or another worker
/// has taken over and flagged.
#[tokio::test]
async fn a_decision_that_others_have_overtaken_is_not_carried_out() {
    for (later, taken_over) in [(1, false), (20 * MINUTE, true)] {
        let world = World::memory();
        world.announce(ID, 0).await;
        world.receive(ID, Condition::Available).await;
        let other = world.clone();
        // The first worker has read the warehouse and waits for Loop's answer.
        world.api.before_details(async move {
            other
                .regrade(ID, Condition::Available, Condition::Damaged)
                .await;
            other.settle(10 + later).await;
            assert_eq!(other.api.is_flagged(ID), taken_over);
        });
        world.settle(10).await;
        assert_eq!(
            world.api.count(Call::Process, ID),
            0,
            "processed what is damaged"
        );
        world.settle(20).await;
        assert!(world.api.is_flagged(ID));
        assert_eq!(world.api.count(Call::Flag, ID), 1);
        assert_eq!(world.api.notes_of(ID).len(), 1);
    }
}

/// I8: the flag's answer got lost, and then the goods turn out to be good. It may have arrived, so
/// a person decides. One that is proven not to have arrived is none.
#[tokio::test]
async fn a_flag_that_may_have_arrived_keeps_a_return_from_being_processed() {
    let lost = |applied| Fault::Lost { applied };
    for (faults, processed) in [
        (vec![lost(true)], false),
        (vec![lost(false)], false),
        (vec![Fault::Limited], true),
        // What is proven of the second says nothing of the first.
        (vec![lost(true), Fault::Limited], false),
    ] {
        let world = World::memory();
        world.api.flag_reviews(false);
        world.announce(ID, 0).await;
        world.receive(ID, Condition::Damaged).await;
        world.api.next(Call::Flag, faults.clone());
        for attempt in 0..faults.len() {
            world
                .settle(10 + 300 * i64::try_from(attempt).unwrap())
                .await;
        }
        world
            .regrade(ID, Condition::Damaged, Condition::Available)
            .await;
        for now in [HOUR, 2 * HOUR, DAY] {
            world.pass(now).await;
        }
        assert_eq!(world.api.sent(ID), u32::from(processed), "{faults:?}");
        let outcome = world.entry(ID).await.settlement.map(|it| it.outcome);
        let expected = if processed {
            Outcome::Processed
        } else {
            Outcome::Escalated
        };
        assert_eq!(outcome, Some(expected), "{faults:?}");
    }
}

/// The same with one worker: a webhook during the look says that something changed.
#[tokio::test]
async fn news_during_a_look_send_it_back_to_the_start() {
    let world = World::memory();
    world.announce(ID, 0).await;
    world.receive(ID, Condition::Available).await;
    let other = world.clone();
    world.api.before_details(async move {
        other
            .regrade(ID, Condition::Available, Condition::Damaged)
            .await;
        assert_eq!(other.hook(&other.return_webhook(ID), 11).await, 200);
    });
    world.settle(10).await;
    world.settle(20).await;
    assert_eq!(
        world.api.count(Call::Process, ID),
        0,
        "processed on grounds known to be old"
    );
}

/// I1: the ledger is gone, the RMA is in the OMS, and the process call is queued in Loop. Whoever
/// is first to mention the return, a second call must not leave.
#[tokio::test]
async fn a_lost_ledger_never_refunds_again() {
    for first in ["webhook", "pull", "settle"] {
        let world = World::memory();
        world.api.processing_closes(false);
        world.announce(ID, 0).await;
        world.receive(ID, Condition::Available).await;
        world.settle(10).await;
        assert_eq!(world.api.sent(ID), 1);
        let world = world.with_new_ledger();
        match first {
            "webhook" => drop(world.hook(&world.return_webhook(ID), 20).await),
            "pull" => drop(world.bridge().pull(at(20)).await.unwrap()),
            _ => {}
        }
        for now in [20, 100, DAY, 3 * DAY] {
            world.settle(now).await;
        }
        assert_eq!(world.api.refunds(ID), 1, "after a {first}");
    }
}

/// Foreign lines in the box, an edit in Loop after the RMA was made, and a regrade: what counts is
/// what both sides say at the end.
#[tokio::test]
async fn edits_and_regrades_before_any_effect_are_followed() {
    let world = World::memory();
    world.announce(ID, 0).await;
    world.api.put(ID, "open", &[line(ID * 10, "A")]);
    world.bridge().pull(at(10)).await.unwrap();
    world.settle(10).await;
    let amended = world.oms.get_rma(&key(ID)).await.unwrap().unwrap();
    assert_eq!(amended.lines.len(), 1);
    world
        .api
        .put(ID, "open", &[line(ID * 10, "A"), line(ID * 10 + 1, "B")]);
    world.bridge().pull(at(20)).await.unwrap();
    world.settle(20).await;
    world.receive(ID, Condition::Damaged).await;
    world
        .regrade(ID, Condition::Damaged, Condition::Available)
        .await;
    world.settle(30).await;
    assert_eq!((world.api.sent(ID), world.api.is_flagged(ID)), (1, false));
    // Damage found after that cannot be undone; nothing more is sent for it.
    world
        .regrade(ID, Condition::Available, Condition::Damaged)
        .await;
    world.work(ID, WarehouseWork::Close).await;
    for now in [100, 200, 2 * DAY] {
        world.settle(now).await;
    }
    assert_eq!((world.api.sent(ID), world.api.refunds(ID)), (1, 1));
}
