//! What a changed return means for its RMA: the difference, not a rewrite.

use std::collections::BTreeMap;

use ams_oms_client::{LineRef, Rma, RmaLine, RmaSnapshot};

use super::{Mapping, NotOwed, Remark};
use crate::Policy;

/// What is to be done about an RMA so that the warehouse expects what Loop says is to come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RmaPlan {
    /// Make it.
    Create(Rma),
    /// It is as it should be, or the payload does not say how it should be.
    Keep,
    /// Change what it expects.
    Amend {
        /// The RMA as it is to be.
        rma: Rma,
        /// What is different, in ascending order of the lines.
        changes: Vec<LineChange>,
    },
    /// Cancel it: nothing is to come, and nothing has.
    Cancel(NotOwed),
    /// The warehouse has begun with it, so it stays as it is. A decision compares the goods with
    /// what Loop says by now.
    TooLate {
        /// What is different.
        changes: Vec<LineChange>,
    },
}

/// A line, or a product, of which another number of units is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LineChange {
    /// The line; `None` where the OMS echoes no line references and only tells products apart.
    pub line_ref: Option<LineRef>,
    /// SKU, or else barcode.
    pub item: Option<String>,
    /// Units the OMS expects; 0 for a line that is new to it.
    pub from: u32,
    /// Units Loop says are to come; 0 for a line that was removed.
    pub to: u32,
}

/// Compares an RMA with what its return maps to by now.
///
/// ```
/// use ams_loop_bridge::{Policy, RmaPlan, map_return, plan_rma};
/// use ams_oms_client::RmaSnapshot;
///
/// let policy = Policy::default();
/// let edited = serde_json::from_str(r#"{"id": 99904598, "state": "open",
///     "line_items": [{"line_item_id": 7, "sku": "TEE-M"}]}"#)?;
/// let mapping = map_return(&"acme".parse()?, &policy, &edited);
/// assert!(matches!(plan_rma(&policy, &mapping, None), RmaPlan::Create(_)));
///
/// let announced: RmaSnapshot = serde_json::from_str(r#"{
///     "merchant": "acme", "rma_number": "99904598", "state": "announced", "raw_state": "NEW",
///     "version": "1", "unexpected": [], "lines": [
///         {"line_item_id": "7", "sku": "TEE-M",
///          "counts": {"expected": 1, "available": 0, "damaged": 0, "held": 0, "missing": 0}},
///         {"line_item_id": "8", "sku": "CAP",
///          "counts": {"expected": 1, "available": 0, "damaged": 0, "held": 0, "missing": 0}}]}"#)?;
/// let RmaPlan::Amend { changes, .. } = plan_rma(&policy, &mapping, Some(&announced)) else {
///     panic!("line 8 was removed in Loop");
/// };
/// let [removed] = &changes[..] else { panic!("and nothing else changed") };
/// assert_eq!((removed.item.as_deref(), removed.from, removed.to), (Some("CAP"), 1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn plan_rma(policy: &Policy, mapping: &Mapping, found: Option<&RmaSnapshot>) -> RmaPlan {
    match (mapping, found) {
        (Mapping::Owed { rma, .. }, None) => RmaPlan::Create(rma.clone()),
        (Mapping::Owed { rma, .. }, Some(found)) => {
            let changes = changes(rma, found);
            if changes.is_empty() {
                RmaPlan::Keep
            } else if found.has_begun() {
                RmaPlan::TooLate { changes }
            } else {
                RmaPlan::Amend {
                    rma: rma.clone(),
                    changes,
                }
            }
        }
        (Mapping::NotOwed { why, remarks }, Some(found))
            if policy.cancel_rma && is_given_up(why, remarks) && !found.has_begun() =>
        {
            RmaPlan::Cancel(why.clone())
        }
        (
            Mapping::NotOwed { .. } | Mapping::Incomplete(_) | Mapping::Contradictory(_),
            Some(_) | None,
        ) => RmaPlan::Keep,
    }
}

/// Whether Loop says in so many words that no parcel is to be expected: the return is cancelled,
/// or each of its units is kept. What only follows from a setting or from an empty list may be
/// mended, and then the goods come without an RMA.
fn is_given_up(why: &NotOwed, remarks: &[Remark]) -> bool {
    match why {
        NotOwed::Cancelled => true,
        NotOwed::NothingShipsBack => remarks
            .iter()
            .any(|remark| matches!(remark, Remark::NotShippedBack(..))),
        NotOwed::Closed
        | NotOwed::Expired
        | NotOwed::OtherDestination(_)
        | NotOwed::InStore
        | NotOwed::HappyReturns
        | NotOwed::NoShipBackMethod(_)
        | NotOwed::UnknownToLoop => false,
    }
}

/// A line by its reference, or a product where the OMS echoes none.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Name<'a> {
    Line(u64, &'a str),
    Product(Option<&'a str>),
}

fn changes(wanted: &Rma, found: &RmaSnapshot) -> Vec<LineChange> {
    // One row without a reference may stand for any line of its product.
    let by_line = found.lines.iter().all(|line| line.line_ref.is_some());
    let mut units: BTreeMap<Name<'_>, (Option<&str>, u32, u32)> = BTreeMap::new();
    for line in &found.lines {
        let item = line.sku.as_deref().or(line.barcode.as_deref());
        let name = match &line.line_ref {
            Some(line_ref) if by_line => Name::line(line_ref),
            _ => Name::Product(item),
        };
        let (_, from, _) = units.entry(name).or_insert((item, 0, 0));
        *from = from.saturating_add(line.counts.expected);
    }
    for line in &wanted.lines {
        let item = line.sku.as_deref().or(line.barcode.as_deref());
        let name = if by_line {
            Name::line(&line.line_ref)
        } else {
            product_name(line, found)
        };
        let (_, _, to) = units.entry(name).or_insert((item, 0, 0));
        *to = to.saturating_add(line.quantity.get());
    }
    units
        .into_iter()
        .filter(|(_, (_, from, to))| from != to)
        .map(|(name, (item, from, to))| LineChange {
            line_ref: match name {
                Name::Line(_, text) => LineRef::new(text).ok(),
                Name::Product(_) => None,
            },
            item: item.map(str::to_owned),
            from,
            to,
        })
        .collect()
}

impl<'a> Name<'a> {
    /// Loop's ids are numbers and sort as such; anything else sorts after them.
    fn line(line: &'a LineRef) -> Self {
        let text = line.as_str();
        Self::Line(text.parse().unwrap_or(u64::MAX), text)
    }
}

/// As the OMS names the product: it may know a barcode where Loop has an SKU as well.
fn product_name<'a>(line: &'a RmaLine, found: &RmaSnapshot) -> Name<'a> {
    let is_barcode_only = found
        .lines
        .iter()
        .any(|row| row.sku.is_none() && row.barcode.is_some() && row.barcode == line.barcode);
    Name::Product(if is_barcode_only {
        line.barcode.as_deref()
    } else {
        line.sku.as_deref().or(line.barcode.as_deref())
    })
}
