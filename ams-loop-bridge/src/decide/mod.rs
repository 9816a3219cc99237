//! What is owed to Loop for a return, from what both sides say. Pure and total: every
//! combination has an answer, and every answer explains itself.

mod effect;
mod facts;
mod history;
mod note;
mod reason;
mod rule;

use ams_oms_client::RmaSnapshot;
use loop_client::Return;
use serde::{Deserialize, Serialize};

pub use effect::{EffectStatus, flag_status, next_look, process_status};
pub(crate) use effect::{is_overdue, next_receiving_look};
pub use facts::{Facts, Fingerprint, LineFacts, Unexpected};
pub use history::{History, ProcessRecord};
pub use reason::Reason;

use crate::map::{Expectation, expect_open};
use crate::policy::Policy;

/// What to do about a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Tell Loop to process it: refund, exchange, credit. Moves money.
    Process,
    /// Tell Loop to hold it for review, with a note that says why.
    Flag,
    /// Look again when something changes, or at [`next_look`].
    Wait,
    /// Nothing is owed.
    Nothing,
    /// A person has to look; no call but a note can help.
    Escalate,
    /// Tell Loop to cancel it. Only with [`Policy::cancel_in_loop`].
    Cancel,
}

impl Action {
    /// One stable word for it, for metrics and for filters: as it is stored.
    ///
    /// ```
    /// assert_eq!(ams_loop_bridge::Action::Process.code(), "process");
    /// ```
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Flag => "flag",
            Self::Wait => "wait",
            Self::Nothing => "nothing",
            Self::Escalate => "escalate",
            Self::Cancel => "cancel",
        }
    }
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

/// Decides.
///
/// `ret` must have been read from Loop's API just now, not taken from a webhook: money follows
/// from its lines. All that can be decided is in the
/// [decision table](crate::guide::decision_table).
///
/// ```
/// use ams_loop_bridge::{Action, History, Policy, decide};
/// use ams_oms_client::RmaSnapshot;
/// use loop_client::{Return, Timestamp};
///
/// let ret: Return = serde_json::from_str(r#"{"id": 99904598, "state": "open",
///     "line_items": [{"line_item_id": 7, "sku": "TEE-M"}]}"#)?;
/// let received: RmaSnapshot = serde_json::from_str(r#"{
///     "merchant": "acme", "rma_number": "99904598",
///     "state": "completed", "raw_state": "CLOSED", "version": "3", "unexpected": [],
///     "lines": [{"line_item_id": "7", "sku": "TEE-M",
///         "counts": {"expected": 1, "available": 0, "damaged": 1, "held": 0, "missing": 0}}]}"#)?;
///
/// let now = Timestamp::from_unix_seconds(1_800_000_000);
/// let history = History::none(received.key.clone(), now);
/// let decision = decide(&Policy::processing(), &ret, Some(&received), &history);
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
) -> Decision {
    let expected = expect_open(policy, ret);
    let facts = match (&expected, rma) {
        (Expectation::Lines { lines, .. }, Some(rma)) if rma.key == history.key => {
            Facts::gather(lines, rma)
        }
        _ => Facts::default(),
    };
    let case = rule::Case {
        policy,
        ret,
        rma,
        history,
        expected: &expected,
        facts: &facts,
    };
    let (action, reason) = case.decide();
    let note = note::due(action, &reason, &history.key, &facts);
    Decision {
        action,
        fingerprint: facts.fingerprint(),
        explanation: reason.to_string(),
        reason,
        facts,
        note,
    }
}
