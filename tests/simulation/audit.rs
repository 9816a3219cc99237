//! The auditor: its own idea of what the bridge may do, from what is true on both sides. It
//! shares no code with the bridge and reads of the ledger only what is promised to stand there.

use std::collections::{BTreeMap, BTreeSet};

use ams_loop_bridge::ledger::{Entry, Outcome};
use ams_loop_bridge::{Action, ProcessRecord, Surplus};
use ams_oms_client::Rma;
use loop_client::Call;

use super::planted::Plant;
use super::shop::{Case, Line, PERSON, State};
use super::sim::{SECRET, Sim};
use super::yard::{Document, Goods, Progress};

#[derive(Debug, Default)]
pub(crate) struct Auditor {
    pub(crate) violation: Option<String>,
    pub(crate) accused: Option<u64>,
    pub(crate) about: Option<u64>,
    /// What one run of the bridge was last told, by task and return.
    loop_reads: BTreeMap<(u64, u64), usize>,
    warehouse_reads: BTreeMap<(u64, u64), (u64, Option<Document>)>,
    flags: BTreeSet<(u64, u64)>,
    /// Counts what is watched, to tell before from after.
    watched: u64,
    /// Process requests, and whether the bridge was told that they had no effect.
    requests: BTreeMap<u64, Vec<bool>>,
    /// What the return was flagged for, once that is durable.
    flagged_for: BTreeMap<u64, (u64, (u64, Vec<Line>))>,
    made: BTreeMap<u64, u32>,
    /// Who claimed the return last.
    claimed_by: BTreeMap<u64, u64>,
    /// Whether everything that is said is read: that takes time.
    pub(crate) listens: bool,
    graded: BTreeSet<(&'static str, u64)>,
    /// Returns with any reason for a person to look at them.
    pub(crate) spoiled: BTreeSet<u64>,
}

impl Auditor {
    pub(crate) fn accuse(&mut self, id: u64, what: &str) {
        if self.violation.is_none() {
            self.violation = Some(format!("return {id}: {what}"));
            self.accused = Some(id);
        }
    }

    /// Something that a log could show.
    pub(crate) fn said(&mut self, id: u64, text: &str) {
        if text.contains(SECRET) || text.contains(PERSON) {
            self.accuse(id, "I11: a secret, or somebody's address, was told");
        }
    }

    pub(crate) fn loop_was_read(&mut self, task: u64, id: u64, version: usize) {
        self.loop_reads.insert((task, id), version);
    }

    pub(crate) fn warehouse_was_read(&mut self, task: u64, id: u64, seen: Option<Document>) {
        self.watched += 1;
        self.warehouse_reads
            .insert((task, id), (self.watched, seen));
    }

    /// What happened since the copy was made is forgotten, and may be said again.
    pub(crate) fn ledger_was_restored(&mut self) {
        self.flagged_for.clear();
        self.claimed_by.clear();
        self.graded.clear();
    }

    pub(crate) fn task_ended(&mut self, task: u64) {
        self.loop_reads.retain(|(of, _), _| *of != task);
        self.warehouse_reads.retain(|(of, _), _| *of != task);
        self.flags.retain(|(of, _)| *of != task);
    }

    pub(crate) fn answered(&mut self, id: u64, request: usize, proven: bool) {
        if proven && let Some(known) = self.requests.get_mut(&id) {
            known[request] = true;
        }
    }

    pub(crate) fn requests(&self, id: u64) -> usize {
        self.requests.get(&id).map_or(0, Vec::len)
    }

    pub(crate) fn refunded(&mut self, id: u64, refunds: u32) {
        if refunds > 1 {
            self.accuse(id, "I1: refunded twice");
        }
    }

    pub(crate) fn noted(&mut self, id: u64, text: &str) {
        if text.chars().count() > 254 {
            self.accuse(id, "I3: a note is longer than Loop takes");
        }
    }

    pub(crate) fn made(&mut self, id: u64) {
        let times = self.made.entry(id).or_default();
        *times += 1;
        if *times > 1 {
            self.accuse(id, "I4: a second RMA was made");
        }
    }

    /// The warehouse threw it away: another is no second one.
    pub(crate) fn unmade(&mut self, id: u64) {
        self.made.remove(&id);
    }
}

/// Whether every unit that is shipped back is here in good order, and nothing bad beside.
fn all_good(document: &Document, lines: &[Line], echoes_lines: bool) -> bool {
    let bad = |came| matches!(came, Some(Goods::Damaged | Goods::Odd));
    if document.units.iter().any(|unit| bad(unit.came)) {
        return false;
    }
    let good = || {
        let units = document.units.iter();
        units.filter(|unit| unit.came == Some(Goods::Good))
    };
    let shipped = || lines.iter().filter(|line| !line.kept);
    shipped().all(|line| {
        if echoes_lines {
            good().any(|unit| unit.line == line.id)
        } else {
            good().filter(|unit| unit.sku == line.sku).count()
                >= shipped().filter(|other| other.sku == line.sku).count()
        }
    })
}

impl Sim {
    /// A call leaves that changes something. Gives back which process request it is.
    pub(crate) fn watch_call(&mut self, call: Call, id: u64) -> usize {
        self.watch_holder(id);
        match call {
            Call::Process => self.watch_process(id),
            Call::Flag => {
                self.watch_flag(id);
                0
            }
            _ => 0,
        }
    }

    /// While the workers' clocks agree, only who holds the return tells Loop anything about it.
    fn watch_holder(&mut self, id: u64) {
        const AGREE: i64 = 60;
        let agree = self.faults.skew <= AGREE && self.faults.clock_jump == 0;
        let holder = self.audit.claimed_by.get(&id);
        if agree && holder.is_some_and(|holder| *holder != self.task) {
            self.audit
                .accuse(id, "I7: a worker acts on a return that another one holds");
        }
    }

    /// An entry was stored: was it claimed, or concluded by whoever has lost it?
    pub(crate) fn watch_claim(&mut self, id: u64, before: Option<&Entry>) {
        let entry = &self.book.entries[&id];
        let was = before.map(|before| (before.fence, before.claimed_until));
        if was == Some((entry.fence, entry.claimed_until)) {
            return;
        }
        if entry.claimed_until.is_some() {
            self.audit.claimed_by.insert(id, self.task);
            return;
        }
        let holder = self.audit.claimed_by.get(&id).copied().unwrap_or(self.task);
        // What was on its way when its sender died names nobody.
        if before.is_some() && self.task != 0 && holder != 0 && holder != self.task {
            let what = "I7: a worker recorded the end of a look after it had lost the return";
            self.audit.accuse(id, what);
        }
    }

    /// Units are graded.
    pub(crate) fn watch_inspection(&mut self, call: Call, units: &[u64]) {
        for unit in units {
            if !self.audit.graded.insert((call.name(), *unit)) {
                self.audit.accuse(unit / 10, "I3: a unit was graded twice");
            }
        }
    }

    fn intends(&self, id: u64, action: Action) -> bool {
        let entry = self.book.entries.get(&id);
        let decision = entry.and_then(|entry| entry.acted_on.as_ref());
        decision.is_some_and(|decision| decision.action == action)
    }

    fn watch_process(&mut self, id: u64) -> usize {
        let earlier = self.audit.requests.entry(id).or_default();
        let request = earlier.len();
        let proven = earlier.iter().all(|proven| *proven);
        earlier.push(false);
        if !proven {
            let what = "I1: a process request after one that may have been carried out";
            self.audit.accuse(id, what);
        }
        let entry = self.book.entries.get(&id);
        if !entry.is_some_and(|entry| matches!(entry.process, ProcessRecord::Unknown { .. })) {
            self.audit.accuse(id, "I7: no durable intent to process");
        }
        if !self.policy.process_returns {
            self.audit
                .accuse(id, "I2: the merchant has it switched off");
        }
        if let Some(fault) = self.evidence_lacks(id) {
            self.audit.accuse(id, fault);
        }
        request
    }

    /// What this run was told must have been enough, and true when it was told.
    fn evidence_lacks(&self, id: u64) -> Option<&'static str> {
        let key = (self.task, id);
        let Some(read) = self.audit.loop_reads.get(&key) else {
            return Some("I2: processed without Loop's own lines");
        };
        let version = &self.shop.cases[&id].versions[*read];
        let Some((_, Some(document))) = self.audit.warehouse_reads.get(&key) else {
            return Some("I2: processed without a word from the warehouse");
        };
        if version.state == State::Odd || document.progress == Progress::Odd {
            return Some("I8: processed in a state that nobody knows");
        }
        if version.state != State::Open {
            return Some("I2: processed although Loop said that it is not open");
        }
        if version.shipped().next().is_none() {
            return Some("I6: processed although nothing was to come");
        }
        if !document.is_complete() {
            return Some("I2: processed before the warehouse was done");
        }
        if !all_good(document, &version.lines, self.yard.echoes_lines) {
            return Some("I3: processed with a unit damaged, missing or in doubt");
        }
        if document.strays > 0 && self.policy.surplus == Surplus::Flag {
            return Some("I2: processed with a surplus that the merchant wants to see");
        }
        None
    }

    fn watch_flag(&mut self, id: u64) {
        if !self.intends(id, Action::Flag) {
            self.audit.accuse(id, "I7: no durable intent to flag");
        }
        let key = (self.task, id);
        let version = self.audit.loop_reads.get(&key);
        let version = version.map(|index| &self.shop.cases[&id].versions[*index]);
        self.audit.flags.insert(key);
        let read = self.audit.warehouse_reads.get(&key).cloned();
        let (when, document) = read.unwrap_or_default();
        let Some(version) = version else {
            return self.audit.accuse(id, "I2: flagged without Loop's lines");
        };
        // After a crash between the two, an intent without a request cannot be told from one with.
        let entry = self.book.entries.get(&id);
        let intended = entry.is_some_and(|entry| entry.process != ProcessRecord::NotSent)
            || self.book.restored > 0;
        let Some(document) = document else {
            if !intended {
                self.audit.accuse(id, "I3: flagged without a reason");
            }
            return;
        };
        let good = all_good(&document, &version.lines, self.yard.echoes_lines);
        let damaged = |unit: &super::yard::Unit| unit.came == Some(Goods::Damaged);
        // A unit that did not come may be one that Loop no longer expects; without line references
        // the bridge cannot tell, and asks a person.
        let lacks = document
            .units
            .iter()
            .any(|unit| unit.came != Some(Goods::Good));
        let reason = intended
            || (document.is_complete() && (!good || lacks))
            || (document.is_complete() && self.policy.surplus == Surplus::Flag)
            || (self.policy.flag_early && document.units.iter().any(damaged))
            || (self.policy.flag_overdue && !document.is_complete());
        let facts = (document.version, version.lines.clone());
        if !reason {
            self.audit.accuse(id, "I3: flagged without a reason");
        }
        // Whose claim ran out may send late, with what it knew before; whoever looks later knows
        // better.
        let before = self.audit.flagged_for.get(&id);
        if before.is_some_and(|(since, same)| *since < when && *same == facts) {
            self.audit
                .accuse(id, "I3: flagged again for the same facts");
        }
    }

    /// An RMA is asked for, or asked to be changed.
    pub(crate) fn watch_create(&mut self, rma: &Rma) {
        let id = rma.rma_number.get();
        // With this bug planted the RMA is the warehouse's own.
        if self.has(Plant::KeptIsShipped) || self.shop.foreign.contains_key(&id) {
            return;
        }
        let asked: BTreeSet<(String, String)> = rma
            .lines
            .iter()
            .map(|line| {
                let sku = line.sku.clone().unwrap_or_default();
                (line.line_ref.as_str().to_owned(), sku)
            })
            .collect();
        // A hint may be old, so any state the return ever was in will do.
        let known = self.shop.cases.get(&id).is_some_and(|case| {
            case.versions.iter().any(|version| {
                let lines = version.shipped();
                let lines: BTreeSet<_> = lines
                    .map(|line| (line.id.to_string(), line.sku.to_owned()))
                    .collect();
                !lines.is_empty() && lines == asked
            })
        });
        if !known {
            self.audit
                .accuse(id, "I4: an RMA that no return ever asked for");
        }
    }

    /// An entry became durable.
    pub(crate) fn watch_store(&mut self, id: u64) {
        let entry = &self.book.entries[&id];
        if entry.settlement.is_none() && entry.waiting_for.is_none() {
            self.audit.accuse(id, "I5: it waits, and for nothing");
        }
        if self.audit.listens {
            let text = format!("{entry:?}");
            self.audit.said(id, &text);
        }
        let entry = &self.book.entries[&id];
        let flagged = entry.settlement.as_ref();
        let key = (self.task, id);
        let by_this_look = self.audit.flags.contains(&key);
        if by_this_look && flagged.is_some_and(|it| it.outcome == Outcome::Flagged) {
            let version = self.audit.loop_reads.get(&key);
            let document = self.audit.warehouse_reads.get(&key);
            if let (Some(version), Some((_, Some(document)))) = (version, document) {
                let lines = self.shop.cases[&id].versions[*version].lines.clone();
                let facts = (document.version, lines);
                self.audit.watched += 1;
                self.audit
                    .flagged_for
                    .insert(id, (self.audit.watched, facts));
            }
        }
    }

    /// L1, L2 and I5, long after the last fault.
    pub(crate) fn watch_end(&mut self) {
        let found = self.shop.cases.iter().find_map(|(id, case)| {
            let what = self.end_lacks(*id, case)?;
            Some((*id, what))
        });
        if let Some((id, what)) = found {
            self.audit.accuse(id, what);
        }
    }

    fn end_lacks(&self, id: u64, case: &Case) -> Option<&'static str> {
        if self.shop.poisoned.contains(&id) {
            return None;
        }
        let Some(entry) = self.book.entries.get(&id) else {
            return Some("L3: never heard of, although it was polled for");
        };
        if entry.settlement.is_none() && entry.waiting_for.is_none() {
            return Some("I5: it waits, and for nothing");
        }
        let open = case.now().state == State::Open;
        let owed = matches!(case.now().state, State::Open | State::Review)
            && case.now().shipped().next().is_some();
        let Some(document) = self.yard.documents.get(&id) else {
            let vanished = self.audit.spoiled.contains(&id);
            return (owed && !vanished).then_some("L1: it has no RMA");
        };
        if !document.is_complete() {
            return None;
        }
        let Some(settlement) = &entry.settlement else {
            // A shop that keeps flags apart from the state never shows one: it stays listed.
            return (!case.flagged || !open).then_some("L2: received, and not settled");
        };
        let good = all_good(document, &case.now().lines, self.yard.echoes_lines);
        let called = self.audit.requests(id) > 0 || case.flagged;
        if !open || called || settlement.outcome == Outcome::Escalated {
            return None;
        }
        case.now().shipped().next()?;
        if !good {
            return Some("I3: bad goods, and neither flagged nor escalated");
        }
        self.policy
            .process_returns
            .then_some("L2: good goods, and neither processed nor in a person's hands")
    }

    /// A return in perfect order that ended in a person's hands.
    pub(crate) fn is_false_flag(&self, id: u64, case: &Case) -> Option<bool> {
        let document = self.yard.documents.get(&id)?;
        let good = document.is_complete()
            && !self.audit.spoiled.contains(&id)
            && !self.shop.poisoned.contains(&id)
            && !case.edited
            && case.now().shipped().next().is_some()
            && all_good(document, &case.now().lines, true);
        good.then_some(case.flagged)
    }
}
