//! Everybody who is no worker: shoppers, the merchant, the warehouse, and Loop's own slow
//! processing. The load of the test.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ams_oms_client::{
    Condition, ItemRef, MemoryOms, Oms as _, ReceiptId, ReceivedUnits, Warehouse as _,
    WarehouseWork,
};
use loop_client::sandbox::{NewLine, NewReturn, Sandbox};

use tokio::task::JoinHandle;

use crate::book::{Book, Case, Plan, Step};
use crate::clock::SharedClock;
use crate::history::{Event, History};
use crate::rma_key;
use crate::rng::Rng;

const SKUS: [&str; 3] = ["TEE", "CAP", "MUG"];
/// Shoppers wait when more returns than this are not over: workers who live for half a second
/// would drown otherwise.
const AT_ONCE: usize = 120;
/// A return that was not over for longer, in milliseconds, is with a person.
const STUCK: i64 = 3_600_000;

pub(crate) struct Town {
    pub(crate) sandbox: Sandbox,
    pub(crate) oms: MemoryOms,
    pub(crate) book: Arc<Book>,
    pub(crate) history: Arc<History>,
    pub(crate) clock: SharedClock,
    pub(crate) rng: Rng,
    /// Returns that something is still to happen to.
    pub(crate) unfinished: BTreeSet<u64>,
    /// Whether Loop leaves what it has queued for later.
    pub(crate) loop_is_slow: bool,
    pub(crate) ticks: u64,
    pub(crate) open: usize,
}

impl Town {
    /// A moment in the storm.
    pub(crate) async fn tick(&mut self) {
        self.ticks += 1;
        if self.ticks % 10 == 1 {
            self.open = self.count_open();
        }
        for _ in 0..self.rng.below(4) {
            if self.open < AT_ONCE {
                self.submit();
            }
        }
        let now = self.clock.millis();
        for id in self.due(now) {
            self.step(id, now).await;
        }
        if !self.loop_is_slow && self.rng.chance(400) {
            self.process_queued();
        }
    }

    /// Everything that is still to happen happens, as far as the RMAs are there.
    pub(crate) async fn hurry(&mut self) {
        for id in self.due(i64::MAX) {
            while self.step(id, i64::MAX).await {}
        }
    }

    /// Loop does what it has queued, until the task is aborted.
    pub(crate) fn keep_processing(&self) -> JoinHandle<()> {
        let sandbox = self.sandbox.clone();
        tokio::spawn(async move {
            loop {
                sandbox.finish_processing();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
    }

    fn due(&mut self, now: i64) -> Vec<u64> {
        let book = self.book.lock();
        self.unfinished.retain(|id| !book[id].steps.is_empty());
        let due = self.unfinished.iter().filter(|id| book[id].due <= now);
        due.copied().collect()
    }

    /// How many returns the workers may still have to do with.
    fn count_open(&self) -> usize {
        let recent = self.clock.millis() - STUCK;
        let book = self.book.lock();
        let truth = self.sandbox.truth();
        let open = truth.iter().filter(|it| {
            let case = book.get(&it.id);
            it.state == "open"
                && case.is_some_and(|case| {
                    case.since > recent && !matches!(case.plan, Plan::Kept | Plan::OnTheWay)
                })
        });
        open.count()
    }

    fn submit(&mut self) {
        let plan = match self.rng.below(100) {
            0..40 => Plan::Good,
            40..55 => Plan::InTwo,
            55..65 => Plan::Edited,
            65..78 => Plan::Damaged,
            78..86 => Plan::Missing,
            86..92 => Plan::Cancelled,
            92..95 => Plan::Kept,
            _ => Plan::OnTheWay,
        };
        let fewest = match plan {
            Plan::InTwo | Plan::Edited | Plan::Damaged | Plan::Missing => 2,
            _ => 1,
        };
        let lines = fewest + usize::try_from(self.rng.below(2)).unwrap();
        let order = format!("#{}", 1001 + self.book.lock().len());
        let new = SKUS[..lines]
            .iter()
            .fold(NewReturn::new(order), |new, sku| {
                let line = NewLine::new(*sku);
                new.line(if plan == Plan::Kept {
                    line.outcome("keep")
                } else {
                    line
                })
            });
        let now = self.clock.millis();
        // In the book before anybody hears of it.
        let mut book = self.book.lock();
        let id = self.sandbox.create_return(new);
        let case = Case {
            plan,
            skus: SKUS[..lines].to_vec(),
            steps: plan.steps(),
            since: now,
            due: now + self.rng.seconds(10, 240) * 1000,
            all_here: false,
            failed_in_loop: false,
        };
        book.insert(id, case);
        self.open += 1;
        self.unfinished.insert(id);
        drop(book);
        if self.rng.chance(1_000) {
            self.sandbox.lose_webhooks_of(id);
        }
    }

    /// The next thing that happens to this return. `false` when nothing can happen yet.
    async fn step(&mut self, id: u64, now: i64) -> bool {
        let known = self.book.lock().get(&id).cloned();
        let Some(case) = known else { return false };
        let Some(step) = case.steps.front().copied() else {
            return false;
        };
        let happened = match step {
            Step::RemoveFirst => self.remove_first(id),
            Step::CancelInLoop => self.sandbox.set_state(id, "cancelled"),
            _ => self.work(id, &case, step).await,
        };
        if happened {
            let pause = self.rng.seconds(5, 240) * 1000;
            if let Some(case) = self.book.lock().get_mut(&id) {
                case.steps.pop_front();
                if step == Step::RemoveFirst {
                    case.skus.remove(0);
                }
                case.due = now.saturating_add(pause);
            }
        }
        happened
    }

    fn remove_first(&self, id: u64) -> bool {
        let truth = self.sandbox.truth();
        let truth = truth.iter().find(|truth| truth.id == id).unwrap();
        self.sandbox.remove_line(id, truth.line_item_ids[0])
    }

    /// What people with scanners do. `false` while there is no RMA.
    async fn work(&self, id: u64, case: &Case, step: Step) -> bool {
        let key = rma_key(id);
        if self.oms.get_rma(&key).await.unwrap().is_none() {
            return false;
        }
        let all = case.skus.as_slice();
        let (skus, condition) = match step {
            Step::ReceiveFirst => (&all[..1], Condition::Available),
            Step::ReceiveFirstDamaged => (&all[..1], Condition::Damaged),
            Step::ReceiveRest => (&all[1..], Condition::Available),
            _ => (all, Condition::Available),
        };
        let work = if step == Step::Close {
            WarehouseWork::Close
        } else {
            let unit = |sku: &&str| {
                let item = ItemRef::Sku((*sku).to_owned());
                ReceivedUnits::new(item, condition, NonZeroU32::MIN)
            };
            WarehouseWork::Receive {
                receipt_id: ReceiptId::new(format!("{id}-{step:?}")).unwrap(),
                units: skus.iter().map(unit).collect(),
            }
        };
        // Before it is done: from then on a worker may see it.
        if matches!(step, Step::Receive | Step::ReceiveRest) {
            self.history.push(Event::LastGoods { id });
            if let Some(case) = self.book.lock().get_mut(&id) {
                case.all_here = true;
            }
        }
        self.oms.apply(&key, work).await.unwrap();
        true
    }

    /// Loop gets round to what it has queued; now and then it cannot do it.
    fn process_queued(&mut self) {
        if self.rng.chance(1_500) {
            let truth = self.sandbox.truth();
            let queued = truth
                .iter()
                .filter(|it| it.process_accepted > 0 && it.refunds == 0);
            let queued: Vec<u64> = queued.map(|it| it.id).collect();
            let any = self.rng.below(queued.len() as u64);
            if let Some(id) = queued.get(usize::try_from(any).unwrap())
                && self.sandbox.fail_processing(*id, "card expired")
                && let Some(case) = self.book.lock().get_mut(id)
            {
                case.failed_in_loop = true;
            }
        }
        self.sandbox.finish_processing();
    }
}
