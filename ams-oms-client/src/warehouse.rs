//! The other side of the counter: what people with scanners do.

use std::num::NonZeroU32;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Condition, LineRef, OmsError, ReceiptId, ReceivedUnits, RmaKey, RmaSnapshot};

/// The warehouse of a system, driven by tests, demonstrations and small sites.
///
/// It is no part of the contract with the bridge: a real OMS has people for it. The reference
/// systems implement it; for your own, it is what the feature `conformance` needs.
#[async_trait]
pub trait Warehouse: Send + Sync {
    /// Does one piece of work, whole or not at all, and returns the RMA as it is then.
    ///
    /// # Errors
    /// [`NotFound`](OmsError::NotFound); [`TooLate`](OmsError::TooLate) when the state forbids
    /// the work; [`Rejected`](OmsError::Rejected) when the work itself makes no sense, with one
    /// of these codes: `empty_receipt`, `receipt_differs`, `blank_item`, `unknown_line`,
    /// `exceeds_outstanding`, `exceeds_received`, `same_condition`, `too_many_units`;
    /// [`Unsupported`](OmsError::Unsupported) when the system has no such work, which the
    /// reference systems never answer.
    async fn apply(&self, key: &RmaKey, work: WarehouseWork) -> Result<RmaSnapshot, OmsError>;
}

/// One piece of work on one RMA.
///
/// Work that changes nothing, such as closing a closed RMA, is a success and no change.
/// `Receive` may be repeated after an ambiguous failure, because its receipt has an id;
/// `ReportMissing`, `Regrade` and `Unreceive` say how many *more* units and must not be.
///
/// In JSON an object whose `work` names the kind, such as
/// `{"work": "report_missing", "line_item_id": "1", "quantity": 2}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case")]
#[non_exhaustive]
pub enum WarehouseWork {
    /// A parcel is here, unopened. Too late when completed or cancelled.
    Arrive,
    /// Units were unpacked and judged. Too late when completed (reopen first) or cancelled.
    ///
    /// An item named by SKU or barcode goes to the lines with that SKU or barcode: in line order
    /// to those that still wait for units, then to those whose units were reported missing, which
    /// are found with that; what is left over is surplus on the first. An item that no line
    /// expects becomes an unexpected one.
    Receive {
        /// A repeated id with the same content, in any order, changes nothing; with other
        /// content it is refused.
        receipt_id: ReceiptId,
        /// What was found; not empty.
        units: Vec<ReceivedUnits>,
    },
    /// Outstanding units are known not to come. Too late when completed or cancelled.
    ReportMissing {
        /// Of which line, `line_item_id` in JSON.
        #[serde(rename = "line_item_id")]
        line_ref: LineRef,
        /// How many; not more than are outstanding.
        quantity: NonZeroU32,
    },
    /// Received units turn out to be in another condition. Also after completion; too late when
    /// cancelled.
    Regrade {
        /// Of which line, `line_item_id` in JSON.
        #[serde(rename = "line_item_id")]
        line_ref: LineRef,
        /// As what they were counted.
        from: Condition,
        /// As what they count now.
        to: Condition,
        /// How many; not more than were counted.
        quantity: NonZeroU32,
    },
    /// Received units were counted by mistake. Also after completion; too late when cancelled.
    Unreceive {
        /// Of which line, `line_item_id` in JSON.
        #[serde(rename = "line_item_id")]
        line_ref: LineRef,
        /// As what they were counted.
        condition: Condition,
        /// How many; not more than were counted.
        quantity: NonZeroU32,
    },
    /// The warehouse has finished: nothing more is expected. Too late when cancelled.
    Close,
    /// A closed RMA is worked on again. Too late when cancelled.
    Reopen,
    /// The warehouse gives the RMA up, whatever has come of it. Too late when completed.
    Cancel,
}
