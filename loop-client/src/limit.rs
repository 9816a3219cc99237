//! The call budget: at most so many calls in any minute, and never a minute's burst on top of a
//! steady rate, which is what a plain token bucket allows.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many calls may leave in any 60 seconds. Shared by every clone of a client.
///
/// Loop allows 300 a minute per key. When several processes share a key give each its part; what
/// Loop's own headers say of the key's allowance is heeded besides, and a 429 stops everyone.
/// Long pulls (lists, reports, and all calls of [`Client::in_background`]) may use four fifths,
/// so that the rest is free for whoever waits for an answer.
///
/// Rests on <https://docs.loopreturns.com/api-reference/rate-limit.md>.
///
/// [`Client::in_background`]: crate::Client::in_background
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    per_minute: u32,
}

impl RateLimit {
    /// At most `calls` in any 60 seconds; 0 is taken as 1.
    #[must_use]
    pub fn per_minute(calls: u32) -> Self {
        Self {
            per_minute: calls.max(1),
        }
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::per_minute(300)
    }
}

/// A little over a minute, because calls can bunch up on their way to Loop's own clock.
const WINDOW: Duration = Duration::from_millis(60_500);
/// Without advice from Loop, wait this long after a 429; three times as long after the next one,
/// until Loop's minute must be over.
const PAUSE: Duration = Duration::from_secs(5);
const LONGEST_GUESS: Duration = Duration::from_secs(60);
/// No advice makes us wait longer in one go; the next 429 says it again.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// When calls left, and until when none may.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    left_at: VecDeque<Duration>,
    paused_until: Duration,
    /// 429s without advice, one after the other.
    guesses: u32,
    told: Option<Told>,
}

/// Long pulls leave a fifth to the rest, where there is a fifth.
fn allowed(limit: usize, background: bool) -> usize {
    let reserved = match limit {
        0 | 1 => 0,
        _ => (limit / 5).max(1),
    };
    if background { limit - reserved } else { limit }
}

/// What Loop's headers said last.
#[derive(Debug, Clone, Copy)]
struct Told {
    limit: usize,
    /// Calls of this key that are not ours: of another process, or of one before us.
    foreign: usize,
    until: Duration,
}

impl Budget {
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self {
            limit: usize::try_from(limit.per_minute).unwrap_or(usize::MAX),
            state: Mutex::default(),
        }
    }

    /// Takes one call at `now`, or says how long to wait before asking again.
    pub(crate) fn take(&self, now: Duration, background: bool) -> Result<(), Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.paused_until > now {
            return Err(state.paused_until.saturating_sub(now));
        }
        state.forget(now);
        let ours = state.left_at.len();
        let wait = |allowed: usize, foreign: usize| {
            let used = ours.saturating_add(foreign);
            (used >= allowed).then(|| state.free_at(used.saturating_sub(allowed).saturating_add(1)))
        };
        // Our part of the key and the whole of it are two limits: what others use of theirs is
        // none of ours.
        let own = wait(allowed(self.limit, background), 0);
        let told = state
            .told
            .and_then(|told| wait(allowed(told.limit, background), told.foreign));
        match own.max(told) {
            None => {
                state.left_at.push_back(now);
                Ok(())
            }
            Some(free_at) => Err(free_at.saturating_sub(now).max(Duration::from_millis(1))),
        }
    }

    /// Loop's headers said how many calls the key has left. They can only make us slower: a limit
    /// above ours is not ours to use.
    pub(crate) fn told(&self, now: Duration, limit: u32, remaining: u32) {
        let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.forget(now);
        let used = size(limit.saturating_sub(remaining));
        state.told = Some(Told {
            limit: size(limit),
            foreign: used.saturating_sub(state.left_at.len()),
            until: now.saturating_add(WINDOW),
        });
    }

    /// Loop said 429: nobody calls for a while. After it Loop's minute is taken for begun anew;
    /// the next 429 says otherwise.
    pub(crate) fn pause(&self, now: Duration, advice: Option<Duration>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Of calls that were under way together one is enough to learn from.
        if advice.is_none() && state.paused_until <= now {
            state.guesses = state.guesses.saturating_add(1);
        }
        let wait = advice.unwrap_or_else(|| {
            let times = 3u32.saturating_pow(state.guesses.saturating_sub(1));
            PAUSE.saturating_mul(times).min(LONGEST_GUESS)
        });
        let until = now.saturating_add(wait.min(LONGEST_PAUSE));
        state.paused_until = state.paused_until.max(until);
        state.told = None;
    }
}

impl Budget {
    /// Loop answered something else than 429.
    pub(crate) fn admitted(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.guesses = 0;
    }
}

impl State {
    /// Drops what is older than a minute.
    fn forget(&mut self, now: Duration) {
        while self
            .left_at
            .front()
            .is_some_and(|left| now.saturating_sub(*left) >= WINDOW)
        {
            self.left_at.pop_front();
        }
        if self.told.is_some_and(|told| told.until <= now) {
            self.told = None;
        }
    }

    /// When so many of the calls in the window will have left it.
    fn free_at(&self, needed: usize) -> Duration {
        let ours = |count: usize| match count.checked_sub(1) {
            None => Some(Duration::ZERO),
            Some(at) => self.left_at.get(at).map(|left| left.saturating_add(WINDOW)),
        };
        let alone = ours(needed);
        let together = self
            .told
            .and_then(|told| Some(ours(needed.saturating_sub(told.foreign))?.max(told.until)));
        match (alone, together) {
            (Some(alone), Some(together)) => alone.min(together),
            (Some(at), None) | (None, Some(at)) => at,
            (None, None) => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// I10: whatever the arrival pattern, never more than the limit in any 60 seconds.
        #[test]
        fn never_more_than_the_limit_in_any_minute(
            limit in 1u32..20,
            steps in prop::collection::vec((0u64..30_000, any::<bool>()), 1..200),
        ) {
            let budget = Budget::new(RateLimit::per_minute(limit));
            let mut now = Duration::ZERO;
            let mut left = Vec::new();
            for (step, background) in steps {
                now += Duration::from_millis(step);
                if budget.take(now, background).is_ok() {
                    left.push(now);
                }
            }
            for (at, first) in left.iter().enumerate() {
                let in_minute = left[at..]
                    .iter()
                    .take_while(|later| **later - *first < Duration::from_secs(60))
                    .count();
                prop_assert!(in_minute <= usize::try_from(limit).unwrap());
            }
        }

        /// Whatever Loop says, waiting as told makes progress, and the limit still holds.
        #[test]
        fn headers_only_make_us_slower(
            limit in 1u32..20,
            steps in prop::collection::vec((any::<bool>(), 0u32..30, 0u32..30), 1..60),
        ) {
            let budget = Budget::new(RateLimit::per_minute(limit));
            let mut now = Duration::from_secs(1);
            let mut left: Vec<Duration> = Vec::new();
            for (background, said, remaining) in steps {
                let mut asked = 0;
                while let Err(wait) = budget.take(now, background) {
                    now += wait;
                    asked += 1;
                    prop_assert!(asked < 5, "waiting as told must be enough");
                }
                left.push(now);
                budget.told(now, said.max(1), remaining.min(said));
            }
            for (at, first) in left.iter().enumerate() {
                let minute = left[at..].iter().take_while(|later| **later - *first < Duration::from_secs(60));
                prop_assert!(minute.count() <= usize::try_from(limit).unwrap());
            }
        }

        /// What others use of their part of the key never delays us in ours.
        #[test]
        fn the_parts_of_a_shared_key_do_not_delay_each_other(
            whole in 2u32..40,
            part in 1u32..20,
            theirs in 0u32..40,
        ) {
            let part = part.min(whole);
            let theirs = theirs.min(whole - part);
            let budget = Budget::new(RateLimit::per_minute(part));
            let now = Duration::from_secs(1);
            for ours in 1..=part {
                prop_assert_eq!(budget.take(now, false), Ok(()));
                budget.told(now, whole, whole - theirs - ours);
            }
        }

        /// Waiting as long as told is enough, unless somebody else was faster.
        #[test]
        fn waiting_as_told_is_enough(limit in 1u32..20, background: bool) {
            let budget = Budget::new(RateLimit::per_minute(limit));
            let mut now = Duration::from_secs(1);
            for _ in 0..100 {
                if let Err(wait) = budget.take(now, background) {
                    now += wait;
                    prop_assert!(budget.take(now, background).is_ok());
                }
            }
        }
    }

    #[test]
    fn a_backfill_leaves_room_for_a_refund() {
        let budget = Budget::new(RateLimit::per_minute(300));
        let now = Duration::ZERO;
        let pulled = (0..1000).filter(|_| budget.take(now, true).is_ok()).count();
        let urgent = (0..1000)
            .filter(|_| budget.take(now, false).is_ok())
            .count();
        assert_eq!((pulled, urgent), (240, 60));
    }

    #[test]
    fn what_others_use_is_not_used_again() {
        let budget = Budget::new(RateLimit::per_minute(300));
        let second = Duration::from_secs(1);
        assert_eq!(budget.take(second, false), Ok(()));
        // One call was ours, so 289 were not.
        budget.told(second, 300, 10);
        let more = (0..1000)
            .filter(|_| budget.take(second, false).is_ok())
            .count();
        assert_eq!(more, 10);
        assert_eq!(budget.take(second, false), Err(WINDOW));
        // Loop's minute began anew.
        budget.told(2 * second, 300, 300);
        assert_eq!(budget.take(2 * second, false), Ok(()));
        // A lower limit holds as long as it is said, a higher one is not ours.
        budget.told(2 * second, 5, 5);
        assert!(budget.take(2 * second, false).is_err());
        budget.told(2 * second, 1000, 1000);
        let rest = (0..1000)
            .filter(|_| budget.take(2 * second, false).is_ok())
            .count();
        assert_eq!(rest, 300 - 12);
    }

    #[test]
    fn a_429_stops_everyone_for_as_long_as_asked() {
        let budget = Budget::new(RateLimit::default());
        let second = Duration::from_secs(1);
        budget.pause(second, Some(9 * second));
        // Of two calls that were under way together, one was told to wait less.
        budget.pause(second, Some(2 * second));
        assert_eq!(budget.take(4 * second, false), Err(6 * second));
        assert_eq!(budget.take(10 * second, false), Ok(()));
        budget.pause(10 * second, None);
        budget.pause(10 * second, None);
        assert_eq!(budget.take(10 * second, false), Err(PAUSE));
        budget.pause(15 * second, None);
        assert_eq!(budget.take(15 * second, false), Err(3 * PAUSE), "the next");
        budget.admitted();
        budget.pause(30 * second, None);
        assert_eq!(
            budget.take(30 * second, false),
            Err(PAUSE),
            "the first again"
        );
        budget.told(35 * second, 300, 0);
        budget.pause(35 * second, Some(second));
        assert_eq!(budget.take(36 * second, false), Ok(()), "the pause is over");
        budget.pause(36 * second, Some(Duration::MAX));
        assert_eq!(budget.take(36 * second, false), Err(LONGEST_PAUSE));
    }
}
