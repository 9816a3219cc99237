//! The parts of the model that stand for pure functions of the crate, held against them.

use ams_loop_bridge::ledger::Entry;
use ams_loop_bridge::{Action, Policy, ProcessRecord, decide as real_decide};
use ams_oms_client::RmaSnapshot;
use loop_client::Timestamp;

use crate::common::{HOUR, RETURN, at, key, line, ret, rma, row};
use crate::decide::{Decision, Evidence, decide};
use crate::state::{Goods, LoopState, Record};

const RECORDS: [Record; 5] = [
    Record::NotSent,
    Record::Unknown,
    Record::Accepted,
    Record::Refused,
    Record::Failed,
];

const REFUSAL: &str = "Return has already been processed";

fn real(record: Record, since: Timestamp) -> ProcessRecord {
    match record {
        Record::NotSent => ProcessRecord::NotSent,
        Record::Unknown => ProcessRecord::Unknown { since },
        Record::Accepted => ProcessRecord::Accepted { since },
        Record::Refused => ProcessRecord::Refused {
            message: REFUSAL.to_owned(),
        },
        Record::Failed => ProcessRecord::Failed,
    }
}

fn entry(record: Record, since: Timestamp) -> Entry {
    let mut entry = Entry::new(key(RETURN), at(0));
    entry.note_rma_made();
    entry.process = real(record, since);
    entry
}

fn snapshot(goods: Goods) -> RmaSnapshot {
    let counts = match goods {
        Goods::Good => [1, 1, 0, 0, 0],
        Goods::Bad | Goods::KnownBad => [1, 0, 1, 0, 0],
    };
    rma("completed", &[row(7, "TEE-M", counts)], &[])
}

/// Every case that the model can put to its `decide`.
fn cases() -> impl Iterator<Item = Evidence> {
    let states = [LoopState::Open, LoopState::Review, LoopState::Closed];
    let all_goods = [Goods::Good, Goods::Bad, Goods::KnownBad];
    let mut cases = Vec::new();
    for record in RECORDS {
        for loop_state in states {
            for goods in all_goods {
                for (flagged, overdue) in
                    [(false, false), (false, true), (true, false), (true, true)]
                {
                    cases.push(Evidence {
                        record,
                        flagged,
                        overdue,
                        loop_state,
                        goods,
                    });
                }
            }
        }
    }
    cases.into_iter()
}

#[test]
fn it_decides_as_the_core_does() {
    let policy = Policy::processing();
    for case in cases() {
        let state = match case.loop_state {
            LoopState::Open => "open",
            LoopState::Review => "review",
            LoopState::Closed => "closed",
        };
        let (ret, rma) = (ret(state, &[line(7, "TEE-M")]), snapshot(case.goods));
        let now = at(25 * HOUR);
        let mut entry = entry(
            case.record,
            if case.overdue { at(0) } else { at(24 * HOUR) },
        );
        if case.flagged {
            let facts = real_decide(&policy, &ret, Some(&rma), &entry.history(now));
            entry.flagged = Some(facts.fingerprint);
        }
        let decision = real_decide(&policy, &ret, Some(&rma), &entry.history(now));
        entry.note_decision(&decision, None, None, entry.news, now);

        let expected = match decide(&case) {
            Decision::Process => (vec![Action::Process], false),
            Decision::Flag => (vec![Action::Flag], true),
            Decision::Settle => (vec![Action::Nothing, Action::Escalate], true),
            Decision::Wait => (vec![Action::Wait], false),
        };
        assert!(
            expected.0.contains(&decision.action),
            "{case:?}: {decision:?}"
        );
        assert_eq!(
            entry.settlement.is_some(),
            expected.1,
            "{case:?}: {decision:?}"
        );
    }
}

#[test]
fn its_record_changes_as_the_entry_does() {
    type Change = (&'static str, fn(&mut Record), fn(&mut Entry));
    let changes: [Change; 4] = [
        ("accepted", Record::accepted, Entry::note_process_accepted),
        (
            "not applied",
            Record::not_applied,
            Entry::note_process_not_applied,
        ),
        ("refused", Record::refused, |entry| {
            entry.note_process_refused(REFUSAL.to_owned());
        }),
        ("failed", Record::failed, Entry::note_process_failed),
    ];
    for before in RECORDS {
        for (name, change, real_change) in changes {
            let (mut record, mut entry) = (before, entry(before, at(0)));
            change(&mut record);
            real_change(&mut entry);
            assert_eq!(entry.process, real(record, at(0)), "{name} of {before:?}");
        }
        let (mut record, mut entry) = (before, entry(before, at(0)));
        assert_eq!(record.intend(), entry.intend_process(at(0)), "{before:?}");
        assert_eq!(entry.process, real(record, at(0)), "intent of {before:?}");
    }
}
