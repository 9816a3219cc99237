//! A pull moves no cursor past what it has not written down.

use std::sync::atomic::Ordering;

use ams_loop_bridge::ledger::{CursorName, Ledger as _};
use ams_oms_client::Oms as _;
use loop_client::Call;
use serde_json::json;

use crate::common::{HOUR, MINUTE, at, count, key, line, merchant};
use crate::world::{Fault, World};
use crate::{DAY, ID};

/// I7 for cursors: whichever write fails, nothing is skipped.
#[tokio::test]
async fn a_cursor_moves_only_after_everything_before_it_is_stored() {
    for writes in 0.. {
        let world = World::memory();
        for id in 1..=5 {
            world.api.put(id, "open", &[line(id * 10, "A")]);
        }
        world.book.fail_after(writes);
        let broken = world.bridge().pull(at(HOUR)).await;
        world.book.fail_after(-1);
        let cursor = world
            .book
            .cursor(&merchant(), CursorName::LoopReturns)
            .await
            .unwrap();
        let found = world
            .book
            .list(&merchant(), None, count(9))
            .await
            .unwrap()
            .len();
        assert!(cursor.is_none() || found == 5, "after {writes} writes");
        world.bridge().pull(at(HOUR + 1)).await.unwrap();
        world.settle(HOUR + 2).await;
        for id in 1..=5 {
            assert!(
                world.oms.get_rma(&key(id)).await.unwrap().is_some(),
                "{id} after {writes} writes"
            );
        }
        if broken.is_ok() {
            assert!(writes > 5);
            return;
        }
        assert!(broken.unwrap_err().stops_the_merchant());
    }
}

#[tokio::test]
async fn a_failing_page_moves_no_cursor_and_a_down_oms_loses_nothing() {
    let world = World::memory();
    for id in 1..=5 {
        world.api.put(id, "open", &[line(id * 10, "A")]);
    }
    for fault in [
        Fault::Limited,
        Fault::Garbage,
        Fault::Lost { applied: false },
        Fault::Key,
    ] {
        world.api.next(Call::ListReturns, [fault]);
        assert!(world.bridge().pull(at(HOUR)).await.is_err());
        assert_eq!(
            world
                .book
                .cursor(&merchant(), CursorName::LoopReturns)
                .await
                .unwrap(),
            None
        );
    }
    world.oms.down.store(true, Ordering::SeqCst);
    world.bridge().pull(at(HOUR)).await.unwrap();
    world.settle(HOUR).await;
    world.oms.down.store(false, Ordering::SeqCst);
    world.settle(2 * HOUR).await;
    for id in 1..=5 {
        assert!(world.oms.get_rma(&key(id)).await.unwrap().is_some(), "{id}");
    }
}

/// A row that cannot be read is reported; a report that breaks off is no evidence of anything.
#[tokio::test]
async fn a_report_that_breaks_off_moves_no_cursor() {
    for (end, moves) in [("odd row", true), ("cut off", false)] {
        let world = World::memory();
        world.api.shop(|shop| {
            shop.asn = vec![json!({"id": 1, "return_line_item_id": 10}), json!(end)];
        });
        let pulled = world.bridge().pull(at(HOUR)).await;
        assert_eq!(pulled.is_ok(), moves, "{end}: {pulled:?}");
        let cursor = world.book.cursor(&merchant(), CursorName::LoopAsn).await;
        assert_eq!(cursor.unwrap().is_some(), moves, "{end}");
        let known = world.book.load(&key(1)).await.unwrap();
        assert!(known.is_some(), "the row before it is known: {end}");
    }
}

/// A clock that ran a day ahead and was put right must not skip what changed meanwhile.
#[tokio::test]
async fn a_clock_that_was_ahead_loses_no_return() {
    let world = World::memory();
    world.bridge().pull(at(DAY)).await.unwrap();
    world.clock(HOUR);
    world.api.put(ID, "open", &[line(1, "A")]);
    world.bridge().pull(at(HOUR + 5 * MINUTE)).await.unwrap();
    world.settle(HOUR + 5 * MINUTE).await;
    assert!(world.oms.get_rma(&key(ID)).await.unwrap().is_some());
}
