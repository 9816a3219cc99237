//! What is owed to Loop for a return, from what both sides say. Pure and total: every
//! combination has an answer, and every answer explains itself.

mod facts;
mod note;
mod reason;

use std::time::Duration;

use ams_oms_client::{RmaKey, RmaSnapshot, RmaState};
use loop_client::{Return, ReturnState, Timestamp};
use serde::{Deserialize, Serialize};

pub use facts::{Facts, Fingerprint, LineFacts, Unexpected};
pub use reason::Reason;

use crate::map::{Mapping, map_return};
use crate::policy::{Policy, Surplus};

/// What to do about a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Tell Loop to process it: refund, exchange, credit. Moves money.
    Process,
    /// Tell Loop to hold it for review, with a note that says why.
    Flag,
    /// Look again when something changes.
    Wait,
    /// Nothing is owed.
    Nothing,
    /// A person has to look; no call but a note can help.
    Escalate,
}

/// An action with everything it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Decision {
    /// What to do.
    pub action: Action,
    /// Why, for machines.
    pub reason: Reason,
    /// What was compared.
    pub facts: Facts,
    /// Identifies `facts`.
    pub fingerprint: Fingerprint,
    /// Why, for a warehouse clerk.
    pub explanation: String,
    /// What to write on the return's timeline in Loop, at most 254 characters.
    pub note: Option<String>,
}

/// What became of the one process call that a return gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
#[non_exhaustive]
pub enum ProcessRecord {
    /// None was sent, or it is proven that it had no effect.
    #[default]
    NotSent,
    /// It was about to be sent, or was sent, and no answer proves what happened.
    Unknown {
        /// When it was about to be sent.
        since: Timestamp,
    },
    /// Loop said `true`: queued, not done.
    Accepted {
        /// When it was sent.
        since: Timestamp,
    },
    /// Loop declined, in words that it documents.
    Refused {
        /// Loop's words.
        message: String,
    },
    /// Loop reported that processing failed.
    Failed,
    /// The ledger does not know: the RMA was there before the entry.
    NotKnown,
}

/// What was done about a return before, and when we are looking.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct History {
    /// The time of this look.
    pub now: Timestamp,
    /// The process call.
    pub process: ProcessRecord,
    /// The facts the return was last flagged for.
    pub flagged: Option<Fingerprint>,
    /// Whether the RMA was in the OMS before.
    pub rma_was_made: bool,
}

impl History {
    /// Of a return that nothing was done about yet.
    #[must_use]
    pub fn none(now: Timestamp) -> Self {
        Self {
            now,
            process: ProcessRecord::NotSent,
            flagged: None,
            rma_was_made: true,
        }
    }
}

/// Decides.
///
/// `ret` must have been read from Loop's API just now, not taken from a webhook: money follows
/// from its lines.
///
/// ```
/// use ams_loop_bridge::{Action, History, Mapping, Policy, decide, map_return};
/// use ams_oms_client::{RmaSnapshot, RmaState, RmaVersion};
/// use loop_client::{Return, Timestamp};
///
/// let ret: Return = serde_json::from_str(r#"{"id": 99904598, "state": "open",
///     "line_items": [{"line_item_id": 7, "sku": "TEE-M"}]}"#)?;
/// let merchant = "acme".parse()?;
/// let policy = Policy::processing();
/// let received: RmaSnapshot = serde_json::from_str(r#"{
///     "merchant": "acme", "rma_number": "99904598",
///     "state": "completed", "raw_state": "CLOSED", "version": "3", "unexpected": [],
///     "lines": [{"line_item_id": "7", "sku": "TEE-M",
///         "counts": {"expected": 1, "available": 0, "damaged": 1, "held": 0, "missing": 0}}]}"#)?;
///
/// let now = Timestamp::from_unix_seconds(1_800_000_000);
/// let decision = decide(&policy, &ret, Some(&received), &History::none(now), &merchant);
/// assert_eq!(decision.action, Action::Flag);
/// assert_eq!(
///     decision.note.as_deref(),
///     Some("RMA 99904598: not all units are available. line 7 TEE-M: 0 of 1 available, 1 damaged"),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn decide(
    policy: &Policy,
    ret: &Return,
    rma: Option<&RmaSnapshot>,
    history: &History,
    merchant: &ams_oms_client::MerchantId,
) -> Decision {
    let key = crate::map::key_of(merchant, ret.id);
    let mapping = map_as_if_open(policy, ret, merchant);
    let facts = match (&mapping, rma) {
        (Mapping::Owed { rma: expected, .. }, Some(snapshot)) if snapshot.key == key => {
            Facts::gather(expected, snapshot)
        }
        _ => Facts::default(),
    };
    let (action, reason) = match rma {
        Some(rma) if rma.key != key => (Action::Escalate, Reason::RmaOfAnother),
        _ => rule(policy, ret, rma, history, &mapping, &facts),
    };
    let note = note_for(action, &reason, &key, &facts);
    Decision {
        action,
        fingerprint: facts.fingerprint(),
        explanation: reason.to_string(),
        reason,
        facts,
        note,
    }
}

/// What is in the parcel does not depend on where the return stands in Loop by now.
fn map_as_if_open(policy: &Policy, ret: &Return, merchant: &ams_oms_client::MerchantId) -> Mapping {
    let mut open = ret.clone();
    open.state = Some(ReturnState::Open);
    map_return(merchant, policy, &open)
}

/// The decision table, read from the top: the first rule that applies decides.
fn rule(
    policy: &Policy,
    ret: &Return,
    rma: Option<&RmaSnapshot>,
    history: &History,
    mapping: &Mapping,
    facts: &Facts,
) -> (Action, Reason) {
    use Action::{Escalate, Flag, Nothing, Process, Wait};

    let state = ret.state.as_ref();
    // After a process call nothing may lead to a second one, whatever the goods look like.
    if let Some(answer) = after_process(policy, state, rma, history, facts) {
        return answer;
    }
    match mapping {
        Mapping::Owed { .. } => {}
        Mapping::NotOwed(why) => return (Nothing, Reason::NotOwed(why.clone())),
        Mapping::Incomplete(what) => return (Wait, Reason::LoopIncomplete(what.to_string())),
        Mapping::Contradictory(what) => {
            return (Escalate, Reason::LoopContradictory(what.to_string()));
        }
    }
    let Some(rma) = rma else {
        return if history.rma_was_made {
            (Escalate, Reason::RmaVanished)
        } else {
            (Wait, Reason::NoRmaYet)
        };
    };
    match rma.state {
        RmaState::Cancelled if state == Some(&ReturnState::Cancelled) => {
            return (Nothing, Reason::CancelledOnBothSides);
        }
        RmaState::Cancelled => return (Escalate, Reason::RmaCancelled),
        RmaState::Announced | RmaState::Arrived | RmaState::InProgress | RmaState::Completed => {}
        RmaState::Unknown | _ => return (Escalate, Reason::UnknownRmaState(rma.raw_state.clone())),
    }
    if !rma.is_complete() {
        return while_receiving(policy, state, history, facts);
    }
    let good = facts.all_available()
        && (policy.surplus == Surplus::Process || facts.unexpected.is_empty());
    match state {
        Some(ReturnState::Open) => {}
        Some(ReturnState::Closed) if good => return (Nothing, Reason::ClosedInLoop),
        Some(ReturnState::Closed) => return (Escalate, Reason::BadGoodsAfterClose),
        Some(ReturnState::Review) => {
            return match &history.flagged {
                Some(flagged) if *flagged == facts.fingerprint() => {
                    (Nothing, Reason::AlreadyFlagged)
                }
                Some(_) if good => (Escalate, Reason::GoodAfterFlag),
                _ => (Escalate, Reason::InReview { good }),
            };
        }
        Some(ReturnState::Cancelled) if facts.anything_received() => {
            return (Escalate, Reason::GoodsForCancelled);
        }
        Some(ReturnState::Cancelled) => return (Nothing, Reason::CancelledInLoop),
        Some(ReturnState::Expired) => return (Escalate, Reason::GoodsForExpired),
        Some(ReturnState::Unknown(_)) | None | Some(_) => {
            return (
                Escalate,
                Reason::UnknownLoopState(state.map(|s| s.as_str().to_owned())),
            );
        }
    }
    if history.flagged.as_ref() == Some(&facts.fingerprint()) {
        return (Nothing, Reason::AlreadyFlagged);
    }
    if facts.only_lacks_lines() {
        return (Escalate, Reason::LineUnknownToOms);
    }
    if !good {
        return (
            Flag,
            if facts.all_available() {
                Reason::Surplus
            } else {
                Reason::NotAllAvailable
            },
        );
    }
    if history.flagged.is_some() {
        return (Escalate, Reason::GoodAfterFlag);
    }
    if history.process == ProcessRecord::NotKnown {
        return (Escalate, Reason::HistoryNotKnown);
    }
    if !policy.process_returns {
        return (Nothing, Reason::ProcessingDisabled);
    }
    (Process, Reason::AllAvailable)
}

/// I1: what follows once a process call may have had an effect. `None` when none was made.
fn after_process(
    policy: &Policy,
    state: Option<&ReturnState>,
    rma: Option<&RmaSnapshot>,
    history: &History,
    facts: &Facts,
) -> Option<(Action, Reason)> {
    // It cannot be undone, but somebody has to hear of it.
    let turned_bad = rma.is_some_and(RmaSnapshot::is_complete)
        && !facts.lines.is_empty()
        && !facts.all_available();
    let (since, accepted) = match &history.process {
        ProcessRecord::NotSent | ProcessRecord::NotKnown => return None,
        _ if state == Some(&ReturnState::Closed) && turned_bad => {
            return Some((Action::Escalate, Reason::BadGoodsAfterClose));
        }
        _ if state == Some(&ReturnState::Closed) => {
            return Some((Action::Nothing, Reason::Processed));
        }
        // Our own flag may be what moved it to review.
        _ if history.flagged.is_some() => return Some((Action::Nothing, Reason::AlreadyFlagged)),
        ProcessRecord::Unknown { since } => (*since, false),
        ProcessRecord::Accepted { since } => (*since, true),
        ProcessRecord::Failed => {
            return Some((flag_or_escalate(state), Reason::ProcessingFailed));
        }
        ProcessRecord::Refused { message } => {
            return Some((Action::Escalate, Reason::ProcessRefused(message.clone())));
        }
    };
    Some(if state == Some(&ReturnState::Review) {
        (Action::Escalate, Reason::InReviewAfterProcess)
    } else if history.now.since(since) < policy.process_deadline() {
        (Action::Wait, Reason::ProcessPending { accepted })
    } else {
        (flag_or_escalate(state), Reason::ProcessUnconfirmed)
    })
}

/// What went wrong with a process call is flagged where the state still allows a flag.
fn flag_or_escalate(state: Option<&ReturnState>) -> Action {
    match state {
        Some(ReturnState::Open | ReturnState::Unknown(_)) | None => Action::Flag,
        Some(_) => Action::Escalate,
    }
}

fn while_receiving(
    policy: &Policy,
    state: Option<&ReturnState>,
    history: &History,
    facts: &Facts,
) -> (Action, Reason) {
    match state {
        Some(ReturnState::Cancelled) if facts.anything_received() => {
            (Action::Escalate, Reason::GoodsForCancelled)
        }
        Some(ReturnState::Cancelled) => (Action::Nothing, Reason::CancelledInLoop),
        Some(ReturnState::Open)
            if policy.flag_early && facts.any_damaged() && history.flagged.is_none() =>
        {
            (Action::Flag, Reason::DamagedEarly)
        }
        _ => (Action::Wait, Reason::Receiving),
    }
}

fn note_for(action: Action, reason: &Reason, key: &RmaKey, facts: &Facts) -> Option<String> {
    let headline = match action {
        Action::Flag | Action::Escalate => reason.headline()?,
        Action::Process | Action::Wait | Action::Nothing => return None,
    };
    Some(note::compose(headline, key, facts))
}

/// How long until the next look at a return that waits for Loop.
pub(crate) const CONFIRM_EVERY: Duration = Duration::from_secs(60);
