//! What is said to Loop besides: notes, and what became of the goods.

use ams_oms_client::RmaKey;
use loop_client::Error;

use super::Bridge;
use super::claim::Held;
use crate::decide::{Decision, Facts, ProcessRecord};
use crate::inspect::inspect;
use crate::ledger::{Entry, LedgerError, OwedNote};
use crate::map::return_id;

impl Bridge {
    /// A reason that cannot be written must not keep money or a flag back for long: then it is
    /// owed. `None` when nothing is. `tried` says that it may stand there already.
    pub(super) async fn write_note(
        &self,
        entry: &Entry,
        note: Option<&str>,
        tried: bool,
    ) -> Result<Option<OwedNote>, Error> {
        let Some(note) = note else {
            return Ok(None);
        };
        match self.write_note_once(&entry.key, note, tried).await {
            Ok(()) => Ok(None),
            Err(error) if entry.failures < 3 => Err(error),
            Err(error) => {
                let return_id = entry.key.rma_number.get();
                tracing::warn!(return_id, %error, "the note could not be written");
                // What Loop refuses it will refuse again.
                Ok(error.is_transient().then(|| OwedNote::new(note.to_owned())))
            }
        }
    }

    /// Tries what could not be written before, for some days. `false` when somebody else has
    /// touched the entry.
    pub(super) async fn write_owed_note(&self, held: &mut Held) -> Result<bool, LedgerError> {
        const TRIES: u32 = 72;
        let Some(owed) = held.entry.owed_note.clone() else {
            return Ok(true);
        };
        if !self.may_send(held) {
            return Ok(false);
        }
        let written = self.write_note_once(&held.entry.key, &owed.text, true);
        let left = match written.await {
            Err(error) if error.is_transient() && owed.tries < TRIES => Some(OwedNote {
                tries: owed.tries.saturating_add(1),
                ..owed
            }),
            Ok(()) | Err(_) => None,
        };
        let change = |stored: &mut Entry| {
            stored.owed_note.clone_from(&left);
            true
        };
        self.take_change(held, change).await
    }

    /// A note that is sent twice stands there twice, so one that may be there is looked for first.
    async fn write_note_once(&self, key: &RmaKey, note: &str, tried: bool) -> Result<(), Error> {
        let id = return_id(key);
        if tried {
            let notes = self.loop_api.notes(id).await?;
            if notes.iter().any(|known| known.trim() == note) {
                return Ok(());
            }
        }
        self.loop_api.add_note(id, note).await
    }

    /// An id for a process call, if the merchant wants one.
    pub(super) fn new_attempt(&self) -> Option<String> {
        let drawn = || self.randomness.next();
        self.policy
            .process_attempt_id
            .then(|| format!("ams-{:016x}{:016x}", drawn(), drawn()))
    }

    /// A process call whose answer got lost has arrived if its id stands in the return's notes.
    /// That it does not proves nothing.
    pub(super) async fn look_for_attempt(&self, held: &mut Held) -> Result<(), super::BridgeError> {
        let is_unknown = matches!(held.entry.process, ProcessRecord::Unknown { .. });
        let (Some(attempt), true) = (&held.entry.attempt, is_unknown) else {
            return Ok(());
        };
        let notes = self.loop_api.notes(return_id(&held.entry.key)).await?;
        if notes.iter().any(|note| note.contains(attempt)) {
            self.change_held(held, Entry::note_process_accepted).await?;
            held.entry.note_process_accepted();
        }
        Ok(())
    }

    pub(super) fn inspection_is_due(&self, entry: &Entry, facts: &Facts) -> bool {
        let wanted = self.policy.inspection.grades || self.policy.inspection.dispositions;
        wanted && !entry.inspected && facts.complete && !facts.lines.is_empty()
    }

    /// Tells Loop in which condition the goods are, once. Grades decide over nothing, so none of
    /// their troubles keeps money from moving. `false` when somebody else has touched the entry.
    pub(super) async fn tell_inspection(
        &self,
        held: &mut Held,
        decision: &Decision,
    ) -> Result<bool, LedgerError> {
        // An older guide of Loop's allows no more in one call.
        const AT_ONCE: usize = 20;
        if !self.inspection_is_due(&held.entry, &decision.facts) {
            return Ok(true);
        }
        // A grade that is sent twice may stand there twice, so that it was sent is written down
        // before, and none is sent again for the return.
        let begun = |stored: &mut Entry| {
            stored.inspected = true;
            true
        };
        if !self.may_send(held) || !self.take_change(held, begun).await? {
            return Ok(false);
        }
        let policy = &self.policy.inspection;
        let said = inspect(policy, &decision.facts, &self.loop_api.version());
        let return_id = held.entry.key.rma_number.get();
        let failed = |error: Error| {
            tracing::warn!(return_id, %error, "grades are not sent");
        };
        if policy.grades {
            for items in said.grades.chunks(AT_ONCE) {
                self.loop_api.grade(items).await.unwrap_or_else(failed);
            }
        }
        if policy.dispositions {
            for items in said.dispositions.chunks(AT_ONCE) {
                self.loop_api.assess(items).await.unwrap_or_else(failed);
            }
        }
        Ok(true)
    }

    /// Changes the entry if nobody else has touched it, and goes on with what it is then.
    pub(super) async fn take_change(
        &self,
        held: &mut Held,
        change: impl Fn(&mut Entry) -> bool + Send + Sync,
    ) -> Result<bool, LedgerError> {
        match self.change_untouched(held, change).await? {
            Some(changed) => {
                *held = changed;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}
