//! The state of the simulated world, and the one way to pass time in it.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use ams_loop_bridge::Policy;
use ams_loop_bridge::ledger::Entry;
use ams_oms_client::Rma;
use loop_client::Timestamp;

use super::audit::Auditor;
use super::book::Book;
use super::cut::Cuts;
use super::faults::Faults;
use super::load::{Clerk, Person};
use super::outage::{Outages, Side};
use super::planted::Plant;
use super::rng::Rng;
use super::shop::Shop;
use super::trace::Trace;
use super::yard::Yard;

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 86_400;

/// The webhooks' secrets: one, and the one that follows it.
pub(crate) const SECRET: &str = "canary-of-the-shop";
pub(crate) const NEXT_SECRET: &str = "canary-of-the-shop-2";

/// Virtual seconds after an arbitrary beginning.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000 + seconds)
}

pub(crate) fn seconds(at: Timestamp) -> i64 {
    at.unix_seconds() - 1_800_000_000
}

/// What is going to happen.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Poll(u64),
    Tick(usize, Job),
    Restart(usize),
    /// A worker's clock is set to be so many seconds fast.
    Clock(usize, i64),
    Hook(Hook),
    /// A request, or a write, that its sender has given up takes effect.
    Late(Effect),
    /// Loop carries out a queued process request, or fails to.
    Processed {
        id: u64,
        fails: bool,
    },
    Outage(Side),
    /// The ledger is copied, and the copy put in its place later: with the workers stopped or not.
    LedgerCopy,
    LedgerRestore {
        stopped: bool,
    },
    /// The older of two webhook secrets counts no more.
    SecretRetired,
    Person(u64, Person),
    Clerk(u64, Clerk),
}

/// What a worker does on a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    Pull,
    Settle,
    /// What was settled a while ago is put away.
    Archive,
    /// As a person does who knows that the ledger was restored.
    Reconcile,
}

/// A webhook on its way.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) id: u64,
    pub(crate) body: Arc<str>,
    pub(crate) signed: Signed,
    pub(crate) attempt: u32,
}

/// By whom a webhook is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signed {
    /// With the secret of the time.
    ByLoop,
    ByAStranger,
}

/// What a call does to the other side.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    Process {
        id: u64,
        request: usize,
        attempt: Option<Arc<str>>,
    },
    Flag(u64),
    Note(u64, Arc<str>),
    Create(Box<Rma>),
    Amend(Box<Rma>),
    CancelRma(u64),
    Store(Box<Entry>),
}

#[derive(Debug)]
pub(crate) struct Sim {
    pub(crate) merchant: &'static str,
    pub(crate) now: i64,
    pub(crate) rng: Rng,
    pub(crate) faults: Faults,
    pub(crate) trace: Trace,
    pub(crate) plant: Option<Plant>,
    pub(crate) policy: Policy,
    pub(crate) shop: Shop,
    pub(crate) yard: Yard,
    pub(crate) book: Book,
    pub(crate) audit: Auditor,
    pub(crate) cuts: Cuts,
    pub(crate) outages: Outages,
    /// The process whose future is being polled ends when it gives way.
    pub(crate) dying: bool,
    /// The future that is being polled, and when it wants to be polled again.
    pub(crate) task: u64,
    wake: Option<i64>,
    /// At the same second the seed decides who comes first.
    events: BTreeMap<(i64, u64, u64), Event>,
    scheduled: u64,
}

impl Sim {
    pub(crate) fn new(
        mut rng: Rng,
        faults: Faults,
        policy: Policy,
        plant: Option<Plant>,
        in_words: bool,
    ) -> Self {
        Self {
            merchant: "acme",
            now: 0,
            shop: Shop::drawn(&mut rng),
            yard: Yard::drawn(&mut rng),
            rng,
            faults,
            trace: Trace::new(in_words),
            plant,
            policy,
            book: Book::default(),
            audit: Auditor::default(),
            cuts: Cuts::default(),
            outages: Outages::default(),
            dying: false,
            task: 0,
            wake: None,
            events: BTreeMap::new(),
            scheduled: 0,
        }
    }

    pub(crate) fn has(&self, plant: Plant) -> bool {
        self.plant == Some(plant)
    }

    pub(crate) fn schedule(&mut self, at: i64, event: Event) {
        let tie = self.rng.next();
        self.scheduled += 1;
        let key = (at.max(self.now), tie, self.scheduled);
        self.events.insert(key, event);
    }

    pub(crate) fn next_at(&self) -> Option<i64> {
        self.events.first_key_value().map(|(&(at, ..), _)| at)
    }

    pub(crate) fn next_event(&mut self, until: i64) -> Option<Event> {
        let (&(at, ..), _) = self.events.first_key_value()?;
        if at > until {
            self.now = until;
            return None;
        }
        let (_, event) = self.events.pop_first()?;
        self.now = at;
        Some(event)
    }

    pub(crate) fn wake(&mut self) -> i64 {
        self.wake.take().unwrap_or(self.now)
    }

    pub(crate) fn note(&mut self, what: &str, id: u64, more: impl FnOnce() -> String) {
        self.trace.note(self.now, what, id, more);
    }

    /// What a request or a write does when it gets there. The answer of those that can be refused
    /// is whether they were taken.
    pub(crate) fn apply(&mut self, effect: Effect) -> bool {
        self.cuts.last = self.cuts.seen;
        match effect {
            Effect::Process {
                id,
                request,
                attempt,
            } => self.take_process(id, request, attempt),
            Effect::Flag(id) => self.take_flag(id),
            Effect::Note(id, text) => self.take_note(id, &text),
            Effect::Create(rma) => {
                self.create(&rma);
                true
            }
            Effect::Amend(rma) => self.amend(&rma),
            Effect::CancelRma(id) => self.cancel_rma(id),
            Effect::Store(entry) => self.store(&entry),
        }
    }
}

/// The world as its ports hold it.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<Sim>>);

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the simulated world")
    }
}

impl Shared {
    pub(crate) fn new(sim: Sim) -> Self {
        Self(Arc::new(Mutex::new(sim)))
    }

    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut Sim) -> R) -> R {
        act(&mut self.0.lock().unwrap())
    }

    /// Gives way for some virtual seconds. Here a future can be dropped.
    pub(crate) async fn pause(&self, longest: i64) {
        let mut waits = false;
        poll_fn(|_| {
            if waits {
                return Poll::Ready(());
            }
            waits = true;
            self.with(|sim| {
                let slow = sim.faults.slow;
                let longest = if longest > 0 && sim.rng.chance(slow) {
                    2 * MINUTE
                } else {
                    longest
                };
                let pause = sim.rng.seconds(0, longest);
                sim.wake = Some(sim.now + pause);
            });
            Poll::Pending
        })
        .await;
    }

    /// On its way to the other side: whoever is dropped meanwhile does not know whether it got
    /// there.
    pub(crate) async fn travel(&self, longest: i64, effect: Option<&Effect>) {
        let mut flight = Flight {
            shared: self,
            effect: effect.cloned(),
        };
        self.pause(longest).await;
        flight.effect = None;
    }
}

struct Flight<'a> {
    shared: &'a Shared,
    effect: Option<Effect>,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let Some(effect) = self.effect.take() else {
            return;
        };
        self.shared.with(|sim| {
            if sim.rng.chance(5000) {
                let longest = if matches!(effect, Effect::Store(_)) {
                    2
                } else {
                    MINUTE
                };
                let at = sim.now + sim.rng.seconds(0, longest);
                sim.schedule(at, Event::Late(effect));
            }
        });
    }
}
