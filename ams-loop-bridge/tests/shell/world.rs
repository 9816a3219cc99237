//! Both sides and the ledger as stand-ins with faults that can be switched on, and the bridge
//! between them. Nothing here shares code with the bridge.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::future::{Future, poll_fn};
use std::num::NonZeroU32;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use ams_loop_bridge::ledger::{
    CursorName, Entry, Ledger, LedgerError, MemoryLedger, SqliteLedger, Stored,
};
use ams_loop_bridge::{AsnStream, Bridge, Clock, LoopApi, Policy, ProcessRecord, SettleReport};
use ams_oms_client::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, Condition, CreateOutcome, EventHint,
    ItemRef, MemoryOms, MerchantId, Oms, OmsError, OmsEvent, ReceiptId, ReceivedUnits, Rma, RmaKey,
    RmaNumber, RmaSnapshot, SqliteOms, Warehouse, WarehouseWork,
};
use async_trait::async_trait;
use loop_client::transport::TransportError;
use loop_client::webhook::{WebhookVerifier, sign};
use loop_client::{
    ApiVersion, AsnRow, Assessment, Call, Effect, Error, ErrorCode, ErrorKind, Grade, ListPosition,
    Message, Return, ReturnId, ReturnsFilter, ReturnsPage, ReturnsQuery, Timestamp,
};
use serde_json::{Value, json};

use crate::common::{at, count, key, line, line_ref, merchant, read, return_id, return_json};

pub(crate) const SECRET: &str = "test-secret";

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No connection.
    NotSent,
    /// 429.
    Limited,
    /// 401.
    Key,
    /// A refusal that Loop documents, with status 200.
    Refused,
    /// `false` with status 200, which nobody documents.
    FalseWith200,
    /// 500, before or after it took effect.
    Server { applied: bool },
    /// No answer, before or after it took effect.
    Lost { applied: bool },
    /// Details: an answer that is no return.
    Garbage,
    /// Details: no such return.
    NotFound,
}

fn message(text: &str) -> Message {
    Message::new(None, text)
}

fn error(call: Call, id: ReturnId, fault: Fault) -> Error {
    let (status, effect, kind) = match fault {
        Fault::NotSent => (
            None,
            Effect::NotSent,
            ErrorKind::Transport(TransportError::not_sent("no connection")),
        ),
        Fault::Limited => (Some(429), Effect::NotApplied, ErrorKind::RateLimited),
        Fault::Key => (
            Some(401),
            Effect::NotApplied,
            ErrorKind::Unauthorized(message("Unauthorized.")),
        ),
        Fault::Refused => (
            Some(200),
            Effect::NotApplied,
            ErrorKind::Refused(Message::new(
                Some(ErrorCode::UnprocessableFlaggedReturn),
                "Return is open and therefore cannot be processed.",
            )),
        ),
        Fault::FalseWith200 => (
            Some(200),
            Effect::Unknown,
            ErrorKind::Server(message("oops")),
        ),
        Fault::Server { .. } => (
            Some(500),
            Effect::Unknown,
            ErrorKind::Server(message("oops")),
        ),
        Fault::Lost { .. } => (
            None,
            Effect::Unknown,
            ErrorKind::Transport(TransportError::maybe_sent("the connection broke")),
        ),
        Fault::Garbage => (
            Some(200),
            Effect::Unknown,
            ErrorKind::Unreadable(Return::decode(b"<html>").unwrap_err()),
        ),
        Fault::NotFound => (
            Some(200),
            Effect::NotApplied,
            ErrorKind::NotFound(message("No return found with this ID.")),
        ),
    };
    Error::new(call, Some(id), status, effect, kind)
}

type Hook = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
pub(crate) struct Shop {
    /// Details, and when they last changed.
    returns: BTreeMap<u64, (Value, i64)>,
    notes: BTreeMap<u64, Vec<String>>,
    inspected: Vec<Value>,
    flagged: BTreeSet<u64>,
    /// Process calls that Loop took, each of which refunds.
    refunds: BTreeMap<u64, u32>,
    /// Process calls that left and are not proven to have had no effect.
    sent: BTreeMap<u64, u32>,
    pub(crate) calls: Vec<(Call, u64)>,
    next: BTreeMap<&'static str, VecDeque<Fault>>,
    always: BTreeMap<&'static str, Fault>,
    broken: BTreeMap<u64, Fault>,
    pub(crate) asn: Vec<Value>,
    flag_reviews: bool,
    pub(crate) page_size: usize,
    processing_closes: bool,
    before_details: Option<Hook>,
}

/// Loop.
#[derive(Clone)]
pub(crate) struct FakeLoop {
    shop: Arc<Mutex<Shop>>,
    /// The clock that times changes.
    clock: Arc<AtomicI64>,
    pause: Arc<AtomicBool>,
}

impl fmt::Debug for FakeLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeLoop")
    }
}

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

impl FakeLoop {
    pub(crate) fn shop<R>(&self, act: impl FnOnce(&mut Shop) -> R) -> R {
        act(&mut self.shop.lock().unwrap())
    }

    pub(crate) fn put(&self, id: u64, state: &str, lines: &[Value]) {
        let changed = self.clock.load(Ordering::SeqCst);
        let mut details = return_json(id, state, lines);
        details["created_at"] = json!(at(changed));
        self.shop(|shop| shop.returns.insert(id, (details, changed)));
    }

    pub(crate) fn put_details(&self, id: u64, details: Value) {
        let changed = self.clock.load(Ordering::SeqCst);
        self.shop(|shop| shop.returns.insert(id, (details, changed)));
    }

    pub(crate) fn set_state(&self, id: u64, state: &str) {
        let changed = self.clock.load(Ordering::SeqCst);
        self.shop(|shop| set_state(shop, id, state, changed));
    }

    pub(crate) fn state(&self, id: u64) -> String {
        self.shop(|shop| shop.returns[&id].0["state"].as_str().unwrap().to_owned())
    }

    pub(crate) fn details(&self, id: u64) -> Value {
        self.shop(|shop| shop.returns[&id].0.clone())
    }

    /// The next call meets this.
    pub(crate) fn next(&self, call: Call, faults: impl IntoIterator<Item = Fault>) {
        self.shop(|shop| shop.next.entry(call.name()).or_default().extend(faults));
    }

    /// Every call meets this, or none any more.
    pub(crate) fn always(&self, call: Call, fault: Option<Fault>) {
        self.shop(|shop| match fault {
            Some(fault) => shop.always.insert(call.name(), fault),
            None => shop.always.remove(call.name()),
        });
    }

    /// Details of this return always meet this.
    pub(crate) fn break_return(&self, id: u64, fault: Fault) {
        self.shop(|shop| shop.broken.insert(id, fault));
    }

    pub(crate) fn processing_closes(&self, on: bool) {
        self.shop(|shop| shop.processing_closes = on);
    }

    pub(crate) fn flag_reviews(&self, on: bool) {
        self.shop(|shop| shop.flag_reviews = on);
    }

    pub(crate) fn report_asn(&self, id: u64) {
        let row = json!({"id": id, "return_line_item_id": id * 10, "state": "open", "sku": "A"});
        self.shop(|shop| shop.asn.push(row));
    }

    pub(crate) fn before_details(&self, hook: impl Future<Output = ()> + Send + 'static) {
        self.shop(|shop| shop.before_details = Some(Box::pin(hook)));
    }

    pub(crate) fn sent(&self, id: u64) -> u32 {
        self.shop(|shop| shop.sent.get(&id).copied().unwrap_or(0))
    }

    pub(crate) fn refunds(&self, id: u64) -> u32 {
        self.shop(|shop| shop.refunds.get(&id).copied().unwrap_or(0))
    }

    pub(crate) fn is_flagged(&self, id: u64) -> bool {
        self.shop(|shop| shop.flagged.contains(&id))
    }

    pub(crate) fn notes_of(&self, id: u64) -> Vec<String> {
        self.shop(|shop| shop.notes.get(&id).cloned().unwrap_or_default())
    }

    pub(crate) fn count(&self, call: Call, id: u64) -> usize {
        self.shop(|shop| {
            shop.calls
                .iter()
                .filter(|made| **made == (call, id))
                .count()
        })
    }

    /// Pages of the list that were read.
    pub(crate) fn pages(&self) -> usize {
        self.count(Call::ListReturns, u64::MAX)
    }

    /// The calls with an effect, in order.
    pub(crate) fn effects(&self, id: u64) -> Vec<Call> {
        let effect = |call: Call| matches!(call, Call::Process | Call::Flag | Call::CreateNote);
        self.shop(|shop| {
            let of_return = shop.calls.iter().filter(|(_, about)| *about == id);
            of_return
                .map(|(call, _)| *call)
                .filter(|call| effect(*call))
                .collect()
        })
    }

    /// Grades or dispositions, which stand there as often as they are sent.
    async fn take_inspection(&self, call: Call, items: Value) -> Result<(), Error> {
        let id = return_id(u64::MAX);
        let fault = self.begin(call, id).await;
        let mut items = items.as_array().unwrap().clone();
        self.shop(|shop| shop.inspected.append(&mut items));
        fault.map_or(Ok(()), |fault| Err(error(call, id, fault)))
    }

    /// What was said of lines, in order.
    pub(crate) fn inspected(&self) -> Vec<Value> {
        self.shop(|shop| shop.inspected.clone())
    }

    async fn begin(&self, call: Call, id: ReturnId) -> Option<Fault> {
        pause(&self.pause).await;
        self.shop(|shop| {
            shop.calls.push((call, id.get()));
            let next = shop.next.get_mut(call.name()).and_then(VecDeque::pop_front);
            next.or_else(|| shop.always.get(call.name()).copied())
        })
    }

    /// A call with an effect: does it or not, and answers or not.
    async fn act(
        &self,
        call: Call,
        id: ReturnId,
        allowed: fn(&Shop, u64) -> bool,
        apply: impl FnOnce(&mut Shop) + Send,
    ) -> Result<(), Error> {
        let fault = self.begin(call, id).await;
        let answer = self.shop(|shop| {
            let proven = match fault {
                Some(
                    Fault::NotSent | Fault::Limited | Fault::Key | Fault::Refused | Fault::NotFound,
                ) => true,
                _ => !allowed(shop, id.get()) && fault.is_none(),
            };
            if call == Call::Process && !proven {
                *shop.sent.entry(id.get()).or_default() += 1;
            }
            match fault {
                None if !allowed(shop, id.get()) => Err(error(call, id, Fault::Refused)),
                None => {
                    apply(shop);
                    Ok(())
                }
                Some(fault) => {
                    let applied = matches!(
                        fault,
                        Fault::Lost { applied: true } | Fault::Server { applied: true }
                    );
                    if applied && allowed(shop, id.get()) {
                        apply(shop);
                    }
                    Err(error(call, id, fault))
                }
            }
        });
        pause(&self.pause).await;
        answer
    }
}

fn read_time(time: &Value) -> Timestamp {
    time.as_str().unwrap().parse().unwrap()
}

fn set_state(shop: &mut Shop, id: u64, state: &str, changed: i64) {
    let found = shop.returns.get_mut(&id).unwrap();
    found.0["state"] = json!(state);
    found.1 = changed;
}

fn is_open(shop: &Shop, id: u64) -> bool {
    shop.returns
        .get(&id)
        .is_some_and(|(details, _)| details["state"] == "open")
}

#[async_trait]
impl LoopApi for FakeLoop {
    async fn get_return(&self, id: ReturnId) -> Result<Return, Error> {
        let hook = self.shop(|shop| shop.before_details.take());
        if let Some(hook) = hook {
            hook.await;
        }
        let call = Call::ReturnDetails;
        let fault = self.begin(call, id).await;
        let answer = self.shop(|shop| {
            let fault = fault.or_else(|| shop.broken.get(&id.get()).copied());
            match (fault, shop.returns.get(&id.get())) {
                (Some(fault), _) => Err(error(call, id, fault)),
                (None, None) => Err(error(call, id, Fault::NotFound)),
                (None, Some((details, _))) => Ok(read(details.clone())),
            }
        });
        pause(&self.pause).await;
        answer
    }

    /// Two rows a page, only what changed in the window, only states that were asked for.
    async fn returns_page(
        &self,
        query: &ReturnsQuery,
        position: Option<&ListPosition>,
    ) -> Result<ReturnsPage, Error> {
        let id = return_id(u64::MAX);
        if let Some(fault) = self.begin(Call::ListReturns, id).await {
            return Err(error(Call::ListReturns, id, fault));
        }
        let (from, to) = query.window();
        let states = format!("{query:?}").to_lowercase();
        let done = position.map_or(0, |position| {
            serde_json::to_value(position).unwrap()["state"]
                .as_u64()
                .unwrap()
        });
        let done = usize::try_from(done).unwrap();
        let rows: Vec<Value> = self.shop(|shop| {
            let inside = |(details, changed): &&(Value, i64)| {
                let time = match query.filter() {
                    ReturnsFilter::CreatedAt => read_time(&details["created_at"]),
                    _ => at(*changed),
                };
                from <= time && time <= to && states.contains(details["state"].as_str().unwrap())
            };
            shop.returns
                .values()
                .filter(inside)
                .map(|(details, _)| details.clone())
                .collect()
        });
        let size = self.shop(|shop| shop.page_size);
        let next = (done + size < rows.len()).then(|| {
            serde_json::from_value(
                json!({"query": query, "window_from": from, "state": done + size, "cursor": null, "seen": []}),
            )
            .unwrap()
        });
        pause(&self.pause).await;
        let page = rows.into_iter().skip(done).take(size);
        Ok(ReturnsPage::new(
            page.map(|row| Ok(read(row))).collect(),
            next,
        ))
    }

    fn asn(&self, _from: Timestamp, _to: Timestamp) -> AsnStream {
        let rows = self.shop(|shop| shop.asn.clone());
        let rows = rows.into_iter().map(|row| {
            let odd = || AsnRow::decode(b"{}").unwrap_err();
            let kind = match row.as_str() {
                None => return Ok(serde_json::from_value::<AsnRow>(row).unwrap()),
                Some("odd row") => ErrorKind::Unreadable(odd()),
                Some(_) => ErrorKind::Incomplete(odd()),
            };
            let (call, effect) = (Call::AsnReport, Effect::Unknown);
            Err(Error::new(call, None, Some(200), effect, kind))
        });
        Box::pin(futures_util::stream::iter(rows))
    }

    async fn process(&self, id: ReturnId, attempt: Option<&str>) -> Result<(), Error> {
        let changed = self.clock.load(Ordering::SeqCst);
        self.act(Call::Process, id, is_open, |shop| {
            if let Some(attempt) = attempt {
                let note = format!("Additional Details\nattempt: {attempt}");
                shop.notes.entry(id.get()).or_default().push(note);
            }
            // Nobody says that Loop notices a second request while the first is queued.
            *shop.refunds.entry(id.get()).or_default() += 1;
            if shop.processing_closes {
                set_state(shop, id.get(), "closed", changed);
            }
        })
        .await
    }

    async fn flag(&self, id: ReturnId) -> Result<(), Error> {
        let changed = self.clock.load(Ordering::SeqCst);
        let allowed = |shop: &Shop, id| is_open(shop, id) && !shop.flagged.contains(&id);
        self.act(Call::Flag, id, allowed, |shop| {
            shop.flagged.insert(id.get());
            if shop.flag_reviews {
                set_state(shop, id.get(), "review", changed);
            }
        })
        .await
    }

    async fn notes(&self, id: ReturnId) -> Result<Vec<String>, Error> {
        if let Some(fault) = self.begin(Call::ListNotes, id).await {
            return Err(error(Call::ListNotes, id, fault));
        }
        Ok(self.notes_of(id.get()))
    }

    async fn add_note(&self, id: ReturnId, text: &str) -> Result<(), Error> {
        assert!(text.chars().count() <= 254, "{text}");
        self.act(
            Call::CreateNote,
            id,
            |_, _| true,
            |shop| {
                shop.notes
                    .entry(id.get())
                    .or_default()
                    .push(text.to_owned());
            },
        )
        .await
    }

    fn version(&self) -> ApiVersion {
        ApiVersion::V2026_07
    }

    async fn grade(&self, items: &[Grade]) -> Result<(), Error> {
        self.take_inspection(Call::GradeItems, serde_json::to_value(items).unwrap())
            .await
    }

    async fn assess(&self, items: &[Assessment]) -> Result<(), Error> {
        self.take_inspection(Call::AssessItems, serde_json::to_value(items).unwrap())
            .await
    }
}

/// The OMS, which may hide what it has or lack a feed.
#[derive(Debug, Clone)]
pub(crate) struct Yard {
    oms: Arc<dyn Oms>,
    pub(crate) hidden: Arc<AtomicBool>,
    pub(crate) without_feed: Arc<AtomicBool>,
    pub(crate) down: Arc<AtomicBool>,
    pause: Arc<AtomicBool>,
}

#[async_trait]
impl Oms for Yard {
    async fn create_rma(&self, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        pause(&self.pause).await;
        self.up()?;
        let answer = self.oms.create_rma(rma).await;
        pause(&self.pause).await;
        answer
    }

    async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        pause(&self.pause).await;
        self.up()?;
        if self.hidden.load(Ordering::SeqCst) {
            return Ok(None);
        }
        self.oms.get_rma(key).await
    }

    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        pause(&self.pause).await;
        self.oms.amend_rma(rma).await
    }

    async fn cancel_rma(&self, key: &RmaKey, reason: &str) -> Result<CancelOutcome, OmsError> {
        pause(&self.pause).await;
        self.oms.cancel_rma(key, reason).await
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        pause(&self.pause).await;
        self.up()?;
        if self.without_feed.load(Ordering::SeqCst) {
            return Err(OmsError::unsupported("changes"));
        }
        self.oms
            .changes(merchant, cursor, limit.min(count(2)))
            .await
    }

    async fn list_open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        self.oms.list_open(merchant, after, limit).await
    }

    fn decode_event(&self, event: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        self.oms.decode_event(event)
    }

    fn capabilities(&self) -> Capabilities {
        self.oms.capabilities()
    }
}

impl Yard {
    fn up(&self) -> Result<(), OmsError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(OmsError::transient("down"));
        }
        Ok(())
    }
}

/// A ledger whose writes can be made to fail.
#[derive(Debug, Clone)]
pub(crate) struct Book {
    ledger: Arc<dyn Ledger>,
    /// Writes that still succeed; negative is no limit.
    writes_left: Arc<AtomicI64>,
    /// Seconds that storing an intent to process takes, by the clock.
    pub(crate) slow: Arc<AtomicI64>,
    /// The RMA number whose entry cannot be read; 0 for none.
    pub(crate) torn: Arc<AtomicU64>,
    time: FakeClock,
    pause: Arc<AtomicBool>,
}

/// A clock that stands still until it is moved.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeClock(Arc<AtomicI64>);

impl FakeClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst).try_into().unwrap())
    }
}

impl Book {
    fn may_write(&self) -> Result<(), LedgerError> {
        if self.writes_left.load(Ordering::SeqCst) == 0 {
            return Err(LedgerError::Unavailable {
                what: "the disk is full",
                source: None,
            });
        }
        self.writes_left.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }

    pub(crate) fn fail_after(&self, writes: i64) {
        self.writes_left.store(writes, Ordering::SeqCst);
    }
}

#[async_trait]
impl Ledger for Book {
    async fn load(&self, key: &RmaKey) -> Result<Option<Entry>, LedgerError> {
        pause(&self.pause).await;
        if key.rma_number.get() == self.torn.load(Ordering::SeqCst) {
            let what = format!("the entry of {key}");
            return Err(LedgerError::Unreadable { what });
        }
        self.ledger.load(key).await
    }

    async fn store(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        pause(&self.pause).await;
        self.may_write()?;
        if matches!(entry.process, ProcessRecord::Unknown { .. }) {
            self.time.advance(self.slow.load(Ordering::SeqCst));
        }
        let answer = self.ledger.store(entry).await;
        pause(&self.pause).await;
        answer
    }

    async fn due(
        &self,
        merchant: &MerchantId,
        now: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        pause(&self.pause).await;
        self.ledger.due(merchant, now, limit).await
    }

    async fn list(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        self.ledger.list(merchant, after, limit).await
    }

    async fn archive(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        self.may_write()?;
        self.ledger.archive(entry).await
    }

    async fn epoch(&self) -> Result<String, LedgerError> {
        self.ledger.epoch().await
    }

    async fn cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
    ) -> Result<Option<String>, LedgerError> {
        self.ledger.cursor(merchant, name).await
    }

    async fn store_cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
        value: &str,
    ) -> Result<(), LedgerError> {
        pause(&self.pause).await;
        self.may_write()?;
        let answer = self.ledger.store_cursor(merchant, name, value).await;
        pause(&self.pause).await;
        answer
    }
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
            api: FakeLoop {
                shop: Arc::new(Mutex::new(Shop {
                    processing_closes: true,
                    page_size: 2,
                    flag_reviews: true,
                    ..Shop::default()
                })),
                clock: Arc::default(),
                pause: Arc::clone(&pause),
            },
            oms: Yard {
                oms,
                hidden: Arc::default(),
                without_feed: Arc::default(),
                down: Arc::default(),
                pause: Arc::clone(&pause),
            },
            floor,
            book: Book {
                ledger,
                writes_left: Arc::new(AtomicI64::new(-1)),
                slow: Arc::default(),
                torn: Arc::default(),
                time: time.clone(),
                pause: Arc::clone(&pause),
            },
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
        self.api.clock.store(now, Ordering::SeqCst);
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
        if !self.api.shop(|shop| shop.returns.contains_key(&id)) {
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
