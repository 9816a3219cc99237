//! The fact: what the warehouse knows about an RMA now.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;

use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::UnitCounts;
use crate::rma::refuse_duplicates;
use crate::text;
use crate::{
    Condition, InvalidRma, LineRef, MerchantId, Receipt, RmaKey, RmaLine, RmaNumber, RmaState,
};

/// Everything the OMS knows about one RMA at one moment.
///
/// Absolute and cumulative over all parcels and receipts: a newer snapshot replaces an older one.
/// Counts may be lower than before, after a re-grade, a correction or a reopening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawSnapshot")]
#[non_exhaustive]
pub struct RmaSnapshot {
    /// Merchant and number; in JSON they stand at the top level.
    #[serde(flatten)]
    pub key: RmaKey,
    /// How far it has come.
    pub state: RmaState,
    /// The OMS's own word for the state, for people.
    pub raw_state: String,
    /// Changes whenever anything else in the snapshot does.
    pub version: RmaVersion,
    /// What was expected and what became of it. Each line reference at most once.
    #[serde(serialize_with = "checked_lines")]
    pub lines: Vec<ReceivedLine>,
    /// Items that came and that no line expects.
    pub unexpected: Vec<UnexpectedItem>,
    /// The single receipts, if the OMS keeps them, in the order in which they were recorded. Each
    /// id at most once, and none of nothing.
    #[serde(serialize_with = "checked_receipts")]
    pub receipts: Vec<Receipt>,
    /// The OMS's own document ids. Several documents may belong to one RMA; their counts are
    /// already added up in `lines`.
    pub documents: Vec<String>,
}

impl RmaSnapshot {
    /// A snapshot of these lines; the further lists start empty and are set on the fields.
    ///
    /// # Errors
    /// [`InvalidRma::DuplicateLine`] when two lines have the same reference.
    pub fn new(
        key: RmaKey,
        state: RmaState,
        raw_state: impl Into<String>,
        version: RmaVersion,
        lines: Vec<ReceivedLine>,
    ) -> Result<Self, InvalidRma> {
        check_lines(&lines)?;
        Ok(Self {
            key,
            state,
            raw_state: raw_state.into(),
            version,
            lines,
            unexpected: Vec::new(),
            receipts: Vec::new(),
            documents: Vec::new(),
        })
    }

    /// Checks what no snapshot can be, for one whose lists were set afterwards: a line reference or
    /// a receipt twice, or a receipt of nothing. One that fails here is not serialised either.
    ///
    /// # Errors
    /// [`InvalidRma`] with what is wrong.
    ///
    /// ```
    /// use ams_oms_client::{ReceivedLine, RmaKey, RmaSnapshot, RmaState, RmaVersion, UnitCounts};
    ///
    /// let key = RmaKey::new("acme".parse()?, "99904598".parse()?);
    /// let line = ReceivedLine::new(UnitCounts::default()).with_line_ref("1".parse()?);
    /// let (state, version) = (RmaState::Announced, RmaVersion::new("1"));
    /// let mut snapshot = RmaSnapshot::new(key, state, "new", version, vec![line.clone()])?;
    /// assert!(snapshot.validate().is_ok());
    /// snapshot.lines.push(line);
    /// assert!(snapshot.validate().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn validate(&self) -> Result<(), InvalidRma> {
        check_lines(&self.lines)?;
        check_receipts(&self.receipts)
    }

    /// Whether any unit was received, expected or not, in whatever condition.
    #[must_use]
    pub fn has_receipts(&self) -> bool {
        !self.unexpected.is_empty() || self.lines.iter().any(|line| line.counts.received() > 0)
    }

    /// Whether the warehouse has done anything about it since it was announced, or is done with it.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.state != RmaState::Announced
            || self.has_receipts()
            || self.lines.iter().any(|line| line.counts.missing > 0)
    }

    /// Whether the warehouse has said all it is going to say for now.
    ///
    /// True when the state is [`Completed`](RmaState::Completed), or when at least one unit was
    /// expected and every expected unit was received or reported missing, with none held. Never
    /// true for a cancelled RMA or an unknown state.
    ///
    /// Complete does not mean good: look at the counts for that.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match self.state {
            RmaState::Completed => true,
            RmaState::Cancelled | RmaState::Unknown => false,
            RmaState::Announced | RmaState::Arrived | RmaState::InProgress => {
                // "All of nothing" must not read as "all is here".
                self.lines.iter().any(|line| line.counts.expected > 0)
                    && self
                        .lines
                        .iter()
                        .all(|line| line.counts.outstanding() == 0 && line.counts.held == 0)
            }
        }
    }
}

/// What became of one line.
///
/// Not every OMS gives line references back, so a line may be known by its SKU or its barcode
/// only; the reader then matches it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReceivedLine {
    /// The announcing side's id of the line, `line_item_id` in JSON.
    #[serde(rename = "line_item_id", default)]
    pub line_ref: Option<LineRef>,
    /// The SKU, if the OMS says it.
    #[serde(default, deserialize_with = "text::optional")]
    pub sku: Option<String>,
    /// The barcode, if the OMS says it.
    #[serde(default, deserialize_with = "text::optional")]
    pub barcode: Option<String>,
    /// The units.
    pub counts: UnitCounts,
}

impl ReceivedLine {
    /// A line with these counts, to which at least one key should be added.
    #[must_use]
    pub fn new(counts: UnitCounts) -> Self {
        Self {
            line_ref: None,
            sku: None,
            barcode: None,
            counts,
        }
    }

    /// What becomes of a line when it has just been announced: as expected, and nothing has come.
    ///
    /// For systems that know a line only once something has come of it.
    ///
    /// ```
    /// use std::num::NonZeroU32;
    /// use ams_oms_client::{LineRef, ReceivedLine, RmaLine};
    ///
    /// let line = RmaLine::new(LineRef::new("1")?, NonZeroU32::MIN).with_sku("TEE-S");
    /// let received = ReceivedLine::awaiting(&line);
    /// assert_eq!(received.sku.as_deref(), Some("TEE-S"));
    /// assert_eq!(received.counts.outstanding(), 1);
    /// # Ok::<(), ams_oms_client::InvalidId>(())
    /// ```
    #[must_use]
    pub fn awaiting(line: &RmaLine) -> Self {
        Self {
            line_ref: Some(line.line_ref.clone()),
            sku: line.sku.clone(),
            barcode: line.barcode.clone(),
            counts: UnitCounts {
                expected: line.quantity.get(),
                ..UnitCounts::default()
            },
        }
    }

    /// Sets the line reference.
    #[must_use]
    pub fn with_line_ref(mut self, line_ref: LineRef) -> Self {
        self.line_ref = Some(line_ref);
        self
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
}

/// Units of an item that no line expects: something else in the box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnexpectedItem {
    /// The SKU, if it could be read.
    #[serde(default, deserialize_with = "text::optional")]
    pub sku: Option<String>,
    /// The barcode, if it could be read.
    #[serde(default, deserialize_with = "text::optional")]
    pub barcode: Option<String>,
    /// How many units.
    pub quantity: NonZeroU32,
    /// In which condition.
    pub condition: Condition,
}

impl UnexpectedItem {
    /// So many units in one condition, of which nothing more is known.
    #[must_use]
    pub fn new(quantity: NonZeroU32, condition: Condition) -> Self {
        Self {
            sku: None,
            barcode: None,
            quantity,
            condition,
        }
    }

    /// With the SKU that could be read; a blank one is none.
    #[must_use]
    pub fn with_sku(mut self, sku: impl Into<String>) -> Self {
        self.sku = text::non_blank(sku);
        self
    }

    /// With the barcode that could be read; a blank one is none.
    #[must_use]
    pub fn with_barcode(mut self, barcode: impl Into<String>) -> Self {
        self.barcode = text::non_blank(barcode);
        self
    }
}

/// The version of a snapshot: opaque text, which can be compared for equality and for nothing
/// else.
///
/// An OMS without versions can use the time of the last change, or a hash of the content.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RmaVersion(String);

impl RmaVersion {
    /// Takes the text as it is.
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

impl fmt::Display for RmaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_lines(lines: &[ReceivedLine]) -> Result<(), InvalidRma> {
    refuse_duplicates(lines.iter().filter_map(|line| line.line_ref.as_ref()))
}

fn checked_lines<S: Serializer>(lines: &[ReceivedLine], output: S) -> Result<S::Ok, S::Error> {
    check_lines(lines).map_err(S::Error::custom)?;
    lines.serialize(output)
}

fn check_receipts(receipts: &[Receipt]) -> Result<(), InvalidRma> {
    let mut seen = BTreeSet::new();
    for Receipt { id, units } in receipts {
        let receipt_id = id.clone();
        if units.is_empty() {
            return Err(InvalidRma::EmptyReceipt { receipt_id });
        }
        if !seen.insert(id) {
            return Err(InvalidRma::DuplicateReceipt { receipt_id });
        }
    }
    Ok(())
}

fn checked_receipts<S: Serializer>(receipts: &[Receipt], output: S) -> Result<S::Ok, S::Error> {
    check_receipts(receipts).map_err(S::Error::custom)?;
    receipts.serialize(output)
}

/// The JSON form of an [`RmaSnapshot`] before its rules are checked.
#[derive(Deserialize)]
struct RawSnapshot {
    merchant: MerchantId,
    rma_number: RmaNumber,
    state: RmaState,
    raw_state: String,
    version: RmaVersion,
    lines: Vec<ReceivedLine>,
    unexpected: Vec<UnexpectedItem>,
    #[serde(default)]
    receipts: Vec<Receipt>,
    #[serde(default)]
    documents: Vec<String>,
}

impl TryFrom<RawSnapshot> for RmaSnapshot {
    type Error = InvalidRma;

    fn try_from(raw: RawSnapshot) -> Result<Self, InvalidRma> {
        check_receipts(&raw.receipts)?;
        let key = RmaKey::new(raw.merchant, raw.rma_number);
        Ok(Self {
            unexpected: raw.unexpected,
            receipts: raw.receipts,
            documents: raw.documents,
            ..Self::new(key, raw.state, raw.raw_state, raw.version, raw.lines)?
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn snapshot(state: RmaState, lines: &[UnitCounts]) -> RmaSnapshot {
        let lines = lines.iter().copied().map(ReceivedLine::new).collect();
        let key = RmaKey::new(MerchantId::new("acme").unwrap(), RmaNumber::new(1).unwrap());
        RmaSnapshot::new(key, state, "raw", RmaVersion::new("1"), lines).unwrap()
    }

    fn counts(expected: u32, available: u32, damaged: u32, held: u32, missing: u32) -> UnitCounts {
        UnitCounts {
            expected,
            available,
            damaged,
            held,
            missing,
        }
    }

    #[test]
    fn completeness_follows_the_table() {
        use RmaState::{Announced, Arrived, Cancelled, Completed, InProgress, Unknown};
        let full = counts(1, 1, 0, 0, 0);
        let open = counts(1, 0, 0, 0, 0);
        for (state, lines, complete) in [
            (InProgress, vec![full], true),
            (Announced, vec![full], true),
            (Arrived, vec![full], true),
            (InProgress, vec![full, open], false),
            (InProgress, vec![counts(1, 0, 1, 0, 0)], true),
            (InProgress, vec![counts(1, 0, 0, 0, 1)], true),
            (InProgress, vec![counts(1, 0, 0, 1, 0)], false),
            (InProgress, vec![counts(1, 1, 0, 1, 0)], false),
            (InProgress, vec![], false),
            (InProgress, vec![counts(0, 0, 0, 0, 0)], false),
            (Announced, vec![open], false),
            (Completed, vec![open], true),
            (Completed, vec![counts(1, 0, 0, 1, 0)], true),
            (Cancelled, vec![full], false),
            (Unknown, vec![full], false),
        ] {
            assert_eq!(
                snapshot(state, &lines).is_complete(),
                complete,
                "{state} {lines:?}"
            );
        }
    }

    #[test]
    fn two_lines_with_one_reference_are_refused() {
        let line = || ReceivedLine::new(UnitCounts::default());
        let one = || line().with_line_ref(LineRef::new("1").unwrap());
        let build = |lines| {
            let key = snapshot(RmaState::Announced, &[]).key;
            RmaSnapshot::new(key, RmaState::Announced, "", RmaVersion::new(""), lines)
        };
        assert!(build(vec![one(), one()]).is_err());
        assert!(build(vec![line(), line(), one()]).is_ok());
    }

    #[test]
    fn the_json_form_is_fixed_and_checked() {
        let counts = json!({"expected": 1, "available": 1, "damaged": 0, "held": 0, "missing": 0});
        let json = json!({
            "merchant": "acme", "rma_number": "7", "state": "in_progress", "raw_state": "Grading",
            "version": "3",
            "lines": [{"line_item_id": "1", "sku": "A", "barcode": null, "counts": counts}],
            "unexpected": [{"sku": "X", "barcode": null, "quantity": 2, "condition": "held"}],
            "receipts": [{"id": "r1", "units": [
                {"item": {"line_item_id": "1"}, "condition": "available", "quantity": 1},
                {"item": {"sku": "X"}, "condition": "held", "quantity": 2},
            ]}],
            "documents": ["D-1"],
        });
        let snapshot: RmaSnapshot = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&snapshot).unwrap(), json);

        for list in ["lines", "receipts"] {
            let mut twice = json.clone();
            let first = twice[list][0].clone();
            twice[list].as_array_mut().unwrap().push(first);
            assert!(serde_json::from_value::<RmaSnapshot>(twice).is_err());
        }
        let mut nothing = json.clone();
        nothing["receipts"][0]["units"] = json!([]);
        assert!(serde_json::from_value::<RmaSnapshot>(nothing).is_err());

        // Fields can be changed after the constructor has looked.
        assert_eq!(snapshot.validate(), Ok(()));
        let mut changed = [(); 3].map(|()| snapshot.clone());
        changed[0].lines.push(snapshot.lines[0].clone());
        changed[1].receipts.push(snapshot.receipts[0].clone());
        changed[2].receipts[0].units.clear();
        for changed in changed {
            assert!(changed.validate().is_err(), "{changed:?}");
            assert!(serde_json::to_value(&changed).is_err(), "{changed:?}");
        }

        let mut odd_state = json;
        odd_state["state"] = "quarantined by customs".into();
        let odd: RmaSnapshot = serde_json::from_value(odd_state).unwrap();
        assert_eq!(odd.state, RmaState::Unknown);
        assert!(!odd.is_complete());
    }
}
