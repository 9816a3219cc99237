//! One look at one return: what do both sides say now, and what follows?

use std::time::Duration;

use ams_oms_client::{OmsError, RmaSnapshot, RmaState, RmaVersion};
use loop_client::{ErrorKind, Return, ReturnState, Timestamp};

use super::claim::Held;
use super::{Bridge, BridgeError};
use crate::decide::{
    Action, Decision, Facts, ProcessRecord, Reason, decide, is_overdue, next_receiving_look,
};
use crate::ledger::{Entry, LedgerError, RmaRecord};
use crate::map::{Mapping, NotOwed, RmaPlan, map_return, plan_rma, return_id};

/// A webhook can be ahead of what Loop's API shows, but not by more than this.
const UNKNOWN_TO_LOOP_FOR: Duration = Duration::from_secs(24 * 3600);
/// An OMS can show a new RMA late, but not by more than this.
const SHOWN_LATE: Duration = Duration::from_secs(600);

/// What came of a look.
#[derive(Debug)]
#[non_exhaustive]
pub enum LookResult {
    /// Goods are still to come.
    Receiving,
    /// The core decided, and it was carried out.
    Decided(Box<Decision>),
    /// Something changed during the look, or another worker is at it: it is looked at again.
    Overtaken,
}

/// What is known before the look, so that nobody need be asked for it again.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// As read from Loop's API just now.
    pub(super) ret: Option<Return>,
    /// As read from the OMS just now.
    pub(super) snapshot: Option<RmaSnapshot>,
}

/// What a look may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum May {
    /// Everything.
    Act,
    /// Nothing that reaches Loop: what is owed there is left to the next pass.
    Conclude,
}

/// What a look found.
enum Found {
    Receiving {
        received: bool,
        seen: Option<RmaVersion>,
    },
    Decided(Box<Verdict>),
}

/// A decision and what it rests on.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    /// The return's state in Loop; `None` also when Loop does not know the return.
    pub(super) state: Option<ReturnState>,
    /// The version of the RMA that was decided on.
    pub(super) seen: Option<RmaVersion>,
    pub(super) decision: Decision,
}

impl Bridge {
    /// Looks at an entry, if no other worker does; what fails is written down.
    pub(super) async fn look(
        &self,
        entry: Entry,
        known: Known,
        may: May,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        match self.claim(entry, now).await? {
            Some(held) => self.look_at(held, known, may, now).await,
            None => Ok(LookResult::Overtaken),
        }
    }

    /// Looks at an entry that this worker has claimed; what fails is written down.
    pub(super) async fn look_at(
        &self,
        mut held: Held,
        known: Known,
        may: May,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        match self.look_held(&mut held, known, may, now).await {
            Ok(LookResult::Overtaken) => match self.give_back(&held).await {
                Ok(()) | Err(LedgerError::ClaimLost(_)) => Ok(LookResult::Overtaken),
                Err(error) => Err(error.into()),
            },
            Err(BridgeError::Ledger(LedgerError::ClaimLost(_))) => Ok(LookResult::Overtaken),
            Err(error) => {
                self.note_failure(&held, &error, now).await?;
                Err(error)
            }
            result => result,
        }
    }

    async fn note_failure(
        &self,
        held: &Held,
        error: &BridgeError,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        const AFTER_AN_OUTAGE: Duration = Duration::from_secs(3600);
        // What is wrong with one return stays wrong, and each look at it costs a call.
        const OF_A_RETURN: Duration = Duration::from_secs(6 * 3600);
        let longest = if is_about_the_return(error) {
            OF_A_RETURN
        } else {
            AFTER_AN_OUTAGE
        };
        let what = super::with_causes(error);
        tracing::warn!(return_id = held.entry.key.rma_number.get(), error = %what, "a look failed");
        let noted = self
            .change_held(held, |entry| {
                entry.note_failure(what.clone(), longest, held.entry.news, now);
            })
            .await;
        match noted {
            // It is somebody else's by now.
            Err(LedgerError::ClaimLost(_)) => Ok(()),
            noted => noted.map(drop),
        }
    }

    async fn look_held(
        &self,
        held: &mut Held,
        known: Known,
        may: May,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        let verdict = match self.find(held, known, now).await? {
            Found::Receiving { received, seen } => {
                let next = next_receiving_look(&self.policy, &held.entry.history(now));
                self.change_held(held, |entry| {
                    entry.goods_were_received |= received;
                    entry.rma_version.clone_from(&seen);
                    entry.note_receiving(next, held.entry.news, now);
                })
                .await?;
                return Ok(LookResult::Receiving);
            }
            Found::Decided(verdict) => *verdict,
        };
        if may == May::Conclude && self.reaches_loop(&held.entry, &verdict.decision) {
            return Ok(LookResult::Overtaken);
        }
        let is_not_owed = matches!(verdict.decision.reason, Reason::NotOwed(_));
        if held.entry.rma != RmaRecord::Made && is_not_owed {
            tracing::info!(
                return_id = held.entry.key.rma_number.get(),
                why = %verdict.decision.explanation,
                "no RMA is owed"
            );
            self.conclude(held, verdict, now).await
        } else {
            self.carry_out(held, verdict, now).await
        }
    }

    /// Reads what is not known yet, makes the RMA if it is wanted, and decides.
    async fn find(
        &self,
        held: &mut Held,
        known: Known,
        now: Timestamp,
    ) -> Result<Found, BridgeError> {
        let mut ret = known.ret;
        if held.entry.rma != RmaRecord::Made {
            let asked = match ret {
                Some(ret) => Some(ret),
                None => self.ask_loop(&held.entry, now).await?,
            };
            let Some(asked) = asked else {
                return Ok(Found::not_owed(None, NotOwed::UnknownToLoop));
            };
            match map_return(&self.merchant, &self.policy, &asked) {
                Mapping::Owed { rma, .. } => {
                    let found = self.create_rma(&rma).await?;
                    self.note_held_rma(held, &found, now).await?;
                }
                Mapping::NotOwed { why, .. } => {
                    // A worker may have died between making it and writing that down.
                    let Some(found) = self.oms.get_rma(&held.entry.key).await? else {
                        return Ok(Found::not_owed(asked.state, why));
                    };
                    self.note_held_rma(held, &found, now).await?;
                }
                Mapping::Incomplete(_) | Mapping::Contradictory(_) => {
                    return self.decided(held, asked, None, now).await;
                }
            }
            ret = Some(asked);
        }
        let mut snapshot = match known.snapshot {
            Some(snapshot) => Some(snapshot),
            None => self.oms.get_rma(&held.entry.key).await?,
        };
        if ret.is_none() && !self.needs_loop(&held.entry, snapshot.as_ref(), now) {
            let received = snapshot.as_ref().is_some_and(RmaSnapshot::has_receipts);
            let seen = snapshot.map(|rma| rma.version);
            return Ok(Found::Receiving { received, seen });
        }
        let ret = match ret {
            Some(ret) => ret,
            // Not of our making, or of another shop's webhook: perhaps Loop has never heard of it.
            None if held.entry.process == ProcessRecord::NotRecorded
                || is_hopeless(&held.entry, snapshot.as_ref()) =>
            {
                let Some(ret) = self.ask_loop(&held.entry, now).await? else {
                    return Ok(Found::not_owed(None, NotOwed::UnknownToLoop));
                };
                ret
            }
            None => {
                let id = return_id(&held.entry.key);
                self.loop_api.get_return(id).await?
            }
        };
        if let Some(before) = &snapshot {
            snapshot = Some(self.bring_up_to_date(&ret, before).await?);
        }
        self.decided(held, ret, snapshot, now).await
    }

    async fn decided(
        &self,
        held: &mut Held,
        ret: Return,
        snapshot: Option<RmaSnapshot>,
        now: Timestamp,
    ) -> Result<Found, BridgeError> {
        match ret.state {
            Some(ReturnState::Open) => self.look_for_attempt(held).await?,
            Some(ReturnState::Review) if held.entry.note_flag_seen() => {
                self.change_held(held, Entry::note_flag_seen).await?;
            }
            _ => {}
        }
        let mut history = held.entry.history(now);
        if snapshot.is_some() || held.entry.rma == RmaRecord::Made {
            history.rma_was_made = now.since(held.entry.first_seen) >= SHOWN_LATE;
        }
        let mut decision = decide(&self.policy, &ret, snapshot.as_ref(), &history);
        if decision.action == Action::Process {
            if !self.ledger_is_trusted().await? {
                history.process = ProcessRecord::NotRecorded;
                decision = decide(&self.policy, &ret, snapshot.as_ref(), &history);
            } else if held.entry.flag_is_unanswered {
                // I8: a flag that may have arrived counts as one, for whatever facts it was sent.
                history.flagged = Some(Facts::default().fingerprint());
                decision = decide(&self.policy, &ret, snapshot.as_ref(), &history);
                decision.action = Action::Escalate;
            }
        }
        Ok(Found::Decided(Box::new(Verdict {
            state: ret.state,
            seen: snapshot.map(|rma| rma.version),
            decision,
        })))
    }

    /// `None` when Loop has not known the return for a day.
    async fn ask_loop(
        &self,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<Option<Return>, loop_client::Error> {
        match self.loop_api.get_return(return_id(&entry.key)).await {
            Ok(ret) => Ok(Some(ret)),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound(_))
                    && now.since(entry.first_seen) >= UNKNOWN_TO_LOOP_FOR =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// While goods are on their way and Loop has no news, Loop need not be asked.
    pub(super) fn needs_loop(
        &self,
        entry: &Entry,
        snapshot: Option<&RmaSnapshot>,
        now: Timestamp,
    ) -> bool {
        let process_is_open = !matches!(
            entry.process,
            ProcessRecord::NotSent | ProcessRecord::NotRecorded
        );
        let is_damaged = |snapshot: &RmaSnapshot| {
            self.policy.flag_early && snapshot.lines.iter().any(|line| line.counts.damaged > 0)
        };
        entry.must_ask_loop(now)
            || process_is_open
            || is_overdue(&self.policy, &entry.history(now))
            || snapshot.is_none_or(|snapshot| {
                snapshot.is_complete()
                    || is_damaged(snapshot)
                    || matches!(snapshot.state, RmaState::Cancelled | RmaState::Unknown)
            })
    }

    /// What changed in Loop after the RMA was made is told to the OMS, while nothing has arrived.
    async fn bring_up_to_date(
        &self,
        ret: &Return,
        snapshot: &RmaSnapshot,
    ) -> Result<RmaSnapshot, OmsError> {
        let mapping = map_return(&self.merchant, &self.policy, ret);
        let changed = match plan_rma(&self.policy, &mapping, Some(snapshot)) {
            RmaPlan::Amend { rma, .. } => self.oms.amend_rma(&rma).await.map(drop),
            RmaPlan::Cancel(why) => self
                .oms
                .cancel_rma(&snapshot.key, &why.to_string())
                .await
                .map(drop),
            RmaPlan::Create(_) | RmaPlan::Keep | RmaPlan::TooLate { .. } => {
                return Ok(snapshot.clone());
            }
        };
        match changed {
            // Too late or impossible: the decision compares with what Loop says now.
            Ok(()) | Err(OmsError::TooLate { .. } | OmsError::Unsupported { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(self
            .oms
            .get_rma(&snapshot.key)
            .await?
            .unwrap_or_else(|| snapshot.clone()))
    }
}

impl Found {
    /// Nothing is to be received.
    fn not_owed(state: Option<ReturnState>, why: NotOwed) -> Self {
        let reason = Reason::NotOwed(why);
        let facts = Facts::default();
        Self::Decided(Box::new(Verdict {
            state,
            seen: None,
            decision: Decision {
                action: Action::Nothing,
                explanation: reason.to_string(),
                reason,
                fingerprint: facts.fingerprint(),
                facts,
                note: None,
            },
        }))
    }
}

/// Whether it failed again and again, and nobody is waiting for anything.
fn is_hopeless(entry: &Entry, snapshot: Option<&RmaSnapshot>) -> bool {
    // By then the pauses have come to most of a day.
    const AGAIN_AND_AGAIN: u32 = 12;
    entry.failures >= AGAIN_AND_AGAIN
        && entry.process == ProcessRecord::NotSent
        && !entry.goods_were_received
        && snapshot.is_none_or(|rma| !rma.is_complete() && !rma.has_receipts())
}

fn is_about_the_return(error: &BridgeError) -> bool {
    let BridgeError::Loop(error) = error else {
        return false;
    };
    matches!(
        error.kind(),
        ErrorKind::Unreadable(_) | ErrorKind::NotFound(_) | ErrorKind::Refused(_)
    )
}
