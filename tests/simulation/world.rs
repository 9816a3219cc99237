//! The workers, their schedules and crashes, and the order in which everything happens.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ams_loop_bridge::Bridge;
use ams_oms_client::MerchantId;
use loop_client::webhook::{WebhookVerifier, sign};

use super::book::LedgerPort;
use super::faults::Faults;
use super::loop_port::LoopPort;
use super::oms_port::OmsPort;
use super::run::LAST_PARCEL;
use super::sim::{
    DAY, Event, HOUR, Hook, Job, MINUTE, NEXT_SECRET, SECRET, Shared, Signed, Sim, at,
};
use super::time::{ClockPort, DicePort};

/// What a task comes to: whether Loop is to send the webhook again, if it was one.
type Work = Pin<Box<dyn Future<Output = Option<u16>>>>;

struct Task {
    worker: usize,
    job: Option<Job>,
    hook: Option<Hook>,
    work: Work,
}

/// Then an entry is put away.
const SETTLED_FOR: Duration = Duration::from_secs(12 * 3600);

/// When a worker does what, and how wrong its clock is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    pub(crate) fast: i64,
    pub(crate) settles_every: i64,
    pub(crate) pulls_every: i64,
    pub(crate) first_settle: i64,
    pub(crate) first_pull: i64,
}

/// The phases of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    /// Until then something larger may break.
    pub(crate) breaks_until: i64,
    /// Then nothing fails any more, and no webhook comes.
    pub(crate) quiet_from: i64,
    /// By then everything has to be settled.
    pub(crate) settled_by: i64,
    /// Until then nothing may change any more.
    pub(crate) end: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Faults,
    Quiet,
    Settled,
    Over,
}

struct Worker {
    bridge: Arc<Bridge>,
    up: bool,
    schedule: Schedule,
}

pub(crate) struct World {
    pub(crate) shared: Shared,
    workers: Vec<Worker>,
    tasks: BTreeMap<u64, Task>,
    begun: u64,
    pub(crate) crashes: u64,
    pub(crate) polls: u64,
    /// When Loop begins to sign with the other secret.
    signs_anew_from: i64,
    before: (u64, u64),
    life: Life,
    phase: Phase,
}

fn bridge(shared: &Shared) -> Bridge {
    Bridge::new(
        MerchantId::new(shared.with(|sim| sim.merchant)).expect("a name"),
        LoopPort(shared.clone()),
        OmsPort(shared.clone()),
        LedgerPort(shared.clone()),
    )
    .with_policy(shared.with(|sim| sim.policy.clone()))
    .expect("a policy")
    .with_clock(ClockPort(shared.clone()))
    .with_randomness(DicePort(shared.clone()))
    .with_webhooks(WebhookVerifier::new([SECRET, NEXT_SECRET]).expect("secrets"))
}

impl World {
    pub(crate) fn new(shared: Shared, schedules: Vec<Schedule>, life: Life) -> Self {
        let worker = |schedule| Worker {
            bridge: Arc::new(bridge(&shared)),
            up: true,
            schedule,
        };
        Self {
            workers: schedules.into_iter().map(worker).collect(),
            tasks: BTreeMap::new(),
            begun: 0,
            crashes: 0,
            polls: 0,
            signs_anew_from: i64::MAX,
            before: (0, 0),
            life,
            phase: Phase::Faults,
            shared,
        }
    }

    /// Everything that may break is planned, and the workers start.
    pub(crate) fn begin(&mut self) {
        let quiet_from = self.life.breaks_until;
        let workers = self.workers.len();
        let schedules = self.workers.iter().map(|worker| worker.schedule);
        let schedules: Vec<Schedule> = schedules.collect();
        self.signs_anew_from = self.shared.with(|sim| {
            for (worker, schedule) in schedules.iter().enumerate() {
                sim.schedule(schedule.first_settle, Event::Tick(worker, Job::Settle));
                sim.schedule(schedule.first_pull, Event::Tick(worker, Job::Pull));
                sim.schedule(DAY + schedule.first_pull, Event::Tick(worker, Job::Archive));
            }
            for hour in 0..quiet_from / HOUR {
                let begins = hour * HOUR;
                let jump = sim.faults.clock_jump;
                if sim.rng.chance(jump) {
                    let worker = usize::try_from(sim.rng.below(3)).unwrap_or(0) % workers;
                    let fast = sim.rng.seconds(-DAY, DAY);
                    sim.schedule(begins, Event::Clock(worker, fast));
                    let ends = begins + sim.rng.seconds(MINUTE, 2 * HOUR);
                    sim.schedule(ends, Event::Clock(worker, 0));
                }
                sim.perhaps_breaks(begins);
            }
            let restored = sim.faults.restored;
            if sim.rng.chance(restored) {
                let copied = sim.rng.seconds(0, quiet_from - HOUR);
                sim.schedule(copied, Event::LedgerCopy);
                let stopped = sim.rng.chance(5000);
                let put_back = sim.rng.seconds(copied, quiet_from);
                sim.schedule(put_back, Event::LedgerRestore { stopped });
            }
            let changes = sim.rng.seconds(0, 2 * quiet_from);
            let retired = changes + sim.rng.seconds(HOUR, DAY);
            sim.schedule(retired, Event::SecretRetired);
            changes
        });
    }

    /// Faults off, clocks right, everybody up; only the polls are left to find what is owed.
    fn calm(&mut self) {
        self.shared.with(|sim| {
            sim.faults = Faults {
                hook_dropped: 10_000,
                ..Faults::default()
            };
            sim.outages.end();
            sim.note("faults stop", 0, String::new);
        });
        for worker in &mut self.workers {
            worker.up = true;
            let schedule = &mut worker.schedule;
            schedule.fast = 0;
            // What is found is the same, for a part of the work.
            schedule.settles_every = schedule.settles_every.max(2 * HOUR);
            schedule.pulls_every = schedule.pulls_every.max(3 * HOUR);
        }
    }

    /// By now everything has to be settled.
    fn settled(&mut self) {
        self.before = self.shared.with(|sim| {
            if sim.audit.violation.is_none() {
                sim.watch_end();
            }
            sim.changes()
        });
    }

    /// In a settled world nothing is owed any more.
    fn over(&mut self) {
        let before = self.before;
        self.shared.with(|sim| {
            if sim.changes() != before {
                let what = "L5: a settled world was changed again".to_owned();
                sim.audit.violation.get_or_insert(what);
            }
        });
    }

    fn phase_ends(&self) -> i64 {
        match self.phase {
            Phase::Faults => self.life.quiet_from,
            Phase::Quiet => self.life.settled_by,
            Phase::Settled | Phase::Over => self.life.end,
        }
    }

    /// When something happens next in it, if anything does.
    pub(crate) fn next_at(&self) -> Option<i64> {
        let next = self.shared.with(|sim| sim.next_at());
        let next = next.unwrap_or(i64::MAX).min(self.phase_ends());
        (self.phase != Phase::Over).then_some(next)
    }

    /// The next event, or the end of a phase. `false` when it is over.
    pub(crate) fn step_of_life(&mut self) -> bool {
        if self.phase == Phase::Over || self.step(self.phase_ends()) {
            return self.phase != Phase::Over;
        }
        let broken = self.shared.with(|sim| sim.audit.violation.is_some());
        self.phase = match self.phase {
            _ if broken => Phase::Over,
            Phase::Faults => {
                self.calm();
                Phase::Quiet
            }
            Phase::Quiet => {
                self.settled();
                Phase::Settled
            }
            Phase::Settled | Phase::Over => {
                self.over();
                Phase::Over
            }
        };
        self.phase != Phase::Over
    }

    /// The next event, if there is one until then and no rule is broken.
    fn step(&mut self, until: i64) -> bool {
        let (event, over) = self.shared.with(|sim| {
            let over = sim.audit.violation.is_some();
            (sim.next_event(until), over)
        });
        let (Some(event), false) = (event, over) else {
            return false;
        };
        self.happens(event);
        true
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Poll(task) => self.poll(task),
            Event::Tick(worker, job) => self.tick(worker, job),
            Event::Restart(worker) => self.workers[worker].up = true,
            Event::Clock(worker, fast) => self.workers[worker].schedule.fast = fast,
            Event::Hook(hook) => self.deliver(hook),
            Event::Late(effect) => self.shared.with(|sim| {
                sim.task = 0;
                sim.note("lands late", 0, String::new);
                sim.apply(effect);
            }),
            Event::Processed { id, fails } => {
                self.shared.with(|sim| sim.finish_process(id, fails));
            }
            Event::Outage(side) => self.shared.with(|sim| sim.breaks(side)),
            Event::LedgerCopy => self.shared.with(|sim| sim.book.copy()),
            Event::LedgerRestore { stopped } => self.restore(stopped),
            Event::SecretRetired => self.retire(),
            Event::Person(id, does) => self.shared.with(|sim| sim.person(id, does)),
            Event::Clerk(id, does) => self.shared.with(|sim| sim.clerk(id, does, LAST_PARCEL)),
        }
    }

    fn restore(&mut self, stopped: bool) {
        if stopped {
            for worker in 0..self.workers.len() {
                self.crash(worker);
            }
        }
        self.shared.with(|sim| {
            if sim.book.restore() {
                sim.note("an older ledger", 0, String::new);
                sim.audit.ledger_was_restored();
                let later = sim.now + sim.rng.seconds(MINUTE, DAY);
                sim.schedule(later, Event::Tick(0, Job::Reconcile));
            }
        });
    }

    fn retire(&mut self) {
        for worker in &mut self.workers {
            let verifier = WebhookVerifier::new([NEXT_SECRET]).expect("a secret");
            let bridge = Bridge::clone(&worker.bridge).with_webhooks(verifier);
            worker.bridge = Arc::new(bridge);
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
            Job::Pull => own.schedule.pulls_every,
            Job::Settle => own.schedule.settles_every,
            Job::Archive | Job::Reconcile => DAY,
        };
        let (now, listens) = self.shared.with(|sim| {
            if job != Job::Reconcile {
                sim.schedule(sim.now + every, Event::Tick(worker, job));
            }
            (sim.now, sim.audit.listens)
        });
        let busy = |task: &Task| task.worker == worker && task.job == Some(job);
        if !own.up || self.tasks.values().any(busy) {
            return;
        }
        let (bridge, now) = (Arc::clone(&own.bridge), at(now + own.schedule.fast));
        let shared = self.shared.clone();
        // What fails is done next time.
        let work: Work = match job {
            Job::Pull => Box::pin(async move {
                let report = bridge.pull(now).await;
                if listens {
                    shared.with(|sim| sim.audit.said(0, &format!("{report:?}")));
                }
                None
            }),
            Job::Archive => Box::pin(async move {
                let _done_tomorrow_if_not_today = bridge.archive(now.minus(SETTLED_FOR)).await;
                None
            }),
            Job::Reconcile => Box::pin(async move {
                let from = at(0);
                let _one_that_fails_is_not_repeated = bridge.reconcile(from, now, now).await;
                None
            }),
            Job::Settle => Box::pin(async move {
                let report = bridge.settle(now).await;
                if listens {
                    shared.with(|sim| sim.audit.said(0, &format!("{report:?} {bridge:?}")));
                }
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
            sim.note("webhook", hook.id, || format!("{:?}", hook.signed));
            (sim.now, sim.rng.next())
        });
        let worker = up[usize::try_from(drawn % 8).unwrap_or(0) % up.len()];
        let own = &self.workers[worker];
        let secret = match hook.signed {
            Signed::ByAStranger => "a stranger's",
            Signed::ByLoop if now < self.signs_anew_from => SECRET,
            Signed::ByLoop => NEXT_SECRET,
        };
        let (bridge, now) = (Arc::clone(&own.bridge), at(now + own.schedule.fast));
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
        if hook.attempt < 4 && hook.signed == Signed::ByLoop {
            self.shared
                .with(|sim| sim.schedule(sim.now + 5 * MINUTE, Event::Hook(hook)));
        }
    }

    fn poll(&mut self, id: u64) {
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        self.polls += 1;
        let worker = task.worker;
        let (crashes, dropped) = self.shared.with(|sim| {
            sim.task = id;
            let (crash, dropped) = (sim.faults.crash, sim.faults.dropped);
            let (crashes, dropped) = (sim.rng.chance(crash), sim.rng.chance(dropped));
            let survived = sim.faults.survived;
            let survives = (crashes || dropped) && survived > 0 && sim.rng.chance(survived);
            (crashes && !survives, dropped && !survives)
        });
        if crashes {
            return self.crash(worker);
        }
        if dropped {
            self.end_task(id);
            return;
        }
        let polled = task
            .work
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        if self.shared.with(|sim| std::mem::take(&mut sim.dying)) {
            return self.crash(worker);
        }
        match polled {
            Poll::Pending => self.shared.with(|sim| {
                let at = sim.wake();
                sim.schedule(at, Event::Poll(id));
            }),
            Poll::Ready(status) => {
                let hook = self.end_task(id);
                if let (Some(hook), Some(status)) = (hook, status) {
                    self.replied(hook, status);
                }
            }
        }
    }

    fn replied(&self, hook: Hook, status: u16) {
        if hook.signed == Signed::ByAStranger && status != 401 {
            let what = format!("return {}: a forged webhook was taken", hook.id);
            self.shared.with(|sim| sim.audit.violation = Some(what));
        } else if status != 200 {
            self.send_again(hook);
        }
    }

    /// Ends a task, wherever it stands.
    fn end_task(&mut self, id: u64) -> Option<Hook> {
        let hook = self.tasks.remove(&id).and_then(|task| task.hook);
        self.shared.with(|sim| sim.audit.task_ended(id));
        hook
    }

    fn crash(&mut self, worker: usize) {
        self.crashes += 1;
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
            if let Some(hook) = self.end_task(id) {
                self.send_again(hook);
            }
        }
    }
}

impl Sim {
    /// What the bridge has changed on either side.
    fn changes(&self) -> (u64, u64) {
        (self.shop.effects, self.yard.versions)
    }
}
