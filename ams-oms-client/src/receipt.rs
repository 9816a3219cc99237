//! What one unpacking of parcels found.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::{Condition, InvalidRma, LineRef, ReceiptId};

/// A record of one unpacking, as it was made.
///
/// Receipts explain a snapshot and make repeated reports recognisable. They are not to be added
/// up: later corrections, such as a re-grade, change the counts of the lines and not the
/// receipts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawReceipt")]
#[non_exhaustive]
pub struct Receipt {
    /// The warehouse's stable id.
    pub id: ReceiptId,
    /// What was found; not empty.
    pub units: Vec<ReceivedUnits>,
}

impl Receipt {
    /// A receipt of these units.
    ///
    /// # Errors
    /// [`InvalidRma::EmptyReceipt`] when there are none.
    ///
    /// ```
    /// use ams_oms_client::{InvalidRma, Receipt, ReceiptId};
    ///
    /// let nothing = Receipt::new(ReceiptId::new("dock-4-0001")?, vec![]);
    /// assert!(matches!(nothing, Err(InvalidRma::EmptyReceipt { .. })));
    /// # Ok::<(), ams_oms_client::InvalidId>(())
    /// ```
    pub fn new(id: ReceiptId, units: Vec<ReceivedUnits>) -> Result<Self, InvalidRma> {
        if units.is_empty() {
            return Err(InvalidRma::EmptyReceipt { receipt_id: id });
        }
        Ok(Self { id, units })
    }
}

/// The JSON form of a [`Receipt`] before its rule is checked.
#[derive(Deserialize)]
struct RawReceipt {
    id: ReceiptId,
    units: Vec<ReceivedUnits>,
}

impl TryFrom<RawReceipt> for Receipt {
    type Error = InvalidRma;

    fn try_from(RawReceipt { id, units }: RawReceipt) -> Result<Self, InvalidRma> {
        Self::new(id, units)
    }
}

/// So many units of one item, in one condition.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReceivedUnits {
    /// Which item.
    pub item: ItemRef,
    /// In which condition.
    pub condition: Condition,
    /// How many.
    pub quantity: NonZeroU32,
}

impl ReceivedUnits {
    /// Puts the three parts together.
    #[must_use]
    pub fn new(item: ItemRef, condition: Condition, quantity: NonZeroU32) -> Self {
        Self {
            item,
            condition,
            quantity,
        }
    }
}

/// How the person at the dock names an item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ItemRef {
    /// By the line it belongs to.
    #[serde(rename = "line_item_id")]
    Line(LineRef),
    /// By SKU, compared exactly. Which line it belongs to is worked out, if any.
    #[serde(rename = "sku")]
    Sku(String),
    /// By barcode, compared exactly. Which line it belongs to is worked out, if any.
    #[serde(rename = "barcode")]
    Barcode(String),
}
