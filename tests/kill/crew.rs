//! The worker processes: started, killed with SIGKILL, and started again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::history::{Event, History, Life, Moment};
use crate::orders::Orders;

const SIGKILL: i32 = 9;

pub(crate) struct Crew {
    orders: Orders,
    /// Every worker inherits it: whoever lives takes the next webhook, as in a pre-forking server.
    webhooks: TcpListener,
    log: PathBuf,
    history: Arc<History>,
    slots: Vec<Mutex<Option<Worker>>>,
    lives: AtomicU32,
    kills: AtomicUsize,
    /// How many calls of each life are under way.
    busy: Mutex<BTreeMap<Life, u32>>,
}

struct Worker {
    life: Life,
    process: Child,
}

impl Crew {
    /// `orders` are those of every worker but for its life.
    pub(crate) fn start(
        workers: usize,
        orders: Orders,
        webhooks: TcpListener,
        log: PathBuf,
        history: Arc<History>,
    ) -> Self {
        let crew = Self {
            orders,
            webhooks,
            log,
            history,
            slots: (0..workers).map(|_| Mutex::new(None)).collect(),
            lives: AtomicU32::new(0),
            kills: AtomicUsize::new(0),
            busy: Mutex::default(),
        };
        for slot in &crew.slots {
            *lock(slot) = Some(crew.spawn());
        }
        crew
    }

    pub(crate) fn size(&self) -> usize {
        self.slots.len()
    }

    /// How many were killed so far.
    pub(crate) fn kills(&self) -> usize {
        self.kills.load(Ordering::SeqCst)
    }

    pub(crate) fn lives(&self) -> BTreeSet<Life> {
        let workers = self.slots.iter().map(lock);
        workers
            .filter_map(|slot| Some(slot.as_ref()?.life))
            .collect()
    }

    /// A call of this life begins (+1) or ends (-1).
    pub(crate) fn note_busy(&self, life: Life, change: i32) {
        let mut busy = lock(&self.busy);
        let calls = busy.entry(life).or_default();
        *calls = calls.saturating_add_signed(change);
        if *calls == 0 {
            busy.remove(&life);
        }
    }

    /// Kills whoever works in this place, and starts another in it.
    pub(crate) fn kill_at(&self, place: usize, moment: Moment) {
        self.kill_in(&mut lock(&self.slots[place]), moment);
    }

    /// Kills this life, if it lives, and starts another in its place.
    pub(crate) fn kill(&self, life: Life, moment: Moment) {
        for slot in &self.slots {
            let mut slot = lock(slot);
            if slot.as_ref().is_some_and(|worker| worker.life == life) {
                return self.kill_in(&mut slot, moment);
            }
        }
    }

    fn kill_in(&self, slot: &mut Option<Worker>, moment: Moment) {
        let Some(mut worker) = slot.take() else {
            return;
        };
        let life = worker.life;
        // Before it dies, so that a call that its death cuts off still counts.
        let in_a_call = lock(&self.busy).contains_key(&life);
        // An error means that it has ended already, and how is what `wait` says.
        let _ended = worker.process.kill();
        let status = worker.process.wait().unwrap();
        self.history.push(if status.signal() == Some(SIGKILL) {
            self.kills.fetch_add(1, Ordering::SeqCst);
            Event::Killed {
                life,
                moment,
                in_a_call,
            }
        } else {
            ended(life, status)
        });
        *slot = Some(self.spawn());
    }

    /// Notices who ended without being killed.
    pub(crate) fn muster(&self) {
        for slot in &self.slots {
            let mut slot = lock(slot);
            let Some(worker) = slot.as_mut() else {
                continue;
            };
            if let Some(status) = worker.process.try_wait().unwrap() {
                self.history.push(ended(worker.life, status));
                *slot = Some(self.spawn());
            }
        }
    }

    /// Sends everybody home.
    pub(crate) fn dismiss(&self) {
        for slot in &self.slots {
            if let Some(mut worker) = lock(slot).take() {
                let _ended = worker.process.kill();
                worker.process.wait().unwrap();
            }
        }
    }

    fn spawn(&self) -> Worker {
        let life = Life(self.lives.fetch_add(1, Ordering::SeqCst));
        let orders = Orders {
            life: life.0,
            ..self.orders.clone()
        };
        let webhooks: OwnedFd = self.webhooks.try_clone().unwrap().into();
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_worker", "--ignored", "--nocapture"])
            .env(Orders::VARIABLE, orders.to_text())
            .stdin(Stdio::from(webhooks))
            .stdout(Stdio::null())
            .stderr(self.open_log())
            .spawn()
            .unwrap();
        Worker { life, process }
    }

    fn open_log(&self) -> File {
        let mut options = OpenOptions::new();
        options.create(true).append(true).open(&self.log).unwrap()
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.dismiss();
    }
}

fn ended(life: Life, status: ExitStatus) -> Event {
    Event::Ended {
        life,
        how: status.to_string(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
