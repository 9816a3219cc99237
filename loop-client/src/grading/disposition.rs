use serde::{Deserialize, Serialize};

use super::{Inspection, write_number};
use crate::value::open_enum::open_enum;
use crate::value::scalar::lenient;
use crate::value::timestamp::read as time;
use crate::{LineItemId, Personal, Timestamp, input};

open_enum! {
    /// What becomes of a unit. An open set; Loop has no word for damaged, disposed of or
    /// refurbished.
    DispositionOutcome, "a disposition outcome" {
        /// Sold again as new.
        BackToStock = "back_to_stock",
        /// Kept to be sold otherwise.
        ResaleHold = "resale_hold",
        /// Recycled.
        Recycle = "recycle",
        /// Given away.
        Donate = "donate",
        /// Not in the box.
        Missing = "missing",
    }
}

/// What becomes of one unit.
///
/// ```
/// use loop_client::{Assessment, DispositionOutcome, LineItemId};
///
/// let line: LineItemId = "7".parse()?;
/// let assessment = Assessment::new(line, DispositionOutcome::BackToStock).note("Bin 12");
/// # Ok::<(), loop_client::InvalidId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Assessment {
    #[serde(serialize_with = "write_number")]
    line_item_id: LineItemId,
    disposition_outcome: DispositionOutcome,
    #[serde(flatten)]
    inspection: Inspection,
}

impl Assessment {
    /// The unit, and what becomes of it.
    pub fn new(line_item_id: LineItemId, outcome: DispositionOutcome) -> Self {
        Self {
            line_item_id,
            disposition_outcome: outcome,
            inspection: Inspection::default(),
        }
    }

    /// Who inspected it: an e-mail address of at most 100 characters.
    pub fn return_processor(mut self, email: impl Into<Personal>) -> Self {
        self.inspection.return_processor = Some(email.into());
        self
    }

    /// More in words: at most 65,535 characters.
    pub fn note(mut self, note: impl Into<Personal>) -> Self {
        self.inspection.note = Some(note.into());
        self
    }

    /// When it was inspected; sent in UTC and whole seconds.
    pub fn inspected_at(mut self, time: Timestamp) -> Self {
        self.inspection.inspected_at = Some(time);
        self
    }

    pub(super) fn check(&self) -> Result<(), &'static str> {
        input::not_blank(
            self.disposition_outcome.as_str(),
            "the disposition outcome is blank",
        )?;
        self.inspection.check()
    }
}

/// A disposition as Loop recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssessedItem {
    /// The unit.
    pub line_item_id: LineItemId,
    /// What becomes of it.
    #[serde(default, deserialize_with = "lenient")]
    pub disposition_outcome: Option<DispositionOutcome>,
    /// Who inspected it.
    #[serde(default, deserialize_with = "lenient")]
    pub return_processor: Option<Personal>,
    /// More in words.
    #[serde(default, deserialize_with = "lenient")]
    pub note: Option<Personal>,
    /// When it was inspected.
    #[serde(default, deserialize_with = "time")]
    pub inspected_at: Option<Timestamp>,
}
