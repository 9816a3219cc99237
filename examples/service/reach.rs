//! Whether the other side answers, as the latest calls had it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use loop_client::Timestamp;

use crate::now;

/// One of the two sides.
#[derive(Debug, Default)]
pub(crate) struct Reach(Mutex<Known>);

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Known {
    /// Nobody has asked yet.
    #[default]
    Nothing,
    Answers,
    Fails {
        since: Timestamp,
        what: String,
    },
}

impl Reach {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn answered(&self) {
        *self.lock() = Known::Answers;
    }

    pub(crate) fn failed(&self, what: String) {
        let mut known = self.lock();
        let since = match &*known {
            Known::Fails { since, .. } => *since,
            _ => now(),
        };
        *known = Known::Fails { since, what };
    }

    pub(crate) fn known(&self) -> Known {
        self.lock().clone()
    }
}

impl Known {
    /// For the health page.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Nothing => "not asked yet".to_owned(),
            Self::Answers => "ok".to_owned(),
            Self::Fails { since, what } => format!("fails since {since}: {what}"),
        }
    }
}
