//! One run from one seed: what is drawn, when the faults stop, and what came of it.

use std::collections::BTreeMap;

use ams_loop_bridge::ledger::Outcome;
use ams_loop_bridge::{Policy, Surplus};

use super::cut::Cuts;
use super::faults::Faults;
use super::load::plan;
use super::planted::Plant;
use super::rng::Rng;
use super::sim::{DAY, HOUR, MINUTE, Shared, Sim};
use super::world::{Life, Schedule, World};

const STARTS_WITHIN: i64 = 2 * DAY;
const QUIET_FROM: i64 = 4 * DAY;
pub(crate) const LAST_PARCEL: i64 = QUIET_FROM + 12 * HOUR;
/// A deadline of a day, begun by a clock that was a day fast, passes before everything is settled.
const LIFE: Life = Life {
    breaks_until: QUIET_FROM,
    quiet_from: QUIET_FROM,
    settled_by: QUIET_FROM + 3 * DAY,
    end: QUIET_FROM + 3 * DAY + 4 * HOUR,
};

/// What a run is about.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Setting {
    pub(crate) realistic: bool,
    pub(crate) plant: Option<Plant>,
    pub(crate) in_words: bool,
    /// Which return is to be told of, unless one broke a rule.
    pub(crate) about: Option<u64>,
    /// How many returns, if that is not drawn.
    pub(crate) returns: Option<u64>,
}

/// What came of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) hash: u64,
    pub(crate) violation: Option<String>,
    pub(crate) tail: Vec<String>,
    pub(crate) counts: Counts,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Counts {
    pub(crate) returns: u64,
    pub(crate) settled: u64,
    pub(crate) refunds: u64,
    /// In perfect order.
    pub(crate) good: u64,
    /// Of these, flagged.
    pub(crate) false_flags: u64,
    /// Of these, in a person's hands without a flag.
    pub(crate) escalated: u64,
    pub(crate) calls: u64,
    /// Those about one return.
    pub(crate) own_calls: u64,
    pub(crate) crashes: u64,
    pub(crate) polls: u64,
    /// Calls about returns that can be read.
    pub(crate) by_kind: BTreeMap<&'static str, u64>,
    /// Calls about good returns.
    pub(crate) of_good: BTreeMap<&'static str, u64>,
    /// Why good returns did not end well.
    pub(crate) spoiled_by: BTreeMap<String, u64>,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.returns += other.returns;
        self.settled += other.settled;
        self.refunds += other.refunds;
        self.good += other.good;
        self.false_flags += other.false_flags;
        self.escalated += other.escalated;
        self.calls += other.calls;
        self.own_calls += other.own_calls;
        self.crashes += other.crashes;
        self.polls += other.polls;
        for (kind, count) in &other.by_kind {
            *self.by_kind.entry(kind).or_default() += count;
        }
        for (kind, count) in &other.of_good {
            *self.of_good.entry(kind).or_default() += count;
        }
        for (why, count) in &other.spoiled_by {
            *self.spoiled_by.entry(why.clone()).or_default() += count;
        }
    }
}

fn policy(rng: &mut Rng) -> Policy {
    let mut policy = Policy::processing();
    policy.process_returns = !rng.chance(1000);
    policy.flag_early = rng.chance(2500);
    if rng.chance(2500) {
        policy.surplus = Surplus::Flag;
    }
    policy.process_deadline_hours = if rng.chance(5000) { 24 } else { 6 };
    policy.process_attempt_id = rng.chance(2500);
    policy.inspection.grades = rng.chance(1500);
    policy.inspection.dispositions = rng.chance(1500);
    if rng.chance(1000) {
        policy.overdue_after_days = 1;
        policy.flag_overdue = true;
    }
    policy
}

pub(crate) fn run(seed: u64, setting: Setting) -> Report {
    let mut world = drawn(seed, setting, |_| ());
    while world.step_of_life() {}
    report(&world)
}

/// The world of a seed before anything has happened in it.
pub(crate) fn drawn(seed: u64, setting: Setting, change: impl FnOnce(&mut Sim)) -> World {
    let mut rng = Rng::new(seed);
    let (faults, policy) = if setting.realistic {
        (Faults::realistic(), Policy::processing())
    } else {
        (Faults::drawn(&mut rng), policy(&mut rng))
    };
    let workers = 1 + rng.below(3);
    let drawn = 1 + rng.below(10);
    let returns = setting.returns.unwrap_or(drawn);
    let mut sim = Sim::new(rng, faults, policy, setting.plant, setting.in_words);
    sim.audit.about = setting.about;
    sim.audit.listens = setting.in_words || setting.plant.is_some() || seed.is_multiple_of(16);
    change(&mut sim);
    let schedules = schedules(&mut sim, workers, setting.realistic);
    let mut world = World::new(Shared::new(sim), schedules, LIFE);
    world.shared.with(|sim| plan(sim, returns, STARTS_WITHIN));
    world.begin();
    world
}

/// Started by the same cron, workers meet all the time. Realistic ones come every few minutes;
/// otherwise what waits for them waits longer.
fn schedules(sim: &mut Sim, workers: u64, realistic: bool) -> Vec<Schedule> {
    let (settles, pulls) = if realistic {
        (3 * MINUTE..=6 * MINUTE, 5 * MINUTE..=10 * MINUTE)
    } else {
        (10 * MINUTE..=HOUR, 20 * MINUTE..=2 * HOUR)
    };
    let in_step = sim.rng.chance(3000);
    let mut schedules: Vec<Schedule> = (0..workers)
        .map(|_| {
            let skew = sim.faults.skew;
            let longest = if in_step { 3 } else { HOUR };
            Schedule {
                fast: sim.rng.seconds(-skew, skew),
                settles_every: sim.rng.seconds(*settles.start(), *settles.end()),
                pulls_every: sim.rng.seconds(*pulls.start(), *pulls.end()),
                first_settle: sim.rng.seconds(0, longest),
                first_pull: sim.rng.seconds(0, longest),
            }
        })
        .collect();
    if in_step {
        let every = schedules[0].settles_every;
        for schedule in &mut schedules {
            schedule.settles_every = every;
        }
    }
    schedules
}

/// What came of it.
pub(crate) fn report(world: &World) -> Report {
    let mut counts = Counts {
        crashes: world.crashes,
        polls: world.polls,
        ..Counts::default()
    };
    world.shared.with(|sim| {
        counts.calls = sim.shop.calls;
        counts.own_calls = sim.shop.own_calls;
        for ((id, kind), count) in &sim.shop.by_kind {
            if sim.shop.cases.contains_key(id) && !sim.shop.poisoned.contains(id) {
                *counts.by_kind.entry(kind).or_default() += count;
            }
        }
        for (id, case) in &sim.shop.cases {
            counts.returns += 1;
            counts.refunds += u64::from(case.refunds);
            let entry = sim.book.entries.get(id);
            let settlement = entry.and_then(|entry| entry.settlement.as_ref());
            counts.settled += u64::from(settlement.is_some());
            let Some(false_flag) = sim.is_false_flag(*id, case) else {
                continue;
            };
            let escalated =
                !false_flag && settlement.is_some_and(|it| it.outcome == Outcome::Escalated);
            counts.good += 1;
            for ((_, kind), count) in sim.shop.by_kind.range((*id, "")..(*id + 1, "")) {
                *counts.of_good.entry(kind).or_default() += count;
            }
            counts.false_flags += u64::from(false_flag);
            counts.escalated += u64::from(escalated);
            if false_flag || escalated {
                let decision = entry.and_then(|entry| entry.decision.as_ref());
                let why = decision.map_or(String::new(), |it| format!("{:?}", it.reason));
                let call = sim.shop.process_ended.get(id);
                let why = format!("{why}, process call: {call:?}");
                *counts.spoiled_by.entry(why).or_default() += 1;
            }
        }
        Report {
            hash: sim.trace.hash(),
            violation: sim.audit.violation.clone(),
            tail: sim.trace.tail(sim.audit.accused.or(sim.audit.about)),
            counts,
        }
    })
}

/// Cuts are for runs that nothing else disturbs.
pub(crate) fn undisturbed(seed: u64, policy: Policy, cuts: Cuts, in_words: bool) -> Sim {
    let faults = Faults::default();
    let mut sim = Sim::new(Rng::new(seed), faults, policy, None, in_words);
    sim.cuts = cuts;
    sim
}
