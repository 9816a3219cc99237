//! The promise: what the announcing side says is coming back.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::text;
use crate::{LineRef, MerchantId, ReceiptId, RmaKey, RmaNumber};

/// An RMA to create: the lines that are expected, and a little information for people.
///
/// Only the lines are binding. `order_name`, `outcome` and `parcels` inform the warehouse and
/// never decide whether two RMAs are the same: see [`same_goods`](Rma::same_goods).
///
/// ```
/// use std::num::NonZeroU32;
/// use ams_oms_client::{LineRef, MerchantId, Rma, RmaKey, RmaLine};
///
/// let key = RmaKey::new(MerchantId::new("acme")?, "99904598".parse()?);
/// let line = RmaLine::new(LineRef::new("1")?, NonZeroU32::MIN).with_sku("A-1");
/// let mut rma = Rma::new(key, vec![line])?;
/// rma.order_name = Some("#1001".to_owned());
/// assert_eq!(rma.units(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawRma")]
#[non_exhaustive]
pub struct Rma {
    /// The number, unique within the merchant.
    pub rma_number: RmaNumber,
    /// The tenant.
    pub merchant: MerchantId,
    /// What the shop calls the order. For people; several RMAs may share it.
    pub order_name: Option<String>,
    /// What the shopper asked for, in free text, such as `exchange`. For people.
    pub outcome: Option<String>,
    /// The parcels that are known to be on their way, if any.
    pub parcels: Vec<Parcel>,
    /// What is expected. At least one line, each reference once.
    #[serde(serialize_with = "checked")]
    pub lines: Vec<RmaLine>,
}

/// One parcel on its way to the warehouse.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Parcel {
    /// The carrier's name, as the announcing side writes it.
    #[serde(default, deserialize_with = "text::optional")]
    pub carrier: Option<String>,
    /// The carrier's number of the parcel.
    #[serde(default, deserialize_with = "text::optional")]
    pub tracking_number: Option<String>,
}

impl Parcel {
    /// A parcel; blank text is taken as absent.
    ///
    /// ```
    /// use ams_oms_client::Parcel;
    ///
    /// let parcel = Parcel::new(Some("UPS"), None);
    /// assert_eq!(parcel.carrier.as_deref(), Some("UPS"));
    /// ```
    #[must_use]
    pub fn new(carrier: Option<&str>, tracking_number: Option<&str>) -> Self {
        Self {
            carrier: carrier.and_then(text::non_blank),
            tracking_number: tracking_number.and_then(text::non_blank),
        }
    }
}

/// One expected line: so many units of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RmaLine {
    /// The announcing side's id of the line, `line_item_id` in JSON. Unique within the RMA.
    #[serde(rename = "line_item_id")]
    pub line_ref: LineRef,
    /// The stock keeping unit, compared exactly. Several lines may share one.
    #[serde(default, deserialize_with = "text::optional")]
    pub sku: Option<String>,
    /// The barcode, the second key when there is no SKU.
    #[serde(default, deserialize_with = "text::optional")]
    pub barcode: Option<String>,
    /// The item's name. For people.
    #[serde(default, deserialize_with = "text::optional")]
    pub title: Option<String>,
    /// How many units are expected.
    pub quantity: NonZeroU32,
}

impl RmaLine {
    /// A line that is known by its reference only.
    #[must_use]
    pub fn new(line_ref: LineRef, quantity: NonZeroU32) -> Self {
        Self {
            line_ref,
            sku: None,
            barcode: None,
            title: None,
            quantity,
        }
    }

    /// Sets the SKU; blank text means none.
    #[must_use]
    pub fn with_sku(mut self, sku: impl Into<String>) -> Self {
        self.sku = text::non_blank(sku);
        self
    }

    /// Sets the barcode; blank text means none.
    #[must_use]
    pub fn with_barcode(mut self, barcode: impl Into<String>) -> Self {
        self.barcode = text::non_blank(barcode);
        self
    }

    /// Sets the title; blank text means none.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = text::non_blank(title);
        self
    }
}

impl Rma {
    /// An RMA of these lines, without the information for people, which is set on the fields.
    ///
    /// # Errors
    /// [`InvalidRma`] when there is no line, when a line reference occurs twice, or when all
    /// units together exceed [`u32::MAX`].
    pub fn new(key: RmaKey, lines: Vec<RmaLine>) -> Result<Self, InvalidRma> {
        check(&lines)?;
        Ok(Self {
            rma_number: key.rma_number,
            merchant: key.merchant,
            order_name: None,
            outcome: None,
            parcels: Vec::new(),
            lines,
        })
    }

    /// Checks what [`new`](Rma::new) checks, for an RMA whose lines were changed afterwards. One
    /// that fails here is not serialised either, and the reference systems refuse it.
    ///
    /// # Errors
    /// As `new`.
    ///
    /// ```
    /// # use std::num::NonZeroU32;
    /// use ams_oms_client::{LineRef, Rma, RmaKey, RmaLine};
    ///
    /// # let key = RmaKey::new("acme".parse()?, "99904598".parse()?);
    /// let line = RmaLine::new(LineRef::new("1")?, NonZeroU32::MIN);
    /// let mut rma = Rma::new(key, vec![line.clone()])?;
    /// rma.lines.push(line);
    /// assert!(rma.validate().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn validate(&self) -> Result<(), InvalidRma> {
        check(&self.lines)
    }

    /// The merchant and the number.
    #[must_use]
    pub fn key(&self) -> RmaKey {
        RmaKey::new(self.merchant.clone(), self.rma_number)
    }

    /// How many units are expected in all.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.lines
            .iter()
            .fold(0, |sum, line| line.quantity.get().saturating_add(sum))
    }

    /// Whether both expect the same goods: the same line references, each with the same SKU and
    /// quantity, in any order.
    ///
    /// This is what "the same content" means when an RMA is created twice. Key, order name,
    /// outcome, parcels, barcodes and titles are not compared: they inform, and may be
    /// completed or corrected later.
    #[must_use]
    pub fn same_goods(&self, other: &Self) -> bool {
        self.lines.len() == other.lines.len() && self.goods() == other.goods()
    }

    fn goods(&self) -> BTreeMap<&LineRef, (Option<&str>, NonZeroU32)> {
        self.lines
            .iter()
            .map(|line| (&line.line_ref, (line.sku.as_deref(), line.quantity)))
            .collect()
    }
}

fn checked<S: Serializer>(lines: &[RmaLine], output: S) -> Result<S::Ok, S::Error> {
    check(lines).map_err(S::Error::custom)?;
    lines.serialize(output)
}

fn check(lines: &[RmaLine]) -> Result<(), InvalidRma> {
    if lines.is_empty() {
        return Err(InvalidRma::NoLines);
    }
    refuse_duplicates(lines.iter().map(|line| &line.line_ref))?;
    lines
        .iter()
        .try_fold(0u32, |sum, line| sum.checked_add(line.quantity.get()))
        .map(|_| ())
        .ok_or(InvalidRma::TooManyUnits)
}

/// Each line reference names one line, or sums would count a unit twice.
pub(crate) fn refuse_duplicates<'a>(
    line_refs: impl Iterator<Item = &'a LineRef>,
) -> Result<(), InvalidRma> {
    let mut seen = BTreeSet::new();
    for line_ref in line_refs {
        if !seen.insert(line_ref) {
            return Err(InvalidRma::DuplicateLine {
                line_ref: line_ref.clone(),
            });
        }
    }
    Ok(())
}

/// Why an [`Rma`], a [`Receipt`](crate::Receipt) or an [`RmaSnapshot`](crate::RmaSnapshot) makes no
/// sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRma {
    /// An RMA that expects nothing would count as fully received at once.
    #[error("an RMA needs at least one line")]
    NoLines,
    /// The same line reference occurs twice.
    #[error("line reference {line_ref} occurs more than once")]
    DuplicateLine {
        /// The reference in question.
        line_ref: LineRef,
    },
    /// A receipt of nothing.
    #[error("receipt {receipt_id} has no units")]
    EmptyReceipt {
        /// The receipt in question.
        receipt_id: ReceiptId,
    },
    /// The same receipt occurs twice, and would count twice.
    #[error("receipt {receipt_id} occurs more than once")]
    DuplicateReceipt {
        /// The receipt in question.
        receipt_id: ReceiptId,
    },
    /// The quantities of all lines together exceed [`u32::MAX`].
    #[error("the units of all lines together exceed 4294967295")]
    TooManyUnits,
}

impl InvalidRma {
    /// For machines, as the code of a refusal.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoLines => "no_lines",
            Self::DuplicateLine { .. } => "duplicate_line",
            Self::TooManyUnits => "too_many_units",
            Self::EmptyReceipt { .. } => "empty_receipt",
            Self::DuplicateReceipt { .. } => "duplicate_receipt",
        }
    }

    /// The line that it is about, if it is about one.
    pub(crate) fn line_ref(&self) -> Option<&LineRef> {
        if let Self::DuplicateLine { line_ref } = self {
            Some(line_ref)
        } else {
            None
        }
    }
}

/// The JSON form of an [`Rma`] before its rules are checked.
#[derive(Deserialize)]
pub(crate) struct RawRma {
    rma_number: RmaNumber,
    merchant: MerchantId,
    #[serde(default, deserialize_with = "text::optional")]
    order_name: Option<String>,
    #[serde(default, deserialize_with = "text::optional")]
    outcome: Option<String>,
    #[serde(default)]
    parcels: Vec<Parcel>,
    lines: Vec<RmaLine>,
}

impl TryFrom<RawRma> for Rma {
    type Error = InvalidRma;

    fn try_from(raw: RawRma) -> Result<Self, InvalidRma> {
        let key = RmaKey::new(raw.merchant, raw.rma_number);
        Ok(Self {
            order_name: raw.order_name,
            outcome: raw.outcome,
            parcels: raw.parcels,
            ..Self::new(key, raw.lines)?
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key() -> RmaKey {
        RmaKey::new(
            MerchantId::new("acme").unwrap(),
            RmaNumber::new(99_904_598).unwrap(),
        )
    }

    fn line(line_ref: &str, sku: &str, quantity: u32) -> RmaLine {
        RmaLine::new(
            LineRef::new(line_ref).unwrap(),
            NonZeroU32::new(quantity).unwrap(),
        )
        .with_sku(sku)
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(Rma::new(key(), vec![]), Err(InvalidRma::NoLines));
        assert_eq!(
            Rma::new(key(), vec![line("1", "A", 1), line("1", "B", 1)]),
            Err(InvalidRma::DuplicateLine {
                line_ref: LineRef::new("1").unwrap()
            })
        );
        assert_eq!(
            Rma::new(key(), vec![line("1", "A", u32::MAX), line("2", "A", 1)]),
            Err(InvalidRma::TooManyUnits)
        );
        assert_eq!(
            Rma::new(key(), vec![line("1", "A", u32::MAX)])
                .unwrap()
                .units(),
            u32::MAX
        );
    }

    #[test]
    fn the_json_form_is_fixed() {
        let mut rma = Rma::new(key(), vec![line("1", "A-1", 1).with_title("Tee")]).unwrap();
        rma.order_name = Some("#1001".into());
        rma.parcels = vec![Parcel::new(Some("UPS"), Some("1Z9"))];
        let json = json!({
            "rma_number": "99904598", "merchant": "acme", "order_name": "#1001", "outcome": null,
            "parcels": [{"carrier": "UPS", "tracking_number": "1Z9"}],
            "lines": [{
                "line_item_id": "1", "sku": "A-1", "barcode": null, "title": "Tee", "quantity": 1
            }],
        });
        assert_eq!(serde_json::to_value(&rma).unwrap(), json);
        assert_eq!(serde_json::from_value::<Rma>(json).unwrap(), rma);
    }

    #[test]
    fn json_goes_through_the_same_rules() {
        let with_lines = |lines: serde_json::Value| {
            serde_json::from_value::<Rma>(
                json!({"rma_number": 1, "merchant": "acme", "lines": lines}),
            )
        };
        assert!(with_lines(json!([{"line_item_id": "1", "quantity": 1}])).is_ok());
        let blank = with_lines(json!([{"line_item_id": "1", "sku": " ", "quantity": 1}])).unwrap();
        assert_eq!(blank.lines[0].sku, None);
        for bad in [
            json!([]),
            json!([{"line_item_id": "1", "quantity": 0}]),
            json!([{"line_item_id": "1", "quantity": -1}]),
            json!([{"line_item_id": "1", "quantity": 4_294_967_296_u64}]),
            json!([{"line_item_id": "", "quantity": 1}]),
            json!([{"line_item_id": "1", "quantity": 1}, {"line_item_id": "1", "quantity": 1}]),
        ] {
            assert!(with_lines(bad.clone()).is_err(), "{bad}");
        }
    }

    /// Fields can be changed after the constructor has looked.
    #[test]
    fn what_was_changed_into_nonsense_is_not_written_down() {
        let good = Rma::new(key(), vec![line("1", "A", 1)]).unwrap();
        assert_eq!(good.validate(), Ok(()));
        for lines in [
            vec![],
            vec![line("1", "A", 1), line("1", "B", 1)],
            vec![line("1", "A", u32::MAX), line("2", "A", 1)],
        ] {
            let mut rma = good.clone();
            rma.lines = lines;
            let refused = rma.validate().unwrap_err();
            let error = serde_json::to_string(&rma).unwrap_err();
            assert_eq!(error.to_string(), refused.to_string());
        }
    }

    #[test]
    fn same_goods_compares_reference_sku_and_quantity_only() {
        let base = Rma::new(key(), vec![line("1", "A", 1), line("2", "B", 2)]).unwrap();
        let same = |lines| base.same_goods(&Rma::new(key(), lines).unwrap());

        assert!(same(vec![line("2", "B", 2), line("1", "A", 1)]));
        assert!(same(vec![
            line("1", "A", 1)
                .with_title("Tee")
                .with_barcode("4006381333931"),
            line("2", "B", 2)
        ]));
        let mut informed = base.clone();
        informed.outcome = Some("refund".into());
        assert!(base.same_goods(&informed));

        assert!(!same(vec![line("1", "A", 1)]));
        assert!(!same(vec![line("1", "A", 2), line("2", "B", 2)]));
        assert!(!same(vec![line("1", "", 1), line("2", "B", 2)]));
        assert!(!same(vec![line("1", "A", 1), line("3", "B", 2)]));
    }
}
