//! A merchant for whom nothing works is left alone for a while, so that its troubles cost nobody
//! else calls or time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loop_client::Timestamp;

use super::{Bridge, BridgeError};

const FIRST: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(1800);

/// Failures in a row of what stops the merchant, and until when nothing is tried.
#[derive(Debug, Default)]
pub(super) struct Backoff(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    until: Option<Timestamp>,
}

impl Backoff {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until when nothing is to be tried, if that is not over.
    fn holds(&self, now: Timestamp) -> Option<Timestamp> {
        // A clock that was ahead must not hold the merchant back for longer than a pause lasts.
        let longest = now.plus(LONGEST * 2);
        let until = self.lock().until?;
        (now < until && until <= longest).then_some(until)
    }

    fn over(&self) {
        *self.lock() = State::default();
    }

    /// Each pause is twice the last, and a part of it at random, so that merchants that failed
    /// together do not come back together.
    fn failed(&self, now: Timestamp, drawn: u64) {
        let mut state = self.lock();
        let pause = FIRST
            .saturating_mul(2u32.saturating_pow(state.failures))
            .min(LONGEST);
        let quarter = pause.as_secs() / 4;
        let more = Duration::from_secs(drawn % quarter.max(1));
        state.failures = state.failures.saturating_add(1);
        state.until = Some(now.plus(pause + more));
    }
}

impl Bridge {
    /// Whether the merchant is being left alone.
    pub(super) fn check_backoff(&self, now: Timestamp) -> Result<(), BridgeError> {
        match self.backoff.holds(now) {
            Some(until) => Err(BridgeError::BackedOff { until }),
            None => Ok(()),
        }
    }

    /// Draws the conclusion from what a pass came to.
    pub(super) fn note_outcome<T>(&self, result: &Result<T, BridgeError>, now: Timestamp) {
        match result {
            Ok(_) => self.backoff.over(),
            Err(error) if error.stops_the_merchant() => {
                self.backoff.failed(now, self.randomness.next());
            }
            Err(_) => {}
        }
    }
}
