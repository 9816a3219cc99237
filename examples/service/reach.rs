//! Whether the other side answers, as the latest calls had it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use loop_client::Timestamp;

use crate::now;

/// One of the two sides.
#[derive(Debug)]
pub(crate) struct Reach {
    side: &'static str,
    known: Mutex<Known>,
}

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
    /// Of the side of that name.
    pub(crate) fn of(side: &'static str) -> Self {
        let known = Mutex::default();
        Self { side, known }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn answered(&self) {
        let before = std::mem::replace(&mut *self.lock(), Known::Answers);
        if let Known::Fails { since, .. } = before {
            tracing::info!(side = self.side, %since, "answers again");
        }
    }

    pub(crate) fn failed(&self, what: String) {
        let mut known = self.lock();
        let since = match &*known {
            Known::Fails { since, .. } => *since,
            _ => {
                tracing::warn!(side = self.side, %what, "fails");
                now()
            }
        };
        *known = Known::Fails { since, what };
    }

    pub(crate) fn known(&self) -> Known {
        self.lock().clone()
    }

    /// What to tell people, if it fails.
    pub(crate) fn trouble(&self) -> Option<String> {
        let known = self.known();
        matches!(known, Known::Fails { .. }).then(|| format!("{} {}", self.side, known.words()))
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
