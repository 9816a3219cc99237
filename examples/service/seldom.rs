//! For lines of the log that anybody can cause.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::now;

/// Lets one through in a second, and counts the others.
#[derive(Debug, Default)]
pub(crate) struct Seldom {
    second: AtomicU64,
    held_back: AtomicU64,
}

impl Seldom {
    /// How many were held back before this one; `None` when it is held back too.
    pub(crate) fn passes(&self) -> Option<u64> {
        let second = now().unix_seconds().unsigned_abs();
        if self.second.swap(second, Ordering::Relaxed) == second {
            self.held_back.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.held_back.swap(0, Ordering::Relaxed))
    }
}
