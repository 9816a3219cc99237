//! Who may act on a return: one worker at a time, for a while.

use loop_client::Timestamp;

use super::Entry;

impl Entry {
    /// Takes the return for one worker until `until`. `false` while somebody else's claim has not
    /// run out: then it is theirs.
    ///
    /// A claim counts once it is stored. Its number, [`Entry::fence`], is what its holder shows
    /// whenever it records something: after the next claim the number is another one, and whoever
    /// lost the return can record nothing.
    ///
    /// ```
    /// use ams_loop_bridge::ledger::Entry;
    /// use ams_oms_client::RmaKey;
    /// use loop_client::Timestamp;
    ///
    /// let at = Timestamp::from_unix_seconds;
    /// let key = RmaKey::new("acme".parse()?, "99904598".parse()?);
    /// let mut entry = Entry::new(key, at(0));
    /// assert!(entry.claim(at(0), at(600)));
    /// assert!(!entry.claim(at(599), at(1199)), "it is taken");
    /// assert!(entry.claim(at(600), at(1200)), "its holder has died");
    /// assert_eq!(entry.fence, 2);
    /// # Ok::<(), ams_oms_client::InvalidId>(())
    /// ```
    #[must_use]
    pub fn claim(&mut self, now: Timestamp, until: Timestamp) -> bool {
        if self.is_claimed(now) {
            return false;
        }
        self.fence = self.fence.saturating_add(1);
        self.claimed_until = Some(until);
        true
    }

    /// Whether somebody is at work on it.
    #[must_use]
    pub fn is_claimed(&self, now: Timestamp) -> bool {
        self.claimed_until.is_some_and(|until| until > now)
    }

    /// Gives it back.
    pub fn release(&mut self) {
        self.claimed_until = None;
    }

    /// When a worker should look at it: when it is due and nobody is at work on it. A claim whose
    /// holder has died runs out, and makes it due again.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        match (self.look_at, self.claimed_until) {
            (Some(due), Some(until)) => Some(due.max(until)),
            (None, Some(until)) => Some(until),
            (due, None) => due,
        }
    }
}
