//! Carrying a decision out: the intent is durable before anything leaves.

use std::time::Duration;

use ams_oms_client::OmsError;
use loop_client::{Effect, Error, ErrorKind, ReturnId, ReturnState, Timestamp};

use super::claim::Held;
use super::look::{LookResult, Verdict};
use super::{Bridge, BridgeError};
use crate::decide::{Action, Decision, Reason, next_look};
use crate::ledger::{Entry, LedgerError, OwedNote, RmaRecord};
use crate::map::return_id;

/// What a refused flag means.
enum RefusedFlag {
    StandsAlready,
    CannotBe,
    /// The return has changed: the next look decides anew.
    Overtaken,
}

impl Bridge {
    /// Whether carrying a decision out takes a call to Loop.
    pub(super) fn reaches_loop(&self, entry: &Entry, decision: &Decision) -> bool {
        let acts = match decision.action {
            Action::Process => true,
            Action::Flag => !entry.was_flagged_for(&decision.fingerprint),
            Action::Escalate | Action::Nothing | Action::Wait | Action::Cancel => {
                decision.note.is_some() && !entry.has_done(decision)
            }
        };
        acts || entry.owed_note.is_some() || self.inspection_is_due(entry, &decision.facts)
    }

    pub(super) async fn carry_out(
        &self,
        held: &mut Held,
        verdict: Verdict,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        let decision = &verdict.decision;
        tracing::info!(
            return_id = held.entry.key.rma_number.get(),
            action = ?decision.action,
            why = %decision.explanation,
            "decided"
        );
        if !self.write_owed_note(held).await? || !self.tell_inspection(held, decision).await? {
            return Ok(LookResult::Overtaken);
        }
        match decision.action {
            Action::Process => self.process(held, verdict, now).await,
            Action::Escalate | Action::Nothing
                if decision.note.is_some() && !held.entry.has_done(decision) =>
            {
                self.write_down(held, verdict, now).await
            }
            // Facts that went to and fro: Loop took a flag for these, and no more is owed.
            Action::Flag if held.entry.was_flagged_for(&decision.fingerprint) => {
                self.conclude(held, verdict, now).await
            }
            Action::Flag => self.flag(held, verdict, now).await,
            // No policy that asks to cancel gets here.
            Action::Escalate | Action::Wait | Action::Nothing | Action::Cancel => {
                self.conclude(held, verdict, now).await
            }
        }
    }

    /// The decision needs no call, or its calls are made.
    pub(super) async fn conclude(
        &self,
        held: &Held,
        verdict: Verdict,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        self.conclude_owing(held, verdict, None, now).await
    }

    async fn conclude_owing(
        &self,
        held: &Held,
        verdict: Verdict,
        owed: Option<OwedNote>,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        const LATER: Duration = Duration::from_secs(3600);
        let Verdict {
            state,
            seen,
            decision,
        } = verdict;
        let entry = &held.entry;
        let not_owed =
            entry.rma != RmaRecord::Made && matches!(decision.reason, Reason::NotOwed(_));
        let owed = owed
            .or_else(|| entry.owed_note.clone())
            .filter(|_| !not_owed);
        let next = self
            .next_look(entry, &decision, now)
            .or_else(|| owed.as_ref().map(|_| now.plus(LATER)));
        let change = |stored: &mut Entry| {
            if not_owed && stored.rma == RmaRecord::Made {
                // By a webhook's word, since this look began.
                stored.note_loop_news(now);
                return false;
            }
            stored.owed_note.clone_from(&owed);
            if seen.is_some() {
                stored.rma_version.clone_from(&seen);
            }
            if not_owed {
                stored.note_not_owed(&decision, state.as_ref(), entry.news, now);
            } else {
                stored.note_decision(&decision, state.as_ref(), next, entry.news, now);
            }
            true
        };
        let (_, is_concluded) = self.change_held(held, change).await?;
        Ok(if is_concluded {
            LookResult::Decided(Box::new(decision))
        } else {
            LookResult::Overtaken
        })
    }

    /// As [`next_look`], but what a pull shows by itself is not asked for before one has had time
    /// to.
    fn next_look(&self, entry: &Entry, decision: &Decision, now: Timestamp) -> Option<Timestamp> {
        let next = next_look(&self.policy, decision, &entry.history(now))?;
        let waits_for_processing = decision.action == Action::Process
            || matches!(decision.reason, Reason::ProcessPending { .. });
        Some(if waits_for_processing {
            next.max(self.shown_by(now))
        } else {
            next
        })
    }

    /// Writes down what is about to be done. `None` when anybody has touched the entry since it
    /// was claimed: what was decided may no longer hold, and the next look decides anew.
    async fn intend(
        &self,
        held: &Held,
        decision: &Decision,
        attempt: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Held>, LedgerError> {
        self.change_untouched(held, |stored| {
            if decision.action == Action::Process {
                if !stored.intend_process(now) {
                    return false;
                }
                stored.attempt = attempt.map(str::to_owned);
            }
            stored.note_tried |= decision.note.is_some();
            stored.intend(decision);
            true
        })
        .await
    }

    /// I1: at most one process call that may have had an effect, whatever happens around it.
    async fn process(
        &self,
        held: &mut Held,
        verdict: Verdict,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        let decision = &verdict.decision;
        // Before the return is archived, and before the intent: a note may be written twice. One
        // that cannot be written only informs.
        if let Some(note) = &decision.note {
            let tried = held.entry.note_tried;
            let begun = |stored: &mut Entry| {
                stored.note_tried = true;
                true
            };
            if !self.take_change(held, begun).await? || !self.may_send(held) {
                return Ok(LookResult::Overtaken);
            }
            self.write_note(&held.entry, Some(note), tried).await?;
        }
        // To ask Loop can take minutes. The goods must still be what the decision saw, and the
        // ledger the one that was read.
        let still = self.oms.get_rma(&held.entry.key).await?;
        if still.map(|rma| rma.version) != verdict.seen {
            // Noted as a failure, so that an RMA that never stands still is asked about rarely,
            // and somebody hears of it.
            return Err(OmsError::transient("the RMA changed during the look").into());
        }
        if !self.ledger_is_trusted().await? || !self.may_send(held) {
            return Ok(LookResult::Overtaken);
        }
        let attempt = self.new_attempt();
        let intended = match self.intend(held, decision, attempt.as_deref(), now).await {
            Ok(Some(intended)) => intended,
            Ok(None) => return Ok(LookResult::Overtaken),
            // It may be stored all the same.
            Err(error) => return Err(self.take_back(held, error.into()).await),
        };
        let held = &intended;
        // The ledger may have taken its time, or given way to a standby that does not know what
        // others intended before.
        match self.ledger_is_trusted().await {
            Ok(true) if self.may_send(held) => {}
            Ok(_) => {
                self.change_held(held, Entry::note_process_not_applied)
                    .await?;
                return Ok(LookResult::Overtaken);
            }
            Err(error) => return Err(self.take_back(held, error.into()).await),
        }
        let id = return_id(&held.entry.key);
        let Err(error) = self.loop_api.process(id, attempt.as_deref()).await else {
            return self.note_process_sent(held, verdict, true, now).await;
        };
        match (error.effect(), error.kind()) {
            // Nobody knows. The intent stays, and only the return's state can tell.
            (Effect::Unknown, _) => {
                self.note_process_sent(held, verdict, false, now).await?;
            }
            (Effect::NotApplied, ErrorKind::Refused(message) | ErrorKind::NotFound(message)) => {
                let message = message.to_string();
                self.change_held(held, |stored| {
                    stored.note_process_refused(message.clone());
                    // What Loop's state is by now decides what follows from the refusal.
                    stored.note_loop_news(now);
                })
                .await?;
            }
            (Effect::NotSent | Effect::NotApplied, _) => {
                self.change_held(held, Entry::note_process_not_applied)
                    .await?;
            }
        }
        Err(error.into())
    }

    /// Tries to take an intent back: nothing has left, so the return need not end with a person.
    async fn take_back(&self, held: &Held, error: BridgeError) -> BridgeError {
        let taken = self.change_held(held, Entry::note_process_not_applied);
        if let Err(again) = taken.await {
            let return_id = held.entry.key.rma_number.get();
            tracing::warn!(return_id, error = %again, "an intent could not be taken back");
        }
        error
    }

    async fn note_process_sent(
        &self,
        held: &Held,
        verdict: Verdict,
        accepted: bool,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        let Verdict {
            state,
            seen,
            decision,
        } = verdict;
        let next = self.next_look(&held.entry, &decision, now);
        self.change_held(held, |stored| {
            if accepted {
                stored.note_process_accepted();
            }
            stored.rma_version.clone_from(&seen);
            stored.note_decision(&decision, state.as_ref(), next, held.entry.news, now);
        })
        .await?;
        Ok(LookResult::Decided(Box::new(decision)))
    }

    /// A decision of which only a note reaches Loop.
    async fn write_down(
        &self,
        held: &Held,
        verdict: Verdict,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        let decision = &verdict.decision;
        let tried = held.entry.note_tried;
        let Some(intended) = self.intend(held, decision, None, now).await? else {
            return Ok(LookResult::Overtaken);
        };
        if !self.may_send(&intended) {
            return Ok(LookResult::Overtaken);
        }
        let owed = self
            .write_note(&intended.entry, decision.note.as_deref(), tried)
            .await?;
        self.conclude_owing(&intended, verdict, owed, now).await
    }

    /// The note first: nobody is to see a flag without a reason.
    async fn flag(
        &self,
        held: &Held,
        mut verdict: Verdict,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        let tried = held.entry.note_tried;
        // An earlier flag that may have arrived stays in doubt, whatever becomes of this one.
        let in_doubt = held.entry.flag_is_unanswered;
        let not_applied = |stored: &mut Entry| stored.flag_is_unanswered = in_doubt;
        let intended = self.intend(held, &verdict.decision, None, now).await?;
        let Some(held) = intended else {
            return Ok(LookResult::Overtaken);
        };
        let owed = if self.may_send(&held) {
            let note = verdict.decision.note.as_deref();
            self.write_note(&held.entry, note, tried).await.map(Some)
        } else {
            Ok(None)
        };
        let owed = match owed {
            Ok(Some(owed)) if self.may_send(&held) => owed,
            owed => {
                // The flag has not left.
                self.change_held(&held, not_applied).await?;
                owed?;
                return Ok(LookResult::Overtaken);
            }
        };
        let id = return_id(&held.entry.key);
        if let Err(error) = self.loop_api.flag(id).await {
            if !matches!(error.kind(), ErrorKind::Refused(_)) {
                if error.effect() != Effect::Unknown {
                    self.change_held(&held, not_applied).await?;
                }
                return Err(error.into());
            }
            let refused = self.refused_flag(id, verdict.state.as_ref());
            match refused.await? {
                RefusedFlag::StandsAlready => {}
                RefusedFlag::CannotBe => {
                    self.change_held(&held, not_applied).await?;
                    verdict.decision.action = Action::Escalate;
                }
                RefusedFlag::Overtaken => return Err(error.into()),
            }
        }
        self.conclude_owing(&held, verdict, owed, now).await
    }

    /// A second flag may be refused: when Loop refuses one although the state still allows it, or
    /// the return is in review, the first one stands. In a state that nobody knows, which stays, it
    /// would be refused for ever.
    async fn refused_flag(
        &self,
        id: ReturnId,
        before: Option<&ReturnState>,
    ) -> Result<RefusedFlag, Error> {
        let state = self.loop_api.get_return(id).await?.state;
        let unchanged = state.as_ref() == before;
        Ok(match state {
            Some(ReturnState::Review) => RefusedFlag::StandsAlready,
            Some(ReturnState::Open) if unchanged => RefusedFlag::StandsAlready,
            _ if unchanged => RefusedFlag::CannotBe,
            _ => RefusedFlag::Overtaken,
        })
    }
}
