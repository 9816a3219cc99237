//! Reconciling, dry runs and archives.

use std::sync::atomic::Ordering;

use ams_loop_bridge::ledger::{Ledger as _, Outcome};
use ams_loop_bridge::{FindingKind, WouldDo};
use ams_oms_client::{Condition, Oms as _};
use loop_client::Call;

use crate::common::{HOUR, at, count, key, line, merchant};
use crate::world::{Fault, World};
use crate::{DAY, ID};

/// Everything got lost: the webhook, and the pull's window.
#[tokio::test]
async fn what_nobody_has_spoken_of_is_found_and_then_left_alone() {
    let world = World::memory();
    world
        .api
        .put(ID, "open", &[line(ID * 10, "A"), line(ID * 10 + 1, "B")]);
    world.settle(40 * DAY).await;
    let now = at(40 * DAY);
    let bridge = world.bridge();
    let found = bridge.reconcile(at(-HOUR), now, now).await.unwrap();
    let kinds: Vec<_> = found.findings.iter().map(|it| (it.kind, &it.key)).collect();
    assert_eq!(kinds, [(FindingKind::Owed, &key(ID))]);
    world.settle(40 * DAY).await;
    assert!(world.oms.get_rma(&key(ID)).await.unwrap().is_some());
    world.receive(ID, Condition::Damaged).await;
    world.pass(41 * DAY).await;
    world.pass(41 * DAY + HOUR).await;
    assert!(world.api.is_flagged(ID));
    // L5: a settled world is as it should be, and stays so.
    let effects = world.api.effects(ID);
    for day in 42..45 {
        let now = at(day * DAY);
        let found = bridge.reconcile(at(-HOUR), now, now).await.unwrap();
        assert_eq!((found.compared, found.findings), (1, vec![]));
        world.settle(day * DAY).await;
    }
    assert_eq!(world.api.effects(ID), effects);
}

/// It is told, and the others are compared all the same.
#[tokio::test]
async fn an_entry_that_cannot_be_read_ends_no_comparison() {
    let world = World::memory();
    for id in [ID, ID + 1] {
        world.api.put(id, "open", &[line(id * 10, "A")]);
    }
    world.book.torn.store(ID, Ordering::SeqCst);
    let now = at(40 * DAY);
    let found = world.bridge().reconcile(at(-HOUR), now, now).await.unwrap();
    let kinds: Vec<_> = found.findings.iter().map(|it| (it.kind, &it.key)).collect();
    assert_eq!(
        kinds,
        [
            (FindingKind::Odd, &key(ID)),
            (FindingKind::Owed, &key(ID + 1))
        ]
    );
}

#[tokio::test]
async fn what_waits_too_long_and_what_contradicts_itself_is_listed() {
    let world = World::memory();
    let (queued, failing, reopened) = (1, 2, 3);
    for id in [queued, failing, reopened] {
        world.announce(id, 0).await;
    }
    for id in [queued, failing, reopened] {
        world.receive(id, Condition::Available).await;
    }
    world.api.break_return(failing, Fault::Garbage);
    world.settle(10).await;
    world.pass(20).await;
    world.api.set_state(reopened, "open");
    world.change(queued, |entry| entry.settlement = None).await;
    for hour in 1..20 {
        world.settle(hour * HOUR).await;
    }
    let now = at(2 * DAY);
    let found = world.bridge().reconcile(at(-HOUR), at(DAY), now).await;
    let found = found.unwrap().findings;
    let of = |id| {
        let of: Vec<_> = found.iter().filter(|it| it.key == key(id)).collect();
        of.iter().map(|it| it.kind).collect::<Vec<_>>()
    };
    assert_eq!(
        of(queued),
        [FindingKind::Owed, FindingKind::Stale],
        "{found:?}"
    );
    assert_eq!(
        of(failing),
        [FindingKind::Stale],
        "{found:?} {:?}",
        world.entry(failing).await
    );
    let both = [FindingKind::Owed, FindingKind::Odd];
    assert_eq!(of(reopened), both, "{found:?}");
}

#[tokio::test]
async fn a_dry_run_shows_everything_and_does_nothing() {
    let world = World::memory();
    let (good, bad, new) = (1, 2, 3);
    for id in [good, bad] {
        world.announce(id, 0).await;
    }
    world.receive(good, Condition::Available).await;
    world.receive(bad, Condition::Damaged).await;
    world.api.put(new, "open", &[line(new * 10, "A")]);
    let entries = || async { world.book.list(&merchant(), None, count(9)).await.unwrap() };
    let before = entries().await;
    let dry = world.bridge().dry_run();
    for now in [10, 20] {
        dry.bridge().pull(at(now)).await.unwrap();
        dry.bridge().settle(at(now)).await.unwrap();
    }
    let id = |id| super::common::return_id(id);
    let mut would: Vec<String> = dry.would_do().iter().map(ToString::to_string).collect();
    would.sort();
    assert_eq!(
        would,
        [
            "flag return 2",
            "make RMA 3",
            "note on return 2: RMA 2: not all units are available. line 21 B: 0 of 1 available, 1 damaged",
            "process return 1",
        ]
    );
    assert!(dry.would_do().contains(&WouldDo::Process(id(good))));
    assert_eq!(entries().await, before);
    assert!(world.oms.get_rma(&key(new)).await.unwrap().is_none());
    for id in [good, bad, new] {
        assert!(world.api.effects(id).is_empty());
    }
}

/// What was settled long ago leaves the lists, and is never processed any more.
#[tokio::test]
async fn archived_entries_are_not_listed_and_never_processed() {
    let world = World::memory();
    let (done, by_hand, waiting) = (1, 2, 3);
    let mut by_hand_only = ams_loop_bridge::Policy::default();
    by_hand_only.overdue_after_days = 0;
    for id in [done, by_hand, waiting] {
        world.announce(id, 0).await;
    }
    world.receive(done, Condition::Available).await;
    world.pass(10).await;
    world.pass(HOUR).await;
    world.receive(by_hand, Condition::Available).await;
    world.pass_with(by_hand_only.clone(), 2 * HOUR).await;
    let bridge = world.bridge_with(by_hand_only);
    assert_eq!(bridge.archive(at(0)).await.unwrap(), 0, "settled since");
    assert_eq!(bridge.archive(at(DAY)).await.unwrap(), 2);
    let listed = world.book.list(&merchant(), None, count(9)).await.unwrap();
    assert_eq!(
        listed.iter().map(|it| &it.key).collect::<Vec<_>>(),
        [&key(waiting)]
    );
    assert_eq!(
        world.entry(done).await.settlement.unwrap().outcome,
        Outcome::Processed
    );
    // The merchant has refunds enabled, and the warehouse looks at it again.
    world.hook(&world.return_webhook(by_hand), 2 * DAY).await;
    world.pass(2 * DAY + HOUR).await;
    assert_eq!(world.api.count(Call::Process, by_hand), 0);
    assert_eq!(
        world.entry(by_hand).await.settlement.unwrap().outcome,
        Outcome::Escalated
    );
}
