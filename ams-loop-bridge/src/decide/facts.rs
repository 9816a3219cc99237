//! What the warehouse has, line by line, held against what Loop says was to come.

use std::collections::BTreeMap;

use ams_oms_client::{Condition, ReceivedLine, RmaSnapshot, UnitCounts};
use loop_client::LineItemId;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::map::{ExpectedLine, line_item_of};

/// What the warehouse says of one line that Loop expects. Whole units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LineFacts {
    /// Loop's line item id.
    pub line_item_id: LineItemId,
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
    /// Whether which units are this line's is a guess: the warehouse names no line, several lines
    /// are of one product, and their units differ in condition.
    pub ambiguous: bool,
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
    /// Whether the warehouse is done with the RMA.
    pub complete: bool,
}

/// Identifies a set of facts: the same facts give the same text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Facts {
    /// Compares. Units never satisfy a line of another product, whatever the counts add up to.
    pub(crate) fn gather(expected: &[ExpectedLine<'_>], snapshot: &RmaSnapshot) -> Self {
        let complete = snapshot.is_complete();
        let mut lines: Vec<LineFacts> = expected.iter().map(LineFacts::of).collect();
        let mut rows: Vec<Row<'_>> = snapshot
            .lines
            .iter()
            .map(|row| Row::new(row, &mut lines))
            .collect();
        // What is known to belong to a line comes before what only shares its product.
        rows.sort_by_key(|row| matches!(row.target, Target::Product));
        // Good units last, over all rows: none must hide a bad one because its row stands first.
        for condition in [
            Bucket::Damaged,
            Bucket::Held,
            Bucket::Missing,
            Bucket::Available,
        ] {
            for row in &mut rows {
                row.give(condition, &mut lines);
            }
        }
        for row in &rows {
            row.mark_ambiguous(&mut lines, complete);
        }
        let mut surplus = Surplus::new();
        for row in rows {
            note_surplus(&mut surplus, row.said, row.left);
        }
        for item in &snapshot.unexpected {
            let name = item.sku.as_ref().or(item.barcode.as_ref());
            let good = item.condition == Condition::Available;
            add(&mut surplus, name, good, item.quantity.get().into());
        }
        Self {
            lines,
            unexpected: surplus
                .into_iter()
                .map(|((item, available), quantity)| Unexpected {
                    item,
                    quantity,
                    available,
                })
                .collect(),
            complete,
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
            && self.nothing_bad_beside()
    }

    fn nothing_bad_beside(&self) -> bool {
        self.unexpected.iter().all(|unit| unit.available)
    }

    /// Whether a unit is damaged.
    #[must_use]
    pub fn any_damaged(&self) -> bool {
        self.lines.iter().any(|line| line.damaged > 0)
    }

    /// Whether any unit was received, of whatever product and in whatever condition.
    #[must_use]
    pub fn anything_received(&self) -> bool {
        !self.unexpected.is_empty()
            || self
                .lines
                .iter()
                .any(|line| line.available > 0 || line.damaged > 0 || line.held > 0)
    }

    /// Whether the warehouse has not heard of a line, and all is well with what it has heard of.
    #[must_use]
    pub fn only_lacks_lines(&self) -> bool {
        self.lines.iter().any(|line| !line.known_to_oms)
            && self
                .lines
                .iter()
                .all(|line| !line.known_to_oms || line.available == line.expected)
            && self.nothing_bad_beside()
    }

    /// Stable across versions of this crate: a new one must not flag everything again.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut digest = Digest::new("facts v1");
        for line in &self.lines {
            digest.number(line.line_item_id.get());
            // What was awaited when the return was flagged early may be missing at the close.
            let (missing, outstanding) = line.not_received(self.complete);
            digest.units([
                line.expected,
                line.available,
                line.damaged,
                line.held,
                missing,
                outstanding,
            ]);
        }
        for unit in &self.unexpected {
            digest.text(unit.item.as_deref());
            digest.number(unit.quantity);
            digest.number(unit.available.into());
        }
        Fingerprint(digest.finish())
    }
}

impl LineFacts {
    fn of(line: &ExpectedLine<'_>) -> Self {
        Self {
            line_item_id: line.id,
            sku: line.sku.map(str::to_owned),
            barcode: line.barcode.map(str::to_owned),
            expected: line.quantity.get(),
            available: 0,
            damaged: 0,
            held: 0,
            missing: 0,
            outstanding: line.quantity.get(),
            known_to_oms: false,
            ambiguous: false,
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

    /// Units that are missing, and units that may still come: when the warehouse is done with the
    /// RMA, none do.
    pub(crate) fn not_received(&self, complete: bool) -> (u32, u32) {
        if complete {
            (self.missing.saturating_add(self.outstanding), 0)
        } else {
            (self.missing, self.outstanding)
        }
    }

    /// In which conditions its units are, as a set.
    fn conditions(&self, complete: bool) -> [bool; 5] {
        let (missing, outstanding) = self.not_received(complete);
        [
            self.available,
            self.damaged,
            self.held,
            missing,
            outstanding,
        ]
        .map(|units| units > 0)
    }
}

/// A row of the warehouse's, and what of it is not given to a line yet.
struct Row<'a> {
    said: &'a ReceivedLine,
    target: Target,
    left: UnitCounts,
}

/// Which lines a row is about.
enum Target {
    /// The one it names.
    Line(usize),
    /// Every line of its product: which of several equal units is the damaged one cannot be told.
    Product,
    /// None: it names a line that is not expected, or one of another product.
    None,
}

impl<'a> Row<'a> {
    /// Notes on the lines that the warehouse knows them.
    fn new(said: &'a ReceivedLine, lines: &mut [LineFacts]) -> Self {
        let target = match &said.line_ref {
            None => {
                for line in lines.iter_mut().filter(|line| line.is_named_by(said)) {
                    line.known_to_oms = true;
                }
                Target::Product
            }
            Some(line_ref) => line_item_of(line_ref)
                .and_then(|id| {
                    lines
                        .binary_search_by_key(&id, |line| line.line_item_id)
                        .ok()
                })
                .and_then(|at| Some((at, lines.get_mut(at)?)))
                .map_or(Target::None, |(at, line)| {
                    line.known_to_oms = true;
                    // Never net across products: what came for this line is another thing.
                    if line.is_other_product(said) {
                        Target::None
                    } else {
                        Target::Line(at)
                    }
                }),
        };
        Self {
            said,
            target,
            left: said.counts,
        }
    }

    fn give(&mut self, condition: Bucket, lines: &mut [LineFacts]) {
        match self.target {
            Target::Line(at) => {
                if let Some(line) = lines.get_mut(at) {
                    line.take(condition, &mut self.left);
                }
            }
            Target::Product => {
                for line in lines.iter_mut().filter(|line| line.is_named_by(self.said)) {
                    line.take(condition, &mut self.left);
                }
            }
            Target::None => {}
        }
    }

    /// Equal units on several lines, in different conditions: giving one to a line was a guess.
    fn mark_ambiguous(&self, lines: &mut [LineFacts], complete: bool) {
        if !matches!(self.target, Target::Product) {
            return;
        }
        let mut mine = lines.iter().filter(|line| line.is_named_by(self.said));
        let Some(first) = mine.next().map(|line| line.conditions(complete)) else {
            return;
        };
        if mine.any(|line| line.conditions(complete) != first) {
            for line in lines.iter_mut().filter(|line| line.is_named_by(self.said)) {
                line.ambiguous = true;
            }
        }
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
    add(surplus, name, true, left.available.into());
    let bad = u64::from(left.damaged).saturating_add(left.held.into());
    add(surplus, name, false, bad);
}

fn add(surplus: &mut Surplus, name: Option<&String>, good: bool, units: u64) {
    if units > 0 {
        let count = surplus.entry((name.cloned(), good)).or_default();
        *count = count.saturating_add(units);
    }
}
