//! An older copy of the ledger is put in its place.

use std::path::Path;

use ams_loop_bridge::ledger::{MemoryLedger, Outcome, SqliteLedger};
use ams_loop_bridge::{FindingKind, Reason};
use ams_oms_client::Condition;

use crate::DAY;
use crate::common::{HOUR, at, key};
use crate::world::World;

fn back_up(dir: &Path) {
    rusqlite::Connection::open(dir.join("ledger"))
        .unwrap()
        .execute("VACUUM INTO ?1", [dir.join("copy").to_str().unwrap()])
        .unwrap();
}

async fn restore(world: World, dir: &Path) -> World {
    let without = world.with_ledger(MemoryLedger::new());
    drop(world);
    let world = without;
    // The last connection takes the log away when it closes, on a thread of its own.
    while dir.join("ledger-wal").exists() {
        std::thread::yield_now();
    }
    std::fs::copy(dir.join("copy"), dir.join("ledger")).unwrap();
    world.with_ledger(SqliteLedger::open(dir.join("ledger")).await.unwrap())
}

/// What was asked of Loop after the copy was made is queued there, and the copy knows nothing of
/// it.
#[tokio::test]
async fn a_restored_ledger_processes_nothing_until_it_is_reconciled() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let world = World::files(dir).await;
    world.api.processing_closes(false);
    let (sent, before, bad, later) = (1, 2, 3, 4);
    for id in [sent, before, bad, later] {
        world.announce(id, 0).await;
    }
    back_up(dir);
    world.receive(sent, Condition::Available).await;
    world.settle(10).await;
    assert_eq!(world.api.sent(sent), 1);

    let world = restore(world, dir).await;
    assert!(!world.bridge().ledger_is_trusted().await.unwrap());
    world.receive(before, Condition::Available).await;
    world.receive(bad, Condition::Damaged).await;
    for now in [HOUR, 2 * HOUR, DAY, 3 * DAY] {
        world.pass(now).await;
    }
    assert_eq!((world.api.sent(sent), world.api.sent(before)), (1, 0));
    assert!(world.api.is_flagged(bad), "bad goods are flagged as ever");
    for id in [sent, before] {
        let entry = world.entry(id).await;
        let outcome = entry.settlement.map(|it| it.outcome);
        assert_eq!(outcome, Some(Outcome::Escalated), "{id}");
        assert_eq!(entry.decision.unwrap().reason, Reason::HistoryNotKnown);
    }

    let bridge = world.bridge();
    let reconciled = bridge.reconcile(at(-HOUR), at(DAY), at(3 * DAY)).await;
    let found = reconciled.unwrap().findings;
    let odd = found.iter().filter(|it| it.kind == FindingKind::Odd);
    let odd: Vec<_> = odd.map(|it| it.key.clone()).collect();
    assert_eq!(odd, [key(sent), key(before), key(bad)]);
    assert!(world.bridge().ledger_is_trusted().await.unwrap());
    world.receive(later, Condition::Available).await;
    for now in [4 * DAY, 5 * DAY, 9 * DAY] {
        world.pass(now).await;
    }
    assert_eq!((world.api.sent(sent), world.api.sent(before)), (1, 0));
    assert_eq!(
        world.api.sent(later),
        1,
        "nothing can have been sent for it"
    );
}
