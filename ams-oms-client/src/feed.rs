//! The change feed: which RMAs to look at again.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{RmaNumber, RmaVersion};

/// A place in a change feed: opaque text, valid for the OMS and the merchant that it came from.
///
/// Store it only after the page that it came with has been dealt with durably; then a crash
/// costs a repetition and never a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeCursor(String);

impl ChangeCursor {
    /// Takes the text as it is. Only an implementation of [`Oms`](crate::Oms) makes new ones;
    /// everybody else gives back what was stored.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, to be stored and given back unchanged.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChangeCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One page of a change feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangePage {
    /// The RMAs to look at again. May be empty, may repeat earlier ones, and is in no
    /// particular order.
    pub changes: Vec<RmaChange>,
    /// Where to go on, even when the page is empty.
    pub next: ChangeCursor,
    /// Whether there is more to fetch now. An empty page with `more` is legal.
    pub more: bool,
}

impl ChangePage {
    /// Puts the three parts together.
    #[must_use]
    pub fn new(changes: Vec<RmaChange>, next: ChangeCursor, more: bool) -> Self {
        Self {
            changes,
            next,
            more,
        }
    }
}

/// A hint that an RMA changed. The truth is what [`get_rma`](crate::Oms::get_rma) then says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RmaChange {
    /// Which RMA of the merchant that was asked for.
    pub rma_number: RmaNumber,
    /// Its version when the page was made.
    pub version: RmaVersion,
}

impl RmaChange {
    /// Puts the two parts together.
    #[must_use]
    pub fn new(rma_number: RmaNumber, version: RmaVersion) -> Self {
        Self {
            rma_number,
            version,
        }
    }
}
