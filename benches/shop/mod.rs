//! Both sides of the bridge, made so that they cost next to nothing: Loop in memory, which counts
//! its calls, and a clock that is moved by hand.
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "not every benchmark uses all of it, and one ends by panicking"
)]

mod counted;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ams_loop_bridge::{AsnStream, Clock, LoopApi};
use ams_oms_client::{
    Condition, ItemRef, LineRef, MerchantId, ReceiptId, ReceivedUnits, RmaKey, RmaNumber,
    WarehouseWork,
};
use async_trait::async_trait;
use loop_ams_benches::{asn_row, return_row, return_webhook};
use loop_client::webhook::sign;
use loop_client::{
    ApiVersion, AsnRow, Assessment, Call, Effect, Error, ErrorKind, Grade, ListPosition, Message,
    Return, ReturnId, ReturnState, ReturnsFilter, ReturnsPage, ReturnsQuery, Timestamp,
};
use serde_json::json;

pub(crate) use counted::{CountedLedger, CountedOms, LedgerCounts};

pub(crate) const SECRET: &str = "benchmark-secret";
const PAGE: usize = 750;

const BEGINNING: i64 = 1_800_000_000;

/// Seconds after an arbitrary beginning.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(BEGINNING + seconds)
}

fn place(time: Timestamp) -> i64 {
    time.unix_seconds() - BEGINNING
}

pub(crate) fn merchant() -> MerchantId {
    MerchantId::new("acme").unwrap()
}

pub(crate) fn key(id: u64) -> RmaKey {
    RmaKey::new(merchant(), RmaNumber::new(id).unwrap())
}

/// A webhook of a return that was submitted at `created`, and its signature.
pub(crate) fn webhook(id: u64, created: i64, closed: bool) -> (String, String) {
    let created = at(created).to_string();
    let mut body = return_webhook(id, 2).replacen("2026-11-01T22:27:15+00:00", &created, 1);
    if closed {
        body = body.replacen(r#""state":"open""#, r#""state":"closed""#, 1);
    }
    let signature = sign(SECRET.as_bytes(), body.as_bytes());
    (body, signature)
}

/// All units of the return, as they are booked in.
pub(crate) fn receipt(id: u64, condition: Condition) -> WarehouseWork {
    let unit = |line: u64, condition| {
        let line = LineRef::new((id * 100 + line).to_string()).unwrap();
        ReceivedUnits::new(ItemRef::Line(line), condition, NonZeroU32::MIN)
    };
    WarehouseWork::Receive {
        receipt_id: ReceiptId::new("r1").unwrap(),
        units: vec![unit(1, Condition::Available), unit(2, condition)],
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug, Clone, Default)]
pub(crate) struct HandClock(Arc<AtomicI64>);

impl HandClock {
    /// Moves it.
    pub(crate) fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clock for HandClock {
    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.now().try_into().unwrap())
    }
}

/// Calls by kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls(pub(crate) BTreeMap<&'static str, u64>);

impl Calls {
    pub(crate) fn of(&self, call: Call) -> u64 {
        self.0.get(call.name()).copied().unwrap_or_default()
    }

    pub(crate) fn all(&self) -> u64 {
        self.0.values().sum()
    }
}

#[derive(Debug, Clone)]
struct Row {
    state: ReturnState,
    created: i64,
    updated: i64,
}

#[derive(Debug)]
struct Inside {
    rows: HashMap<u64, Row>,
    by_creation: BTreeSet<(i64, u64)>,
    by_update: BTreeSet<(i64, u64)>,
    processing: VecDeque<(i64, u64)>,
    calls: Calls,
    processed: u64,
}

/// Loop. It processes a return in half a minute.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    template: Arc<Return>,
    asn: Arc<AsnRow>,
    inside: Arc<Mutex<Inside>>,
    clock: HandClock,
}

impl Shop {
    pub(crate) fn new(clock: HandClock) -> Self {
        Self {
            template: Arc::new(serde_json::from_value(return_row(1, 2)).unwrap()),
            asn: Arc::new(serde_json::from_value(asn_row(1, 101)).unwrap()),
            inside: Arc::new(Mutex::new(Inside {
                rows: HashMap::new(),
                by_creation: BTreeSet::new(),
                by_update: BTreeSet::new(),
                processing: VecDeque::new(),
                calls: Calls::default(),
                processed: 0,
            })),
            clock,
        }
    }

    fn inside<R>(&self, act: impl FnOnce(&mut Inside) -> R) -> R {
        act(&mut self.inside.lock().unwrap())
    }

    pub(crate) fn submit(&self, id: u64, created: i64) {
        self.inside(|it| {
            let row = Row {
                state: ReturnState::Open,
                created,
                updated: created,
            };
            it.rows.insert(id, row);
            it.by_creation.insert((created, id));
            it.by_update.insert((created, id));
        });
    }

    /// Ends the processing that is due, and tells of which returns.
    pub(crate) fn finish(&self, now: i64) -> Vec<u64> {
        self.inside(|it| {
            let mut closed = Vec::new();
            while let Some((due, id)) = it.processing.front().copied().filter(|at| at.0 <= now) {
                it.processing.pop_front();
                it.move_to(id, ReturnState::Closed, due);
                closed.push(id);
            }
            closed
        })
    }

    pub(crate) fn take_calls(&self) -> Calls {
        self.inside(|it| std::mem::take(&mut it.calls))
    }

    /// How many process calls Loop took.
    pub(crate) fn processed(&self) -> u64 {
        self.inside(|it| it.processed)
    }

    fn show(&self, id: u64, row: &Row) -> Return {
        let mut shown = (*self.template).clone();
        shown.id = id.try_into().unwrap();
        shown.state = Some(row.state.clone());
        shown.created_at = Some(at(row.created));
        shown.updated_at = Some(at(row.updated));
        for (number, line) in (1..).zip(shown.line_items.iter_mut().flatten()) {
            let unit = id * 100 + number;
            line.line_item_id = unit.try_into().unwrap();
            line.sku = Some(format!("SHIRT-{}-M", unit % 5000));
        }
        shown
    }
}

impl Inside {
    fn count(&mut self, call: Call) {
        *self.calls.0.entry(call.name()).or_default() += 1;
    }

    fn move_to(&mut self, id: u64, state: ReturnState, now: i64) {
        let row = self.rows.get_mut(&id).unwrap();
        self.by_update.remove(&(row.updated, id));
        self.by_update.insert((now, id));
        row.state = state;
        row.updated = now;
    }
}

fn refused(call: Call, id: ReturnId) -> Error {
    let kind = ErrorKind::Refused(Message::new(None, "refused"));
    Error::new(call, Some(id), Some(200), Effect::NotApplied, kind)
}

#[async_trait]
impl LoopApi for Shop {
    async fn get_return(&self, id: ReturnId) -> Result<Return, Error> {
        let row = self.inside(|it| {
            it.count(Call::ReturnDetails);
            it.rows.get(&id.get()).cloned()
        });
        let row = row.ok_or_else(|| refused(Call::ReturnDetails, id))?;
        Ok(self.show(id.get(), &row))
    }

    /// As the client does: a pass per state.
    async fn returns_page(
        &self,
        query: &ReturnsQuery,
        position: Option<&ListPosition>,
    ) -> Result<ReturnsPage, Error> {
        let asked = serde_json::to_value(query).unwrap();
        let states: Vec<ReturnState> = serde_json::from_value(asked["states"].clone()).unwrap();
        let here = position.map(|it| serde_json::to_value(it).unwrap());
        let state = here
            .as_ref()
            .map_or(0, |it| it["state"].as_u64().unwrap() as usize);
        let done = here.as_ref().and_then(|it| it["cursor"].as_str());
        let done: usize = done.map_or(0, |done| done.parse().unwrap());
        let (from, to) = query.window();
        let window = (place(from), 0)..=(place(to), u64::MAX);
        let found: Vec<(u64, Row)> = self.inside(|it| {
            it.count(Call::ListReturns);
            let index = match query.filter() {
                ReturnsFilter::CreatedAt => &it.by_creation,
                ReturnsFilter::UpdatedAt => &it.by_update,
            };
            let inside = index.range(window).map(|(_, id)| (*id, &it.rows[id]));
            let wanted = inside.filter(|(_, row)| row.state == states[state]);
            let page = wanted.skip(done).take(PAGE + 1);
            page.map(|(id, row)| (id, row.clone())).collect()
        });
        let next = if found.len() > PAGE {
            Some((state, Some((done + PAGE).to_string())))
        } else {
            (state + 1 < states.len()).then_some((state + 1, None))
        };
        let next = next.map(|(state, cursor)| {
            let next = json!({"query": query, "window_from": from, "state": state,
                "cursor": cursor, "seen": []});
            serde_json::from_value(next).unwrap()
        });
        let page = found.iter().take(PAGE);
        let rows = page.map(|(id, row)| Ok(self.show(*id, row))).collect();
        Ok(ReturnsPage::new(rows, next))
    }

    fn asn(&self, from: Timestamp, to: Timestamp) -> AsnStream {
        let window = (place(from), 0)..=(place(to), u64::MAX);
        let ids: Vec<u64> = self.inside(|it| {
            it.count(Call::AsnReport);
            it.by_update.range(window).map(|(_, id)| *id).collect()
        });
        let template = Arc::clone(&self.asn);
        let rows = ids.into_iter().flat_map(move |id| {
            let template = Arc::clone(&template);
            (1..=2).map(move |line| {
                let mut row = (*template).clone();
                row.return_id = id.try_into().unwrap();
                row.line_item_id = (id * 100 + line).try_into().unwrap();
                Ok(row)
            })
        });
        Box::pin(futures_util::stream::iter(rows))
    }

    async fn process(&self, id: ReturnId, _: Option<&str>) -> Result<(), Error> {
        let now = self.clock.now();
        self.inside(|it| {
            it.count(Call::Process);
            if it.rows[&id.get()].state != ReturnState::Open {
                return Err(refused(Call::Process, id));
            }
            it.processed += 1;
            it.processing.push_back((now + 30, id.get()));
            Ok(())
        })
    }

    async fn flag(&self, id: ReturnId) -> Result<(), Error> {
        let now = self.clock.now();
        self.inside(|it| {
            it.count(Call::Flag);
            it.move_to(id.get(), ReturnState::Review, now);
        });
        Ok(())
    }

    async fn notes(&self, _: ReturnId) -> Result<Vec<String>, Error> {
        self.inside(|it| it.count(Call::ListNotes));
        Ok(Vec::new())
    }

    async fn add_note(&self, _: ReturnId, _: &str) -> Result<(), Error> {
        self.inside(|it| it.count(Call::CreateNote));
        Ok(())
    }

    fn version(&self) -> ApiVersion {
        ApiVersion::V2026_07
    }

    async fn grade(&self, _: &[Grade]) -> Result<(), Error> {
        Ok(())
    }

    async fn assess(&self, _: &[Assessment]) -> Result<(), Error> {
        Ok(())
    }
}
