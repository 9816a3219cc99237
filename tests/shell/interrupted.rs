//! Stopped at any await and by any write that fails, nothing is done twice.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll};

use ams_loop_bridge::ledger::Outcome;
use ams_oms_client::{Condition, Oms as _};
use futures_util::task::noop_waker;
use loop_client::Call;

use crate::common::{HOUR, at, key, line};
use crate::world::{Fault, World};
use crate::{DAY, ID};

/// Polls at most `times`; `None` when the future was not ready by then and was dropped.
fn poll_times<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let waker = noop_waker();
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    for _ in 0..times {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
    }
    None
}

/// Runs `scene` again and again, dropping its last act at each await in turn.
async fn dropped_at_every_await(
    second: Condition,
    fault: Option<Fault>,
    act: impl AsyncFn(&World),
) -> usize {
    for times in 0..2_000 {
        let world = World::memory();
        world
            .api
            .put(ID, "open", &[line(ID * 10, "A"), line(ID * 10 + 1, "B")]);
        if second != Condition::Held {
            world.announce(ID, 0).await;
            world.receive(ID, second).await;
        }
        world.api.next(Call::Process, fault);
        world.pauses(true);
        let whole = poll_times(act(&world), times).is_some();
        world.pauses(false);
        for now in [100, 200, 2 * HOUR] {
            world.bridge().pull(at(now)).await.unwrap();
            world.settle(now).await;
        }
        if second == Condition::Held {
            let rma = world.oms.get_rma(&key(ID)).await.unwrap();
            assert!(rma.is_some(), "dropped after {times} polls");
            world.receive(ID, Condition::Available).await;
        }
        for now in [2 * HOUR + 100, 3 * HOUR, DAY + 4 * HOUR, 3 * DAY] {
            world.pass(now).await;
        }
        let case = format!("dropped after {times} polls");
        let entry = world.entry(ID).await;
        let outcome = entry.settlement.unwrap().outcome;
        if second == Condition::Damaged {
            assert!(world.api.is_flagged(ID), "{case}");
            assert_eq!(
                (world.api.sent(ID), world.api.notes_of(ID).len()),
                (0, 1),
                "{case}"
            );
        } else {
            assert!(
                world.api.sent(ID) <= 1 && world.api.refunds(ID) <= 1,
                "{case}"
            );
            let fine = outcome == Outcome::Processed && world.api.state(ID) == "closed";
            assert!(fine || world.api.is_flagged(ID), "{case}: {outcome:?}");
        }
        if whole {
            return times;
        }
    }
    panic!("it never ended");
}

#[tokio::test]
async fn settling_a_good_return_may_be_dropped_at_every_await() {
    for fault in [
        None,
        Some(Fault::Limited),
        Some(Fault::Lost { applied: true }),
        Some(Fault::Lost { applied: false }),
    ] {
        let awaits = dropped_at_every_await(Condition::Available, fault, async |world| {
            drop(world.bridge().settle(at(10)).await);
        })
        .await;
        assert!(awaits > 15, "{awaits}");
    }
}

#[tokio::test]
async fn settling_a_damaged_return_may_be_dropped_at_every_await() {
    let awaits = dropped_at_every_await(Condition::Damaged, None, async |world| {
        drop(world.bridge().settle(at(10)).await);
    })
    .await;
    assert!(awaits > 15, "{awaits}");
}

#[tokio::test]
async fn a_webhook_or_a_pull_may_be_dropped_at_every_await() {
    dropped_at_every_await(Condition::Held, None, async |world| {
        world.hook(&world.return_webhook(ID), 1).await;
    })
    .await;
    dropped_at_every_await(Condition::Held, None, async |world| {
        drop(world.bridge().pull(at(1)).await);
    })
    .await;
}

/// Whichever write of the ledger fails, and every later one with it, as in a full disk.
#[tokio::test]
async fn no_failing_write_refunds_twice() {
    for writes in 0..40 {
        let world = World::memory();
        world.announce(ID, 0).await;
        world.receive(ID, Condition::Available).await;
        world.book.fail_after(writes);
        drop(world.bridge().settle(at(10)).await);
        drop(world.bridge().settle(at(20)).await);
        world.book.fail_after(-1);
        for now in [100, 2 * HOUR, 2 * DAY, 3 * DAY] {
            world.settle(now).await;
        }
        assert!(
            world.api.sent(ID) <= 1 && world.api.refunds(ID) <= 1,
            "after {writes} writes"
        );
        assert!(
            world.entry(ID).await.settlement.is_some(),
            "after {writes} writes"
        );
    }
}
