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
#[path = "../../ams-loop-bridge/tests/common/mod.rs"]
mod common;
mod compare;
mod cost;
mod endings;
mod interrupted;
mod options;
mod overtaken;
mod pulls;
mod restored;
mod webhooks;
mod world;

use ams_loop_bridge::ledger::{Outcome, RmaRecord};
use ams_loop_bridge::{Policy, ProcessRecord};
use ams_oms_client::{Condition, Oms as _};
use common::{HOUR, MINUTE, at, key, line};
use loop_client::Call;
use serde_json::json;
use world::{Fault, World};

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
