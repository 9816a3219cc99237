//! Time and chance, as a port: the client sleeps between attempts and spreads them at random,
//! and a test wants neither.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

/// What the client needs of the world besides a [`crate::transport::Transport`].
#[async_trait]
pub trait Runtime: Send + Sync + fmt::Debug {
    /// Time since any fixed moment; never goes back.
    fn elapsed(&self) -> Duration;

    /// Returns after `duration`.
    async fn sleep(&self, duration: Duration);

    /// Evenly distributed; spreads retries so that many clients do not return at once. No
    /// secret depends on it.
    fn random(&self) -> u64;
}

/// Tokio's timer, the process's monotonic clock, and the standard library's random seed.
#[cfg(feature = "reqwest")]
#[derive(Debug)]
pub(crate) struct TokioRuntime {
    start: std::time::Instant,
}

#[cfg(feature = "reqwest")]
impl TokioRuntime {
    pub(crate) fn new() -> Self {
        Self {
            start: std::time::Instant::now(),
        }
    }
}

#[cfg(feature = "reqwest")]
#[async_trait]
impl Runtime for TokioRuntime {
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn random(&self) -> u64 {
        use std::hash::{BuildHasher as _, Hasher as _};
        // Each `RandomState` is keyed afresh.
        std::collections::hash_map::RandomState::new()
            .build_hasher()
            .finish()
    }
}
