//! The history in the order in which the verdict asks for it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::history::{Answer, Deed, Event, Life};

/// So many of its last calls tell what a worker was at work on.
const RECENT: usize = 8;

/// A call with what became of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done {
    pub(crate) at: usize,
    pub(crate) life: Life,
    pub(crate) deed: Deed,
    /// `None` when the test ended before the answer.
    pub(crate) answer: Option<(usize, Answer)>,
}

/// What the history says at one reading.
pub(crate) struct Index {
    /// By return, in the order in which they reached the wire.
    pub(crate) calls: BTreeMap<u64, Vec<Done>>,
    /// Before which event the last goods of a return were booked.
    pub(crate) last_goods: BTreeMap<u64, usize>,
    /// The returns that somebody who was killed was at work on at the end.
    pub(crate) deathbeds: BTreeSet<u64>,
    /// The returns that somebody was at work on when the database went.
    pub(crate) without_a_database: BTreeSet<u64>,
}

impl Index {
    pub(crate) fn of(events: &[Event]) -> Self {
        let mut index = Self {
            calls: BTreeMap::new(),
            last_goods: BTreeMap::new(),
            deathbeds: BTreeSet::new(),
            without_a_database: BTreeSet::new(),
        };
        let mut answers = BTreeMap::new();
        let mut recent = BTreeMap::<Life, VecDeque<u64>>::new();
        let mut database_is_gone = false;
        for (at, event) in events.iter().enumerate() {
            match event {
                Event::Invoked { life, call } => {
                    index.calls.entry(call.id).or_default().push(Done {
                        at,
                        life: *life,
                        deed: call.deed,
                        answer: None,
                    });
                    if call.id != 0 {
                        let recent = recent.entry(*life).or_default();
                        recent.push_back(call.id);
                        if recent.len() > RECENT {
                            recent.pop_front();
                        }
                        if database_is_gone {
                            index.without_a_database.insert(call.id);
                        }
                    }
                }
                Event::Answered { call, answer } => {
                    answers.insert(*call, (at, *answer));
                }
                Event::LastGoods { id } => {
                    index.last_goods.insert(*id, at);
                }
                Event::Killed { life, .. } | Event::Ended { life, .. } => {
                    index
                        .deathbeds
                        .extend(recent.remove(life).unwrap_or_default());
                }
                Event::DatabaseGoes => {
                    database_is_gone = true;
                    index.without_a_database.extend(recent.values().flatten());
                }
                Event::DatabaseIsBack => database_is_gone = false,
            }
        }
        for call in index.calls.values_mut().flatten() {
            call.answer = answers.get(&call.at).copied();
        }
        index
    }
}

/// Those that ask for this.
pub(crate) fn of(calls: &[Done], deed: Deed) -> impl Iterator<Item = &Done> {
    calls.iter().filter(move |call| call.deed == deed)
}
