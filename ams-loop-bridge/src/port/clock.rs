use std::fmt;
use std::time::{Duration, Instant};

/// Tells how much time passes while the bridge is at work. What time it is the caller says when a
/// call begins; how long ago that was decides whether a claim still holds.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time since some fixed moment. It never goes back, and nobody sets it.
    fn elapsed(&self) -> Duration;
}

/// The operating system's monotonic clock.
#[derive(Debug, Clone)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
