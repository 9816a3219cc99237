//! What Loop's state says about an earlier call, and when to look again.

use std::time::Duration;

use ams_loop_bridge::{
    Action, EffectStatus, History, Policy, ProcessRecord, decide, flag_status, next_look,
    process_status,
};
use ams_oms_client::RmaSnapshot;
use loop_client::ReturnState;

use crate::common::{HOUR, at, line, ret};
use crate::support::{GOOD, OUTSTANDING, after, fresh, on, two, with};
use EffectStatus::{Done, Failed, Refused, StillOpen, Unknown};

/// open, closed, review, cancelled, expired, a new word, none.
fn states() -> [Option<ReturnState>; 7] {
    [
        Some(ReturnState::Open),
        Some(ReturnState::Closed),
        Some(ReturnState::Review),
        Some(ReturnState::Cancelled),
        Some(ReturnState::Expired),
        Some(ReturnState::Unknown("processing".to_owned())),
        None,
    ]
}

#[test]
fn what_a_state_says_about_a_process_call() {
    let refused = ProcessRecord::Refused {
        message: "no".to_owned(),
    };
    let (unknown, accepted) = (
        ProcessRecord::Unknown { since: at(0) },
        ProcessRecord::Accepted { since: at(0) },
    );
    let sent = [StillOpen, Done, Unknown, Unknown, Unknown, Unknown, Unknown];
    for (record, expected) in [
        (unknown, sent),
        (accepted, sent),
        (
            refused,
            [Refused, Done, Refused, Refused, Refused, Refused, Refused],
        ),
        (
            ProcessRecord::Failed,
            [Failed, Done, Failed, Failed, Failed, Failed, Failed],
        ),
        (
            ProcessRecord::NotRecorded,
            [Unknown, Done, Unknown, Unknown, Unknown, Unknown, Unknown],
        ),
    ] {
        for (state, expected) in states().iter().zip(expected) {
            let found = process_status(&record, state.as_ref());
            assert_eq!(found, Some(expected), "{record:?} {state:?}");
        }
    }
    for state in states() {
        assert_eq!(
            process_status(&ProcessRecord::NotSent, state.as_ref()),
            None
        );
    }
}

#[test]
fn what_a_state_says_about_a_flag() {
    let expected = [StillOpen, Refused, Done, Refused, Refused, Unknown, Unknown];
    for (state, expected) in states().iter().zip(expected) {
        assert_eq!(flag_status(state.as_ref()), expected, "{state:?}");
    }
}

fn next(policy: &Policy, rma: Option<&RmaSnapshot>, history: &History) -> (Action, Option<i64>) {
    let ret = ret("open", &[line(1, "A"), line(2, "B")]);
    let decision = decide(policy, &ret, rma, history);
    let next = next_look(policy, &decision, history);
    let seconds = next.map(|at| i64::try_from(at.since(history.now).as_secs()).unwrap());
    (decision.action, seconds)
}

#[test]
fn the_next_look_comes_when_time_alone_can_change_something() {
    use Action::{Cancel, Escalate, Flag, Nothing, Process, Wait};
    let good = two("in_progress", GOOD, GOOD);
    let coming = two("in_progress", GOOD, OUTSTANDING);
    let cancelled = two("cancelled", OUTSTANDING, OUTSTANDING);
    let pending = |age: i64| after(ProcessRecord::Accepted { since: at(-age) });
    let change = |change: fn(&mut History)| {
        let mut history = fresh();
        change(&mut history);
        history
    };
    let days = 24 * HOUR;
    for (policy, rma, history, expected) in [
        (on(), Some(&good), fresh(), (Process, Some(60))),
        (
            with(|p| p.cancel_in_loop = true),
            Some(&cancelled),
            fresh(),
            (Cancel, Some(60)),
        ),
        (on(), Some(&cancelled), fresh(), (Escalate, None)),
        (
            on(),
            None,
            change(|h| h.rma_was_made = false),
            (Wait, Some(60)),
        ),
        (on(), None, fresh(), (Escalate, Some(HOUR))),
        (
            on(),
            None,
            change(|h| h.expected_since = Some(at(-8 * 24 * HOUR))),
            (Escalate, Some(2 * 24 * HOUR)),
        ),
        (
            with(|p| p.recreate_rma = true),
            None,
            fresh(),
            (Wait, Some(0)),
        ),
        (Policy::default(), Some(&good), fresh(), (Nothing, None)),
        // The older, the rarer, but never past the deadline.
        (on(), Some(&good), pending(0), (Wait, Some(60))),
        (on(), Some(&good), pending(4 * 90), (Wait, Some(90))),
        (on(), Some(&good), pending(8 * HOUR), (Wait, Some(HOUR))),
        (
            on(),
            Some(&good),
            pending(24 * HOUR - 600),
            (Wait, Some(600)),
        ),
        (on(), Some(&good), pending(24 * HOUR - 1), (Wait, Some(1))),
        (on(), Some(&good), pending(24 * HOUR), (Flag, None)),
        // Goods that are awaited are looked after when they are overdue.
        (on(), Some(&coming), fresh(), (Wait, None)),
        (
            on(),
            Some(&coming),
            change(|h| h.expected_since = Some(at(-24 * HOUR))),
            (Wait, Some(59 * days)),
        ),
        (
            on(),
            Some(&coming),
            change(|h| h.expected_since = Some(at(-60 * 24 * HOUR))),
            (Wait, None),
        ),
        (
            with(|p| p.overdue_after_days = 0),
            Some(&coming),
            change(|h| h.expected_since = Some(at(-90 * 24 * HOUR))),
            (Wait, None),
        ),
    ] {
        assert_eq!(next(&policy, rma, &history), expected, "{history:?}");
    }
}

/// However long a call stays without result, it is looked at finitely often.
#[test]
fn a_process_call_without_result_is_looked_at_some_forty_times_and_then_flagged() {
    let good = two("in_progress", GOOD, GOOD);
    let ret = ret("open", &[line(1, "A"), line(2, "B")]);
    let mut history = after(ProcessRecord::Unknown { since: at(0) });
    let mut looks = 0;
    loop {
        let decision = decide(&on(), &ret, Some(&good), &history);
        if decision.action == Action::Flag {
            assert_eq!(history.now, at(24 * HOUR));
            break;
        }
        let next = next_look(&on(), &decision, &history).unwrap();
        assert!(next.since(history.now) >= Duration::from_secs(1));
        history.now = next;
        looks += 1;
    }
    assert!((20..60).contains(&looks), "{looks}");
}
