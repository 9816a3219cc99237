//! The decision table, read from the top: the first rule that applies decides.

use ams_oms_client::{RmaSnapshot, RmaState};
use loop_client::{Return, ReturnState};

use super::effect::{EffectStatus, is_overdue, process_status};
use super::{Action, Facts, History, ProcessRecord, Reason};
use crate::map::Expectation;
use crate::policy::{Policy, Surplus};

use Action::{Cancel, Escalate, Flag, Nothing, Process, Wait};

/// All that a decision looks at.
pub(super) struct Case<'a> {
    pub(super) policy: &'a Policy,
    pub(super) ret: &'a Return,
    pub(super) rma: Option<&'a RmaSnapshot>,
    pub(super) history: &'a History,
    pub(super) expected: &'a Expectation<'a>,
    pub(super) facts: &'a Facts,
}

impl Case<'_> {
    pub(super) fn decide(&self) -> (Action, Reason) {
        if self.is_about_another_return() {
            return (Escalate, Reason::RmaOfAnother);
        }
        // After a process call nothing may lead to a second one, whatever the goods look like.
        if let Some(answer) = self.after_process() {
            return answer;
        }
        match self.expected {
            Expectation::Lines { .. } => {}
            Expectation::Nothing { why, .. } => return (Nothing, Reason::NotOwed(why.clone())),
            Expectation::Incomplete(what) => {
                return (Wait, Reason::LoopIncomplete(what.to_string()));
            }
            Expectation::Contradictory(what) => {
                return (Escalate, Reason::LoopContradictory(what.to_string()));
            }
        }
        let Some(rma) = self.rma else {
            return self.without_rma();
        };
        match rma.state {
            RmaState::Cancelled => self.rma_cancelled(),
            RmaState::Announced | RmaState::Arrived | RmaState::InProgress
                if !rma.is_complete() =>
            {
                self.while_receiving()
            }
            RmaState::Announced
            | RmaState::Arrived
            | RmaState::InProgress
            | RmaState::Completed => self.complete(),
            RmaState::Unknown | _ => (Escalate, Reason::UnknownRmaState(rma.raw_state.clone())),
        }
    }

    fn state(&self) -> Option<&ReturnState> {
        self.ret.state.as_ref()
    }

    fn is_about_another_return(&self) -> bool {
        let history = self.history;
        self.ret.id.get() != history.key.rma_number.get()
            || self.rma.is_some_and(|rma| rma.key != history.key)
    }

    /// I1: what follows once a process call may have had an effect. `None` when none was made, or
    /// none that the ledger knows of.
    fn after_process(&self) -> Option<(Action, Reason)> {
        let (facts, history) = (self.facts, self.history);
        if history.process == ProcessRecord::NotRecorded {
            return None;
        }
        Some(match process_status(&history.process, self.state())? {
            EffectStatus::Done => {
                // It cannot be undone, but somebody has to hear of it.
                if facts.complete && !facts.lines.is_empty() && !facts.all_available() {
                    (Escalate, Reason::BadGoodsAfterClose)
                } else {
                    (Nothing, Reason::Processed)
                }
            }
            // Our own flag may be what moved it to review.
            _ if history.flagged.is_some() => (Nothing, Reason::AlreadyFlagged),
            EffectStatus::Failed => (self.flag_or_escalate(), Reason::ProcessingFailed),
            EffectStatus::Refused => {
                let message = match &history.process {
                    ProcessRecord::Refused { message } => message.clone(),
                    _ => String::new(),
                };
                (Escalate, Reason::ProcessRefused(message))
            }
            EffectStatus::StillOpen | EffectStatus::Unknown => self.process_pending(),
        })
    }

    fn process_pending(&self) -> (Action, Reason) {
        let (since, accepted) = match self.history.process {
            ProcessRecord::Accepted { since } => (since, true),
            ProcessRecord::Unknown { since } => (since, false),
            _ => (self.history.now, false),
        };
        if self.state() == Some(&ReturnState::Review) {
            (Escalate, Reason::InReviewAfterProcess)
        } else if self.history.now.since(since) < self.policy.process_deadline() {
            (Wait, Reason::ProcessPending { accepted })
        } else {
            (self.flag_or_escalate(), Reason::ProcessUnconfirmed)
        }
    }

    /// What went wrong with a process call is flagged where the state still allows a flag.
    fn flag_or_escalate(&self) -> Action {
        match self.state() {
            Some(ReturnState::Open | ReturnState::Unknown(_)) | None => Flag,
            Some(_) => Escalate,
        }
    }

    fn without_rma(&self) -> (Action, Reason) {
        let history = self.history;
        if !history.rma_was_made {
            (Wait, Reason::NoRmaYet)
        } else if self.policy.recreate_rma
            && !history.goods_were_received
            && history.flagged.is_none()
            && history.process == ProcessRecord::NotSent
            && self.state() == Some(&ReturnState::Open)
        {
            (Wait, Reason::RmaToBeMadeAgain)
        } else {
            (Escalate, Reason::RmaVanished)
        }
    }

    fn rma_cancelled(&self) -> (Action, Reason) {
        let (facts, history) = (self.facts, self.history);
        if self.state() == Some(&ReturnState::Cancelled) {
            return if facts.anything_received() {
                (Escalate, Reason::GoodsForCancelled)
            } else {
                (Nothing, Reason::CancelledOnBothSides)
            };
        }
        // To cancel takes the outcome from the shopper, so nothing must have been sent in.
        let may_cancel = self.policy.cancel_in_loop
            && self.state() == Some(&ReturnState::Open)
            && !facts.anything_received()
            && !history.goods_were_received
            && history.flagged.is_none()
            && history.process == ProcessRecord::NotSent;
        let action = if may_cancel { Cancel } else { Escalate };
        (action, Reason::RmaCancelled)
    }

    fn while_receiving(&self) -> (Action, Reason) {
        let (policy, facts, history) = (self.policy, self.facts, self.history);
        match self.state() {
            Some(ReturnState::Cancelled) if facts.anything_received() => {
                return (Escalate, Reason::GoodsForCancelled);
            }
            Some(ReturnState::Cancelled) => return (Nothing, Reason::CancelledInLoop),
            Some(ReturnState::Open) if history.flagged.is_none() => {}
            _ => return (Wait, Reason::Receiving),
        }
        if policy.flag_early && facts.any_damaged() {
            return (Flag, Reason::DamagedEarly);
        }
        if is_overdue(policy, history) {
            let action = if policy.flag_overdue { Flag } else { Wait };
            return (action, Reason::Overdue);
        }
        (Wait, Reason::Receiving)
    }

    /// The warehouse is done with the RMA.
    fn complete(&self) -> (Action, Reason) {
        let (policy, facts, history) = (self.policy, self.facts, self.history);
        let good = facts.all_available()
            && (policy.surplus == Surplus::Process || facts.unexpected.is_empty());
        let flagged_for_this = history.flagged.as_ref() == Some(&facts.fingerprint());
        match self.state() {
            Some(ReturnState::Open) => {}
            Some(ReturnState::Closed) if good => return (Nothing, Reason::ClosedInLoop),
            Some(ReturnState::Closed) => return (Escalate, Reason::BadGoodsAfterClose),
            Some(ReturnState::Review) => {
                return match &history.flagged {
                    Some(_) if flagged_for_this => (Nothing, Reason::AlreadyFlagged),
                    Some(_) if good => (Nothing, Reason::GoodAfterFlag),
                    _ => (Escalate, Reason::InReview { good }),
                };
            }
            Some(ReturnState::Cancelled) if facts.anything_received() => {
                return (Escalate, Reason::GoodsForCancelled);
            }
            Some(ReturnState::Cancelled) => return (Nothing, Reason::CancelledInLoop),
            Some(ReturnState::Expired) if facts.anything_received() => {
                return (Escalate, Reason::GoodsForExpired);
            }
            Some(ReturnState::Expired) => return (Nothing, Reason::ExpiredInLoop),
            Some(ReturnState::Unknown(_)) | None | Some(_) => {
                let state = self.state().map(|state| state.as_str().to_owned());
                return (Escalate, Reason::UnknownLoopState(state));
            }
        }
        if flagged_for_this {
            return (Nothing, Reason::AlreadyFlagged);
        }
        if facts.only_lacks_lines() {
            return (Escalate, Reason::LineUnknownToOms);
        }
        if !good {
            let reason = if facts.all_available() {
                Reason::Surplus
            } else {
                Reason::NotAllAvailable
            };
            return (Flag, reason);
        }
        self.all_is_well()
    }

    /// Complete, good and open: what still speaks against a process call?
    fn all_is_well(&self) -> (Action, Reason) {
        let (policy, history) = (self.policy, self.history);
        if history.flagged.is_some() {
            (Nothing, Reason::GoodAfterFlag)
        } else if history.process != ProcessRecord::NotSent {
            (Escalate, Reason::HistoryNotKnown)
        } else if !policy.process_returns {
            (Nothing, Reason::ProcessingDisabled)
        } else if history.split_destinations {
            (Escalate, Reason::SplitDestinations)
        } else if !policy.processes(self.ret.outcome.as_ref()) {
            (Nothing, Reason::OutcomeLeftToMerchant)
        } else {
            (Process, Reason::AllAvailable)
        }
    }
}
