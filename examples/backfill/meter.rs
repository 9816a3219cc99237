//! What the client did: calls made, and time spent waiting for the call limit.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::ProgressBar;
use loop_client::{Observation, Observer, WaitReason};

/// Counts, and tells people what is being waited for.
#[derive(Debug)]
pub(crate) struct Meter {
    calls: AtomicU64,
    waited_millis: AtomicU64,
    bar: ProgressBar,
}

impl Meter {
    pub(crate) fn new(bar: ProgressBar) -> Self {
        Self {
            calls: AtomicU64::new(0),
            waited_millis: AtomicU64::new(0),
            bar,
        }
    }

    /// Requests that left for Loop, repeated ones included.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// How long calls waited for the call limit.
    pub(crate) fn waited(&self) -> Duration {
        Duration::from_millis(self.waited_millis.load(Ordering::Relaxed))
    }
}

impl Observer for Meter {
    fn observe(&self, seen: &Observation<'_>) {
        match seen {
            Observation::Attempt { .. } => {
                self.calls.fetch_add(1, Ordering::Relaxed);
                self.bar.set_prefix("");
            }
            Observation::Wait { reason, time, .. } => {
                let what = match reason {
                    WaitReason::CallBudget => {
                        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                        self.waited_millis.fetch_add(millis, Ordering::Relaxed);
                        "for Loop's call limit"
                    }
                    _ => "to try again",
                };
                let seconds = time.as_secs().max(1);
                self.bar.set_prefix(format!("waits {seconds} s {what}"));
            }
            // Part of the two above, or of no interest here.
            _ => {}
        }
    }
}
