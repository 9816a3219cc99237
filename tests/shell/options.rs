//! What a merchant may switch on, carried out.

use std::sync::atomic::Ordering;

use ams_loop_bridge::ledger::{Entry, Outcome};
use ams_loop_bridge::{Mapping, Policy, Reason, map_return};
use ams_oms_client::{
    Condition, ItemRef, Oms as _, ReceiptId, ReceivedUnits, RmaState, WarehouseWork,
};
use loop_client::Call;
use serde_json::json;

use crate::common::{HOUR, at, count, key, line, merchant, read};
use crate::world::{Fault, World};
use crate::{DAY, ID};

fn with(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::processing();
    change(&mut policy);
    policy
}

async fn settle(world: &World, policy: &Policy, now: i64) {
    world.pass_with(policy.clone(), now).await;
}

async fn surplus(world: &World) {
    let sku = ItemRef::Sku("Z".to_owned());
    let units = vec![ReceivedUnits::new(sku, Condition::Available, count(1))];
    let receipt_id = ReceiptId::new("more").unwrap();
    world
        .work(ID, WarehouseWork::Receive { receipt_id, units })
        .await;
}

/// All that was expected came, and a unit more.
async fn received_with_surplus() -> World {
    let world = World::memory();
    world.announce(ID, 0).await;
    surplus(&world).await;
    world.receive(ID, Condition::Available).await;
    world
}

/// After the process call the return is archived, so the note comes first.
#[tokio::test]
async fn surplus_is_noted_before_the_return_is_processed() {
    let world = received_with_surplus().await;
    world
        .api
        .next(Call::CreateNote, [Fault::Lost { applied: true }]);
    let report = world.bridge().settle(at(10)).await.unwrap();
    assert_eq!(report.failures.len(), 1, "the note may be there or not");
    assert_eq!(world.api.sent(ID), 0);
    world.settle(200).await;
    world.pass(400).await;
    assert_eq!(world.api.effects(ID), [Call::CreateNote, Call::Process]);
    assert_eq!(
        world.api.notes_of(ID),
        ["RMA 7001: all units are available, and more arrived than expected. not expected Z: 1"]
    );
    let settlement = world.entry(ID).await.settlement.unwrap();
    assert_eq!(settlement.outcome, Outcome::Processed);
}

/// A note informs; that it cannot be written keeps nobody's money back for long.
#[tokio::test]
async fn a_note_that_cannot_be_written_keeps_no_refund_back() {
    let world = received_with_surplus().await;
    world
        .api
        .always(Call::CreateNote, Some(Fault::Server { applied: false }));
    for now in [10, HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR] {
        world.clock(now);
        world.bridge().settle(at(now)).await.unwrap();
    }
    assert_eq!((world.api.sent(ID), world.api.refunds(ID)), (1, 1));
}

/// The core decides them; to carry them out takes records that the ledger does not keep.
#[tokio::test]
async fn what_the_bridge_does_not_carry_out_is_refused_by_name() {
    let world = World::memory();
    for (field, policy) in [
        (
            "cancel_in_loop",
            with(|policy| policy.cancel_in_loop = true),
        ),
        ("recreate_rma", with(|policy| policy.recreate_rma = true)),
        (
            "process_deadline_hours",
            with(|policy| policy.process_deadline_hours = 0),
        ),
    ] {
        let refused = world.bridge().with_policy(policy).unwrap_err();
        assert_eq!(refused.field, field);
    }
}

#[tokio::test]
async fn an_rma_that_is_cancelled_is_a_persons_business_and_told_once() {
    let world = World::memory();
    world.announce(ID, 0).await;
    world.oms.cancel_rma(&key(ID), "a mistake").await.unwrap();
    for now in [10, 100, HOUR, DAY] {
        world.settle(now).await;
    }
    assert_eq!(world.api.effects(ID), [Call::CreateNote]);
    let entry = world.entry(ID).await;
    assert_eq!(
        entry.settlement.map(|it| it.outcome),
        Some(Outcome::Escalated)
    );
    assert_eq!(
        entry.decision.map(|it| it.reason),
        Some(Reason::RmaCancelled)
    );
}

#[tokio::test]
async fn an_rma_is_cancelled_when_nothing_ships_back_any_more_unless_the_merchant_forbids_it() {
    for (cancel_rma, expected) in [(true, RmaState::Cancelled), (false, RmaState::Announced)] {
        let world = World::memory();
        let policy = with(|policy| policy.cancel_rma = cancel_rma);
        world.announce(ID, 0).await;
        let keep = |id: u64| json!({"line_item_id": id, "sku": "A", "outcome": "keep"});
        world
            .api
            .put(ID, "open", &[keep(ID * 10), keep(ID * 10 + 1)]);
        assert_eq!(world.hook(&world.return_webhook(ID), 10).await, 200);
        settle(&world, &policy, 20).await;
        let rma = world.oms.get_rma(&key(ID)).await.unwrap().unwrap();
        assert_eq!(rma.state, expected);
        assert_eq!(world.api.sent(ID), 0);
    }
}

/// One odd answer of Loop's is no reason to take the announcement back.
#[tokio::test]
async fn an_rma_survives_a_list_that_is_empty_for_a_while() {
    let world = World::memory();
    world.announce(ID, 0).await;
    let lines = [line(ID * 10, "A"), line(ID * 10 + 1, "B")];
    for (now, lines) in [(10, &[][..]), (20, &lines)] {
        world.api.put(ID, "open", lines);
        assert_eq!(world.hook(&world.return_webhook(ID), now).await, 200);
        world.settle(now).await;
        let rma = world.oms.get_rma(&key(ID)).await.unwrap().unwrap();
        assert_eq!(rma.state, RmaState::Announced);
    }
    world.receive(ID, Condition::Available).await;
    world.settle(30).await;
    world.settle(100).await;
    assert_eq!(world.api.refunds(ID), 1);
}

/// A setting that was wrong costs time and no return.
#[tokio::test]
async fn returns_that_were_not_owed_are_looked_at_again_when_the_policy_changes() {
    let world = World::memory();
    let wrong = with(|policy| policy.destinations = ["9".parse().unwrap()].into());
    let mut details = crate::common::return_json(ID, "open", &[line(ID * 10, "A")]);
    details["destination_id"] = json!(5);
    world.api.put_details(ID, details);
    world.bridge_with(wrong.clone()).pull(at(1)).await.unwrap();
    settle(&world, &wrong, 10).await;
    assert_eq!(world.oms.get_rma(&key(ID)).await.unwrap(), None);
    let right = with(|policy| policy.destinations = ["5".parse().unwrap()].into());
    settle(&world, &right, 20).await;
    assert!(world.oms.get_rma(&key(ID)).await.unwrap().is_some());
}

/// Loop may refuse notes, and keep a flagged return open.
#[tokio::test]
async fn a_note_that_loop_always_refuses_makes_no_storm() {
    let world = World::memory();
    world.api.always(Call::CreateNote, Some(Fault::Refused));
    world.api.flag_reviews(false);
    let closed = ID + 1;
    for id in [ID, closed] {
        world.announce(id, 0).await;
        world.receive(id, Condition::Damaged).await;
    }
    world.api.set_state(closed, "closed");
    for now in (0..100).map(|hour| 10 + hour * HOUR) {
        world.clock(now);
        world.bridge().settle(at(now)).await.unwrap();
    }
    for (id, flags, outcome) in [(ID, 1, None), (closed, 0, Some(Outcome::Escalated))] {
        assert_eq!(world.api.count(Call::Flag, id), flags, "{id}");
        assert!(world.api.count(Call::CreateNote, id) <= 4, "{id}");
        let settled = world.entry(id).await.settlement.map(|it| it.outcome);
        assert_eq!(settled, outcome, "{id}");
    }
}

#[tokio::test]
async fn facts_that_go_to_and_fro_are_flagged_once_each() {
    let world = World::memory();
    world.api.flag_reviews(false);
    world.announce(ID, 0).await;
    world.receive(ID, Condition::Damaged).await;
    world.work(ID, WarehouseWork::Close).await;
    world.settle(10).await;
    let (mut from, mut to) = (Condition::Damaged, Condition::Held);
    for round in 1..8 {
        world.regrade(ID, from, to).await;
        world.settle(10 + round * HOUR).await;
        (from, to) = (to, from);
    }
    assert_eq!(world.api.count(Call::Flag, ID), 2, "damaged, and on hold");
    assert_eq!(world.api.notes_of(ID).len(), 2);
}

/// Found by the test with killed processes: a worker made the RMA and died before it wrote that
/// down, the shopper cancelled, and the RMA stood in the warehouse for ever.
#[tokio::test]
async fn an_rma_that_nobody_wrote_down_is_found_when_none_is_owed_any_more() {
    for received in [false, true] {
        let world = World::memory();
        world
            .api
            .put(ID, "open", &[line(ID * 10, "A"), line(ID * 10 + 1, "B")]);
        let rma = match map_return(
            &merchant(),
            &Policy::processing(),
            &read(world.api.details(ID)),
        ) {
            Mapping::Owed { rma, .. } => rma,
            other => panic!("{other:?}"),
        };
        world.oms.create_rma(&rma).await.unwrap();
        if received {
            world.receive(ID, Condition::Available).await;
        }
        world.oms.without_feed.store(true, Ordering::SeqCst);
        world.api.set_state(ID, "cancelled");
        for now in [10, HOUR] {
            settle(&world, &Policy::processing(), now).await;
        }
        let rma = world.oms.get_rma(&key(ID)).await.unwrap().unwrap();
        assert_eq!(rma.state == RmaState::Cancelled, !received);
        let outcome = world.entry(ID).await.settlement.map(|it| it.outcome);
        let expected = if received {
            Outcome::Escalated
        } else {
            Outcome::Closed
        };
        assert_eq!(
            outcome,
            Some(expected),
            "goods for a cancelled return are told"
        );
    }
}

/// An OMS without a feed is read whole; what has not changed there costs no call to Loop.
#[tokio::test]
async fn a_correction_after_the_settlement_is_seen_without_a_feed() {
    let world = World::memory();
    world.oms.without_feed.store(true, Ordering::SeqCst);
    world.announce(ID, 0).await;
    world.receive(ID, Condition::Available).await;
    world.api.set_state(ID, "closed");
    for now in [10, HOUR, 2 * HOUR, DAY] {
        settle(&world, &Policy::processing(), now).await;
    }
    let settled = |entry: Entry| entry.settlement.map(|it| it.outcome);
    assert_eq!(settled(world.entry(ID).await), Some(Outcome::Closed));
    let asked = world.api.count(Call::ReturnDetails, ID);
    world
        .regrade(ID, Condition::Available, Condition::Damaged)
        .await;
    for now in [2 * DAY, 3 * DAY, 4 * DAY] {
        settle(&world, &Policy::processing(), now).await;
    }
    assert_eq!(settled(world.entry(ID).await), Some(Outcome::Escalated));
    assert_eq!(world.api.notes_of(ID).len(), 1, "somebody is told");
    assert_eq!(world.api.count(Call::ReturnDetails, ID), asked + 1);
}

/// One report may name the first unit, and the next one the second.
#[tokio::test]
async fn a_return_split_over_reports_is_not_processed() {
    let world = World::memory();
    world.announce(ID, 0).await;
    for (now, line, destination) in [(5, ID * 10, 5), (6, ID * 10 + 1, 6)] {
        let row = json!({"id": ID, "return_line_item_id": line, "state": "open", "sku": "A",
            "destination_id": destination});
        world.api.shop(|shop| shop.asn = vec![row]);
        world.bridge().pull(at(now)).await.unwrap();
    }
    world.receive(ID, Condition::Available).await;
    world.settle(10).await;
    assert_eq!(world.api.sent(ID), 0);
}

#[tokio::test]
async fn overdue_goods_are_said_and_flagged_only_if_the_merchant_wants_that() {
    for flag_overdue in [false, true] {
        let world = World::memory();
        let policy = with(|policy| {
            policy.overdue_after_days = 10;
            policy.flag_overdue = flag_overdue;
        });
        world
            .api
            .put(ID, "open", &[line(ID * 10, "A"), line(ID * 10 + 1, "B")]);
        assert_eq!(world.hook(&world.return_webhook(ID), 0).await, 200);
        settle(&world, &policy, 0).await;
        // Goods that are awaited do not make the bridge ask Loop.
        let asked = world.api.count(Call::ReturnDetails, ID);
        settle(&world, &policy, 9 * DAY).await;
        let entry = world.entry(ID).await;
        assert_eq!(entry.look_at, Some(at(10 * DAY)), "without any news");
        assert_eq!(world.api.count(Call::ReturnDetails, ID), asked);
        settle(&world, &policy, 10 * DAY).await;
        assert_eq!(world.api.count(Call::ReturnDetails, ID), asked + 1);
        assert_eq!(world.api.is_flagged(ID), flag_overdue);
        let entry = world.entry(ID).await;
        assert_eq!(entry.decision.unwrap().reason, Reason::Overdue);
        let waits_for = if flag_overdue {
            "Loop to show the flag"
        } else {
            "the goods are overdue"
        };
        assert_eq!(entry.waiting_for.as_deref(), Some(waits_for));
        settle(&world, &policy, 30 * DAY).await;
        assert_eq!(world.api.count(Call::ReturnDetails, ID), asked + 1);
    }
}

#[tokio::test]
async fn only_the_outcomes_that_the_merchant_names_are_processed() {
    let world = World::memory();
    let refunds = |outcomes: &[&str]| {
        with(|policy| policy.process_outcomes = outcomes.iter().map(|it| (*it).into()).collect())
    };
    world.announce(ID, 0).await;
    world.receive(ID, Condition::Available).await;
    settle(&world, &refunds(&["exchange"]), 10).await;
    assert_eq!(world.api.sent(ID), 0);
    let reason = world.entry(ID).await.decision.unwrap().reason;
    assert_eq!(reason, Reason::OutcomeLeftToMerchant);
    settle(&world, &refunds(&["exchange", "refund"]), 20).await;
    settle(&world, &refunds(&["exchange", "refund"]), 100).await;
    assert_eq!((world.api.sent(ID), world.api.refunds(ID)), (1, 1));
}

/// Only the report shows that units of one return go to several places.
#[tokio::test]
async fn a_return_split_over_destinations_is_not_processed() {
    let world = World::memory();
    world.announce(ID, 0).await;
    for (line, destination) in [(ID * 10, 5), (ID * 10 + 1, 6)] {
        let row = json!({"id": ID, "return_line_item_id": line, "state": "open", "sku": "A",
            "destination_id": destination});
        world.api.shop(|shop| shop.asn.push(row));
    }
    world.bridge().pull(at(5)).await.unwrap();
    world.receive(ID, Condition::Available).await;
    for now in [10, 100, HOUR] {
        world.settle(now).await;
    }
    assert_eq!(world.api.effects(ID), [Call::CreateNote]);
    let reason = world.entry(ID).await.decision.unwrap().reason;
    assert_eq!(reason, Reason::SplitDestinations);
}

#[tokio::test]
async fn grades_and_dispositions_are_sent_once_and_keep_no_money_back() {
    let policy = with(|policy| {
        policy.inspection.grades = true;
        policy.inspection.dispositions = true;
    });
    let (first, second) = (ID * 10, ID * 10 + 1);
    let expected = [
        json!({"line_item_id": first, "description": "Received into available stock",
            "condition_category": "grade_a"}),
        json!({"line_item_id": second, "description": "Received damaged",
            "condition_category": "grade_d"}),
        json!({"line_item_id": first, "disposition_outcome": "back_to_stock"}),
        json!({"line_item_id": second, "disposition_outcome": "resale_hold"}),
    ];
    for fault in [
        None,
        Some(Fault::Lost { applied: true }),
        Some(Fault::Limited),
    ] {
        let world = World::memory();
        world.announce(ID, 0).await;
        settle(&world, &policy, 5).await;
        assert!(world.api.inspected().is_empty(), "nothing has come");
        world.receive(ID, Condition::Damaged).await;
        world.api.next(Call::GradeItems, fault);
        for now in [10, 100, HOUR] {
            settle(&world, &policy, now).await;
        }
        assert_eq!(world.api.inspected(), expected, "{fault:?}");
        assert_eq!(world.api.effects(ID), [Call::CreateNote, Call::Flag]);
    }
    // Without the switch nothing is said.
    let world = World::memory();
    world.announce(ID, 0).await;
    world.receive(ID, Condition::Damaged).await;
    world.settle(10).await;
    assert!(world.api.inspected().is_empty());
}

/// The line that a clerk books a foreign product on is known to the warehouse, and is short.
#[tokio::test]
async fn a_foreign_product_on_a_known_line_is_flagged() {
    let world = World::memory();
    world.api.put(ID, "open", &[line(ID * 10, "A")]);
    world.announce(ID, 0).await;
    surplus(&world).await;
    world.work(ID, WarehouseWork::Close).await;
    world.settle(10).await;
    assert!(world.api.is_flagged(ID));
    assert_eq!(
        world.api.notes_of(ID),
        [format!(
            "RMA 7001: not all units are available. line {} A: 0 of 1 available, 1 missing; not expected Z: 1",
            ID * 10
        )]
    );
}

#[tokio::test]
async fn a_changed_policy_is_told_before_it_is_acted_on() {
    let world = World::memory();
    let changed = async |policy| world.bridge_with(policy).policy_has_changed().await;
    assert!(
        !changed(Policy::processing()).await.unwrap(),
        "a new ledger"
    );
    world.pass_with(Policy::default(), 0).await;
    assert!(!changed(Policy::default()).await.unwrap());
    assert!(changed(Policy::processing()).await.unwrap());
}
