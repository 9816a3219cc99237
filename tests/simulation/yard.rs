//! What is true in the warehouse and its OMS.

use std::collections::BTreeMap;

use ams_oms_client::{Rma, RmaLine, RmaNumber};

use super::rng::Rng;
use super::sim::Sim;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Announced,
    Begun,
    Completed,
    Cancelled,
    /// A word that nobody knows.
    Odd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goods {
    Good,
    Damaged,
    /// In a condition with a name that nobody knows.
    Odd,
}

/// One expected unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) line: u64,
    pub(crate) sku: String,
    pub(crate) came: Option<Goods>,
}

#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) rma: Option<Rma>,
    pub(crate) units: Vec<Unit>,
    /// Good units that no line expects.
    pub(crate) strays: u32,
    pub(crate) progress: Progress,
    pub(crate) version: u64,
    pub(crate) shown_from: i64,
    pub(crate) changed: i64,
}

impl Document {
    /// The warehouse has said all it is going to say for now.
    pub(crate) fn is_complete(&self) -> bool {
        match self.progress {
            Progress::Completed => true,
            Progress::Cancelled | Progress::Odd => false,
            Progress::Announced | Progress::Begun => {
                !self.units.is_empty()
                    && self
                        .units
                        .iter()
                        .all(|unit| matches!(unit.came, Some(Goods::Good | Goods::Damaged)))
            }
        }
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.progress != Progress::Announced
            || self.strays > 0
            || self.units.iter().any(|unit| unit.came.is_some())
    }
}

/// How an OMS shows units that had not come when the RMA was completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SaysMissing {
    Outright,
    /// They stay outstanding.
    ByCounts,
    /// Their lines are gone.
    Not,
}

#[derive(Debug)]
pub(crate) struct Yard {
    pub(crate) documents: BTreeMap<u64, Document>,
    /// Numbers in the order in which they changed.
    pub(crate) log: Vec<u64>,
    pub(crate) has_feed: bool,
    pub(crate) echoes_lines: bool,
    pub(crate) says_missing: SaysMissing,
    pub(crate) page_size: usize,
    pub(crate) versions: u64,
}

impl Yard {
    pub(crate) fn drawn(rng: &mut Rng) -> Self {
        Self {
            documents: BTreeMap::new(),
            log: Vec::new(),
            has_feed: !rng.chance(1500),
            echoes_lines: !rng.chance(2500),
            says_missing: match rng.below(3) {
                0 => SaysMissing::Outright,
                1 => SaysMissing::ByCounts,
                _ => SaysMissing::Not,
            },
            page_size: if rng.chance(5000) { 2 } else { 100 },
            versions: 0,
        }
    }
}

pub(crate) fn number(rma: RmaNumber) -> u64 {
    rma.get()
}

fn units(lines: &[RmaLine]) -> Vec<Unit> {
    let unit = |line: &RmaLine| Unit {
        line: line.line_ref.as_str().parse().expect("a line id"),
        sku: line.sku.clone().unwrap_or_default(),
        came: None,
    };
    lines
        .iter()
        .flat_map(|line| (0..line.quantity.get()).map(move |_| unit(line)))
        .collect()
}

impl Sim {
    /// Notes that a document changed.
    pub(crate) fn touch(&mut self, id: u64) {
        self.yard.versions += 1;
        let version = self.yard.versions;
        if let Some(document) = self.yard.documents.get_mut(&id) {
            document.version = version;
            document.changed = self.now;
        }
        self.yard.log.push(id);
    }

    pub(crate) fn create(&mut self, rma: &Rma) {
        let id = number(rma.rma_number);
        if self.yard.documents.contains_key(&id) {
            return;
        }
        let longest = self.faults.rma_hidden_for;
        let hidden = self.rng.seconds(0, longest);
        self.note("OMS makes RMA", id, || format!("hidden for {hidden} s"));
        let document = Document {
            units: units(&rma.lines),
            rma: Some(rma.clone()),
            strays: 0,
            progress: Progress::Announced,
            version: 0,
            shown_from: self.now + hidden,
            changed: self.now,
        };
        self.yard.documents.insert(id, document);
        self.audit.made(id);
        self.touch(id);
    }

    pub(crate) fn amend(&mut self, rma: &Rma) -> bool {
        let id = number(rma.rma_number);
        match self.yard.documents.get_mut(&id) {
            Some(document) if !document.has_begun() => {
                document.units = units(&rma.lines);
                document.rma = Some(rma.clone());
            }
            _ => return false,
        }
        self.note("OMS amends RMA", id, String::new);
        self.touch(id);
        true
    }

    pub(crate) fn cancel_rma(&mut self, id: u64) -> bool {
        match self.yard.documents.get_mut(&id) {
            Some(document) if !document.has_begun() => document.progress = Progress::Cancelled,
            _ => return false,
        }
        self.note("OMS cancels RMA", id, String::new);
        self.touch(id);
        true
    }
}
