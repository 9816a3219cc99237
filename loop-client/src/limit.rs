//! The call budget: at most so many calls in any minute, and never a minute's burst on top of a
//! steady rate, which is what a plain token bucket allows.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many calls may leave in any 60 seconds. Shared by every clone of a client.
///
/// Loop allows 300 a minute per key; give each process its part when several share a key.
/// Rests on <https://docs.loopreturns.com/api-reference/rate-limit.md>.
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
/// Without advice from Loop, wait this long after a 429.
const PAUSE: Duration = Duration::from_secs(5);
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
}

impl Budget {
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self {
            limit: usize::try_from(limit.per_minute).unwrap_or(usize::MAX),
            state: Mutex::default(),
        }
    }

    /// Takes one call at `now`, or says how long to wait before asking again. Background calls
    /// may use four fifths, so that the rest is free for whoever waits for an answer.
    pub(crate) fn take(&self, now: Duration, background: bool) -> Result<(), Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.paused_until > now {
            return Err(state.paused_until.saturating_sub(now));
        }
        while state
            .left_at
            .front()
            .is_some_and(|left| now.saturating_sub(*left) >= WINDOW)
        {
            state.left_at.pop_front();
        }
        let allowed = if background {
            self.limit.saturating_sub(self.limit / 5)
        } else {
            self.limit
        };
        let used = state.left_at.len();
        if used < allowed {
            state.left_at.push_back(now);
            return Ok(());
        }
        // The call whose leaving the window makes room.
        let frees = state
            .left_at
            .get(used.saturating_sub(allowed))
            .copied()
            .unwrap_or(now);
        Err(frees
            .saturating_add(WINDOW)
            .saturating_sub(now)
            .max(Duration::from_millis(1)))
    }

    /// Loop said 429: nobody calls for a while.
    pub(crate) fn pause(&self, now: Duration, advice: Option<Duration>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let until = now.saturating_add(advice.unwrap_or(PAUSE).min(LONGEST_PAUSE));
        state.paused_until = state.paused_until.max(until);
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
    fn a_429_stops_everyone_for_as_long_as_asked() {
        let budget = Budget::new(RateLimit::default());
        let second = Duration::from_secs(1);
        budget.pause(second, Some(9 * second));
        assert_eq!(budget.take(4 * second, false), Err(6 * second));
        assert_eq!(budget.take(10 * second, false), Ok(()));
        budget.pause(10 * second, None);
        assert_eq!(budget.take(10 * second, false), Err(PAUSE));
        budget.pause(10 * second, Some(Duration::MAX));
        assert_eq!(budget.take(10 * second, false), Err(LONGEST_PAUSE));
    }
}
