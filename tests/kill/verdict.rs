//! The verdict: what is true at the end, and the history of how it came to be. It shares no code
//! with the bridge, and reads of the ledger only what is promised to stand there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ams_loop_bridge::ledger::{Entry, Outcome};
use ams_oms_client::{RmaSnapshot, RmaState};
use loop_client::sandbox::ReturnTruth;

use crate::book::{Case, Plan};
use crate::history::{Answer, Deed, Event, Moment};
use crate::index::{Done, Index, of};

/// Everything there is to judge.
pub(crate) struct Evidence {
    pub(crate) events: Vec<Event>,
    pub(crate) book: BTreeMap<u64, Case>,
    pub(crate) truth: BTreeMap<u64, ReturnTruth>,
    pub(crate) rmas: BTreeMap<u64, RmaSnapshot>,
    pub(crate) entries: BTreeMap<u64, Entry>,
    /// The ledger's epoch, as every worker found it.
    pub(crate) epochs: BTreeSet<String>,
    /// How many events there were when all was over.
    pub(crate) over_at: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) violations: Vec<String>,
    /// Returns that something is wrong with.
    pub(crate) accused: BTreeSet<u64>,
    /// What happened to some of them.
    pub(crate) traces: Vec<String>,
    pub(crate) returns: usize,
    /// Complete and in good order, and Loop did its part.
    pub(crate) good: usize,
    pub(crate) refunded: usize,
    pub(crate) flagged: usize,
    /// Good returns that ended with a person, by the reason.
    pub(crate) persons: BTreeMap<String, usize>,
    pub(crate) kills: BTreeMap<Moment, usize>,
    /// Kills with a call under way.
    pub(crate) in_a_call: usize,
    pub(crate) restarts: usize,
    pub(crate) calls: usize,
    /// Flags that were asked for again, after a death.
    pub(crate) repeated_flags: usize,
}

impl Evidence {
    pub(crate) fn judge(&self) -> Verdict {
        let mut verdict = Verdict {
            returns: self.book.len(),
            ..Verdict::default()
        };
        self.count(&mut verdict);
        let index = Index::of(&self.events);
        for (id, case) in &self.book {
            let mut found = Findings {
                verdict: &mut verdict,
                id: *id,
            };
            self.judge_one(*id, case, &index, &mut found);
        }
        let late = self.events.iter().skip(self.over_at);
        for event in late {
            if let Event::Invoked { call, .. } = event
                && call.deed.has_an_effect()
            {
                let text = format!("{}: {:?} after all was over", call.id, call.deed);
                verdict.violations.push(text);
                verdict.accused.insert(call.id);
            }
        }
        if self.epochs.len() != 1 {
            let text = format!("the ledger's epoch changed: {:?}", self.epochs);
            verdict.violations.push(text);
        }
        for (what, ids) in [
            ("an RMA", self.rmas.keys().collect::<Vec<_>>()),
            ("a ledger entry", self.entries.keys().collect()),
        ] {
            for id in ids {
                if !self.book.contains_key(id) {
                    let text = format!("{id}: I4: {what} that belongs to no return");
                    verdict.violations.push(text);
                }
            }
        }
        verdict
    }

    /// What happened to one return, and to those who were at work on it.
    pub(crate) fn trace(&self, id: u64) -> Vec<String> {
        let mut lives = BTreeSet::new();
        let mut places = BTreeSet::new();
        let mut lines = Vec::new();
        for (at, event) in self.events.iter().enumerate() {
            let shown = match event {
                Event::Invoked { life, call } if call.id == id => {
                    lives.insert(*life);
                    places.insert(at)
                }
                Event::Answered { call, .. } => places.contains(call),
                Event::Killed { life, .. } | Event::Ended { life, .. } => lives.remove(life),
                Event::LastGoods { id: of } => *of == id,
                Event::DatabaseGoes | Event::DatabaseIsBack => !lives.is_empty(),
                Event::Invoked { .. } => false,
            };
            if shown {
                lines.push(format!("{at:>8} {event:?}"));
            }
        }
        lines.push(format!("in the book:   {:?}", self.book.get(&id)));
        lines.push(format!("in Loop:       {:?}", self.truth.get(&id)));
        lines.push(format!("in the ledger: {:?}", self.entries.get(&id)));
        lines
    }

    fn count(&self, verdict: &mut Verdict) {
        for event in &self.events {
            match event {
                Event::Killed {
                    moment, in_a_call, ..
                } => {
                    *verdict.kills.entry(*moment).or_default() += 1;
                    verdict.in_a_call += usize::from(*in_a_call);
                }
                Event::Ended { life, how } => {
                    let text = format!("worker {} ended by itself: {how}", life.0);
                    verdict.violations.push(text);
                }
                Event::Invoked { .. } => verdict.calls += 1,
                Event::DatabaseGoes => verdict.restarts += 1,
                _ => {}
            }
        }
    }

    fn judge_one(&self, id: u64, case: &Case, index: &Index, found: &mut Findings<'_>) {
        let calls = index.calls.get(&id).map_or(&[][..], Vec::as_slice);
        let goods = index.last_goods.get(&id).copied();
        let Some(truth) = self.truth.get(&id) else {
            return found.add("gone from Loop");
        };
        let lists = index.calls.get(&0).map_or(&[][..], Vec::as_slice);
        Self::judge_money(goods, case, (calls, lists), truth, found);
        self.judge_rma(id, case, calls, found);
        self.judge_flags(calls, truth, found);
        let Some(entry) = self.entries.get(&id) else {
            return found.add("I5: not in the ledger");
        };
        Self::judge_end(case, truth, entry, found);
        if case.plan.is_good() && !case.failed_in_loop {
            found.verdict.good += 1;
            if truth.refunds == 0 {
                let why = why_a_person(id, index, calls);
                let reason = entry.decision.as_ref().map(|decision| &decision.reason);
                let told = format!("{why}: {reason:?}");
                *found.verdict.persons.entry(told).or_default() += 1;
                if why == UNEXPLAINED {
                    found.add("I5: a good return ended with a person, and nobody died over it");
                }
            }
        }
    }

    /// I1, I2, I3.
    fn judge_money(
        last_goods: Option<usize>,
        case: &Case,
        (calls, lists): (&[Done], &[Done]),
        truth: &ReturnTruth,
        found: &mut Findings<'_>,
    ) {
        let requests: Vec<&Done> = of(calls, Deed::Process).collect();
        found.check(truth.refunds <= 1, "I1: refunded more than once");
        found.check(requests.len() <= 1, "I1: more than one process request");
        if !case.plan.is_good() {
            found.check(requests.is_empty(), "I3: processed without good goods");
        }
        for request in requests {
            found.check(
                last_goods.is_some_and(|here| here < request.at),
                "I2: processed before the goods were there",
            );
            let looked = |calls: &[Done], deed| {
                of(calls, deed).any(|read| {
                    let answered = read.answer.filter(|(_, answer)| *answer == Answer::Done);
                    read.life == request.life && answered.is_some_and(|(at, _)| at < request.at)
                })
            };
            let at_loop = looked(calls, Deed::ReadReturn) || looked(lists, Deed::ListReturns);
            found.check(
                at_loop && looked(calls, Deed::ReadRma),
                "I2: processed without a look at both sides",
            );
        }
        found.verdict.refunded += usize::from(truth.refunds > 0);
    }

    /// I4.
    fn judge_rma(&self, id: u64, case: &Case, calls: &[Done], found: &mut Findings<'_>) {
        let is_made = |call: &&Done| matches!(call.answer, Some((_, Answer::Created)));
        let made = of(calls, Deed::CreateRma).filter(is_made).count();
        let rma = self.rmas.get(&id);
        let owed = match case.plan {
            Plan::Kept => 0..=0,
            Plan::Cancelled => 0..=1,
            _ => 1..=1,
        };
        found.check(owed.contains(&made), "I4: not one RMA was made");
        found.check(made == usize::from(rma.is_some()), "I4: an RMA is gone");
        if let Some(rma) = rma
            && case.plan == Plan::Cancelled
        {
            found.check(
                rma.state == RmaState::Cancelled,
                "the RMA of a cancelled return stands",
            );
        }
    }

    /// A flag or a note may be sent again when its sender died, or lost its ledger, before that it
    /// was sent could be written down. A note is looked for before.
    fn judge_flags(&self, calls: &[Done], truth: &ReturnTruth, found: &mut Findings<'_>) {
        let texts: BTreeSet<&String> = truth.notes.iter().collect();
        found.check(
            texts.len() == truth.notes.len(),
            "a note stands there twice",
        );
        for deed in [Deed::Flag, Deed::WriteNote] {
            let sent: Vec<&Done> = of(calls, deed).collect();
            for pair in sent.windows(2) {
                let (before, again) = (pair[0], pair[1]);
                let was_declined = matches!(before.answer, Some((_, Answer::Declined)));
                let is_another = deed == Deed::WriteNote && texts.len() >= sent.len();
                let excused = was_declined || is_another || self.cut_off(before, again.at);
                found.check(excused, "sent again without need");
                if deed == Deed::Flag {
                    found.verdict.repeated_flags += 1;
                } else {
                    let looked = of(calls, Deed::ReadNotes).any(|read| {
                        read.life == again.life && before.at < read.at && read.at < again.at
                    });
                    found.check(looked, "a second note was not looked for");
                }
            }
        }
        found.verdict.flagged += usize::from(truth.flagged);
    }

    /// Whether the sender of a call died, or the database went, before that it was sent could
    /// stand in the ledger.
    fn cut_off(&self, call: &Done, until: usize) -> bool {
        self.events[call.at..until].iter().any(|event| match event {
            Event::Killed { life, .. } => *life == call.life,
            Event::DatabaseGoes | Event::DatabaseIsBack => true,
            _ => false,
        })
    }

    /// I5.
    fn judge_end(case: &Case, truth: &ReturnTruth, entry: &Entry, found: &mut Findings<'_>) {
        let outcome = entry.settlement.as_ref().map(|end| end.outcome);
        let with_a_person = truth.flagged || outcome == Some(Outcome::Escalated);
        found.check(
            outcome.is_some() || entry.waiting_for.is_some(),
            "I5: neither over nor waiting for anything",
        );
        match case.plan {
            Plan::Good | Plan::InTwo | Plan::Edited => found.check(
                (truth.refunds == 1 && truth.state == "closed") != with_a_person,
                "I5: good, and neither refunded nor with a person, or both",
            ),
            Plan::Damaged | Plan::Missing => {
                found.check(with_a_person, "I3: bad, and not with a person");
                // The first line is the bad one.
                let sku = case.skus[0];
                let named = truth.notes.iter().any(|note| note.contains(sku));
                found.check(named, "I3: no note names the bad unit");
            }
            Plan::Cancelled | Plan::Kept => {
                found.check(
                    outcome == Some(Outcome::Closed),
                    "I5: not owed, and not closed in the ledger",
                );
                found.check(!truth.flagged, "I3: flagged without a reason");
            }
            Plan::OnTheWay => {
                let waits = outcome.is_none() && !truth.flagged && truth.notes.is_empty();
                found.check(waits, "I2: acted before the goods were there");
            }
        }
        if truth.refunds == 1 {
            found.check(
                outcome == Some(Outcome::Processed),
                "I5: refunded, and the ledger says something else",
            );
        }
    }
}

/// The price of I1: why nobody but a person can tell what a good return is owed.
fn why_a_person(id: u64, index: &Index, calls: &[Done]) -> &'static str {
    if let Some(request) = of(calls, Deed::Process).next() {
        return match request.answer {
            Some((_, Answer::NotReached)) => "its process request died with its sender",
            Some((_, Answer::Declined)) => "Loop declined to process it",
            _ => UNEXPLAINED,
        };
    }
    if index.deathbeds.contains(&id) {
        return "its worker died before the request, or before it wrote down that it made the RMA";
    }
    if index.without_a_database.contains(&id) {
        return "the database went between the intent and the request";
    }
    UNEXPLAINED
}

const UNEXPLAINED: &str = "nobody knows";

/// What is found about one return.
struct Findings<'a> {
    verdict: &'a mut Verdict,
    id: u64,
}

impl Findings<'_> {
    fn add(&mut self, what: &str) {
        self.verdict.violations.push(format!("{}: {what}", self.id));
        self.verdict.accused.insert(self.id);
    }

    fn check(&mut self, holds: bool, what: &str) {
        if !holds {
            self.add(what);
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kills: usize = self.kills.values().sum();
        let persons: usize = self.persons.values().sum();
        write!(
            f,
            "{kills} kills {:?}, {} in the middle of a call; {} database restarts; {} returns, {} \
             calls, {} refunded, {} flagged, {} flags asked for again; {persons} of {} good \
             returns ended with a person {:?}",
            self.kills,
            self.in_a_call,
            self.restarts,
            self.returns,
            self.calls,
            self.refunded,
            self.flagged,
            self.repeated_flags,
            self.good,
            self.persons,
        )
    }
}
