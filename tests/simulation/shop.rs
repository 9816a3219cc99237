//! What is true in Loop, and what Loop does with it later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use loop_client::{AsnRow, Return};
use serde_json::json;

use super::planted::Plant;
use super::rng::Rng;
use super::sim::{DAY, Event, HOUR, Hook, MINUTE, Signed, Sim};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Closed,
    Cancelled,
    Review,
    Expired,
    /// A word that nobody has documented.
    Odd,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::Review => "review",
            Self::Expired => "expired",
            Self::Odd => "awaiting_magic",
        }
    }
}

/// A line of a return: one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: u64,
    pub(crate) sku: &'static str,
    /// The shopper keeps it.
    pub(crate) kept: bool,
}

/// A return as it was from some time on.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) from: i64,
    pub(crate) state: State,
    pub(crate) lines: Vec<Line>,
    pub(crate) details: Return,
    body: Arc<str>,
    /// What the list filters by: not every change bumps it.
    pub(crate) updated: i64,
}

impl Version {
    pub(crate) fn shipped(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.kept)
    }
}

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) versions: Vec<Version>,
    pub(crate) asn: Vec<AsnRow>,
    pub(crate) flagged: bool,
    pub(crate) notes: Vec<Arc<str>>,
    /// Process requests that Loop took.
    pub(crate) taken: usize,
    pub(crate) refunds: u32,
    /// Somebody closed it in Loop's own pages.
    pub(crate) closed_by_hand: bool,
    pub(crate) edited: bool,
}

impl Case {
    pub(crate) fn now(&self) -> &Version {
        self.versions.last().expect("a return has a version")
    }

    /// What a read shows that lags behind.
    pub(crate) fn as_of(&self, at: i64) -> Option<usize> {
        self.versions.iter().rposition(|version| version.from <= at)
    }
}

#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) cases: BTreeMap<u64, Case>,
    /// Returns whose details nobody can read, for ever.
    pub(crate) poisoned: BTreeSet<u64>,
    /// Of other shops, by number: their webhooks came here.
    pub(crate) foreign: BTreeMap<u64, Version>,
    flag_reviews: bool,
    processes_flagged: bool,
    pub(crate) page_size: usize,
    pub(crate) calls: u64,
    /// Those about one return.
    pub(crate) own_calls: u64,
    /// Calls that change something.
    pub(crate) effects: u64,
    /// By name, and by return: 0 for those about none.
    pub(crate) by_kind: BTreeMap<(u64, &'static str), u64>,
    /// How the last process call of a return ended.
    pub(crate) process_ended: BTreeMap<u64, String>,
    /// When the subscription to webhooks is disabled.
    hooks_off_from: i64,
}

impl Shop {
    pub(crate) fn drawn(rng: &mut Rng) -> Self {
        Self {
            cases: BTreeMap::new(),
            poisoned: BTreeSet::new(),
            foreign: BTreeMap::new(),
            flag_reviews: rng.chance(5000),
            processes_flagged: rng.chance(3000),
            page_size: if rng.chance(5000) { 2 } else { 100 },
            calls: 0,
            own_calls: 0,
            effects: 0,
            by_kind: BTreeMap::new(),
            process_ended: BTreeMap::new(),
            hooks_off_from: rng.seconds(0, 3 * DAY),
        }
    }
}

/// Must never be told to anybody: about a person.
pub(crate) const PERSON: &str = "canary@example.com";

fn version(
    id: u64,
    from: i64,
    state: State,
    lines: Vec<Line>,
    updated: i64,
    kept: &str,
) -> Version {
    let rows: Vec<_> = lines
        .iter()
        .map(|line| {
            let outcome = if line.kept { kept } else { "default" };
            json!({"line_item_id": line.id, "sku": line.sku, "outcome": outcome})
        })
        .collect();
    let mut details = json!({"id": id, "state": state.word(), "order_name": "#1001",
        "outcome": "refund", "customer": PERSON, "line_items": rows});
    let read = serde_json::from_value(details.clone()).expect("a return");
    details["topic"] = json!("return");
    details["trigger"] = json!("return.updated");
    Version {
        from,
        state,
        lines,
        details: read,
        body: details.to_string().into(),
        updated,
    }
}

/// One row a unit. When it is split, they go to different places.
fn asn(id: u64, lines: &[Line], split: bool) -> Vec<AsnRow> {
    let row = |line: &Line| {
        let mut row =
            json!({"id": id, "return_line_item_id": line.id, "state": "open", "sku": line.sku});
        if split {
            row["destination_id"] = json!(1 + line.id % 2);
        }
        serde_json::from_value(row).expect("a row")
    };
    lines.iter().map(row).collect()
}

impl Sim {
    /// How Loop's client reads the outcome of what the shopper keeps.
    fn kept(&self) -> &'static str {
        if self.has(Plant::KeptIsShipped) {
            "default"
        } else {
            "keep"
        }
    }

    pub(crate) fn start_return(&mut self, id: u64, lines: Vec<Line>) {
        let splits = self.faults.split;
        let split = self.rng.chance(splits);
        let asn = asn(id, &lines, split);
        self.note("shopper starts", id, || format!("{lines:?}"));
        let (now, kept) = (self.now, self.kept());
        let case = Case {
            versions: vec![version(id, now, State::Open, lines, now, kept)],
            asn,
            flagged: false,
            notes: Vec::new(),
            taken: 0,
            refunds: 0,
            closed_by_hand: false,
            edited: false,
        };
        self.shop.cases.insert(id, case);
        self.tell(id);
        let foreign = self.faults.hook_foreign;
        if self.rng.chance(foreign) {
            self.tell_of_another_shop(1_000_000 + id);
        }
    }

    fn tell_of_another_shop(&mut self, id: u64) {
        let line = Line {
            id: id * 10,
            sku: "TEE-M",
            kept: false,
        };
        let (now, lines) = (self.now, vec![line]);
        let version = version(id, now, State::Open, lines, now, self.kept());
        let body = Arc::clone(&version.body);
        self.shop.foreign.insert(id, version);
        self.send_hook(id, body);
    }

    /// Another version, and a webhook about it.
    pub(crate) fn change_return(&mut self, id: u64, state: State, lines: Option<Vec<Line>>) {
        let now = self.now;
        let not_bumped = self.faults.not_bumped;
        let bumped = !self.rng.chance(not_bumped);
        let kept = self.kept();
        let Some(case) = self.shop.cases.get_mut(&id) else {
            return;
        };
        case.edited |= lines.is_some();
        let before = case.now();
        let updated = if bumped { now } else { before.updated };
        let lines = lines.unwrap_or_else(|| before.lines.clone());
        let next = version(id, now, state, lines, updated, kept);
        case.versions.push(next);
        self.note("Loop shows", id, || format!("{state:?}, bumped: {bumped}"));
        self.tell(id);
    }

    fn tell(&mut self, id: u64) {
        let body = Arc::clone(&self.shop.cases[&id].now().body);
        self.send_hook(id, body);
    }

    fn send_hook(&mut self, id: u64, body: Arc<str>) {
        let faults = self.faults.clone();
        let mut hook = Hook {
            id,
            body,
            signed: Signed::ByAStranger,
            attempt: 0,
        };
        if self.rng.chance(faults.hook_forged) {
            let at = self.now + self.rng.seconds(0, HOUR);
            self.schedule(at, Event::Hook(hook.clone()));
        }
        hook.signed = Signed::ByLoop;
        let off = self.shop.hooks_off_from;
        let is_off = (off..off + faults.hooks_off_for).contains(&self.now);
        if is_off || self.rng.chance(faults.hook_dropped) {
            return;
        }
        let mut copies = 1;
        copies += i64::from(self.rng.chance(faults.hook_doubled));
        for _ in 0..copies {
            let longest = if self.rng.chance(faults.hook_late) {
                24 * HOUR
            } else {
                5
            };
            let at = self.now + self.rng.seconds(0, longest);
            self.schedule(at, Event::Hook(hook.clone()));
        }
        if self.rng.chance(faults.hook_replayed) {
            let at = self.now + self.rng.seconds(HOUR, 96 * HOUR);
            self.schedule(at, Event::Hook(hook));
        }
    }

    /// Loop queues it, and nobody says that it notices a second one while the first is queued.
    pub(crate) fn take_process(
        &mut self,
        id: u64,
        request: usize,
        attempt: Option<Arc<str>>,
    ) -> bool {
        let allows_flagged = self.shop.processes_flagged;
        let Some(case) = self.shop.cases.get_mut(&id) else {
            return false;
        };
        if case.now().state != State::Open || (case.flagged && !allows_flagged) {
            return false;
        }
        case.taken += 1;
        if let Some(attempt) = attempt {
            case.notes.push(format!("attempt: {attempt}").into());
        }
        self.note("Loop queues", id, || format!("request {request}"));
        let faults = self.faults.clone();
        let fails = self.rng.chance(faults.process_fails);
        if self.rng.chance(faults.process_never) {
            return true;
        }
        let longest = if self.rng.chance(faults.process_late) {
            faults.process_late_by
        } else {
            MINUTE
        };
        let at = self.now + self.rng.seconds(1, longest);
        self.schedule(at, Event::Processed { id, fails });
        true
    }

    pub(crate) fn finish_process(&mut self, id: u64, fails: bool) {
        let case = self.shop.cases.get_mut(&id).expect("it was queued");
        if fails {
            // A flag is what is owed then, not a false one.
            self.audit.spoiled.insert(id);
            self.note("processing fails", id, String::new);
            let body = json!({"topic": "return.processing", "id": id, "return_id": id,
                "trigger": "return.processing.failed"});
            self.send_hook(id, body.to_string().into());
            return;
        }
        if case.closed_by_hand || case.now().state == State::Cancelled {
            return;
        }
        case.refunds += 1;
        let refunds = case.refunds;
        self.note("Loop refunds", id, || format!("for the {refunds}. time"));
        self.audit.refunded(id, refunds);
        if matches!(
            self.shop.cases[&id].now().state,
            State::Open | State::Review
        ) {
            self.change_return(id, State::Closed, None);
        }
    }

    pub(crate) fn take_flag(&mut self, id: u64) -> bool {
        let reviews = self.shop.flag_reviews;
        let Some(case) = self.shop.cases.get_mut(&id) else {
            return false;
        };
        if case.flagged || case.now().state != State::Open {
            return false;
        }
        case.flagged = true;
        self.note("Loop flags", id, String::new);
        if reviews {
            self.change_return(id, State::Review, None);
        }
        true
    }

    pub(crate) fn take_note(&mut self, id: u64, text: &Arc<str>) -> bool {
        if let Some(case) = self.shop.cases.get_mut(&id) {
            case.notes.push(Arc::clone(text));
        }
        true
    }
}
