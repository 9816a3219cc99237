//! What Loop's state says about a call that was made before. Loop answers `true` when it has
//! queued the work, and shows only by the return's state what became of it.

use std::time::Duration;

use loop_client::{ReturnState, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Decision, History, ProcessRecord, Reason};
use crate::Policy;
use crate::decide::Action;

/// What became of a call, as far as Loop shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EffectStatus {
    /// It was carried out.
    Done,
    /// Loop declined it, and nothing was carried out.
    Refused,
    /// Loop reported that it failed.
    Failed,
    /// It may still be carried out, or may never have arrived.
    StillOpen,
    /// The state does not tell.
    Unknown,
}

/// What a return's state says about its process call; `None` when none was made.
///
/// | Recorded | open | closed | review | any other |
/// | --- | --- | --- | --- | --- |
/// | nothing sent | - | - | - | - |
/// | sent or queued | still open | done | unknown | unknown |
/// | refused | refused | done | refused | refused |
/// | failed | failed | done | failed | failed |
/// | not known | unknown | done | unknown | unknown |
///
/// `open` proves nothing: it is what a return reads while the queued work is not done. `review`
/// may follow from the call or from a person's flag.
///
/// ```
/// use ams_loop_bridge::{EffectStatus, ProcessRecord, process_status};
/// use loop_client::{ReturnState, Timestamp};
///
/// let sent = ProcessRecord::Unknown { since: Timestamp::from_unix_seconds(1_800_000_000) };
/// assert_eq!(process_status(&sent, Some(&ReturnState::Open)), Some(EffectStatus::StillOpen));
/// assert_eq!(process_status(&sent, Some(&ReturnState::Closed)), Some(EffectStatus::Done));
/// ```
#[must_use]
pub fn process_status(record: &ProcessRecord, state: Option<&ReturnState>) -> Option<EffectStatus> {
    Some(match (record, state) {
        (ProcessRecord::NotSent, _) => return None,
        (_, Some(ReturnState::Closed)) => EffectStatus::Done,
        (ProcessRecord::Refused { .. }, _) => EffectStatus::Refused,
        (ProcessRecord::Failed, _) => EffectStatus::Failed,
        (
            ProcessRecord::Unknown { .. } | ProcessRecord::Accepted { .. },
            Some(ReturnState::Open),
        ) => EffectStatus::StillOpen,
        (
            ProcessRecord::Unknown { .. }
            | ProcessRecord::Accepted { .. }
            | ProcessRecord::NotRecorded,
            _,
        ) => EffectStatus::Unknown,
    })
}

/// What a return's state says about a flag that was sent.
///
/// `open` proves nothing: a flag is kept apart from the state, and whether every flagged return
/// moves to `review` is not documented.
///
/// ```
/// use ams_loop_bridge::{EffectStatus, flag_status};
/// use loop_client::ReturnState;
///
/// assert_eq!(flag_status(Some(&ReturnState::Review)), EffectStatus::Done);
/// ```
#[must_use]
pub fn flag_status(state: Option<&ReturnState>) -> EffectStatus {
    match state {
        Some(ReturnState::Review) => EffectStatus::Done,
        Some(ReturnState::Open) => EffectStatus::StillOpen,
        Some(ReturnState::Closed | ReturnState::Cancelled | ReturnState::Expired) => {
            EffectStatus::Refused
        }
        Some(_) | None => EffectStatus::Unknown,
    }
}

/// The soonest that a process call is looked after again.
const SOON: Duration = Duration::from_secs(60);
/// The longest pause between two looks at what only time can change.
const HOUR: Duration = Duration::from_secs(3600);

/// When to look at a return again although nobody has news of it; `None` when only news can
/// change the decision.
///
/// ```
/// use std::time::Duration;
/// use ams_loop_bridge::{History, Policy, ProcessRecord, decide, next_look};
/// use ams_oms_client::RmaKey;
/// use loop_client::{Return, Timestamp};
///
/// let ret: Return = serde_json::from_str(r#"{"id": 99904598, "state": "open",
///     "line_items": [{"line_item_id": 7, "sku": "TEE-M"}]}"#)?;
/// let key = RmaKey::new("acme".parse()?, "99904598".parse()?);
/// let now = Timestamp::from_unix_seconds(1_800_000_000);
/// let mut history = History::none(key, now);
/// history.process = ProcessRecord::Accepted { since: now };
///
/// let policy = Policy::processing();
/// let decision = decide(&policy, &ret, None, &history);
/// let next = next_look(&policy, &decision, &history);
/// assert_eq!(next, Some(now.plus(Duration::from_secs(60))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn next_look(policy: &Policy, decision: &Decision, history: &History) -> Option<Timestamp> {
    let now = history.now;
    match (decision.action, &decision.reason) {
        (Action::Process | Action::Cancel, _) | (_, Reason::NoRmaYet) => Some(now.plus(SOON)),
        (_, Reason::ProcessPending { .. }) => {
            let (ProcessRecord::Unknown { since } | ProcessRecord::Accepted { since }) =
                history.process
            else {
                return Some(now.plus(SOON));
            };
            // What Loop has not done at once it does in hours, so the pauses grow with its age.
            let age = now.since(since);
            let pause = (age / 4).clamp(SOON, HOUR);
            let left = policy.process_deadline().saturating_sub(age);
            Some(now.plus(pause.min(left)))
        }
        // It seldom mends itself, and each look costs a call: the older, the rarer.
        (_, Reason::LoopIncomplete(_) | Reason::RmaVanished) => {
            let age = history
                .expected_since
                .map_or(HOUR, |since| now.since(since));
            Some(now.plus((age / 4).max(HOUR)))
        }
        (_, Reason::RmaToBeMadeAgain) => Some(now),
        (_, Reason::Receiving) => next_receiving_look(policy, history),
        _ => None,
    }
}

/// When goods that are awaited have to be looked after.
pub(crate) fn next_receiving_look(policy: &Policy, history: &History) -> Option<Timestamp> {
    if is_overdue(policy, history) {
        return None;
    }
    overdue_at(policy, history)
}

/// Whether it is long since the goods were announced.
pub(crate) fn is_overdue(policy: &Policy, history: &History) -> bool {
    overdue_at(policy, history).is_some_and(|at| at <= history.now)
}

/// When the goods are overdue, if they ever are.
fn overdue_at(policy: &Policy, history: &History) -> Option<Timestamp> {
    Some(history.expected_since?.plus(policy.overdue_after()?))
}
