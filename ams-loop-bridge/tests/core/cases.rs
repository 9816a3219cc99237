//! The decision table's rows: every case of the OMS model, and what else has to be decided.

use ams_loop_bridge::{Action, History, NotOwed, Policy, ProcessRecord, Reason, Surplus, decide};
use ams_oms_client::RmaSnapshot;
use loop_client::Return;
use serde_json::{Value, json};

use crate::common::{HOUR, RETURN, at, line, product, read, ret, rma, row, stray};
use crate::support::{
    DAMAGED, GOOD, HELD, MISSING, OUTSTANDING, after, flagged_for, fresh, on, two, with,
};
use Action::{Cancel, Escalate, Flag, Nothing, Process, Wait};

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) policy: Policy,
    pub(crate) ret: Return,
    pub(crate) rma: Option<RmaSnapshot>,
    pub(crate) history: History,
    pub(crate) action: Action,
    pub(crate) reason: Reason,
    /// The whole note.
    pub(crate) note: Option<&'static str>,
}

/// Two lines, `A` on 1 and `B` on 2, open in Loop and good in the warehouse, fresh history,
/// refunds on: processed.
fn case(name: &'static str) -> Case {
    Case {
        name,
        policy: on(),
        ret: ret("open", &[line(1, "A"), line(2, "B")]),
        rma: Some(two("in_progress", GOOD, GOOD)),
        history: fresh(),
        action: Process,
        reason: Reason::AllAvailable,
        note: None,
    }
}

impl Case {
    fn rma(mut self, rma: RmaSnapshot) -> Self {
        self.rma = Some(rma);
        self
    }

    fn no_rma(mut self) -> Self {
        self.rma = None;
        self
    }

    fn state(self, state: &str) -> Self {
        self.ret(ret(state, &[line(1, "A"), line(2, "B")]))
    }

    fn ret(mut self, ret: Return) -> Self {
        self.ret = ret;
        self
    }

    fn policy(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        self.policy = with(change);
        self
    }

    fn history(mut self, history: History) -> Self {
        self.history = history;
        self
    }

    fn is(mut self, action: Action, reason: Reason) -> Self {
        (self.action, self.reason) = (action, reason);
        self
    }

    fn note(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }
}

const BAD_NOTE: &str =
    "RMA 7001: not all units are available. line 2 B: 0 of 1 available, 1 damaged";
const MISSING_NOTE: &str =
    "RMA 7001: not all units are available. line 2 B: 0 of 1 available, 1 missing";
const AVAILABLE_AFTER_FLAG: &str = "RMA 7001: all units are available by now, please review";

fn bad() -> RmaSnapshot {
    two("in_progress", GOOD, DAMAGED)
}

fn flagged_for_bad() -> History {
    flagged_for(&decide(&on(), &case("").ret, Some(&bad()), &fresh()))
}

fn flagged_early() -> History {
    let partial = two("in_progress", DAMAGED, OUTSTANDING);
    flagged_for(&decide(&on(), &case("").ret, Some(&partial), &fresh()))
}

fn history(change: impl FnOnce(&mut History)) -> History {
    let mut history = fresh();
    change(&mut history);
    history
}

fn announced() -> RmaSnapshot {
    two("announced", OUTSTANDING, OUTSTANDING)
}

fn fields(fields: &Value) -> Return {
    let mut json =
        json!({"id": RETURN, "state": "open", "line_items": [line(1, "A"), line(2, "B")]});
    for (key, value) in fields.as_object().unwrap() {
        json[key] = value.clone();
    }
    read(json)
}

pub(crate) fn all() -> Vec<Case> {
    [
        receiving(),
        surplus(),
        conditions(),
        cancelled_or_gone(),
        after_a_flag(),
        states_of_loop(),
        what_is_owed(),
        left_to_the_merchant(),
        after_a_process_call(),
        not_known(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn receiving() -> Vec<Case> {
    vec![
        case("all units available"),
        case("partial receipt, the rest may come")
            .rma(two("in_progress", GOOD, OUTSTANDING))
            .is(Wait, Reason::Receiving),
        case("the rest arrives later: the newest counts decide"),
        case("damaged units in a still partial receipt")
            .rma(two("in_progress", DAMAGED, OUTSTANDING))
            .is(Wait, Reason::Receiving),
        case("damaged units in a still partial receipt, to be flagged early")
            .policy(|p| p.flag_early = true)
            .rma(two("in_progress", DAMAGED, OUTSTANDING))
            .is(Flag, Reason::DamagedEarly)
            .note(
                "RMA 7001: damaged units, the rest may still arrive. line 1 A: 0 of 1 available, 1 damaged; line 2 B: 0 of 1 available, 1 outstanding",
            ),
        case("a still partial receipt without damage, to be flagged early if there were any")
            .policy(|p| p.flag_early = true)
            .rma(two("in_progress", GOOD, OUTSTANDING))
            .is(Wait, Reason::Receiving),
        case("closed short")
            .rma(two("completed", GOOD, OUTSTANDING))
            .is(Flag, Reason::NotAllAvailable)
            .note(MISSING_NOTE),
        case("closed, and nothing came")
            .rma(two("completed", OUTSTANDING, OUTSTANDING))
            .is(Flag, Reason::NotAllAvailable)
            .note(
                "RMA 7001: not all units are available. line 1 A: 0 of 1 available, 1 missing; line 2 B: 0 of 1 available, 1 missing",
            ),
        case("explicit \"missing\", others outstanding")
            .rma(two("in_progress", MISSING, OUTSTANDING))
            .is(Wait, Reason::Receiving),
        case("explicit \"missing\" before close, nothing outstanding")
            .rma(two("in_progress", GOOD, MISSING))
            .is(Flag, Reason::NotAllAvailable)
            .note(MISSING_NOTE),
        case("several parcels, several receipts, one snapshot").rma(several_receipts()),
        case("never arrives").rma(announced()).is(Wait, Reason::Receiving),
        case("never arrives, and is overdue")
            .rma(announced())
            .history(history(|h| h.expected_since = Some(at(-60 * 24 * HOUR))))
            .is(Wait, Reason::Overdue),
        case("never arrives, and nothing is ever overdue")
            .policy(|p| p.overdue_after_days = 0)
            .rma(announced())
            .history(history(|h| h.expected_since = Some(at(-600 * 24 * HOUR))))
            .is(Wait, Reason::Receiving),
        case("never arrives, and is overdue after fewer days")
            .policy(|p| p.overdue_after_days = 10)
            .rma(announced())
            .history(history(|h| h.expected_since = Some(at(-10 * 24 * HOUR))))
            .is(Wait, Reason::Overdue),
        case("never arrives, one second before it is overdue")
            .policy(|p| p.flag_overdue = true)
            .rma(announced())
            .history(history(|h| h.expected_since = Some(at(1 - 60 * 24 * HOUR))))
            .is(Wait, Reason::Receiving),
        case("never arrives, and overdue goods are to be flagged")
            .policy(|p| p.flag_overdue = true)
            .rma(announced())
            .history(history(|h| h.expected_since = Some(at(-60 * 24 * HOUR))))
            .is(Flag, Reason::Overdue)
            .note(
                "RMA 7001: the goods are overdue. line 1 A: 0 of 1 available, 1 outstanding; line 2 B: 0 of 1 available, 1 outstanding",
            ),
    ]
}

fn several_receipts() -> RmaSnapshot {
    let mut json = serde_json::to_value(two("in_progress", GOOD, GOOD)).unwrap();
    let unit = |line: &str| json!([{"item": {"line_item_id": line}, "condition": "available", "quantity": 1}]);
    json["receipts"] =
        json!([{"id": "R-2", "units": unit("2")}, {"id": "R-1", "units": unit("1")}]);
    serde_json::from_value(json).unwrap()
}

fn surplus() -> Vec<Case> {
    let rows = || [row(1, "A", GOOD), row(2, "B", GOOD)];
    vec![
        case("more than expected, all expected available")
            .rma(two("in_progress", [1, 2, 0, 0, 0], GOOD))
            .note(
                "RMA 7001: all units are available, and more arrived than expected. not expected A: 1",
            ),
        case("more than expected, to be flagged")
            .policy(|p| p.surplus = Surplus::Flag)
            .rma(two("in_progress", [1, 2, 0, 0, 0], GOOD))
            .is(Flag, Reason::Surplus)
            .note("RMA 7001: more arrived than expected. not expected A: 1"),
        case("extra SKU, all expected available")
            .rma(rma("in_progress", &rows(), &[stray("C", 1, "available")]))
            .note(
                "RMA 7001: all units are available, and more arrived than expected. not expected C: 1",
            ),
        case("extra SKU, to be flagged")
            .policy(|p| p.surplus = Surplus::Flag)
            .rma(rma("in_progress", &rows(), &[stray("C", 1, "available")]))
            .is(Flag, Reason::Surplus)
            .note("RMA 7001: more arrived than expected. not expected C: 1"),
        case("extra SKU, and it is damaged")
            .rma(rma("in_progress", &rows(), &[stray("C", 1, "damaged")]))
            .is(Flag, Reason::NotAllAvailable)
            .note("RMA 7001: not all units are available. not expected C: 1 not in good order"),
        case("wrong SKU instead of the expected one")
            .rma(rma(
                "completed",
                &[row(1, "A", GOOD), row(2, "B", OUTSTANDING)],
                &[stray("C", 1, "available")],
            ))
            .is(Flag, Reason::NotAllAvailable)
            .note(
                "RMA 7001: not all units are available. line 2 B: 0 of 1 available, 1 missing; not expected C: 1",
            ),
        case("wrong SKU, booked on the line of the expected one")
            .rma(rma(
                "in_progress",
                &[row(1, "A", GOOD), row(2, "C", GOOD)],
                &[],
            ))
            .is(Flag, Reason::NotAllAvailable)
            .note(
                "RMA 7001: not all units are available. line 2 B: 0 of 1 available, 1 missing; not expected C: 1",
            ),
    ]
}

fn conditions() -> Vec<Case> {
    let same_sku = || ret("open", &[line(2, "A"), line(1, "A")]);
    vec![
        case("complete and damaged")
            .rma(bad())
            .is(Flag, Reason::NotAllAvailable)
            .note(BAD_NOTE),
        case("complete and damaged, refunds not enabled")
            .policy(|p| p.process_returns = false)
            .rma(bad())
            .is(Flag, Reason::NotAllAvailable)
            .note(BAD_NOTE),
        case("same SKU on several lines, OMS echoes no line references, all available")
            .ret(same_sku())
            .rma(rma("in_progress", &[product("A", [2, 2, 0, 0, 0])], &[])),
        case("same SKU on several lines, OMS echoes no line references, one damaged")
            .ret(same_sku())
            .rma(rma("in_progress", &[product("A", [2, 1, 1, 0, 0])], &[]))
            .is(Flag, Reason::NotAllAvailable)
            .note(
                "RMA 7001: not all units are available. line 1 A: 0 of 1 available, 1 damaged, line ambiguous",
            ),
        case("same SKU on several lines, OMS echoes no line references, all damaged")
            .ret(same_sku())
            .rma(rma("in_progress", &[product("A", [2, 0, 2, 0, 0])], &[]))
            .is(Flag, Reason::NotAllAvailable)
            .note(
                "RMA 7001: not all units are available. line 1 A: 0 of 1 available, 1 damaged; line 2 A: 0 of 1 available, 1 damaged",
            ),
        case("one row per unit against quantities")
            .ret(same_sku())
            .rma(rma(
                "in_progress",
                &[product("A", GOOD), product("A", GOOD)],
                &[],
            )),
        case("unit held or quarantined")
            .rma(two("in_progress", GOOD, HELD))
            .is(Wait, Reason::Receiving),
        case("closed with held units")
            .rma(two("completed", GOOD, HELD))
            .is(Flag, Reason::NotAllAvailable)
            .note("RMA 7001: not all units are available. line 2 B: 0 of 1 available, 1 on hold"),
        case("unknown condition of a unit, which counts as held")
            .rma(rma(
                "in_progress",
                &[row(1, "A", GOOD), row(2, "B", GOOD)],
                &[stray("C", 1, "looks odd")],
            ))
            .is(Flag, Reason::NotAllAvailable)
            .note("RMA 7001: not all units are available. not expected C: 1 not in good order"),
        case("damaged, then re-graded available before any action"),
    ]
}

fn cancelled_or_gone() -> Vec<Case> {
    let cancelled = || two("cancelled", OUTSTANDING, OUTSTANDING);
    const NOTE: &str = "RMA 7001: the RMA is cancelled in the warehouse. line 1 A: 0 of 1 available, 1 outstanding; line 2 B: 0 of 1 available, 1 outstanding";
    vec![
        case("RMA cancelled in the OMS")
            .rma(cancelled())
            .is(Escalate, Reason::RmaCancelled)
            .note(NOTE),
        case("RMA cancelled in the OMS, Loop to be told")
            .policy(|p| p.cancel_in_loop = true)
            .rma(cancelled())
            .is(Cancel, Reason::RmaCancelled),
        case("RMA cancelled in the OMS, Loop to be told, but goods came")
            .policy(|p| p.cancel_in_loop = true)
            .rma(two("cancelled", GOOD, GOOD))
            .is(Escalate, Reason::RmaCancelled)
            .note("RMA 7001: the RMA is cancelled in the warehouse"),
        case("RMA cancelled in the OMS, Loop to be told, but in review there")
            .policy(|p| p.cancel_in_loop = true)
            .state("review")
            .rma(cancelled())
            .is(Escalate, Reason::RmaCancelled)
            .note(NOTE),
        case("cancelled on both sides")
            .state("cancelled")
            .rma(cancelled())
            .is(Nothing, Reason::CancelledOnBothSides),
        case("cancelled on both sides, and goods came")
            .state("cancelled")
            .rma(two("cancelled", GOOD, OUTSTANDING))
            .is(Escalate, Reason::GoodsForCancelled)
            .note(
                "RMA 7001: goods arrived for a cancelled return. line 2 B: 0 of 1 available, 1 outstanding",
            ),
        case("RMA not made yet")
            .no_rma()
            .history(history(|h| h.rma_was_made = false))
            .is(Wait, Reason::NoRmaYet),
        case("RMA vanished (purged) without receipt")
            .no_rma()
            .is(Escalate, Reason::RmaVanished),
        case("RMA vanished, to be made again")
            .policy(|p| p.recreate_rma = true)
            .no_rma()
            .is(Wait, Reason::RmaToBeMadeAgain),
        case("RMA vanished, to be made again, but goods had come")
            .policy(|p| p.recreate_rma = true)
            .no_rma()
            .history(history(|h| h.goods_were_received = true))
            .is(Escalate, Reason::RmaVanished),
        case("RMA vanished, to be made again, but Loop is done with the return")
            .policy(|p| p.recreate_rma = true)
            .state("closed")
            .no_rma()
            .is(Escalate, Reason::RmaVanished),
    ]
}

fn after_a_flag() -> Vec<Case> {
    vec![
        case("flagged for these facts already")
            .rma(bad())
            .history(flagged_for_bad())
            .is(Nothing, Reason::AlreadyFlagged),
        case("flagged for these facts already, and in review")
            .state("review")
            .rma(bad())
            .history(flagged_for_bad())
            .is(Nothing, Reason::AlreadyFlagged),
        case("flagged for other facts")
            .rma(two("in_progress", DAMAGED, DAMAGED))
            .history(flagged_for_bad())
            .is(Flag, Reason::NotAllAvailable)
            .note(
                "RMA 7001: not all units are available. line 1 A: 0 of 1 available, 1 damaged; line 2 B: 0 of 1 available, 1 damaged",
            ),
        case("flagged for other facts, and in review")
            .state("review")
            .rma(two("in_progress", DAMAGED, DAMAGED))
            .history(flagged_for_bad())
            .is(Escalate, Reason::InReview { good: false })
            .note(
                "RMA 7001: not all units are available. line 1 A: 0 of 1 available, 1 damaged; line 2 B: 0 of 1 available, 1 damaged",
            ),
        case("flagged early, and the rest may still come")
            .policy(|p| p.flag_early = true)
            .rma(two("in_progress", DAMAGED, OUTSTANDING))
            .history(flagged_early())
            .is(Wait, Reason::Receiving),
        case("flagged early, then closed short: what is missing is told as well")
            .policy(|p| p.flag_early = true)
            .rma(two("completed", DAMAGED, OUTSTANDING))
            .history(flagged_early())
            .is(Flag, Reason::NotAllAvailable)
            .note(
                "RMA 7001: not all units are available. line 1 A: 0 of 1 available, 1 damaged; line 2 B: 0 of 1 available, 1 missing",
            ),
        case("damaged, flagged, then re-graded available")
            .history(flagged_for_bad())
            .is(Nothing, Reason::GoodAfterFlag)
            .note(AVAILABLE_AFTER_FLAG),
        case("damaged, flagged, then re-graded available, in review")
            .state("review")
            .history(flagged_for_bad())
            .is(Nothing, Reason::GoodAfterFlag)
            .note(AVAILABLE_AFTER_FLAG),
    ]
}

fn states_of_loop() -> Vec<Case> {
    const UNKNOWN: &str = "RMA 7001: the warehouse is done, but does not know this state";
    let unknown = |state: &str| Reason::UnknownLoopState(Some(state.to_owned()));
    vec![
        case("expired in Loop, goods arrive")
            .state("expired")
            .is(Escalate, Reason::GoodsForExpired)
            .note("RMA 7001: goods arrived for an expired return"),
        case("expired in Loop, nothing arrived yet")
            .state("expired")
            .rma(announced())
            .is(Wait, Reason::Receiving),
        case("expired in Loop, and the warehouse has closed the RMA without goods")
            .state("expired")
            .rma(two("completed", OUTSTANDING, MISSING))
            .is(Nothing, Reason::ExpiredInLoop),
        case("cancelled in Loop after the RMA was made, nothing arrived")
            .state("cancelled")
            .rma(announced())
            .is(Nothing, Reason::CancelledInLoop),
        case("cancelled in Loop after the RMA was made, one unit arrived")
            .state("cancelled")
            .rma(two("in_progress", GOOD, OUTSTANDING))
            .is(Escalate, Reason::GoodsForCancelled)
            .note(
                "RMA 7001: goods arrived for a cancelled return. line 2 B: 0 of 1 available, 1 outstanding",
            ),
        case("cancelled in Loop after the RMA was made, all arrived")
            .state("cancelled")
            .is(Escalate, Reason::GoodsForCancelled)
            .note("RMA 7001: goods arrived for a cancelled return"),
        case("already closed in Loop, all good")
            .state("closed")
            .is(Nothing, Reason::ClosedInLoop),
        case("already closed in Loop, damaged or missing: a flag would be refused")
            .state("closed")
            .rma(bad())
            .is(Escalate, Reason::BadGoodsAfterClose)
            .note(
                "RMA 7001: the return is closed, but not all units are available. line 2 B: 0 of 1 available, 1 damaged",
            ),
        case("already in review for another reason, all good")
            .state("review")
            .is(Escalate, Reason::InReview { good: true })
            .note("RMA 7001: the warehouse has all units available"),
        case("already in review for another reason, bad")
            .state("needs review")
            .rma(bad())
            .is(Escalate, Reason::InReview { good: false })
            .note(BAD_NOTE),
        case("unknown state of Loop")
            .state("processing")
            .is(Escalate, unknown("processing"))
            .note(UNKNOWN),
        case("Loop names no state")
            .ret(fields(&json!({"state": null})))
            .is(Escalate, Reason::UnknownLoopState(None))
            .note(UNKNOWN),
    ]
}

fn what_is_owed() -> Vec<Case> {
    let keep = |id: u64| json!({"line_item_id": id, "sku": "K", "outcome": "Keep Item"});
    let not_owed = |why| Reason::NotOwed(why);
    let nothing_came = || rma("completed", &[], &[]);
    let ours = |policy: &mut Policy| policy.destinations = ["5".parse().unwrap()].into();
    vec![
        case("edited in Loop: a removed line arrives, which is surplus")
            .ret(ret("open", &[line(1, "A")]))
            .note(
                "RMA 7001: all units are available, and more arrived than expected. not expected B: 1",
            ),
        case("edited in Loop: an added line is unknown to the OMS")
            .ret(ret("open", &[line(1, "A"), line(2, "B"), line(3, "C")]))
            .is(Escalate, Reason::LineUnknownToOms),
        case("edited in Loop: an added line is unknown to the OMS, and a damaged unit came beside")
            .ret(ret("open", &[line(1, "A"), line(2, "B"), line(3, "C")]))
            .rma(rma(
                "completed",
                &[row(1, "A", GOOD), row(2, "B", GOOD)],
                &[stray("C", 1, "damaged")],
            ))
            .is(Flag, Reason::NotAllAvailable)
            .note(
                "RMA 7001: not all units are available. line 3 C: 0 of 1 available, 1 missing; not expected C: 1 not in good order",
            ),
        case("cancelled in Loop, and all units are declared missing")
            .state("cancelled")
            .rma(two("in_progress", MISSING, MISSING))
            .is(Nothing, Reason::CancelledInLoop),
        case("edited in Loop: an added line is unknown to the OMS, and another is damaged")
            .ret(ret("open", &[line(1, "A"), line(2, "B"), line(3, "C")]))
            .rma(two("completed", GOOD, DAMAGED))
            .is(Flag, Reason::NotAllAvailable)
            .note(
                "RMA 7001: not all units are available. line 2 B: 0 of 1 available, 1 damaged; line 3 C: 0 of 1 available, 1 missing",
            ),
        case("exchange").ret(fields(&json!({"outcome": "exchange",
            "exchanges": [{"exchange_id": "1", "sku": "A-XL"}]}))),
        case("store credit").ret(fields(&json!({"outcome": "credit"}))),
        case("refund").ret(fields(&json!({"outcome": "refund"}))),
        case("mixed outcome").ret(fields(&json!({"outcome": "exchange+credit+refund"}))),
        case("warranty return").ret(fields(&json!({"type": "warranty"}))),
        case("gift return, without a buyer")
            .ret(fields(&json!({"is_gift_return": true, "customer": null}))),
        case("keep-item, donate and no-ship-back lines are not expected")
            .ret(ret("open", &[line(1, "A"), keep(9)]))
            .rma(rma("in_progress", &[row(1, "A", GOOD)], &[])),
        case("lines with an outcome of the merchant's own are not expected")
            .policy(|p| p.not_shipped_outcomes = ["recycled at home".to_owned()].into())
            .ret(ret(
                "open",
                &[
                    line(1, "A"),
                    json!({"line_item_id": 9, "sku": "K", "outcome": "Recycled-at-home"}),
                ],
            ))
            .rma(rma("in_progress", &[row(1, "A", GOOD)], &[])),
        case("lines with an outcome that nobody knows are expected")
            .ret(ret(
                "open",
                &[
                    line(1, "A"),
                    json!({"line_item_id": 2, "sku": "B", "outcome": "recycled at home"}),
                ],
            )),
        case("zero ship-back lines: all are kept")
            .ret(ret("open", &[keep(8), keep(9)]))
            .rma(nothing_came())
            .is(Nothing, not_owed(NotOwed::NothingShipsBack)),
        case("zero ship-back lines: there are none")
            .ret(ret("open", &[]))
            .rma(nothing_came())
            .is(Nothing, not_owed(NotOwed::NothingShipsBack)),
        case("a return method with which nothing is shipped back")
            .ret(fields(&json!({"return_method": "no-ship-back"})))
            .rma(nothing_came())
            .is(
                Nothing,
                not_owed(NotOwed::NoShipBackMethod("no-ship-back".to_owned())),
            ),
        case("a return method of the merchant's own with which nothing is shipped back")
            .policy(|p| p.not_shipped_methods = ["courtesy".to_owned()].into())
            .ret(fields(&json!({"return_method": "Courtesy"})))
            .rma(nothing_came())
            .is(
                Nothing,
                not_owed(NotOwed::NoShipBackMethod("Courtesy".to_owned())),
            ),
        case("a return method that nobody knows sends goods")
            .ret(fields(&json!({"return_method": "Courtesy"}))),
        case("handed over in a shop of the merchant's own")
            .policy(|p| p.in_store_providers = ["acme-shops".to_owned()].into())
            .ret(fields(&json!({"return_method": {"provider": "Acme Shops"}})))
            .rma(nothing_came())
            .is(Nothing, not_owed(NotOwed::InStore)),
        case("handed over in a shop")
            .ret(fields(&json!({"return_method": {"provider": "loop-pos"}})))
            .rma(nothing_came())
            .is(Nothing, not_owed(NotOwed::InStore)),
        case("Happy Returns, whose goods come here in bulk")
            .ret(fields(&json!({"return_method": {"provider": "happy-returns"}}))),
        case("Happy Returns, whose goods go elsewhere")
            .policy(|p| p.expect_happy_returns = false)
            .ret(fields(&json!({"return_method": {"provider": "happy-returns"}})))
            .rma(nothing_came())
            .is(Nothing, not_owed(NotOwed::HappyReturns)),
        case("lines for another destination")
            .policy(ours)
            .ret(fields(&json!({"destination_id": 6})))
            .is(
                Nothing,
                not_owed(NotOwed::OtherDestination("6".parse().unwrap())),
            ),
        case("lines for this destination")
            .policy(ours)
            .ret(fields(&json!({"destination_id": "5"}))),
        case("several destinations, and Loop names none")
            .policy(ours)
            .is(
                Wait,
                Reason::LoopIncomplete(
                    "the policy names this warehouse's destinations, and Loop names none for the return"
                        .to_owned(),
                ),
            ),
        case("a mixed return: units of it go to another destination")
            .history(history(|h| h.split_destinations = true))
            .is(Escalate, Reason::SplitDestinations)
            .note(
                "RMA 7001: all units for this warehouse are available, others go elsewhere",
            ),
        case("Loop does not list the lines")
            .ret(read(json!({"id": RETURN, "state": "open"})))
            .is(
                Wait,
                Reason::LoopIncomplete(
                    "Loop lists no line items for the return".to_owned(),
                ),
            ),
        case("Loop lists two products on one line")
            .ret(ret("open", &[line(1, "A"), line(1, "B")]))
            .is(
                Escalate,
                Reason::LoopContradictory(
                    "line item 1 stands for two different products".to_owned(),
                ),
            ),
    ]
}

fn left_to_the_merchant() -> Vec<Case> {
    vec![
        case("refunds are not enabled")
            .policy(|p| p.process_returns = false)
            .is(Nothing, Reason::ProcessingDisabled),
        case("policy switched on after completion"),
        case("an outcome that the merchant processes by hand")
            .policy(|p| p.process_outcomes = ["refund".to_owned()].into())
            .ret(fields(&json!({"outcome": "exchange+refund"})))
            .is(Nothing, Reason::OutcomeLeftToMerchant),
        case("an outcome that is processed")
            .policy(|p| p.process_outcomes = ["refund".to_owned(), "Exchange".to_owned()].into())
            .ret(fields(&json!({"outcome": "exchange+refund"}))),
        case("only some outcomes are processed, and Loop names none")
            .policy(|p| p.process_outcomes = ["refund".to_owned()].into())
            .ret(fields(&json!({})))
            .is(Nothing, Reason::OutcomeLeftToMerchant),
    ]
}

fn after_a_process_call() -> Vec<Case> {
    let accepted = |seconds| after(ProcessRecord::Accepted { since: at(seconds) });
    let unknown = |seconds| after(ProcessRecord::Unknown { since: at(seconds) });
    let refused = || {
        let message = "Return is open and therefore cannot be processed.".to_owned();
        after(ProcessRecord::Refused { message })
    };
    let unconfirmed =
        "RMA 7001: processing was requested and not confirmed, please check before paying out";
    vec![
        case("queued by Loop")
            .history(accepted(-60))
            .is(Wait, Reason::ProcessPending { accepted: true }),
        case("no answer to the process call, before the deadline")
            .history(unknown(1 - 24 * HOUR))
            .is(Wait, Reason::ProcessPending { accepted: false }),
        case("no answer to the process call, at the deadline")
            .history(unknown(-24 * HOUR))
            .is(Flag, Reason::ProcessUnconfirmed)
            .note(unconfirmed),
        case("no answer to the process call, at an earlier deadline")
            .policy(|p| p.process_deadline_hours = 2)
            .history(unknown(-2 * HOUR))
            .is(Flag, Reason::ProcessUnconfirmed)
            .note(unconfirmed),
        case("queued by Loop, and not done at the deadline")
            .history(accepted(-24 * HOUR))
            .is(Flag, Reason::ProcessUnconfirmed)
            .note(unconfirmed),
        case("flagged, because the process call stayed without result")
            .history({
                let mut history = flagged_for_bad();
                history.process = ProcessRecord::Unknown { since: at(-48 * HOUR) };
                history
            })
            .is(Nothing, Reason::AlreadyFlagged),
        case("no answer to the process call, expired in Loop at the deadline")
            .state("expired")
            .history(unknown(-24 * HOUR))
            .is(Escalate, Reason::ProcessUnconfirmed)
            .note(unconfirmed),
        case("processed: closed in Loop")
            .state("closed")
            .history(accepted(-60))
            .is(Nothing, Reason::Processed),
        case("the failure was reported, and the return is closed all the same")
            .state("closed")
            .history(after(ProcessRecord::Failed))
            .is(Nothing, Reason::Processed),
        case("available, then damaged after process")
            .state("closed")
            .rma(bad())
            .history(accepted(-60))
            .is(Escalate, Reason::BadGoodsAfterClose)
            .note(
                "RMA 7001: the return is closed, but not all units are available. line 2 B: 0 of 1 available, 1 damaged",
            ),
        case("in review after the process call")
            .state("review")
            .history(accepted(-60))
            .is(Escalate, Reason::InReviewAfterProcess)
            .note("RMA 7001: processing was requested and ended in review"),
        case("Loop reported that processing failed")
            .history(after(ProcessRecord::Failed))
            .is(Flag, Reason::ProcessingFailed)
            .note("RMA 7001: Loop reported that processing failed, please check"),
        case("Loop reported that processing failed, and it is in review")
            .state("review")
            .history(after(ProcessRecord::Failed))
            .is(Escalate, Reason::ProcessingFailed)
            .note("RMA 7001: Loop reported that processing failed, please check"),
        case("Loop declined to process")
            .history(refused())
            .is(
                Escalate,
                Reason::ProcessRefused(
                    "Return is open and therefore cannot be processed.".to_owned(),
                ),
            )
            .note("RMA 7001: Loop declined to process"),
        case("Loop declined to process, because it was closed already")
            .state("closed")
            .history(refused())
            .is(Nothing, Reason::Processed),
    ]
}

fn not_known() -> Vec<Case> {
    vec![
        case("OMS state unknown")
            .rma(two("quarantined by customs", GOOD, GOOD))
            .is(
                Escalate,
                Reason::UnknownRmaState("quarantined by customs".to_owned()),
            ),
        case("the ledger does not know what was sent, all good")
            .history(after(ProcessRecord::NotRecorded))
            .is(Escalate, Reason::HistoryNotKnown),
        case("the ledger does not know what was sent, bad")
            .rma(bad())
            .history(after(ProcessRecord::NotRecorded))
            .is(Flag, Reason::NotAllAvailable)
            .note(BAD_NOTE),
        case("the RMA shown is another return's")
            .ret(fields(&json!({"id": RETURN + 1})))
            .is(Escalate, Reason::RmaOfAnother),
    ]
}
