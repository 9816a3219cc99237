//! What a client did, for metrics. Every field is safe to log: no key, no address, no body.

use std::fmt;
use std::time::Duration;

use crate::ReturnId;
use crate::call::Call;
use crate::error::Error;

/// Is told what a client does; set with
/// [`ClientBuilder::observer`](crate::ClientBuilder::observer).
///
/// It runs on the task of the call, so it should only count. A call that its caller drops is not
/// reported as ended.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use loop_client::{Observation, Observer};
///
/// #[derive(Debug, Default)]
/// struct Retries(AtomicU64);
///
/// impl Observer for Retries {
///     fn observe(&self, seen: &Observation<'_>) {
///         if let Observation::Attempt { attempt: 2.., .. } = seen {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait Observer: Send + Sync + fmt::Debug {
    /// Something happened.
    fn observe(&self, seen: &Observation<'_>);
}

/// Something a client did.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Observation<'a> {
    /// One request left, or tried to, and ended.
    #[non_exhaustive]
    Attempt {
        /// Which endpoint.
        call: Call,
        /// Which return, if the call is about one.
        return_id: Option<ReturnId>,
        /// Counts from 1.
        attempt: u32,
        /// Why it failed; `None` when it did not.
        error: Option<&'a Error>,
        /// From the first byte to the end of the answer; to its headers for a report, whose rows
        /// are read as they arrive.
        took: Duration,
    },
    /// A call waits before its next attempt.
    #[non_exhaustive]
    Wait {
        /// Which endpoint.
        call: Call,
        /// What for.
        reason: WaitReason,
        /// How long.
        time: Duration,
    },
    /// Loop said how many calls the key has left in the present minute.
    #[non_exhaustive]
    Allowance {
        /// Calls in a minute.
        limit: u32,
        /// Calls left.
        remaining: u32,
    },
    /// A call ended, whatever it took.
    #[non_exhaustive]
    Call {
        /// Which endpoint.
        call: Call,
        /// Which return, if the call is about one.
        return_id: Option<ReturnId>,
        /// How many requests it took.
        attempts: u32,
        /// Why it failed; `None` when it did not.
        error: Option<&'a Error>,
        /// All attempts and waits.
        took: Duration,
    },
}

/// Why a call waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitReason {
    /// The key's calls of this minute are used up, or Loop asked everyone to pause.
    CallBudget,
    /// The last attempt failed and the next one is not due yet.
    Retry,
}

impl WaitReason {
    /// A short name for logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CallBudget => "call_budget",
            Self::Retry => "retry",
        }
    }
}

/// For whoever counts nothing.
#[derive(Debug)]
pub(crate) struct Nobody;

impl Observer for Nobody {
    fn observe(&self, _: &Observation<'_>) {}
}
