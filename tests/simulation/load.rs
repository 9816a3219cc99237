//! Who makes work: shoppers, the people in Loop's pages, and the warehouse.

use super::rng::Rng;
use super::shop::{Line, State};
use super::sim::{DAY, Event, HOUR, MINUTE, Sim};
use super::yard::{Document, Goods, Progress};

/// What somebody does in Loop.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Person {
    Starts,
    Edits,
    BecomesState(State),
    /// Processes it by hand, in Loop's own pages.
    Closes,
}

/// What somebody does in the warehouse.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Clerk {
    Unpacks,
    Counts(usize, Goods),
    Finishes,
    /// Was wrong about a unit: it is of another condition, or was not there.
    Corrects(usize, Option<Goods>),
    IsUndecided,
    FindsStray,
    Cancels,
    Loses,
    /// Makes an RMA of their own under this number, with nothing in it.
    MakesOwn,
}

const SKUS: [&str; 5] = ["TEE-S", "TEE-M", "CAP", "SOCK", "JEANS"];

fn lines(rng: &mut Rng, id: u64) -> Vec<Line> {
    let all_kept = rng.chance(500);
    let count = if rng.chance(300) { 0 } else { 1 + rng.below(3) };
    (0..count)
        .map(|place| Line {
            id: id * 10 + place,
            sku: SKUS[usize::try_from(rng.below(5)).unwrap_or(0)],
            kept: all_kept || rng.chance(500),
        })
        .collect()
}

/// Everything that is planned from the beginning.
pub(crate) fn plan(sim: &mut Sim, returns: u64, span: i64) {
    for id in 1..=returns {
        let start = sim.rng.seconds(0, span);
        sim.schedule(start, Event::Person(id, Person::Starts));
        if sim.rng.chance(300) {
            sim.shop.poisoned.insert(id);
        }
        let later = |sim: &mut Sim, of_ten_thousand, event| {
            if sim.rng.chance(of_ten_thousand) {
                let when = start + sim.rng.seconds(MINUTE, 2 * DAY);
                sim.schedule(when, event);
            }
        };
        later(sim, 1000, Event::Person(id, Person::Edits));
        for (state, rate) in [
            (State::Cancelled, 500),
            (State::Review, 300),
            (State::Expired, 200),
            (State::Odd, 200),
        ] {
            later(sim, rate, Event::Person(id, Person::BecomesState(state)));
        }
        later(sim, 300, Event::Person(id, Person::Closes));
        later(sim, 300, Event::Clerk(id, Clerk::FindsStray));
        later(sim, 200, Event::Clerk(id, Clerk::Cancels));
        later(sim, 200, Event::Clerk(id, Clerk::Loses));
        later(sim, 300, Event::Clerk(id, Clerk::MakesOwn));
        if !sim.rng.chance(500) {
            let parcel = start + sim.rng.seconds(HOUR, 2 * DAY);
            sim.schedule(parcel, Event::Clerk(id, Clerk::Unpacks));
        }
    }
}

impl Sim {
    pub(crate) fn person(&mut self, id: u64, does: Person) {
        if let Person::Starts = does {
            let lines = lines(&mut self.rng, id);
            return self.start_return(id, lines);
        }
        let Some(case) = self.shop.cases.get_mut(&id) else {
            return;
        };
        let state = case.now().state;
        self.audit.spoiled.insert(id);
        match does {
            Person::Starts => {}
            Person::Edits => {
                let mut lines = case.now().lines.clone();
                if lines.len() > 1 && self.rng.chance(5000) {
                    lines.pop();
                } else if let Some(first) = lines.first_mut() {
                    first.kept = !first.kept;
                }
                self.change_return(id, state, Some(lines));
            }
            // Nobody can undo a refund.
            Person::BecomesState(_) | Person::Closes if state != State::Open => {}
            Person::BecomesState(state) => {
                case.flagged |= state == State::Review;
                self.change_return(id, state, None);
            }
            Person::Closes => {
                case.closed_by_hand = true;
                self.change_return(id, State::Closed, None);
            }
        }
    }

    pub(crate) fn clerk(&mut self, id: u64, does: Clerk, last_day: i64) {
        self.note("warehouse", id, || format!("{does:?}"));
        if let Clerk::MakesOwn = does {
            return self.makes_own(id);
        }
        let Some(document) = self.yard.documents.get_mut(&id) else {
            // The parcel waits for its RMA.
            if matches!(does, Clerk::Unpacks) && self.now + 6 * HOUR < last_day {
                self.schedule(self.now + 6 * HOUR, Event::Clerk(id, does));
            }
            return;
        };
        if document.progress == Progress::Cancelled {
            return;
        }
        let known = document.units.len();
        match does {
            Clerk::MakesOwn => {}
            Clerk::Unpacks => {
                document.progress = Progress::Begun;
                self.unpacks(id, known);
            }
            Clerk::Counts(unit, goods) => {
                if let Some(unit) = document.units.get_mut(unit) {
                    unit.came = Some(goods);
                }
            }
            Clerk::Corrects(unit, came) => {
                self.audit.spoiled.insert(id);
                if let Some(unit) = document.units.get_mut(unit) {
                    unit.came = came;
                }
            }
            Clerk::Finishes => {
                document.progress = Progress::Completed;
                if document.units.iter().any(|unit| unit.came.is_none()) {
                    self.audit.spoiled.insert(id);
                }
            }
            Clerk::IsUndecided => {
                document.progress = Progress::Odd;
                self.audit.spoiled.insert(id);
            }
            Clerk::FindsStray => {
                document.strays += 1;
                self.audit.spoiled.insert(id);
            }
            Clerk::Cancels => {
                self.audit.spoiled.insert(id);
                self.cancel_rma(id);
                return;
            }
            Clerk::Loses => {
                self.audit.spoiled.insert(id);
                if !document.has_begun() {
                    self.yard.documents.remove(&id);
                    self.audit.unmade(id);
                }
            }
        }
        self.touch(id);
    }

    fn unpacks(&mut self, id: u64, known: usize) {
        let fine = self.rng.chance(7000);
        let mut last = 0;
        for unit in 0..known {
            let goods = match self.rng.below(10) {
                _ if fine => Goods::Good,
                0..3 => Goods::Damaged,
                3 => Goods::Odd,
                4..6 => {
                    self.audit.spoiled.insert(id);
                    continue;
                }
                _ => Goods::Good,
            };
            if goods != Goods::Good {
                self.audit.spoiled.insert(id);
            }
            let after = self.rng.seconds(0, 12 * HOUR);
            last = last.max(after);
            let event = Event::Clerk(id, Clerk::Counts(unit, goods));
            self.schedule(self.now + after, event);
        }
        if self.rng.chance(500) {
            let at = self.now + self.rng.seconds(0, last);
            self.schedule(at, Event::Clerk(id, Clerk::IsUndecided));
        }
        let end = self.now + last + self.rng.seconds(0, 4 * HOUR);
        self.schedule(end, Event::Clerk(id, Clerk::Finishes));
        if known > 0 && self.rng.chance(1500) {
            let unit = usize::try_from(self.rng.below(4)).unwrap_or(0) % known;
            let came = match self.rng.below(3) {
                0 => Some(Goods::Good),
                1 => Some(Goods::Damaged),
                _ => None,
            };
            let at = end + self.rng.seconds(-2 * HOUR, 8 * HOUR);
            self.schedule(at, Event::Clerk(id, Clerk::Corrects(unit, came)));
        }
    }

    fn makes_own(&mut self, id: u64) {
        if self.yard.documents.contains_key(&id) {
            return;
        }
        self.audit.spoiled.insert(id);
        let document = Document {
            rma: None,
            units: Vec::new(),
            strays: 0,
            progress: Progress::Completed,
            version: 0,
            shown_from: self.now,
            changed: self.now,
        };
        self.yard.documents.insert(id, document);
        self.touch(id);
    }
}
