//! One worker at a time: what a look holds while it is at work, and what it may do with it.

use std::time::Duration;

use ams_oms_client::RmaKey;
use loop_client::Timestamp;

use super::Bridge;
use crate::ledger::{Entry, LedgerError, Stored};

/// How long a worker may be at work on one return. Then it counts as dead, and another takes over.
const CLAIM: Duration = Duration::from_secs(600);
/// Nothing is sent whose answer could come after the claim has run out: no call of the client's
/// takes longer by default.
const LONGEST_CALL: Duration = Duration::from_secs(150);

/// An entry that this worker has claimed.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// As it was when it was claimed, or when this worker last changed it.
    pub(super) entry: Entry,
    /// By the clock, until when something may be sent for it.
    send_until: Duration,
}

impl Bridge {
    /// Takes the entry, unless somebody else has it or has changed it since it was read.
    pub(super) async fn claim(
        &self,
        mut entry: Entry,
        now: Timestamp,
    ) -> Result<Option<Held>, LedgerError> {
        let send_until = self.send_until();
        if !entry.claim(now, now.plus(CLAIM)) || self.ledger.store(&entry).await? == Stored::Stale {
            return Ok(None);
        }
        entry.revision = entry.revision.saturating_add(1);
        Ok(Some(Held { entry, send_until }))
    }

    /// Changes the entry of a return that there are news of. If `change` says that it is to be
    /// looked at, it is taken in the same write, unless somebody else has it.
    pub(super) async fn hear_and_claim(
        &self,
        key: &RmaKey,
        change: impl Fn(&mut Entry) -> bool + Send + Sync,
        now: Timestamp,
    ) -> Result<(Entry, Option<Held>), LedgerError> {
        let send_until = self.send_until();
        let first = || Entry::new(key.clone(), now);
        let (entry, is_taken) = self
            .hear(key, first, |entry| {
                change(entry) && entry.claim(now, now.plus(CLAIM))
            })
            .await?;
        let held = is_taken.then(|| Held {
            entry: entry.clone(),
            send_until,
        });
        Ok((entry, held))
    }

    /// Until when something may be sent for a claim that is made now. Asked before the ledger is:
    /// however long it takes, the claim does not begin later.
    fn send_until(&self) -> Duration {
        self.clock.elapsed() + CLAIM.saturating_sub(LONGEST_CALL)
    }

    /// Whether the claim lasts long enough for a call to be sent and answered.
    pub(super) fn may_send(&self, held: &Held) -> bool {
        self.clock.elapsed() < held.send_until
    }

    /// Changes the entry as it is by now, news included, while it is this worker's.
    pub(super) async fn change_held<T: Send>(
        &self,
        held: &Held,
        change: impl Fn(&mut Entry) -> T + Send,
    ) -> Result<(Entry, T), LedgerError> {
        let (key, fence) = (&held.entry.key, held.entry.fence);
        let own = |known: Option<Entry>| match known {
            None => Err(LedgerError::Vanished(key.clone())),
            Some(entry) if entry.fence != fence => Err(LedgerError::ClaimLost(key.clone())),
            Some(entry) => Ok(entry),
        };
        self.swap(key, own, change).await
    }

    /// Changes the entry unless anybody has touched it since it was claimed: what was decided may
    /// no longer hold then, and the next look decides anew. News that come later stay news.
    pub(super) async fn change_untouched(
        &self,
        held: &Held,
        change: impl Fn(&mut Entry) -> bool + Send + Sync,
    ) -> Result<Option<Held>, LedgerError> {
        let (entry, done) = self
            .change_held(held, |stored| {
                stored.revision == held.entry.revision && change(stored)
            })
            .await?;
        Ok(done.then_some(Held {
            entry,
            send_until: held.send_until,
        }))
    }

    /// Gives the entry back as it is, for the next look.
    pub(super) async fn give_back(&self, held: &Held) -> Result<(), LedgerError> {
        self.change_held(held, Entry::release).await.map(drop)
    }
}
