//! Carrying a decision out: the intent is durable before anything leaves.

use std::time::Duration;

use ams_oms_client::{RmaKey, RmaVersion};
use loop_client::{Effect, Error, ErrorKind, Return, ReturnId, ReturnState, Timestamp};

use super::settle::LookResult;
use super::{Bridge, BridgeError};
use crate::decide::{Action, Decision, Facts, Reason, next_look};
use crate::inspect::inspect;
use crate::ledger::{Entry, LedgerError, OwedNote, RmaRecord};
use crate::map::return_id_of;

/// What a refused flag means.
enum RefusedFlag {
    StandsAlready,
    CannotBe,
    /// The return has changed: the next look decides anew.
    Overtaken,
}

impl Bridge {
    /// `seen` is the version of the RMA that was decided on.
    pub(super) async fn carry_out(
        &self,
        mut entry: Entry,
        ret: &Return,
        seen: Option<RmaVersion>,
        decision: Decision,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        tracing::info!(
            return_id = entry.key.rma_number.get(),
            action = ?decision.action,
            why = %decision.explanation,
            "decided"
        );
        if let Some(owed) = &entry.owed_note {
            let left = self.write_owed_note(&entry.key, owed).await;
            let change = |stored: &mut Entry| stored.owed_note.clone_from(&left);
            let Some(mine) = self.change_mine(&entry, change).await? else {
                return Ok(LookResult::Overtaken);
            };
            entry = mine;
        }
        if self.inspection_is_due(&entry, &decision.facts) {
            // A grade that is sent twice may stand there twice, so that it was sent is written
            // down before, and none is sent again for the return.
            let change = |stored: &mut Entry| stored.inspected = true;
            let Some(mine) = self.change_mine(&entry, change).await? else {
                return Ok(LookResult::Overtaken);
            };
            entry = mine;
            self.tell_inspection(&entry, &decision.facts).await;
        }
        let entry = &entry;
        match decision.action {
            Action::Process => self.process(entry, seen, decision, now).await,
            Action::Escalate | Action::Nothing
                if decision.note.is_some() && !entry.has_done(&decision) =>
            {
                if !self.intend(entry, &decision, now).await? {
                    return Ok(LookResult::Overtaken);
                }
                let owed = self.write_note(entry, &decision).await?;
                self.conclude_owing(entry, decision, owed, now).await
            }
            // Facts that went to and fro: Loop took a flag for these, and no more is owed.
            Action::Flag if entry.was_flagged_for(&decision.fingerprint) => {
                self.conclude(entry, decision, now).await
            }
            Action::Flag => self.flag(entry, ret, decision, now).await,
            // No policy that asks to cancel gets here.
            Action::Escalate | Action::Wait | Action::Nothing | Action::Cancel => {
                self.conclude(entry, decision, now).await
            }
        }
    }

    /// The decision needs no call, or its calls are made.
    pub(super) async fn conclude(
        &self,
        entry: &Entry,
        decision: Decision,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        self.conclude_owing(entry, decision, None, now).await
    }

    async fn conclude_owing(
        &self,
        entry: &Entry,
        decision: Decision,
        owed: Option<OwedNote>,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        const LATER: Duration = Duration::from_secs(3600);
        let not_owed =
            entry.rma != RmaRecord::Made && matches!(decision.reason, Reason::NotOwed(_));
        let owed = owed
            .or_else(|| entry.owed_note.clone())
            .filter(|_| !not_owed);
        let next = next_look(&self.policy, &decision, &entry.history(now))
            .or_else(|| owed.as_ref().map(|_| now.plus(LATER)));
        self.change(&entry.key, |stored| {
            stored.owed_note.clone_from(&owed);
            if not_owed {
                stored.note_not_owed(&decision, entry.news, now);
            } else {
                stored.note_decision(&decision, next, entry.news, now);
            }
        })
        .await?;
        Ok(LookResult::Decided(Box::new(decision)))
    }

    /// Writes down what is about to be done. `false` when anybody has touched the entry since this
    /// look began: what was decided may no longer hold, and the next look decides anew. It is a
    /// compare and swap, so of all workers one gets past it.
    async fn intend(
        &self,
        entry: &Entry,
        decision: &Decision,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        self.change(&entry.key, |stored| {
            let mine = stored.revision == entry.revision
                && (decision.action != Action::Process || stored.intend_process(now));
            if mine {
                stored.intend(decision);
            }
            mine
        })
        .await
        .map(|(_, mine)| mine)
    }

    /// I1: at most one process call that may have had an effect, whatever happens around it.
    async fn process(
        &self,
        entry: &Entry,
        seen: Option<RmaVersion>,
        decision: Decision,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        // Before the return is archived, and before the intent: a note may be written twice. One
        // that cannot be written only informs.
        self.write_note(entry, &decision).await?;
        // To ask Loop can take minutes. The goods must still be what the decision saw.
        let still = self.oms.get_rma(&entry.key).await?;
        if still.map(|rma| rma.version) != seen {
            return Ok(LookResult::Overtaken);
        }
        if !self.intend(entry, &decision, now).await? {
            return Ok(LookResult::Overtaken);
        }
        let next = next_look(&self.policy, &decision, &entry.history(now));
        let Err(error) = self.loop_api.process(return_id_of(&entry.key)).await else {
            self.change(&entry.key, |stored| {
                stored.note_process_accepted();
                stored.note_decision(&decision, next, entry.news, now);
            })
            .await?;
            return Ok(LookResult::Decided(Box::new(decision)));
        };
        match (error.effect(), error.kind()) {
            // Nobody knows. The intent stays, and only the return's state can tell.
            (Effect::Unknown, _) => {
                self.change(&entry.key, |stored| {
                    stored.note_decision(&decision, next, entry.news, now);
                })
                .await?;
            }
            (Effect::NotApplied, ErrorKind::Refused(message) | ErrorKind::NotFound(message)) => {
                let message = message.to_string();
                self.change(&entry.key, |stored| {
                    stored.note_process_refused(message.clone());
                    // What Loop's state is by now decides what follows from the refusal.
                    stored.note_loop_news(now);
                })
                .await?;
            }
            (Effect::NotSent | Effect::NotApplied, _) => {
                self.change(&entry.key, Entry::note_process_not_applied)
                    .await?;
            }
        }
        Err(error.into())
    }

    /// Changes the entry unless anybody has touched it since this look began, and gives it back as
    /// it is then. News that came meanwhile stay news.
    async fn change_mine(
        &self,
        entry: &Entry,
        change: impl Fn(&mut Entry) + Send + Sync,
    ) -> Result<Option<Entry>, LedgerError> {
        let (stored, mine) = self
            .change(&entry.key, |stored| {
                let mine = stored.revision == entry.revision;
                if mine {
                    change(stored);
                }
                mine
            })
            .await?;
        Ok(mine.then_some(Entry {
            news: entry.news,
            ..stored
        }))
    }

    fn inspection_is_due(&self, entry: &Entry, facts: &Facts) -> bool {
        let wanted = self.policy.inspection.grades || self.policy.inspection.dispositions;
        wanted && !entry.inspected && facts.complete && !facts.lines.is_empty()
    }

    /// Grades decide over nothing, so none of their troubles keeps money from moving.
    async fn tell_inspection(&self, entry: &Entry, facts: &Facts) {
        // An older guide of Loop's allows no more in one call.
        const AT_ONCE: usize = 20;
        let said = inspect(&self.policy.inspection, facts, &self.loop_api.version());
        let failed = |error: Error| {
            tracing::warn!(return_id = entry.key.rma_number.get(), %error, "grades are not sent");
        };
        if self.policy.inspection.grades {
            for items in said.grades.chunks(AT_ONCE) {
                self.loop_api.grade(items).await.unwrap_or_else(failed);
            }
        }
        if self.policy.inspection.dispositions {
            for items in said.dispositions.chunks(AT_ONCE) {
                self.loop_api.assess(items).await.unwrap_or_else(failed);
            }
        }
    }

    /// The note first: nobody is to see a flag without a reason.
    async fn flag(
        &self,
        entry: &Entry,
        ret: &Return,
        mut decision: Decision,
        now: Timestamp,
    ) -> Result<LookResult, BridgeError> {
        if !self.intend(entry, &decision, now).await? {
            return Ok(LookResult::Overtaken);
        }
        let owed = self.write_note(entry, &decision).await?;
        let id = return_id_of(&entry.key);
        if let Err(error) = self.loop_api.flag(id).await {
            if !matches!(error.kind(), ErrorKind::Refused(_)) {
                return Err(error.into());
            }
            match self.refused_flag(id, ret).await? {
                RefusedFlag::StandsAlready => {}
                RefusedFlag::CannotBe => decision.action = Action::Escalate,
                RefusedFlag::Overtaken => return Err(error.into()),
            }
        }
        self.conclude_owing(entry, decision, owed, now).await
    }

    /// A second flag may be refused: when Loop refuses one although the state still allows it, or
    /// the return is in review, the first one stands. In a state that nobody knows, which stays, it
    /// would be refused for ever.
    async fn refused_flag(&self, id: ReturnId, before: &Return) -> Result<RefusedFlag, Error> {
        let state = self.loop_api.get_return(id).await?.state;
        let unchanged = state == before.state;
        Ok(match state {
            Some(ReturnState::Review) => RefusedFlag::StandsAlready,
            Some(ReturnState::Open) if unchanged => RefusedFlag::StandsAlready,
            _ if unchanged => RefusedFlag::CannotBe,
            _ => RefusedFlag::Overtaken,
        })
    }

    /// A reason that cannot be written must not keep money or a flag back for long: then it is
    /// owed. `None` when nothing is.
    async fn write_note(
        &self,
        entry: &Entry,
        decision: &Decision,
    ) -> Result<Option<OwedNote>, Error> {
        let note = decision.note.as_deref();
        match self.write_note_once(&entry.key, note).await {
            Ok(()) => Ok(None),
            Err(error) if entry.failures < 3 => Err(error),
            Err(error) => {
                let return_id = entry.key.rma_number.get();
                tracing::warn!(return_id, %error, "the note could not be written");
                // What Loop refuses it will refuse again.
                let owed = note.filter(|_| error.is_transient());
                Ok(owed.map(|text| OwedNote::new(text.to_owned())))
            }
        }
    }

    /// Tries what could not be written before, for some days; gives back what is still owed.
    async fn write_owed_note(&self, key: &RmaKey, owed: &OwedNote) -> Option<OwedNote> {
        const TRIES: u32 = 72;
        match self.write_note_once(key, Some(&owed.text)).await {
            Err(error) if error.is_transient() && owed.tries < TRIES => Some(OwedNote {
                tries: owed.tries.saturating_add(1),
                ..owed.clone()
            }),
            Ok(()) | Err(_) => None,
        }
    }

    /// Notes cannot be sent twice without standing there twice, so they are looked for first.
    async fn write_note_once(&self, key: &RmaKey, note: Option<&str>) -> Result<(), Error> {
        let Some(note) = note else {
            return Ok(());
        };
        let id = return_id_of(key);
        if !self
            .loop_api
            .notes(id)
            .await?
            .iter()
            .any(|known| known.trim() == note)
        {
            self.loop_api.add_note(id, note).await?;
        }
        Ok(())
    }
}
