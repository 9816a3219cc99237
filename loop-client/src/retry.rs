//! Whether to send again, as a pure function, because the wrong answer refunds twice.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::call::Call;
use crate::error::{Effect, Error, ErrorKind};

/// How often and how long the client repeats a call by itself.
///
/// It repeats a call that is safe to repeat after a failure that may pass, and any call of which
/// not one byte was sent or which was turned away for the call budget. It never repeats a call
/// with an effect that may have arrived: that is the caller's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Attempts in all; 1 means never again.
    pub attempts: u32,
    /// Upper bound of the first wait; it doubles with each attempt. The wait itself is drawn
    /// evenly between nothing and the bound.
    pub first_wait: Duration,
    /// No wait is longer, unless Loop asks for it.
    pub longest_wait: Duration,
    /// All attempts and waits together. A wait that would leave less than a tenth of it for the
    /// attempt is not begun: a call that is cut off in the middle may have taken effect. What a
    /// long pull waits for its turn in the call budget does not count.
    pub deadline: Duration,
    /// Retries that all clones of a client may have in hand together. Each retry takes one and
    /// each success gives a tenth of one back, so that an outage is met with a few retries and
    /// not with a multiple of the load. Waits for the key's call budget are not counted.
    pub shared_retries: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
            deadline: Duration::from_secs(120),
            shared_retries: 50,
        }
    }
}

impl RetryPolicy {
    /// Every failure goes to the caller.
    #[must_use]
    pub fn never() -> Self {
        Self {
            attempts: 1,
            ..Self::default()
        }
    }

    /// With another number of attempts in all.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// With another bound on all attempts and waits together.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How long to wait before the next attempt; `None` to give up. `attempt` counts from 1,
    /// `elapsed` is the time since the first began, `random` is evenly distributed.
    pub(crate) fn next_wait(
        &self,
        call: Call,
        error: &Error,
        attempt: u32,
        elapsed: Duration,
        random: u64,
    ) -> Option<Duration> {
        if attempt >= self.attempts || !may_repeat(call, error) {
            return None;
        }
        let doubled = 2u32.saturating_pow(attempt.saturating_sub(1));
        let bound = self
            .first_wait
            .saturating_mul(doubled)
            .min(self.longest_wait);
        let wait = error
            .retry_after()
            .unwrap_or_else(|| part_of(bound, random));
        self.leaves_time(elapsed, wait).then_some(wait)
    }

    /// Whether after such a wait there is time for an attempt.
    pub(crate) fn leaves_time(&self, elapsed: Duration, wait: Duration) -> bool {
        let attempt = self.deadline / 10;
        elapsed.saturating_add(wait).saturating_add(attempt) <= self.deadline
    }
}

fn may_repeat(call: Call, error: &Error) -> bool {
    if !error.is_transient() {
        return false;
    }
    match error.effect() {
        Effect::NotSent => true,
        Effect::NotApplied => matches!(error.kind(), ErrorKind::RateLimited),
        Effect::Unknown => call.is_safe_to_repeat(),
    }
}

/// The retries that are left for everyone who shares a client, in tenths.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    most: u32,
    left: Mutex<u32>,
}

const TENTHS: u32 = 10;

impl RetryBudget {
    pub(crate) fn new(policy: &RetryPolicy) -> Self {
        let most = policy.shared_retries.saturating_mul(TENTHS);
        Self {
            most,
            left: Mutex::new(most),
        }
    }

    /// Whether this failure may be retried. Turned away for the call budget is no outage: it is
    /// always granted.
    pub(crate) fn take(&self, error: &Error) -> bool {
        if matches!(error.kind(), ErrorKind::RateLimited) {
            return true;
        }
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let granted = *left >= TENTHS;
        if granted {
            *left -= TENTHS;
        }
        granted
    }

    pub(crate) fn succeeded(&self) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_add(1).min(self.most);
    }
}

/// Full jitter: anything between nothing and the bound.
fn part_of(bound: Duration, random: u64) -> Duration {
    let millis = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(random % millis.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Message;
    use crate::transport::TransportError;

    fn error(call: Call, effect: Effect, kind: ErrorKind) -> Error {
        Error::new(call, None, None, effect, kind)
    }

    fn message() -> Message {
        Message {
            code: None,
            text: String::new(),
        }
    }

    #[test]
    fn what_is_repeated() {
        use Effect::{NotApplied, NotSent, Unknown};
        let limited = || ErrorKind::RateLimited;
        let broken = || ErrorKind::Transport(TransportError::maybe_sent("broke"));
        let policy = RetryPolicy::default();
        for (effect, kind, read, money) in [
            (NotSent, broken as fn() -> ErrorKind, true, true),
            (Unknown, broken, false, false),
            (NotApplied, limited, true, true),
            (Unknown, || ErrorKind::Server(message()), false, false),
            (
                NotApplied,
                || ErrorKind::Unauthorized(message()),
                false,
                false,
            ),
            (NotApplied, || ErrorKind::Refused(message()), false, false),
            (Unknown, || ErrorKind::Redirected, false, false),
        ] {
            let again = |call: Call| {
                policy
                    .next_wait(call, &error(call, effect, kind()), 1, Duration::ZERO, 0)
                    .is_some()
            };
            let expected_read =
                read || (effect == Unknown && !matches!(kind(), ErrorKind::Redirected));
            assert_eq!(
                again(Call::ReturnDetails),
                expected_read,
                "read, {:?}",
                kind()
            );
            for call in [Call::Process, Call::Flag, Call::CreateNote] {
                assert_eq!(again(call), money, "{call}, {:?}", kind());
            }
        }
    }

    #[test]
    fn waits_are_bounded_and_end() {
        let call = Call::ReturnDetails;
        let policy = RetryPolicy::default();
        let wait = |attempt, elapsed, random, kind| {
            policy.next_wait(
                call,
                &error(call, Effect::Unknown, kind),
                attempt,
                elapsed,
                random,
            )
        };
        let server = || ErrorKind::Server(message());
        assert_eq!(
            wait(1, Duration::ZERO, 500, server()),
            Some(Duration::from_millis(500))
        );
        assert_eq!(wait(1, Duration::ZERO, 501, server()), Some(Duration::ZERO));
        assert_eq!(
            wait(3, Duration::ZERO, 2000, server()),
            Some(Duration::from_secs(2))
        );
        assert_eq!(wait(4, Duration::ZERO, 0, server()), None);
        assert_eq!(
            wait(1, policy.deadline + Duration::from_millis(1), 0, server()),
            None
        );
        let asked = |seconds| {
            let error = error(call, Effect::Unknown, server())
                .with_retry_after(Some(Duration::from_secs(seconds)));
            policy.next_wait(call, &error, 1, Duration::ZERO, 7)
        };
        assert_eq!(asked(30), Some(Duration::from_secs(30)));
        assert_eq!(asked(u64::MAX), None);
    }

    #[test]
    fn an_outage_is_not_multiplied() {
        let policy = RetryPolicy {
            shared_retries: 2,
            ..RetryPolicy::default()
        };
        let budget = RetryBudget::new(&policy);
        let down = error(
            Call::ReturnDetails,
            Effect::Unknown,
            ErrorKind::Server(message()),
        );
        let busy = error(
            Call::ReturnDetails,
            Effect::NotApplied,
            ErrorKind::RateLimited,
        );
        let granted = |error| (0..5).filter(|_| budget.take(error)).count();
        assert_eq!(granted(&down), 2);
        assert_eq!(granted(&busy), 5);
        for _ in 0..10 {
            budget.succeeded();
        }
        assert_eq!(granted(&down), 1);
        for _ in 0..1000 {
            budget.succeeded();
        }
        assert_eq!(granted(&down), 2);
    }
}
