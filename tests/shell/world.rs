//! Both sides and the ledger as stand-ins with faults that can be switched on, and the bridge
//! between them. Nothing here shares code with the bridge.

mod book;
mod fake_loop;
mod yard;

use std::future::{Future, poll_fn};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use ams_loop_bridge::ledger::{Entry, Ledger, MemoryLedger, SqliteLedger, Stored};
use ams_loop_bridge::{Bridge, Policy, SettleReport};
use ams_oms_client::{
    Condition, ItemRef, MemoryOms, Oms, ReceiptId, ReceivedUnits, SqliteOms, Warehouse,
    WarehouseWork,
};
use loop_client::webhook::{WebhookVerifier, sign};
use serde_json::{Value, json};

use crate::common::{at, count, key, line, line_ref, merchant};
use book::{Book, FakeClock};
pub(crate) use fake_loop::{FakeLoop, Fault};
use yard::Yard;

/// Something that happens in the middle of a call.
type Hook = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) const SECRET: &str = "test-secret";

/// Gives way once, so that a test can drop the future here.
async fn pause(on: &AtomicBool) {
    if !on.load(Ordering::SeqCst) {
        return;
    }
    let mut waited = false;
    poll_fn(|context| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Everything, for one merchant.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) api: FakeLoop,
    pub(crate) oms: Yard,
    floor: Arc<dyn Warehouse>,
    pub(crate) book: Book,
    pub(crate) time: FakeClock,
    pause: Arc<AtomicBool>,
}

impl World {
    pub(crate) fn memory() -> Self {
        let oms = MemoryOms::new();
        Self::new(
            Arc::new(oms.clone()),
            Arc::new(oms),
            Arc::new(MemoryLedger::new()),
        )
    }

    pub(crate) async fn files(dir: &Path) -> Self {
        let oms = SqliteOms::open(dir.join("oms")).await.unwrap();
        let ledger = SqliteLedger::open(dir.join("ledger")).await.unwrap();
        Self::new(Arc::new(oms.clone()), Arc::new(oms), Arc::new(ledger))
    }

    fn new(oms: Arc<dyn Oms>, floor: Arc<dyn Warehouse>, ledger: Arc<dyn Ledger>) -> Self {
        let pause = Arc::new(AtomicBool::new(false));
        let time = FakeClock::default();
        Self {
            api: FakeLoop::new(Arc::clone(&pause)),
            oms: Yard::new(oms, Arc::clone(&pause)),
            floor,
            book: Book::new(ledger, time.clone(), Arc::clone(&pause)),
            time,
            pause,
        }
    }

    /// The same world, whose ledger was lost.
    pub(crate) fn with_new_ledger(&self) -> Self {
        self.with_ledger(MemoryLedger::new())
    }

    pub(crate) fn with_ledger(&self, ledger: impl Ledger + 'static) -> Self {
        let mut other = self.clone();
        other.book.ledger = Arc::new(ledger);
        other
    }

    /// From now on every port gives way before and after it does something.
    pub(crate) fn pauses(&self, on: bool) {
        self.pause.store(on, Ordering::SeqCst);
    }

    pub(crate) fn bridge(&self) -> Bridge {
        self.bridge_with(Policy::processing())
    }

    pub(crate) fn bridge_with(&self, policy: Policy) -> Bridge {
        Bridge::new(
            merchant(),
            self.api.clone(),
            self.oms.clone(),
            self.book.clone(),
        )
        .with_policy(policy)
        .unwrap()
        .with_clock(self.time.clone())
        .with_webhooks(WebhookVerifier::new([SECRET]).unwrap())
    }

    pub(crate) fn clock(&self, now: i64) {
        self.api.set_clock(now);
    }

    pub(crate) async fn entry(&self, id: u64) -> Entry {
        self.book.ledger.load(&key(id)).await.unwrap().unwrap()
    }

    pub(crate) async fn change<T>(&self, id: u64, change: impl FnOnce(&mut Entry) -> T) {
        let mut entry = self.entry(id).await;
        change(&mut entry);
        assert_eq!(self.book.ledger.store(&entry).await.unwrap(), Stored::Yes);
    }

    pub(crate) async fn settle(&self, now: i64) -> SettleReport {
        self.clock(now);
        self.bridge().settle(at(now)).await.unwrap()
    }

    /// What a scheduler does every few minutes.
    pub(crate) async fn pass(&self, now: i64) -> SettleReport {
        self.pass_with(Policy::processing(), now).await
    }

    pub(crate) async fn pass_with(&self, policy: Policy, now: i64) -> SettleReport {
        self.clock(now);
        let bridge = self.bridge_with(policy);
        bridge.pull(at(now)).await.unwrap();
        bridge.settle(at(now)).await.unwrap()
    }

    /// The return that a shopper made, as a webhook tells it.
    pub(crate) async fn announce(&self, id: u64, now: i64) {
        if !self.api.knows(id) {
            self.api
                .put(id, "open", &[line(id * 10, "A"), line(id * 10 + 1, "B")]);
        }
        let status = self.hook(&self.return_webhook(id), now).await;
        assert_eq!(status, 200);
        self.settle(now).await;
    }

    pub(crate) fn return_webhook(&self, id: u64) -> Value {
        let mut body = self.api.details(id);
        body["topic"] = json!("return");
        body["trigger"] = json!("return.updated");
        body
    }

    pub(crate) async fn hook(&self, body: &Value, now: i64) -> u16 {
        let body = body.to_string();
        let signature = sign(SECRET.as_bytes(), body.as_bytes());
        let reply = self
            .bridge()
            .accept_webhook([signature.as_bytes()], body.as_bytes(), at(now))
            .await;
        reply.status()
    }

    pub(crate) async fn work(&self, id: u64, work: WarehouseWork) {
        self.floor.apply(&key(id), work).await.unwrap();
    }

    /// The first of the two lines is good, the second as given.
    pub(crate) async fn receive(&self, id: u64, second: Condition) {
        let unit = |line: u64, condition| {
            ReceivedUnits::new(
                ItemRef::Line(line_ref(&line.to_string())),
                condition,
                count(1),
            )
        };
        let units = vec![
            unit(id * 10, Condition::Available),
            unit(id * 10 + 1, second),
        ];
        let receipt_id = ReceiptId::new("r1").unwrap();
        self.work(id, WarehouseWork::Receive { receipt_id, units })
            .await;
    }

    pub(crate) async fn regrade(&self, id: u64, from: Condition, to: Condition) {
        let line_ref = line_ref(&(id * 10 + 1).to_string());
        self.work(
            id,
            WarehouseWork::Regrade {
                line_ref,
                from,
                to,
                quantity: count(1),
            },
        )
        .await;
    }
}
