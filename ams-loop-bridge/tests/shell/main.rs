//! The bridge between stand-ins that misbehave: what it sends, however often it is driven,
//! whatever gets lost, and wherever it is stopped.
// Clippy's exception for tests does not reach their helpers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod claims;
#[path = "../common/mod.rs"]
mod common;
mod compare;
mod cost;
mod options;
#[cfg(feature = "sqlite")]
mod restored;
mod world;

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use ams_loop_bridge::ledger::{CursorName, Ledger as _, Outcome, RmaRecord};
use ams_loop_bridge::{Policy, ProcessRecord, WebhookOutcome};
use ams_oms_client::{Condition, Oms as _, Rma, RmaLine, WarehouseWork};
use common::{HOUR, MINUTE, at, count, key, line, line_ref, merchant, number};
use futures_util::task::noop_waker;
use loop_client::Call;
use loop_client::webhook::sign;
use serde_json::json;
use world::{Fault, SECRET, World};

const ID: u64 = 7001;
const DAY: i64 = 24 * HOUR;

/// Both kinds of stores.
macro_rules! on_both_stores {
    ($($name:ident => $test:ident;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn in_memory() {
                $test(async || World::memory()).await;
            }

            #[tokio::test]
            async fn in_files() {
                let dirs = tempfile::tempdir().unwrap();
                let next = std::cell::Cell::new(0);
                $test(async || {
                    next.set(next.get() + 1);
                    let dir = dirs.path().join(next.get().to_string());
                    std::fs::create_dir(&dir).unwrap();
                    World::files(&dir).await
                })
                .await;
            }
        }
    )*};
}

on_both_stores! {
    the_main_job => both_outcomes;
    no_fault_of_the_process_call => no_fault_refunds_twice;
    damaged => damage_is_noted_then_flagged_once;
    the_deadline => unconfirmed_is_flagged_with_one_note;
    a_flag_that_cannot_be => a_flag_refused_in_an_odd_state_ends_with_a_person;
    failure_webhooks => a_failure_never_re_arms;
    lost_webhooks => a_pull_finds_every_state;
    the_policy => switched_on_later_processes_once;
    a_poisoned_return => one_blocks_no_other;
}

async fn both_outcomes(make: impl AsyncFn() -> World) {
    let world = make().await;
    world.announce(1, 0).await;
    world.announce(2, 0).await;
    world.receive(1, Condition::Available).await;
    world.receive(2, Condition::Damaged).await;
    world.settle(10).await;
    let unseen = world.entry(2).await;
    assert_eq!(unseen.settlement, None, "a flag counts when Loop shows it");
    assert_eq!(unseen.waiting_for.as_deref(), Some("Loop to show the flag"));
    world.pass(100).await;
    assert_eq!((world.api.sent(1), world.api.is_flagged(1)), (1, false));
    assert_eq!((world.api.sent(2), world.api.is_flagged(2)), (0, true));
    assert_eq!(
        world.entry(1).await.settlement.unwrap().outcome,
        Outcome::Processed
    );
    assert_eq!(
        world.entry(2).await.settlement.unwrap().outcome,
        Outcome::Flagged
    );
    // L5: a settled world stays as it is.
    let before = (world.api.effects(1).len(), world.api.effects(2).len());
    for now in [200, DAY, 40 * DAY] {
        world.bridge().pull(at(now)).await.unwrap();
        world.settle(now).await;
    }
    assert_eq!(
        (world.api.effects(1).len(), world.api.effects(2).len()),
        before
    );
}

/// I1, whatever happens to the call, and whether Loop then gets to the end of it or not.
async fn no_fault_refunds_twice(make: impl AsyncFn() -> World) {
    for fault in [
        Fault::NotSent,
        Fault::Limited,
        Fault::Key,
        Fault::Refused,
        Fault::FalseWith200,
        Fault::Server { applied: true },
        Fault::Server { applied: false },
        Fault::Lost { applied: true },
        Fault::Lost { applied: false },
    ] {
        for closes in [true, false] {
            let case = format!("{fault:?}, closes: {closes}");
            let world = make().await;
            world.api.processing_closes(closes);
            world.announce(ID, 0).await;
            world.receive(ID, Condition::Available).await;
            world.api.next(Call::Process, [fault]);
            for now in [
                10,
                20,
                MINUTE * 5,
                HOUR * 2,
                HOUR * 2 + MINUTE,
                DAY + HOUR,
                DAY * 2 + HOUR,
                DAY * 3,
            ] {
                let passed = world.bridge().settle(at(now)).await;
                assert!(passed.is_ok() || fault == Fault::Key, "{case}");
                world.bridge().pull(at(now)).await.unwrap();
            }
            assert!(world.api.sent(ID) <= 1, "{case}");
            assert!(world.api.refunds(ID) <= 1, "{case}");
            let entry = world.entry(ID).await;
            let outcome = entry
                .settlement
                .as_ref()
                .map(|settlement| settlement.outcome);
            let provably_nothing = matches!(fault, Fault::NotSent | Fault::Limited | Fault::Key);
            let applied = matches!(
                fault,
                Fault::Lost { applied: true } | Fault::Server { applied: true }
            );
            if (provably_nothing || applied) && closes {
                assert_eq!(outcome, Some(Outcome::Processed), "{case}");
                assert_eq!(world.api.refunds(ID), 1, "{case}");
                assert!(!world.api.is_flagged(ID), "{case}");
            } else if fault == Fault::Refused {
                assert_eq!(outcome, Some(Outcome::Escalated), "{case}");
                assert_eq!(world.api.refunds(ID), 0, "{case}");
            } else {
                assert!(world.api.is_flagged(ID), "{case}");
                assert!(
                    matches!(outcome, Some(Outcome::Flagged | Outcome::Escalated)),
                    "{case}"
                );
                assert_eq!(world.api.notes_of(ID).len(), 1, "{case}");
            }
        }
    }
}

/// I3, also when settling is repeated and when answers get lost.
async fn damage_is_noted_then_flagged_once(make: impl AsyncFn() -> World) {
    let lost = [
        None,
        Some(Fault::Lost { applied: true }),
        Some(Fault::Lost { applied: false }),
        Some(Fault::Limited),
    ];
    for (note, flag, reviews) in lost.iter().flat_map(|note| {
        lost.iter()
            .flat_map(move |flag| [true, false].map(|reviews| (*note, *flag, reviews)))
    }) {
        let case = format!("note {note:?}, flag {flag:?}, reviews: {reviews}");
        let world = make().await;
        world.api.flag_reviews(reviews);
        world.announce(ID, 0).await;
        world.receive(ID, Condition::Damaged).await;
        world.api.next(Call::CreateNote, note);
        world.api.next(Call::Flag, flag);
        for pass in 1..12 {
            world.bridge().pull(at(pass * 10 * MINUTE)).await.unwrap();
            world.settle(pass * 10 * MINUTE).await;
        }
        assert!(world.api.is_flagged(ID), "{case}");
        assert_eq!(world.api.sent(ID), 0, "{case}");
        let note = format!(
            "RMA {ID}: not all units are available. line {ID}1 B: 0 of 1 available, 1 damaged"
        );
        assert_eq!(world.api.notes_of(ID), [note], "{case}");
        let effects = world.api.effects(ID);
        let first_flag = effects.iter().position(|call| *call == Call::Flag).unwrap();
        assert!(effects[..first_flag].contains(&Call::CreateNote), "{case}");
        assert!(
            effects.iter().filter(|call| **call == Call::Flag).count() <= 2,
            "{case}"
        );
        let settled = world.entry(ID).await.settlement.map(|it| it.outcome);
        // A return that stays open shows no flag.
        assert_eq!(settled, reviews.then_some(Outcome::Flagged), "{case}");
    }
}

async fn unconfirmed_is_flagged_with_one_note(make: impl AsyncFn() -> World) {
    for (fault, lost_flag) in [
        (None, None),
        (
            Some(Fault::Lost { applied: false }),
            Some(Fault::Lost { applied: true }),
        ),
    ] {
        let world = make().await;
        world.api.processing_closes(false);
        world.api.next(Call::Process, fault);
        world.api.next(Call::Flag, lost_flag);
        world.announce(ID, 0).await;
        world.receive(ID, Condition::Available).await;
        for now in [10, HOUR, 10 + DAY - 1] {
            world.settle(now).await;
            assert!(!world.api.is_flagged(ID));
        }
        for now in [10 + DAY, 11 + DAY, DAY + HOUR, DAY * 9] {
            world.pass(now + MINUTE).await;
        }
        assert!(world.api.is_flagged(ID));
        assert_eq!((world.api.sent(ID), world.api.notes_of(ID).len()), (1, 1));
        assert!(world.entry(ID).await.settlement.is_some());
        // It was done after all.
        world.api.set_state(ID, "closed");
        world.hook(&world.return_webhook(ID), DAY * 10).await;
        world.pass(DAY * 10).await;
        assert_eq!(
            world.entry(ID).await.settlement.unwrap().outcome,
            Outcome::Processed
        );
        assert_eq!(world.api.sent(ID), 1);
    }
}

/// Found by the simulation: such a flag was sent again every hour, for ever.
async fn a_flag_refused_in_an_odd_state_ends_with_a_person(make: impl AsyncFn() -> World) {
    let world = make().await;
    world.api.processing_closes(false);
    world.announce(ID, 0).await;
    world.receive(ID, Condition::Available).await;
    world.settle(10).await;
    world.api.set_state(ID, "awaiting_magic");
    for hour in 1..40 {
        world.settle(10 + hour * HOUR).await;
    }
    assert_eq!(world.api.count(Call::Flag, ID), 1);
    let entry = world.entry(ID).await;
    assert_eq!(entry.settlement.unwrap().outcome, Outcome::Escalated);
    assert_eq!(entry.flagged, None);
    // It makes sense again.
    world.api.set_state(ID, "open");
    world.hook(&world.return_webhook(ID), 2 * DAY).await;
    world.pass(2 * DAY).await;
    assert!(world.api.is_flagged(ID));
    assert_eq!((world.api.sent(ID), world.api.notes_of(ID).len()), (1, 1));
}

fn failure() -> serde_json::Value {
    json!({"topic": "return.processing", "trigger": "return.processing.failed", "return_id": ID, "id": ID})
}

async fn a_failure_never_re_arms(make: impl AsyncFn() -> World) {
    for fault in [
        None,
        Some(Fault::Lost { applied: true }),
        Some(Fault::Lost { applied: false }),
    ] {
        let world = make().await;
        world.api.processing_closes(false);
        world.api.next(Call::Process, fault);
        world.announce(ID, 0).await;
        assert_eq!(world.hook(&failure(), 1).await, 200, "an old one, replayed");
        world.receive(ID, Condition::Available).await;
        world.settle(10).await;
        assert_eq!(
            world.api.sent(ID),
            1,
            "a failure of nothing of ours changes nothing"
        );
        for now in [20, 100, HOUR, DAY * 2, DAY * 60] {
            assert_eq!(world.hook(&failure(), now).await, 200);
            world.settle(now).await;
        }
        assert_eq!(world.api.sent(ID), 1);
        assert!(world.api.is_flagged(ID));
        assert_eq!(world.entry(ID).await.process, ProcessRecord::Failed);
        assert_eq!(world.api.notes_of(ID).len(), 1);
    }
}

async fn a_pull_finds_every_state(make: impl AsyncFn() -> World) {
    let world = make().await;
    let states = ["open", "review", "closed", "cancelled", "expired"];
    for (id, state) in (1u64..).zip(states) {
        world.api.put(id, state, &[line(id * 10, "A")]);
    }
    world.api.put(6, "open", &[]);
    world.api.put(7, "open", &[line(70, "A")]);
    world.api.report_asn(7);
    let report = world.bridge().pull(at(HOUR)).await.unwrap();
    assert_eq!(report.new.len(), 7);
    assert_eq!(world.bridge().pull(at(HOUR)).await.unwrap().new.len(), 0);
    world.settle(HOUR).await;
    for id in 1..=7 {
        let owed = [1, 2, 7].contains(&id);
        let rma = world.oms.get_rma(&key(id)).await.unwrap();
        assert_eq!(rma.is_some(), owed, "{id}");
        assert_eq!(
            world.entry(id).await.rma,
            if owed {
                RmaRecord::Made
            } else {
                RmaRecord::NotOwed
            }
        );
    }
    // Closed by someone else, and no webhook.
    world.clock(DAY);
    world.api.set_state(1, "cancelled");
    world.bridge().pull(at(DAY)).await.unwrap();
    world.settle(DAY).await;
    let rma = world.oms.get_rma(&key(1)).await.unwrap().unwrap();
    assert_eq!(rma.state, ams_oms_client::RmaState::Cancelled);
}

async fn switched_on_later_processes_once(make: impl AsyncFn() -> World) {
    let world = make().await;
    let off = world.bridge_with(Policy::default());
    world.announce(1, 0).await;
    world.announce(2, 0).await;
    world.receive(1, Condition::Available).await;
    world.receive(2, Condition::Damaged).await;
    for now in [10, 20] {
        off.settle(at(now)).await.unwrap();
    }
    assert_eq!(world.api.effects(1), []);
    assert!(world.api.is_flagged(2));
    assert_eq!(
        world.entry(1).await.settlement.unwrap().outcome,
        Outcome::Closed
    );
    for now in [30, 40, DAY] {
        world.settle(now).await;
    }
    off.settle(at(DAY + 10)).await.unwrap();
    world.settle(DAY + 20).await;
    assert_eq!((world.api.sent(1), world.api.refunds(1)), (1, 1));
    assert_eq!(world.api.sent(2), 0);
}

async fn one_blocks_no_other(make: impl AsyncFn() -> World) {
    for fault in [
        Fault::Garbage,
        Fault::Server { applied: false },
        Fault::Lost { applied: false },
        Fault::NotFound,
    ] {
        let world = make().await;
        for id in [1, 2, 3] {
            world.announce(id, 0).await;
        }
        for id in [1, 2, 3] {
            world.receive(id, Condition::Available).await;
        }
        world.api.break_return(2, fault);
        let report = world.settle(10).await;
        assert_eq!(report.failures.len(), 1);
        for now in [100, 200, 2 * HOUR] {
            world.settle(now).await;
        }
        assert_eq!([1, 2, 3].map(|id| world.api.sent(id)), [1, 0, 1]);
        assert!(world.entry(2).await.waiting_for.is_some());
    }
}

// ---- Webhooks ------------------------------------------------------------------------------

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

// ---- Pulls ---------------------------------------------------------------------------------

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

// ---- Stopped anywhere, and many at once ----------------------------------------------------

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

// ---- Attacks -------------------------------------------------------------------------------

/// I2, I3: a worker decides "process", and before it does the goods turn out damaged. It must not go
/// on with a decision whose grounds are gone, whether it still has its claim or another worker has
/// taken over and flagged.
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
