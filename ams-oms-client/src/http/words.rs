//! The small bodies that have no type of their own in the model.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{CancelOutcome, CreateOutcome, RmaNumber, RmaSnapshot};

/// The answer to a creation.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Creation {
    pub(super) outcome: CreationWord,
    pub(super) rma: RmaSnapshot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CreationWord {
    Created,
    AlreadyExists,
}

impl From<CreateOutcome> for Creation {
    fn from(outcome: CreateOutcome) -> Self {
        let (outcome, rma) = match outcome {
            CreateOutcome::Created(rma) => (CreationWord::Created, rma),
            CreateOutcome::AlreadyExists(rma) => (CreationWord::AlreadyExists, rma),
        };
        Self { outcome, rma }
    }
}

/// The request to cancel.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cancellation<'a> {
    pub(super) reason: Cow<'a, str>,
}

/// The answer to a cancellation.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cancelled {
    pub(super) outcome: CancelledWord,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CancelledWord {
    Cancelled,
    AlreadyCancelled,
}

impl From<CancelOutcome> for CancelledWord {
    fn from(outcome: CancelOutcome) -> Self {
        match outcome {
            CancelOutcome::Cancelled => Self::Cancelled,
            CancelOutcome::AlreadyCancelled => Self::AlreadyCancelled,
        }
    }
}

impl From<CancelledWord> for CancelOutcome {
    fn from(word: CancelledWord) -> Self {
        match word {
            CancelledWord::Cancelled => Self::Cancelled,
            CancelledWord::AlreadyCancelled => Self::AlreadyCancelled,
        }
    }
}

/// The answer to a listing of open RMAs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OpenRmas {
    pub(super) rma_numbers: Vec<RmaNumber>,
}
