//! What the warehouse has, line by line, held against what Loop says was to come.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ams_oms_client::{Condition, LineRef, ReceivedLine, Rma, RmaSnapshot, UnitCounts};
use serde::{Deserialize, Serialize};

use crate::digest::short_digest;

/// What the warehouse says of one line that Loop expects. Whole units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LineFacts {
    /// Loop's line item id.
    pub line_item_id: LineRef,
    /// What it is known by in the warehouse.
    pub sku: Option<String>,
    /// What else it is known by in the warehouse.
    pub barcode: Option<String>,
    /// Units Loop says are to come.
    pub expected: u32,
    /// Units received into available stock.
    pub available: u32,
    /// Units received damaged.
    pub damaged: u32,
    /// Units received and not yet judged.
    pub held: u32,
    /// Units the warehouse has declared missing.
    pub missing: u32,
    /// Units of which nothing is known: not received, not declared missing.
    pub outstanding: u32,
    /// Whether the warehouse knows the line at all.
    pub known_to_oms: bool,
}

/// Units that no line expects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Unexpected {
    /// SKU or barcode, when one is known.
    pub item: Option<String>,
    /// Whole units.
    pub quantity: u64,
    /// Whether they are in good order. A bad unit that no line expects is still a bad unit.
    pub available: bool,
}

/// Everything a decision rests on, and nothing about a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Facts {
    /// The lines, in ascending order of Loop's line item id.
    pub lines: Vec<LineFacts>,
    /// Units beyond the expected ones or of foreign products.
    pub unexpected: Vec<Unexpected>,
}

/// Identifies a set of facts: the same facts give the same text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Facts {
    /// Compares. Units never satisfy a line of another product, whatever the counts add up to.
    pub(crate) fn gather(expected: &Rma, snapshot: &RmaSnapshot) -> Self {
        let mut wanted: Vec<LineFacts> = expected.lines.iter().map(LineFacts::of).collect();
        wanted.sort_by(|a, b| line_order(&a.line_item_id).cmp(&line_order(&b.line_item_id)));
        let mut surplus = Surplus::new();

        let mut rows: Vec<(&ReceivedLine, UnitCounts)> =
            snapshot.lines.iter().map(|row| (row, row.counts)).collect();
        // What is known to belong to a line comes before what only shares its product.
        rows.sort_by_key(|(row, _)| row.line_ref.is_none());
        // Good units last, over all rows: none must hide a bad one because its row stands first.
        for condition in [
            Bucket::Damaged,
            Bucket::Held,
            Bucket::Missing,
            Bucket::Available,
        ] {
            for (row, left) in &mut rows {
                for facts in wanted.iter_mut().filter(|facts| facts.is_meant_by(row)) {
                    facts.take(condition, left);
                }
            }
        }
        for (row, left) in rows {
            note_surplus(&mut surplus, row, left);
        }
        for item in &snapshot.unexpected {
            let name = item.sku.clone().or_else(|| item.barcode.clone());
            let good = item.condition == Condition::Available;
            add(&mut surplus, name, good, item.quantity.get().into());
        }
        Self {
            lines: wanted,
            unexpected: surplus
                .into_iter()
                .map(|((item, available), quantity)| Unexpected {
                    item,
                    quantity,
                    available,
                })
                .collect(),
        }
    }

    /// Whether there are lines, every unit of every one is available, and nothing bad came beside.
    #[must_use]
    pub fn all_available(&self) -> bool {
        !self.lines.is_empty()
            && self.lines.iter().all(|line| {
                line.known_to_oms
                    && line.available == line.expected
                    && line.damaged == 0
                    && line.held == 0
                    && line.missing == 0
            })
            && self.unexpected.iter().all(|unit| unit.available)
    }

    /// Whether a unit is damaged.
    #[must_use]
    pub fn any_damaged(&self) -> bool {
        self.lines.iter().any(|line| line.damaged > 0)
    }

    /// Whether anything was received, or declared missing.
    #[must_use]
    pub fn anything_received(&self) -> bool {
        !self.unexpected.is_empty()
            || self
                .lines
                .iter()
                .any(|line| line.outstanding < line.expected)
    }

    /// Whether the warehouse has not heard of a line, and all is well with the others.
    #[must_use]
    pub fn only_lacks_lines(&self) -> bool {
        self.lines.iter().any(|line| !line.known_to_oms)
            && self
                .lines
                .iter()
                .all(|line| !line.known_to_oms || line.available == line.expected)
    }

    /// Stable across versions of this crate: a new one must not flag everything again.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut text = String::from("v1");
        for line in &self.lines {
            // Writing to a `String` cannot fail.
            let _infallible = write!(
                text,
                "|{}:{}/{}/{}/{}/{}/{}",
                line.line_item_id,
                line.expected,
                line.available,
                line.damaged,
                line.held,
                line.missing,
                line.outstanding,
            );
        }
        for unit in &self.unexpected {
            let _infallible = write!(
                text,
                "|+{:?}:{}/{}",
                unit.item, unit.quantity, unit.available
            );
        }
        Fingerprint(short_digest(&text))
    }
}

impl LineFacts {
    fn of(line: &ams_oms_client::RmaLine) -> Self {
        Self {
            line_item_id: line.line_ref.clone(),
            sku: line.sku.clone(),
            barcode: line.barcode.clone(),
            expected: line.quantity.get(),
            available: 0,
            damaged: 0,
            held: 0,
            missing: 0,
            outstanding: line.quantity.get(),
            known_to_oms: false,
        }
    }

    /// Whether the row is about this line. A row without a line's reference is about every line
    /// of its product: which of several equal units is the damaged one cannot be told.
    fn is_meant_by(&self, row: &ReceivedLine) -> bool {
        match &row.line_ref {
            Some(line_ref) => *line_ref == self.line_item_id && !self.is_other_product(row),
            None => self.is_named_by(row),
        }
    }

    /// Whether the row is certainly about another product, whatever line it names.
    fn is_other_product(&self, row: &ReceivedLine) -> bool {
        match (&self.sku, &row.sku) {
            (Some(mine), Some(theirs)) => mine != theirs,
            _ => match (&self.barcode, &row.barcode) {
                (Some(mine), Some(theirs)) => mine != theirs,
                _ => false,
            },
        }
    }

    fn is_named_by(&self, row: &ReceivedLine) -> bool {
        let same =
            |mine: &Option<String>, theirs: &Option<String>| mine.is_some() && mine == theirs;
        !self.is_other_product(row)
            && (same(&self.sku, &row.sku) || same(&self.barcode, &row.barcode))
    }

    /// Takes as many units in this condition as still fit.
    fn take(&mut self, condition: Bucket, left: &mut UnitCounts) {
        self.known_to_oms = true;
        let (mine, theirs) = match condition {
            Bucket::Damaged => (&mut self.damaged, &mut left.damaged),
            Bucket::Held => (&mut self.held, &mut left.held),
            Bucket::Missing => (&mut self.missing, &mut left.missing),
            Bucket::Available => (&mut self.available, &mut left.available),
        };
        let units = self.outstanding.min(*theirs);
        *mine = mine.saturating_add(units);
        *theirs = theirs.saturating_sub(units);
        self.outstanding = self.outstanding.saturating_sub(units);
    }
}

/// What a unit can be counted as.
#[derive(Clone, Copy)]
enum Bucket {
    Damaged,
    Held,
    Missing,
    Available,
}

/// Units beyond the expected ones, by product and whether they are in good order.
type Surplus = BTreeMap<(Option<String>, bool), u64>;

fn note_surplus(surplus: &mut Surplus, row: &ReceivedLine, left: UnitCounts) {
    let name = row.sku.as_ref().or(row.barcode.as_ref());
    add(surplus, name.cloned(), true, left.available.into());
    add(
        surplus,
        name.cloned(),
        false,
        u64::from(left.damaged).saturating_add(left.held.into()),
    );
}

fn add(surplus: &mut Surplus, name: Option<String>, good: bool, units: u64) {
    if units > 0 {
        let count = surplus.entry((name, good)).or_default();
        *count = count.saturating_add(units);
    }
}

/// Loop's ids are numbers and sort as such; anything else sorts after them.
fn line_order(line: &LineRef) -> (u64, &str) {
    (line.as_str().parse().unwrap_or(u64::MAX), line.as_str())
}
