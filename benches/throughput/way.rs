//! The whole way of a return, for many at a time.
#![allow(dead_code, reason = "not every benchmark uses all of it")]

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use ams_loop_bridge::ledger::{Ledger, Outcome};
use ams_loop_bridge::{Bridge, Policy};
use ams_oms_client::{Condition, Oms, Warehouse};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream;
use loop_client::webhook::WebhookVerifier;

use crate::shop::{
    CountedLedger, CountedOms, HandClock, LedgerCounts, SECRET, Shop, at, key, merchant, receipt,
    webhook,
};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// Both sides, and the workers between them.
pub(crate) struct Way {
    shop: Shop,
    clock: HandClock,
    warehouse: Arc<dyn Warehouse>,
    workers: Vec<Bridge>,
    ledger: Vec<Arc<LedgerCounts>>,
    oms_written: Arc<AtomicU64>,
    /// Returns that went the way.
    gone: u64,
    /// When the latest of them were submitted.
    now: i64,
}

/// A part of the way.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Part {
    pub(crate) time: Duration,
    /// Durable writes.
    pub(crate) entries: u64,
    pub(crate) cursors: u64,
    pub(crate) witness: u64,
    pub(crate) oms: u64,
}

impl Part {
    pub(crate) fn writes(&self) -> u64 {
        self.entries + self.cursors + self.witness + self.oms
    }
}

pub(crate) const PARTS: [&str; 6] = [
    "webhook and RMA",
    "pull shows it open",
    "settling pass before the goods",
    "receipt",
    "decision and process call",
    "webhook and pull show it closed",
];

impl Way {
    /// A worker for each ledger; they share all else.
    pub(crate) fn new<L, O>(ledgers: Vec<L>, oms: O) -> Self
    where
        L: Ledger + 'static,
        O: Oms + Warehouse + Clone + 'static,
    {
        let clock = HandClock::default();
        let shop = Shop::new(clock.clone());
        let oms = CountedOms::new(oms);
        let mut counts = Vec::new();
        let workers = ledgers.into_iter().map(|ledger| {
            let ledger = CountedLedger::new(ledger);
            counts.push(ledger.counts());
            Bridge::new(merchant(), shop.clone(), oms.clone(), ledger)
                .with_policy(Policy::processing())
                .unwrap()
                .with_clock(clock.clone())
                .with_webhooks(WebhookVerifier::new([SECRET]).unwrap())
        });
        let workers = workers.collect();
        Self {
            shop,
            clock,
            oms_written: oms.written(),
            warehouse: Arc::new(oms),
            workers,
            ledger: counts,
            gone: 0,
            now: 10 * 24 * HOUR,
        }
    }

    /// Takes `returns` all the way.
    pub(crate) async fn go(&mut self, returns: u64) -> [Part; 6] {
        let now = self.begin(returns).await;
        let submitted = now;
        let ids = self.gone + 1..=self.gone + returns;
        self.gone += returns;
        let this = &*self;
        let first = &this.workers[0];
        let told = stream::iter(ids.clone().zip(this.workers.iter().cycle()));
        let tell = async |now: i64, closed: bool| {
            // Each worker takes one webhook at a time.
            told.clone()
                .for_each_concurrent(this.workers.len(), |(id, worker)| async move {
                    accept(worker, id, submitted, closed, now).await;
                })
                .await;
        };
        let webhooks = this.measure(tell(now, false)).await;
        let pull = async |now| drop(first.pull(at(now)).await.unwrap());
        let open = this.measure(pull(now + MINUTE)).await;
        let settle = async |now| {
            let passes = this.workers.iter().map(|worker| {
                let worker = worker.clone();
                tokio::spawn(async move { worker.settle(at(now)).await })
            });
            for pass in join_all(passes).await {
                pass.unwrap().unwrap();
            }
        };
        let before = this.measure(settle(now + 2 * MINUTE)).await;
        let receive = async {
            for id in ids.clone() {
                let units = receipt(id, Condition::Available);
                this.warehouse.apply(&key(id), units).await.unwrap();
            }
        };
        let receipt = this.measure(receive).await;
        let process = this.measure(settle(now + 3 * MINUTE)).await;
        assert_eq!(this.shop.finish(now + 4 * MINUTE).len() as u64, returns);
        let closed = async {
            tell(now + 4 * MINUTE, true).await;
            pull(now + 5 * MINUTE).await;
        };
        let closed = this.measure(closed).await;
        for id in ids {
            let entry = first.ledger().load(&key(id)).await.unwrap().unwrap();
            assert_eq!(entry.settlement.unwrap().outcome, Outcome::Processed);
        }
        [webhooks, open, before, receipt, process, closed]
    }

    /// Announces a return that stays on its way, and tells its number.
    pub(crate) async fn leave_one_open(&mut self) -> u64 {
        let now = self.begin(1).await;
        self.gone += 1;
        accept(&self.workers[0], self.gone, now, false, now).await;
        self.workers[0].pull(at(now + MINUTE)).await.unwrap();
        self.workers[0].settle(at(now + MINUTE)).await.unwrap();
        self.gone
    }

    /// Rows that the ledgers have given since they were last asked.
    pub(crate) fn take_rows(&self) -> u64 {
        let counts = self.ledger.iter();
        counts.map(|it| LedgerCounts::take(&it.rows)).sum()
    }

    /// Lets returns be submitted an hour later than those before.
    async fn begin(&mut self, returns: u64) -> i64 {
        self.now += HOUR;
        let now = self.now;
        self.clock.set(now);
        for worker in &self.workers {
            worker.pull(at(now - 1)).await.unwrap();
            worker.settle(at(now - 1)).await.unwrap();
        }
        for id in self.gone + 1..=self.gone + returns {
            self.shop.submit(id, now);
        }
        now
    }

    async fn measure(&self, part: impl Future<Output = ()>) -> Part {
        self.take_counts();
        let began = Instant::now();
        part.await;
        Part {
            time: began.elapsed(),
            ..self.take_counts()
        }
    }

    fn take_counts(&self) -> Part {
        let of = |count: fn(&LedgerCounts) -> &AtomicU64| {
            let counts = self.ledger.iter();
            counts.map(|it| LedgerCounts::take(count(it))).sum()
        };
        Part {
            time: Duration::ZERO,
            entries: of(|it| &it.entries_written),
            cursors: of(|it| &it.cursors_written),
            witness: of(|it| &it.intents),
            oms: LedgerCounts::take(&self.oms_written),
        }
    }

    /// How long it takes to record `returns` new webhooks, so many in flight, and to make their
    /// RMAs if `whole`.
    pub(crate) async fn burst(&mut self, returns: u64, in_flight: usize, whole: bool) -> Duration {
        let now = self.begin(returns).await;
        let ids = self.gone + 1..=self.gone + returns;
        self.gone += returns;
        let worker = &self.workers[0];
        let began = Instant::now();
        stream::iter(ids)
            .for_each_concurrent(in_flight, |id| async move {
                if whole {
                    accept(worker, id, now, false, now).await;
                } else {
                    let (body, signature) = webhook(id, now, false);
                    let signature = [signature.as_bytes()];
                    let reply = worker.record_webhook(signature, body.as_bytes(), at(now));
                    assert_eq!(reply.await.status(), 200);
                }
            })
            .await;
        began.elapsed()
    }
}

async fn accept(bridge: &Bridge, id: u64, created: i64, closed: bool, now: i64) {
    let (body, signature) = webhook(id, created, closed);
    let signature = [signature.as_bytes()];
    let reply = bridge.accept_webhook(signature, body.as_bytes(), at(now));
    assert_eq!(reply.await.status(), 200);
}
