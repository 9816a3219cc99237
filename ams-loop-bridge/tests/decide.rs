//! The decision table, row by row, and what must hold for every combination.
// Clippy's exception for tests does not reach their helpers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod common;

use ams_loop_bridge::{
    Action, Decision, Facts, Fingerprint, History, NotOwed, Policy, ProcessRecord, Reason, Surplus,
    decide,
};
use ams_oms_client::RmaSnapshot;
use common::{
    HOUR, RETURN, at, counts, key, line, product, read, ret, return_json, rma, row, stray,
};
use loop_client::Return;
use proptest::prelude::*;
use serde_json::{Value, json};

use Action::{Escalate, Flag, Nothing, Process, Wait};

fn on() -> Policy {
    Policy::processing()
}

fn with(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = on();
    change(&mut policy);
    policy
}

fn fresh() -> History {
    History::none(key(RETURN), at(0))
}

fn flagged_for(decision: &Decision) -> History {
    let mut history = fresh();
    history.flagged = Some(decision.fingerprint.clone());
    history
}

fn after(process: ProcessRecord) -> History {
    let mut history = fresh();
    history.process = process;
    history
}

fn before_the_rma() -> History {
    let mut history = fresh();
    history.rma_was_made = false;
    history
}

fn some_fingerprint() -> Fingerprint {
    decided(&on(), &ret("open", &[line(1, "A")]), None, &fresh()).fingerprint
}

fn decided(
    policy: &Policy,
    ret: &Return,
    rma: Option<&RmaSnapshot>,
    history: &History,
) -> Decision {
    decide(policy, ret, rma, history)
}

struct Case {
    name: &'static str,
    policy: Policy,
    ret: Return,
    rma: Option<RmaSnapshot>,
    history: History,
    action: Action,
    reason: Reason,
    /// The whole note.
    note: Option<&'static str>,
}

/// A row with two lines, `A` on 1 and `B` on 2, fresh history, refunds on.
fn case(
    name: &'static str,
    state: &str,
    rma: RmaSnapshot,
    (action, reason, note): (Action, Reason, Option<&'static str>),
) -> Case {
    Case {
        name,
        policy: on(),
        ret: ret(state, &[line(1, "A"), line(2, "B")]),
        rma: Some(rma),
        history: fresh(),
        action,
        reason,
        note,
    }
}

const GOOD: [u32; 5] = [1, 1, 0, 0, 0];
const OUTSTANDING: [u32; 5] = [1, 0, 0, 0, 0];
const DAMAGED: [u32; 5] = [1, 0, 1, 0, 0];
const HELD: [u32; 5] = [1, 0, 0, 1, 0];
const MISSING: [u32; 5] = [1, 0, 0, 0, 1];

fn two(state: &str, a: [u32; 5], b: [u32; 5]) -> RmaSnapshot {
    rma(state, &[row(1, "A", a), row(2, "B", b)], &[])
}

/// Every row of "Decision cases" in the OMS model that this version decides.
#[expect(clippy::too_many_lines, reason = "a table")]
fn table() -> Vec<Case> {
    let good = || two("in_progress", GOOD, GOOD);
    let bad = || two("in_progress", GOOD, DAMAGED);
    let bad_note = "RMA 7001: not all units are available. line 2 B: 0 of 1 available, 1 damaged";
    let bad_decision = decided(
        &on(),
        &ret("open", &[line(1, "A"), line(2, "B")]),
        Some(&bad()),
        &fresh(),
    );
    let same_sku = || ret("open", &[line(2, "A"), line(1, "A")]);
    let keep = |id: u64| json!({"line_item_id": id, "sku": "K", "outcome": "Keep Item"});
    let not_owed = |why| Reason::NotOwed(why);
    vec![
        case(
            "partial receipt",
            "open",
            two("in_progress", GOOD, OUTSTANDING),
            (Wait, Reason::Receiving, None),
        ),
        case(
            "the rest arrives",
            "open",
            good(),
            (Process, Reason::AllAvailable, None),
        ),
        case(
            "damaged, still partial",
            "open",
            two("in_progress", DAMAGED, OUTSTANDING),
            (Wait, Reason::Receiving, None),
        ),
        Case {
            policy: with(|p| p.flag_early = true),
            ..case(
                "damaged, still partial, flag_early",
                "open",
                two("in_progress", DAMAGED, OUTSTANDING),
                (
                    Flag,
                    Reason::DamagedEarly,
                    Some(
                        "RMA 7001: damaged units, the rest may still arrive. line 1 A: 0 of 1 available, 1 damaged; line 2 B: 0 of 1 available, 1 missing",
                    ),
                ),
            )
        },
        case(
            "complete and damaged",
            "open",
            bad(),
            (Flag, Reason::NotAllAvailable, Some(bad_note)),
        ),
        Case {
            policy: Policy::default(),
            ..case(
                "damaged is flagged, refunds enabled or not",
                "open",
                bad(),
                (Flag, Reason::NotAllAvailable, Some(bad_note)),
            )
        },
        case(
            "closed short",
            "open",
            two("completed", GOOD, OUTSTANDING),
            (
                Flag,
                Reason::NotAllAvailable,
                Some(
                    "RMA 7001: not all units are available. line 2 B: 0 of 1 available, 1 missing",
                ),
            ),
        ),
        case(
            "missing, others outstanding",
            "open",
            two("in_progress", MISSING, OUTSTANDING),
            (Wait, Reason::Receiving, None),
        ),
        case(
            "missing, nothing outstanding",
            "open",
            two("in_progress", GOOD, MISSING),
            (
                Flag,
                Reason::NotAllAvailable,
                Some(
                    "RMA 7001: not all units are available. line 2 B: 0 of 1 available, 1 missing",
                ),
            ),
        ),
        case(
            "surplus",
            "open",
            two("in_progress", [1, 2, 0, 0, 0], GOOD),
            (Process, Reason::AllAvailable, None),
        ),
        Case {
            policy: with(|p| p.surplus = Surplus::Flag),
            ..case(
                "surplus, to be flagged",
                "open",
                two("in_progress", [1, 2, 0, 0, 0], GOOD),
                (
                    Flag,
                    Reason::Surplus,
                    Some("RMA 7001: more arrived than expected. not expected A: 1"),
                ),
            )
        },
        case(
            "wrong SKU",
            "open",
            rma(
                "completed",
                &[row(1, "A", GOOD), row(2, "B", OUTSTANDING)],
                &[stray("C", 1, "available")],
            ),
            (
                Flag,
                Reason::NotAllAvailable,
                Some(
                    "RMA 7001: not all units are available. line 2 B: 0 of 1 available, 1 missing; not expected C: 1",
                ),
            ),
        ),
        case(
            "extra SKU",
            "open",
            rma(
                "in_progress",
                &[row(1, "A", GOOD), row(2, "B", GOOD)],
                &[stray("C", 1, "available")],
            ),
            (Process, Reason::AllAvailable, None),
        ),
        Case {
            ret: same_sku(),
            ..case(
                "same SKU, no line references, good",
                "open",
                rma("in_progress", &[product("A", [2, 2, 0, 0, 0])], &[]),
                (Process, Reason::AllAvailable, None),
            )
        },
        Case {
            ret: same_sku(),
            ..case(
                "same SKU, no line references, one damaged",
                "open",
                rma("in_progress", &[product("A", [2, 1, 1, 0, 0])], &[]),
                (
                    Flag,
                    Reason::NotAllAvailable,
                    Some(
                        "RMA 7001: not all units are available. line 1 A: 0 of 1 available, 1 damaged",
                    ),
                ),
            )
        },
        case(
            "held",
            "open",
            two("in_progress", GOOD, HELD),
            (Wait, Reason::Receiving, None),
        ),
        case(
            "closed with held units",
            "open",
            two("completed", GOOD, HELD),
            (
                Flag,
                Reason::NotAllAvailable,
                Some(
                    "RMA 7001: not all units are available. line 2 B: 0 of 1 available, 1 on hold",
                ),
            ),
        ),
        case(
            "RMA cancelled in the OMS",
            "open",
            two("cancelled", GOOD, GOOD),
            (
                Escalate,
                Reason::RmaCancelled,
                Some("RMA 7001: the RMA was cancelled in the warehouse"),
            ),
        ),
        Case {
            rma: None,
            ..case(
                "RMA vanished",
                "open",
                good(),
                (Escalate, Reason::RmaVanished, None),
            )
        },
        Case {
            rma: None,
            history: before_the_rma(),
            ..case(
                "RMA not made yet",
                "open",
                good(),
                (Wait, Reason::NoRmaYet, None),
            )
        },
        Case {
            history: flagged_for(&bad_decision),
            ..case(
                "flagged for these facts already",
                "open",
                bad(),
                (Nothing, Reason::AlreadyFlagged, None),
            )
        },
        Case {
            history: flagged_for(&bad_decision),
            ..case(
                "flagged for other facts",
                "open",
                two("in_progress", DAMAGED, DAMAGED),
                (
                    Flag,
                    Reason::NotAllAvailable,
                    Some(
                        "RMA 7001: not all units are available. line 1 A: 0 of 1 available, 1 damaged; line 2 B: 0 of 1 available, 1 damaged",
                    ),
                ),
            )
        },
        Case {
            history: flagged_for(&bad_decision),
            ..case(
                "available after the flag",
                "open",
                good(),
                (
                    Escalate,
                    Reason::GoodAfterFlag,
                    Some("RMA 7001: all units are available by now, please review"),
                ),
            )
        },
        Case {
            history: flagged_for(&bad_decision),
            ..case(
                "available after the flag, in review",
                "review",
                good(),
                (
                    Escalate,
                    Reason::GoodAfterFlag,
                    Some("RMA 7001: all units are available by now, please review"),
                ),
            )
        },
        case(
            "never arrives",
            "open",
            two("announced", OUTSTANDING, OUTSTANDING),
            (Wait, Reason::Receiving, None),
        ),
        case(
            "expired, goods arrive",
            "expired",
            good(),
            (
                Escalate,
                Reason::GoodsForExpired,
                Some("RMA 7001: goods arrived for an expired return"),
            ),
        ),
        case(
            "cancelled, nothing arrived",
            "cancelled",
            two("announced", OUTSTANDING, OUTSTANDING),
            (Nothing, Reason::CancelledInLoop, None),
        ),
        case(
            "cancelled, one unit arrived",
            "cancelled",
            two("in_progress", GOOD, OUTSTANDING),
            (
                Escalate,
                Reason::GoodsForCancelled,
                Some(
                    "RMA 7001: goods arrived for a cancelled return. line 2 B: 0 of 1 available, 1 missing",
                ),
            ),
        ),
        case(
            "cancelled, all arrived",
            "cancelled",
            good(),
            (
                Escalate,
                Reason::GoodsForCancelled,
                Some("RMA 7001: goods arrived for a cancelled return"),
            ),
        ),
        case(
            "cancelled on both sides",
            "cancelled",
            two("cancelled", OUTSTANDING, OUTSTANDING),
            (Nothing, Reason::CancelledOnBothSides, None),
        ),
        Case {
            ret: ret("open", &[line(1, "A")]),
            ..case(
                "a removed line arrives",
                "open",
                good(),
                (Process, Reason::AllAvailable, None),
            )
        },
        Case {
            ret: ret("open", &[line(1, "A"), line(2, "B"), line(3, "C")]),
            ..case(
                "an added line the OMS has not heard of",
                "open",
                good(),
                (Escalate, Reason::LineUnknownToOms, None),
            )
        },
        case(
            "closed, good",
            "closed",
            good(),
            (Nothing, Reason::ClosedInLoop, None),
        ),
        case(
            "closed, bad",
            "closed",
            bad(),
            (
                Escalate,
                Reason::BadGoodsAfterClose,
                Some(
                    "RMA 7001: the return is closed, but not all units are available. line 2 B: 0 of 1 available, 1 damaged",
                ),
            ),
        ),
        case(
            "in review for another reason, good",
            "review",
            good(),
            (
                Escalate,
                Reason::InReview { good: true },
                Some("RMA 7001: the warehouse has all units available"),
            ),
        ),
        case(
            "in review for another reason, bad",
            "needs review",
            bad(),
            (Escalate, Reason::InReview { good: false }, Some(bad_note)),
        ),
        Case {
            ret: read(
                json!({"id": RETURN, "state": "open", "outcome": "exchange+credit+refund",
                "line_items": [line(1, "A"), line(2, "B")], "exchanges": []}),
            ),
            ..case(
                "mixed outcome",
                "open",
                good(),
                (Process, Reason::AllAvailable, None),
            )
        },
        Case {
            ret: ret("open", &[line(1, "A"), keep(9)]),
            ..case(
                "a kept line is not expected",
                "open",
                rma("in_progress", &[row(1, "A", GOOD)], &[]),
                (Process, Reason::AllAvailable, None),
            )
        },
        Case {
            ret: ret("open", &[keep(8), keep(9)]),
            ..case(
                "zero ship-back lines",
                "open",
                rma("completed", &[], &[]),
                (Nothing, not_owed(NotOwed::NothingShipsBack), None),
            )
        },
        Case {
            ret: ret("open", &[]),
            ..case(
                "no lines at all",
                "open",
                rma("completed", &[], &[]),
                (Nothing, not_owed(NotOwed::NothingShipsBack), None),
            )
        },
        Case {
            ret: read(
                json!({"id": RETURN, "state": "open", "is_gift_return": true, "customer": null,
                "line_items": [line(1, "A"), line(2, "B")]}),
            ),
            ..case(
                "gift return without a buyer",
                "open",
                good(),
                (Process, Reason::AllAvailable, None),
            )
        },
        Case {
            policy: with(|p| p.destinations = ["5".parse().unwrap()].into()),
            ret: read(
                json!({"id": RETURN, "state": "open", "destination_id": 6, "line_items": [line(1, "A")]}),
            ),
            ..case(
                "another destination",
                "open",
                good(),
                (
                    Nothing,
                    not_owed(NotOwed::OtherDestination("6".parse().unwrap())),
                    None,
                ),
            )
        },
        Case {
            policy: with(|p| p.destinations = ["5".parse().unwrap()].into()),
            ret: read(
                json!({"id": RETURN, "state": "open", "destination_id": "5", "line_items": [line(1, "A"), line(2, "B")]}),
            ),
            ..case(
                "our destination",
                "open",
                good(),
                (Process, Reason::AllAvailable, None),
            )
        },
        case(
            "unknown state of the OMS",
            "open",
            two("quarantined by customs", GOOD, GOOD),
            (
                Escalate,
                Reason::UnknownRmaState("quarantined by customs".to_owned()),
                None,
            ),
        ),
        Case {
            policy: Policy::default(),
            ..case(
                "refunds are off",
                "open",
                good(),
                (Nothing, Reason::ProcessingDisabled, None),
            )
        },
        case(
            "unknown state of Loop",
            "processing",
            good(),
            (
                Escalate,
                Reason::UnknownLoopState(Some("processing".to_owned())),
                Some("RMA 7001: the warehouse is done, but does not know this state"),
            ),
        ),
        Case {
            ret: read(json!({"id": RETURN, "line_items": [line(1, "A"), line(2, "B")]})),
            ..case(
                "no state",
                "open",
                good(),
                (
                    Escalate,
                    Reason::UnknownLoopState(None),
                    Some("RMA 7001: the warehouse is done, but does not know this state"),
                ),
            )
        },
        Case {
            history: after(ProcessRecord::NotKnown),
            ..case(
                "the ledger does not know what was sent",
                "open",
                good(),
                (Escalate, Reason::HistoryNotKnown, None),
            )
        },
        Case {
            history: after(ProcessRecord::NotKnown),
            ..case(
                "the ledger does not know what was sent, bad",
                "open",
                bad(),
                (Flag, Reason::NotAllAvailable, Some(bad_note)),
            )
        },
        Case {
            history: after(ProcessRecord::Accepted { since: at(-60) }),
            ..case(
                "queued",
                "open",
                good(),
                (Wait, Reason::ProcessPending { accepted: true }, None),
            )
        },
        Case {
            history: after(ProcessRecord::Unknown {
                since: at(-24 * HOUR + 1),
            }),
            ..case(
                "unknown, before the deadline",
                "open",
                good(),
                (Wait, Reason::ProcessPending { accepted: false }, None),
            )
        },
        Case {
            history: after(ProcessRecord::Unknown {
                since: at(-24 * HOUR),
            }),
            ..case(
                "unknown, at the deadline",
                "open",
                good(),
                (
                    Flag,
                    Reason::ProcessUnconfirmed,
                    Some(
                        "RMA 7001: processing was requested and not confirmed, please check before paying out",
                    ),
                ),
            )
        },
        Case {
            history: after(ProcessRecord::Accepted { since: at(-60) }),
            ..case(
                "confirmed",
                "closed",
                good(),
                (Nothing, Reason::Processed, None),
            )
        },
        Case {
            history: after(ProcessRecord::Failed),
            ..case(
                "failed",
                "open",
                good(),
                (
                    Flag,
                    Reason::ProcessingFailed,
                    Some("RMA 7001: Loop reported that processing failed, please check"),
                ),
            )
        },
        Case {
            history: after(ProcessRecord::Refused {
                message: "no".to_owned(),
            }),
            ..case(
                "refused",
                "open",
                good(),
                (
                    Escalate,
                    Reason::ProcessRefused("no".to_owned()),
                    Some("RMA 7001: Loop declined to process"),
                ),
            )
        },
    ]
}

#[test]
fn every_case_of_the_table_is_decided() {
    let mut wrong = Vec::new();
    for case in table() {
        let found = decided(&case.policy, &case.ret, case.rma.as_ref(), &case.history);
        let wanted = (case.action, &case.reason, case.note);
        if (found.action, &found.reason, found.note.as_deref()) != wanted {
            wrong.push(format!(
                "{}: wanted {wanted:?}, found {:?} {:?} {:?}",
                case.name, found.action, found.reason, found.note
            ));
        }
        assert_eq!(found.explanation, found.reason.to_string(), "{}", case.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_payload_that_says_too_little_or_too_much_never_processes() {
    let good = two("completed", GOOD, GOOD);
    let no_lines = read(json!({"id": RETURN, "state": "open"}));
    let found = decided(&on(), &no_lines, Some(&good), &fresh());
    assert!(matches!(
        (found.action, found.reason),
        (Wait, Reason::LoopIncomplete(_))
    ));
    let contradictory = ret("open", &[line(1, "A"), line(1, "B")]);
    let found = decided(&on(), &contradictory, Some(&good), &fresh());
    assert!(matches!(
        (found.action, found.reason),
        (Escalate, Reason::LoopContradictory(_))
    ));
    // I6, a second time: no line at all is not "every line".
    assert!(!Facts::default().all_available());
    // A unit that Loop lists twice is two units.
    let twice = ret("open", &[line(1, "A"), line(1, "A"), line(2, "B")]);
    assert_eq!(decided(&on(), &twice, Some(&good), &fresh()).action, Flag);
}

// ---- Attacks -------------------------------------------------------------------------------

/// An OMS with a row per product and condition, and no line references: a good unit must not
/// hide a bad one because its row stands first.
#[test]
fn the_order_of_the_warehouses_rows_never_decides_over_money() {
    let rows = [product("A", [1, 1, 0, 0, 0]), product("A", [0, 0, 1, 0, 0])];
    let ret = ret("open", &[line(1, "A")]);
    let one = decided(&on(), &ret, Some(&rma("in_progress", &rows, &[])), &fresh());
    let reversed = [rows[1].clone(), rows[0].clone()];
    let other = decided(
        &on(),
        &ret,
        Some(&rma("in_progress", &reversed, &[])),
        &fresh(),
    );
    assert_eq!(one, other);
    assert_eq!(one.action, Flag);
}

/// `decide` is public: evidence about another return, or another merchant's, is none.
#[test]
fn another_rma_is_no_evidence() {
    let ret = read(return_json(
        RETURN + 1,
        "open",
        &[line(1, "A"), line(2, "B")],
    ));
    let good = rma("completed", &[product("A", GOOD), product("B", GOOD)], &[]);
    assert_ne!(decided(&on(), &ret, Some(&good), &fresh()).action, Process);
    let ret = common::ret("open", &[line(1, "A"), line(2, "B")]);
    let mut history = fresh();
    history.key.merchant = "stranger".parse().unwrap();
    let found = decide(&on(), &ret, Some(&good), &history);
    assert_ne!(found.action, Process);
}

/// Never net across SKUs: a barcode that reads like the expected SKU is no SKU.
#[test]
fn a_foreign_sku_with_a_familiar_barcode_is_foreign() {
    let ret = ret("open", &[line(1, "12345")]);
    let foreign = json!({"sku": "OTHER", "barcode": "12345", "counts": counts(GOOD)});
    let found = decided(
        &on(),
        &ret,
        Some(&rma("completed", &[foreign], &[])),
        &fresh(),
    );
    assert_ne!(found.action, Process);
}

/// An OMS may name the line and the barcode it scanned, and no SKU.
#[test]
fn a_line_known_by_reference_and_barcode_is_the_same_product() {
    let ret = ret(
        "open",
        &[json!({"line_item_id": 1, "sku": "A", "barcode": "400"})],
    );
    let scanned = json!({"line_item_id": "1", "barcode": "400", "counts": counts(GOOD)});
    let found = decided(
        &on(),
        &ret,
        Some(&rma("completed", &[scanned], &[])),
        &fresh(),
    );
    assert_eq!(
        (found.action, found.reason),
        (Process, Reason::AllAvailable)
    );
}

/// I3: a line the OMS has not heard of is no reason to leave damage unflagged.
#[test]
fn damage_is_flagged_even_beside_a_line_the_oms_has_not_heard_of() {
    let ret = ret("open", &[line(1, "A"), line(2, "B"), line(3, "C")]);
    let found = decided(
        &on(),
        &ret,
        Some(&two("completed", GOOD, DAMAGED)),
        &fresh(),
    );
    assert_eq!(found.action, Flag);
    assert!(
        found
            .note
            .unwrap()
            .contains("line 2 B: 0 of 1 available, 1 damaged")
    );
}

/// "Available, then damaged after process": it cannot be undone, but somebody must hear of it.
#[test]
fn damage_found_after_the_process_call_is_escalated_with_a_note() {
    let bad = two("completed", GOOD, DAMAGED);
    for (state, process) in [
        ("closed", ProcessRecord::Accepted { since: at(-60) }),
        (
            "open",
            ProcessRecord::Refused {
                message: "no".to_owned(),
            },
        ),
    ] {
        let history = after(process);
        let ret = ret(state, &[line(1, "A"), line(2, "B")]);
        let found = decided(&on(), &ret, Some(&bad), &history);
        assert!(
            matches!(found.action, Flag | Escalate),
            "{state}: {:?}",
            found.action
        );
        assert!(
            found.note.is_some_and(|note| note.contains("line 2 B")),
            "{state}"
        );
    }
}

/// A closed return whose details show no lines any more tells nothing about the goods.
#[test]
fn a_processed_return_without_lines_is_processed_and_not_bad() {
    let good = two("completed", GOOD, GOOD);
    let history = after(ProcessRecord::Accepted { since: at(-60) });
    for json in [
        json!({"id": RETURN, "state": "closed"}),
        json!({"id": RETURN, "state": "closed", "line_items": []}),
    ] {
        let found = decided(&on(), &read(json), Some(&good), &history);
        assert_eq!((found.action, found.reason), (Nothing, Reason::Processed));
    }
}

/// A flag is refused in these states: to ask for one again and again never ends.
#[test]
fn an_unconfirmed_process_call_on_a_finished_return_is_escalated_and_not_flagged() {
    let good = two("completed", GOOD, GOOD);
    let history = after(ProcessRecord::Unknown {
        since: at(-48 * HOUR),
    });
    for state in ["cancelled", "expired"] {
        let ret = ret(state, &[line(1, "A"), line(2, "B")]);
        assert_eq!(
            decided(&on(), &ret, Some(&good), &history).action,
            Escalate,
            "{state}"
        );
    }
}

// ---- Properties ----------------------------------------------------------------------------

/// A combination of everything `decide` looks at. Rows carry line references, all or none of
/// them; without, there is one row per product.
#[derive(Debug, Clone)]
struct World {
    policy: Policy,
    state: Option<&'static str>,
    lines: Vec<Value>,
    rma_state: &'static str,
    rows: Vec<Value>,
    strays: Vec<Value>,
    history: History,
}

impl World {
    fn ret(&self) -> Return {
        let mut json = return_json(RETURN, "open", &self.lines);
        json["state"] = json!(self.state);
        read(json)
    }

    fn rma(&self) -> RmaSnapshot {
        rma(self.rma_state, &self.rows, &self.strays)
    }

    fn decide(&self) -> Decision {
        decided(&self.policy, &self.ret(), Some(&self.rma()), &self.history)
    }

    fn expected(&self) -> Vec<(String, String)> {
        self.lines
            .iter()
            .filter(|line| line["outcome"] != "keep")
            .map(|line| {
                (
                    line["line_item_id"].to_string(),
                    line["sku"].as_str().unwrap().to_owned(),
                )
            })
            .collect()
    }

    /// Rows that speak of an expected line.
    fn relevant(&self) -> Vec<&Value> {
        let expected = self.expected();
        let names = |row: &&Value| {
            expected.iter().any(|(id, sku)| {
                row["sku"] == sku.as_str()
                    && (row["line_item_id"].is_null() || row["line_item_id"] == id.as_str())
            })
        };
        self.rows.iter().filter(names).collect()
    }

    /// Written a second time, not with the code under test.
    fn may_process(&self) -> bool {
        let n = |row: &Value, what: &str| row["counts"][what].as_u64().unwrap();
        let settled = |row: &Value| {
            n(row, "held") == 0
                && n(row, "available") + n(row, "damaged") + n(row, "missing") >= n(row, "expected")
        };
        let complete = self.rma_state == "completed"
            || (["announced", "arrived", "in_progress"].contains(&self.rma_state)
                && self.rows.iter().any(|row| n(row, "expected") > 0)
                && self.rows.iter().all(settled));
        let expected = self.expected();
        let every_unit = expected.iter().all(|(id, sku)| {
            let by_line = self
                .rows
                .iter()
                .find(|row| row["line_item_id"] == id.as_str() && row["sku"] == sku.as_str());
            match by_line {
                Some(row) => n(row, "available") >= 1,
                None => {
                    let of_product =
                        |row: &&Value| row["line_item_id"].is_null() && row["sku"] == sku.as_str();
                    let available: u64 = self
                        .rows
                        .iter()
                        .filter(of_product)
                        .map(|row| n(row, "available"))
                        .sum();
                    let wanted = expected.iter().filter(|(_, other)| other == sku).count();
                    available >= u64::try_from(wanted).unwrap()
                }
            }
        });
        let none_bad = self.relevant().iter().all(|row| {
            ["damaged", "held", "missing"]
                .iter()
                .all(|what| n(row, what) == 0)
        });
        // Nor among units that nobody expects.
        let none_bad_beside = self
            .rows
            .iter()
            .all(|row| n(row, "damaged") + n(row, "held") == 0)
            && self
                .strays
                .iter()
                .all(|stray| stray["condition"] == "available");
        let received: u64 = self.rows.iter().map(|row| n(row, "available")).sum();
        let surplus = !self.strays.is_empty() || received > u64::try_from(expected.len()).unwrap();
        self.policy.process_returns
            && self.state == Some("open")
            && complete
            && !expected.is_empty()
            && every_unit
            && none_bad
            && none_bad_beside
            && self.history.process == ProcessRecord::NotSent
            && self.history.flagged.is_none()
            && !(surplus && self.policy.surplus == Surplus::Flag)
    }
}

fn worlds() -> impl Strategy<Value = World> {
    // Mostly good, or next to nothing would ever be processed.
    let units = || {
        prop_oneof![
            6 => Just([1, 1, 0, 0, 0]),
            1 => Just([1, 2, 0, 0, 0]),
            2 => prop::array::uniform5(0u32..=2),
        ]
    };
    let lines = prop::collection::vec(
        (
            prop::sample::select(vec!["A", "A", "B", "C"]),
            prop::bool::weighted(0.15),
            prop::bool::weighted(0.95),
            units(),
        ),
        0..=4,
    );
    let policy =
        (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(surplus, early, process)| {
            with(|policy| {
                policy.surplus = if surplus {
                    Surplus::Flag
                } else {
                    Surplus::Process
                };
                policy.flag_early = early;
                policy.process_returns = process;
            })
        });
    let state = prop_oneof![
        8 => Just(Some("open")),
        4 => prop::sample::select(vec![None, Some("review"), Some("closed"), Some("cancelled"), Some("expired"), Some("odd")]),
    ];
    let rma_state = prop::sample::select(vec![
        "in_progress",
        "completed",
        "completed",
        "arrived",
        "announced",
        "cancelled",
        "odd",
    ]);
    let strays = prop::collection::vec(
        (
            prop::sample::select(vec!["A", "Z"]),
            1u32..3,
            prop::sample::select(vec!["available", "damaged"]),
        ),
        0..=2,
    );
    (lines, policy, state, rma_state, prop::bool::weighted(0.6), strays, histories()).prop_map(
        |(lines, policy, state, rma_state, by_line, strays, history)| {
            let mut rows: Vec<Value> = Vec::new();
            for (id, (sku, _, known, units)) in (1u64..).zip(&lines) {
                if by_line {
                    if *known {
                        rows.push(row(id, sku, *units));
                    }
                } else if let Some(row) = rows.iter_mut().find(|row| row["sku"] == *sku) {
                    for (key, more) in ["expected", "available", "damaged", "held", "missing"].iter().zip(units) {
                        row["counts"][key] = json!(row["counts"][key].as_u64().unwrap() + u64::from(*more));
                    }
                } else {
                    rows.push(product(sku, *units));
                }
            }
            World {
                lines: (1u64..)
                    .zip(&lines)
                    .map(|(id, (sku, kept, ..))| {
                        json!({"line_item_id": id, "sku": sku, "outcome": if *kept { "keep" } else { "default" }})
                    })
                    .collect(),
                strays: strays.iter().map(|(sku, n, condition)| stray(sku, *n, condition)).collect(),
                policy,
                state,
                rma_state,
                rows,
                history,
            }
        },
    )
}

fn histories() -> impl Strategy<Value = History> {
    let since = -30 * HOUR..=1;
    let process = prop_oneof![
        8 => Just(ProcessRecord::NotSent),
        1 => since.clone().prop_map(|s| ProcessRecord::Unknown { since: at(s) }),
        1 => since.prop_map(|s| ProcessRecord::Accepted { since: at(s) }),
        1 => Just(ProcessRecord::Refused { message: "no".to_owned() }),
        1 => Just(ProcessRecord::Failed),
        1 => Just(ProcessRecord::NotKnown),
    ];
    (process, prop::bool::weighted(0.15), any::<bool>()).prop_map(|(process, flagged, made)| {
        let mut history = after(process);
        history.flagged = flagged.then(some_fingerprint);
        history.rma_was_made = made;
        history
    })
}

/// An order to put things in, from any bytes.
fn shuffle<T>(items: &mut [T], seed: &[u8]) {
    for (at, byte) in seed.iter().enumerate().take(items.len()) {
        items.swap(at, usize::from(*byte) % items.len());
    }
}

fn is_effect(action: Action) -> bool {
    matches!(action, Process | Flag)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn processing_is_always_justified_and_never_forgotten(world in worlds()) {
        let found = world.decide();
        prop_assert_eq!(found.action == Process, world.may_process(), "{:?}", found);
    }

    #[test]
    fn the_order_of_lines_rows_and_strays_does_not_matter(world in worlds(), seed in any::<[u8; 12]>()) {
        let mut other = world.clone();
        shuffle(&mut other.lines, &seed[..4]);
        shuffle(&mut other.rows, &seed[4..8]);
        shuffle(&mut other.strays, &seed[8..]);
        prop_assert_eq!(world.decide(), other.decide());
    }

    #[test]
    fn the_order_of_several_rows_of_one_product_does_not_matter(
        wanted in 1u64..4,
        units in prop::collection::vec(prop::array::uniform5(0u32..=2), 1..4),
        seed in any::<[u8; 4]>(),
    ) {
        let lines: Vec<Value> = (1..=wanted).map(|id| line(id, "A")).collect();
        let mut rows: Vec<Value> = units.iter().map(|units| product("A", *units)).collect();
        let ret = ret("open", &lines);
        let one = decided(&on(), &ret, Some(&rma("completed", &rows, &[])), &fresh());
        shuffle(&mut rows, &seed);
        let other = decided(&on(), &ret, Some(&rma("completed", &rows, &[])), &fresh());
        prop_assert_eq!(one.action, other.action);
    }

    #[test]
    fn receipts_and_documents_do_not_matter(world in worlds(), documents in any::<Vec<String>>()) {
        let mut snapshot = world.rma();
        snapshot.documents = documents;
        snapshot.raw_state = "whatever".to_owned();
        let found = decided(&world.policy, &world.ret(), Some(&snapshot), &world.history);
        prop_assert_eq!(found.action, world.decide().action);
        prop_assert_eq!(found.facts, world.decide().facts);
    }

    #[test]
    fn more_damage_never_turns_anything_into_process(world in worlds(), which in any::<prop::sample::Index>()) {
        prop_assume!(!world.rows.is_empty());
        let mut worse = world.clone();
        let at = which.index(worse.rows.len());
        let units = &mut worse.rows[at]["counts"];
        let (available, damaged) = (units["available"].as_u64().unwrap(), units["damaged"].as_u64().unwrap());
        units["damaged"] = json!(damaged + 1);
        units["available"] = json!(available.saturating_sub(1));
        if worse.decide().action == Process {
            prop_assert_eq!(world.decide().action, Process);
            prop_assert!(!worse.relevant().contains(&&worse.rows[at]));
        }
    }

    #[test]
    fn switching_refunds_off_never_adds_an_effect(mut world in worlds()) {
        world.policy.process_returns = true;
        let enabled = world.decide();
        world.policy.process_returns = false;
        let disabled = world.decide();
        prop_assert_ne!(disabled.action, Process);
        if is_effect(disabled.action) || disabled.note.is_some() {
            prop_assert_eq!(&disabled, &enabled);
        }
    }

    #[test]
    fn a_repeated_decision_is_the_same(world in worlds()) {
        prop_assert_eq!(world.decide(), world.decide());
        let mut again = world.clone();
        let found = world.decide();
        if found.action == Flag {
            again.history.flagged = Some(found.fingerprint);
            prop_assert_ne!(again.decide().action, Flag);
        }
    }

    #[test]
    fn zero_lines_never_process(mut world in worlds()) {
        for line in &mut world.lines {
            line["outcome"] = json!("keep");
        }
        prop_assert_ne!(world.decide().action, Process);
        if world.history.process == ProcessRecord::NotSent {
            prop_assert_ne!(world.decide().action, Flag);
        }
    }

    #[test]
    fn unknown_states_never_process(world in worlds(), word in "[a-z]{1,12}") {
        prop_assume!(word != "open" && word != "completed" && word != "arrived" && word != "announced");
        let mut json = return_json(RETURN, &word, &world.lines);
        let found = decided(&world.policy, &read(json.clone()), Some(&world.rma()), &world.history);
        prop_assert_ne!(found.action, Process);
        json["state"] = json!("open");
        let unknown = rma(&word, &world.rows, &world.strays);
        let found = decided(&world.policy, &read(json), Some(&unknown), &world.history);
        prop_assert_ne!(found.action, Process);
    }

    #[test]
    fn after_a_process_call_there_is_never_another(
        world in worlds(),
        process in prop_oneof![
            (-1000 * HOUR..1000 * HOUR).prop_map(|s| ProcessRecord::Unknown { since: at(s) }),
            (-1000 * HOUR..1000 * HOUR).prop_map(|s| ProcessRecord::Accepted { since: at(s) }),
            any::<String>().prop_map(|message| ProcessRecord::Refused { message }),
            Just(ProcessRecord::Failed),
            Just(ProcessRecord::NotKnown),
        ],
        flagged in any::<bool>(),
    ) {
        let mut world = world;
        world.history.process = process;
        world.history.flagged = flagged.then(some_fingerprint);
        prop_assert_ne!(world.decide().action, Process);
    }

    #[test]
    fn notes_are_short_and_cut_between_entries(
        lines in prop::collection::vec(("[A-Za-zäß€0-9-]{1,60}", any::<u32>(), 0u32..3), 1..40),
        id in 1u64..,
    ) {
        let expected: Vec<Value> = (1u64..).zip(&lines).map(|(n, (sku, ..))| line(n * 1_000_000_007, sku)).collect();
        let rows: Vec<Value> = (1u64..)
            .zip(&lines)
            .map(|(n, (sku, many, kind))| match kind {
                0 => row(n * 1_000_000_007, sku, [1, 0, *many, 0, 0]),
                1 => row(n * 1_000_000_007, sku, [1, 0, 0, *many, 0]),
                _ => row(n * 1_000_000_007, sku, [1, 0, 0, 0, 1]),
            })
            .collect();
        let mut json = serde_json::to_value(rma("completed", &rows, &[])).unwrap();
        json["rma_number"] = json!(id.to_string());
        let snapshot: RmaSnapshot = serde_json::from_value(json).unwrap();
        let ret = read(return_json(id, "open", &expected));
        let history = History::none(key(id), at(0));
        let found = decided(&on(), &ret, Some(&snapshot), &history);
        prop_assert_eq!(found.action, Flag);
        let note = found.note.unwrap();
        prop_assert!(note.chars().count() <= 254);
        let (head, entries) = note.split_once(". ").unwrap();
        prop_assert_eq!(head, format!("RMA {id}: not all units are available"));
        let (entries, left_out) = match entries.rsplit_once(" and ") {
            Some((entries, more)) => (entries, more.strip_suffix(" more").unwrap().parse::<usize>().unwrap()),
            None => (entries, 0),
        };
        let whole = |entry: &str| {
            (entry.starts_with("not expected ") && entry.contains(": ")) || entry.starts_with("line ")
                && entry.contains(" available")
                && ["damaged", "on hold", "missing"].iter().any(|end| entry.ends_with(end))
        };
        let entries: Vec<&str> = entries.split("; ").collect();
        prop_assert!(entries.iter().all(|entry| whole(entry)), "{}", note);
        let total = found.facts.lines.len() + found.facts.unexpected.len();
        prop_assert!(entries[0].starts_with("line 1000000007 "), "{}", note);
        prop_assert_eq!(entries.len() + left_out, total, "{}", note);
    }
}
