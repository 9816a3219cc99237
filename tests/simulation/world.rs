//! One run: the workers, their schedules and crashes, and the order in which everything happens.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use ams_loop_bridge::{Bridge, Policy, Surplus};
use ams_oms_client::MerchantId;
use loop_client::webhook::{WebhookVerifier, sign};

use super::book::LedgerPort;
use super::faults::Faults;
use super::load::plan;
use super::loop_port::LoopPort;
use super::oms_port::OmsPort;
use super::planted::Plant;
use super::rng::Rng;
use super::sim::{DAY, Event, HOUR, Hook, Job, MINUTE, Shared, Sim, at};
use super::time::{ClockPort, DicePort};

const SECRET: &str = "the shop's";
const STARTS_WITHIN: i64 = 2 * DAY;
/// Then nothing fails any more, and no webhook comes.
const QUIET_FROM: i64 = 4 * DAY;
const LAST_PARCEL: i64 = QUIET_FROM + 12 * HOUR;
/// A deadline of a day, begun by a clock that was a day fast, passes before.
const SETTLED_BY: i64 = QUIET_FROM + 3 * DAY;
const END: i64 = SETTLED_BY + 2 * HOUR;

/// What a run is about.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Setting {
    pub(crate) realistic: bool,
    pub(crate) plant: Option<Plant>,
    pub(crate) in_words: bool,
}

/// What came of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) hash: u64,
    pub(crate) violation: Option<String>,
    pub(crate) tail: Vec<String>,
    pub(crate) counts: Counts,
}

#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) returns: u64,
    pub(crate) settled: u64,
    pub(crate) refunds: u64,
    pub(crate) good: u64,
    pub(crate) false_flags: u64,
    pub(crate) calls: u64,
    pub(crate) own_calls: u64,
    pub(crate) crashes: u64,
    pub(crate) polls: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.returns += other.returns;
        self.settled += other.settled;
        self.refunds += other.refunds;
        self.good += other.good;
        self.false_flags += other.false_flags;
        self.calls += other.calls;
        self.own_calls += other.own_calls;
        self.crashes += other.crashes;
        self.polls += other.polls;
    }
}

/// What a task comes to: whether Loop is to send the webhook again, if it was one.
type Work = Pin<Box<dyn Future<Output = Option<u16>>>>;

struct Task {
    worker: usize,
    job: Option<Job>,
    hook: Option<Hook>,
    work: Work,
}

struct Worker {
    bridge: Bridge,
    up: bool,
    fast: i64,
    settles_every: i64,
    pulls_every: i64,
}

struct World {
    shared: Shared,
    workers: Vec<Worker>,
    tasks: BTreeMap<u64, Task>,
    begun: u64,
    counts: Counts,
}

fn policy(rng: &mut Rng) -> Policy {
    let mut policy = Policy::processing();
    policy.process_returns = !rng.chance(1000);
    policy.flag_early = rng.chance(2500);
    if rng.chance(2500) {
        policy.surplus = Surplus::Flag;
    }
    policy.process_deadline_hours = if rng.chance(5000) { 24 } else { 6 };
    policy
}

pub(crate) fn run(seed: u64, setting: Setting) -> Report {
    let mut rng = Rng::new(seed);
    let faults = if setting.realistic {
        Faults::realistic()
    } else {
        Faults::drawn(&mut rng)
    };
    let policy = if setting.realistic {
        Policy::processing()
    } else {
        policy(&mut rng)
    };
    let workers = 1 + rng.below(3);
    let returns = 1 + rng.below(10);
    let sim = Sim::new(rng, faults, policy.clone(), setting.plant, setting.in_words);
    let shared = Shared::new(sim);
    let mut world = World {
        workers: (0..workers).map(|_| worker(&shared, &policy)).collect(),
        tasks: BTreeMap::new(),
        begun: 0,
        counts: Counts::default(),
        shared,
    };
    world.shared.with(|sim| plan(sim, returns, STARTS_WITHIN));
    world.begin();
    world.live(QUIET_FROM);
    world.calm();
    world.live(SETTLED_BY);
    world.shared.with(|sim| {
        if sim.audit.violation.is_none() {
            sim.watch_end();
        }
    });
    let before = world.changes();
    world.live(END);
    if world.changes() != before {
        let what = "L5: a settled world was changed again".to_owned();
        world.shared.with(|sim| {
            sim.audit.violation.get_or_insert(what);
        });
    }
    world.report()
}

fn worker(shared: &Shared, policy: &Policy) -> Worker {
    let bridge = Bridge::new(
        MerchantId::new("acme").expect("a name"),
        LoopPort(shared.clone()),
        OmsPort(shared.clone()),
        LedgerPort(shared.clone()),
    )
    .with_policy(policy.clone())
    .expect("a policy")
    .with_clock(ClockPort(shared.clone()))
    .with_randomness(DicePort(shared.clone()))
    .with_webhooks(WebhookVerifier::new([SECRET]).expect("a secret"));
    let (fast, settles_every, pulls_every) = shared.with(|sim| {
        let skew = sim.faults.skew;
        let fast = sim.rng.seconds(-skew, skew);
        let settles = sim.rng.seconds(10 * MINUTE, HOUR);
        (fast, settles, sim.rng.seconds(20 * MINUTE, 2 * HOUR))
    });
    Worker {
        bridge,
        up: true,
        fast,
        settles_every,
        pulls_every,
    }
}

impl World {
    fn begin(&mut self) {
        let workers = self.workers.len();
        // Started by the same cron, they meet all the time.
        let in_step = self.shared.with(|sim| sim.rng.chance(3000));
        if in_step {
            let every = self.workers[0].settles_every;
            for worker in &mut self.workers {
                worker.settles_every = every;
            }
        }
        self.shared.with(|sim| {
            for worker in 0..workers {
                for job in [Job::Pull, Job::Settle] {
                    let longest = if in_step { 3 } else { HOUR };
                    let first = sim.rng.seconds(0, longest);
                    sim.schedule(first, Event::Tick(worker, job));
                }
            }
            // Once an hour something larger may break.
            for hour in 0..QUIET_FROM / HOUR {
                let begins = hour * HOUR;
                let (rate, jump) = (sim.faults.key_out, sim.faults.clock_jump);
                if sim.rng.chance(jump) {
                    let worker = usize::try_from(sim.rng.below(3)).unwrap_or(0) % workers;
                    let fast = sim.rng.seconds(-DAY, DAY);
                    sim.schedule(begins, Event::Clock(worker, fast));
                    let ends = begins + sim.rng.seconds(MINUTE, 2 * HOUR);
                    sim.schedule(ends, Event::Clock(worker, 0));
                }
                if sim.rng.chance(rate) {
                    let side = usize::try_from(sim.rng.below(2)).unwrap_or(0);
                    sim.schedule(begins, Event::KeyRefused(side));
                }
            }
        });
    }

    /// Faults off, clocks right, everybody up; only the polls are left to find what is owed.
    fn calm(&mut self) {
        self.shared.with(|sim| {
            sim.faults = Faults {
                hook_dropped: 10_000,
                ..Faults::default()
            };
            sim.shop.key_refused_until = 0;
            sim.yard.refused_until = 0;
            sim.note("faults stop", 0, String::new);
        });
        for worker in &mut self.workers {
            (worker.fast, worker.up) = (0, true);
            // What is found is the same, for half the work.
            worker.settles_every = worker.settles_every.max(30 * MINUTE);
            worker.pulls_every = worker.pulls_every.max(HOUR);
        }
    }

    fn changes(&self) -> (u64, u64) {
        self.shared
            .with(|sim| (sim.shop.effects, sim.yard.versions))
    }

    fn live(&mut self, until: i64) {
        loop {
            let (event, over) = self.shared.with(|sim| {
                let over = sim.audit.violation.is_some();
                (sim.next_event(until), over)
            });
            let (Some(event), false) = (event, over) else {
                return;
            };
            match event {
                Event::Poll(task) => self.poll(task),
                Event::Tick(worker, job) => self.tick(worker, job),
                Event::Restart(worker) => self.workers[worker].up = true,
                Event::Clock(worker, fast) => self.workers[worker].fast = fast,
                Event::Hook(hook) => self.deliver(hook),
                Event::Late(effect) => self.shared.with(|sim| {
                    sim.task = 0;
                    sim.note("lands late", 0, String::new);
                    sim.apply(effect);
                }),
                Event::Processed { id, fails } => {
                    self.shared.with(|sim| sim.finish_process(id, fails));
                }
                Event::KeyRefused(side) => self.shared.with(|sim| {
                    let until = sim.now + sim.rng.seconds(MINUTE, 3 * HOUR);
                    if side == 0 {
                        sim.shop.key_refused_until = until;
                    } else {
                        sim.yard.refused_until = until;
                    }
                }),
                Event::Person(id, does) => self.shared.with(|sim| sim.person(id, does)),
                Event::Clerk(id, does) => self.shared.with(|sim| sim.clerk(id, does, LAST_PARCEL)),
            }
        }
    }

    fn start(&mut self, worker: usize, job: Option<Job>, hook: Option<Hook>, work: Work) {
        self.begun += 1;
        let task = self.begun;
        let run = Task {
            worker,
            job,
            hook,
            work,
        };
        self.tasks.insert(task, run);
        self.poll(task);
    }

    fn tick(&mut self, worker: usize, job: Job) {
        let own = &self.workers[worker];
        let every = match job {
            Job::Pull => own.pulls_every,
            Job::Settle => own.settles_every,
        };
        let now = self.shared.with(|sim| {
            sim.schedule(sim.now + every, Event::Tick(worker, job));
            sim.now
        });
        let busy = |task: &Task| task.worker == worker && task.job == Some(job);
        if !own.up || self.tasks.values().any(busy) {
            return;
        }
        let (bridge, now) = (own.bridge.clone(), at(now + own.fast));
        let work: Work = match job {
            Job::Pull => Box::pin(async move {
                let _failed_until_next_time = bridge.pull(now).await;
                None
            }),
            Job::Settle => Box::pin(async move {
                let _failed_until_next_time = bridge.settle(now).await;
                None
            }),
        };
        self.start(worker, Some(job), None, work);
    }

    fn deliver(&mut self, hook: Hook) {
        let up: Vec<usize> = (0..self.workers.len())
            .filter(|worker| self.workers[*worker].up)
            .collect();
        if up.is_empty() {
            return self.send_again(hook);
        }
        let (now, drawn) = self.shared.with(|sim| {
            sim.note("webhook", hook.id, || format!("forged: {}", hook.forged));
            (sim.now, sim.rng.next())
        });
        let worker = up[usize::try_from(drawn % 8).unwrap_or(0) % up.len()];
        let own = &self.workers[worker];
        let (bridge, now) = (own.bridge.clone(), at(now + own.fast));
        let secret = if hook.forged { "a stranger's" } else { SECRET };
        let signature = sign(secret.as_bytes(), hook.body.as_bytes());
        let body = hook.body.clone();
        let work: Work = Box::pin(async move {
            let reply = bridge
                .accept_webhook([signature.as_bytes()], body.as_bytes(), now)
                .await;
            Some(reply.status())
        });
        self.start(worker, None, Some(hook), work);
    }

    /// As Loop does, a few times.
    fn send_again(&self, mut hook: Hook) {
        hook.attempt += 1;
        if hook.attempt < 4 && !hook.forged {
            self.shared
                .with(|sim| sim.schedule(sim.now + 5 * MINUTE, Event::Hook(hook)));
        }
    }

    fn poll(&mut self, id: u64) {
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        self.counts.polls += 1;
        let worker = task.worker;
        let (crashes, dropped) = self.shared.with(|sim| {
            sim.task = id;
            let (crash, dropped) = (sim.faults.crash, sim.faults.dropped);
            (sim.rng.chance(crash), sim.rng.chance(dropped))
        });
        if crashes {
            return self.crash(worker);
        }
        if dropped {
            self.end(id);
            return;
        }
        match task
            .work
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Pending => self.shared.with(|sim| {
                let at = sim.wake();
                sim.schedule(at, Event::Poll(id));
            }),
            Poll::Ready(status) => {
                let hook = self.end(id);
                if let (Some(hook), Some(status)) = (hook, status) {
                    self.replied(hook, status);
                }
            }
        }
    }

    fn replied(&self, hook: Hook, status: u16) {
        if hook.forged && status != 401 {
            let what = format!("return {}: a forged webhook was taken", hook.id);
            self.shared.with(|sim| sim.audit.violation = Some(what));
        } else if status != 200 {
            self.send_again(hook);
        }
    }

    /// Ends a task, wherever it stands.
    fn end(&mut self, id: u64) -> Option<Hook> {
        let hook = self.tasks.remove(&id).and_then(|task| task.hook);
        self.shared.with(|sim| sim.audit.task_ended(id));
        hook
    }

    fn crash(&mut self, worker: usize) {
        self.counts.crashes += 1;
        self.shared.with(|sim| {
            sim.note("crash", 0, || format!("worker {worker}"));
            let back = sim.now + sim.rng.seconds(0, 30 * MINUTE);
            sim.schedule(back, Event::Restart(worker));
        });
        self.workers[worker].up = false;
        let ids: Vec<u64> = self
            .tasks
            .iter()
            .filter(|(_, task)| task.worker == worker)
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            if let Some(hook) = self.end(id) {
                self.send_again(hook);
            }
        }
    }

    fn report(self) -> Report {
        let mut counts = self.counts;
        self.shared.with(|sim| {
            counts.calls = sim.shop.calls;
            counts.own_calls = sim.shop.own_calls;
            for (id, case) in &sim.shop.cases {
                counts.returns += 1;
                counts.refunds += u64::from(case.refunds);
                let entry = sim.book.entries.get(id);
                counts.settled += u64::from(entry.is_some_and(|it| it.settlement.is_some()));
                if let Some(false_flag) = sim.is_false_flag(*id, case) {
                    counts.good += 1;
                    counts.false_flags += u64::from(false_flag);
                }
            }
            Report {
                hash: sim.trace.hash(),
                violation: sim.audit.violation.clone(),
                tail: sim.trace.tail(sim.audit.accused),
                counts,
            }
        })
    }
}
