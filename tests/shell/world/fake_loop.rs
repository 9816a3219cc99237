//! Loop, whose calls fail as they are told to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use ams_loop_bridge::{AsnStream, LoopApi};
use async_trait::async_trait;
use loop_client::transport::TransportError;
use loop_client::{
    ApiVersion, AsnRow, Assessment, Call, Effect, Error, ErrorCode, ErrorKind, Grade, ListPosition,
    Message, Return, ReturnId, ReturnsFilter, ReturnsPage, ReturnsQuery, Timestamp,
};
use serde_json::{Value, json};

use super::{Hook, pause};
use crate::common::{at, read, return_id, return_json};

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
    after_page: Option<Hook>,
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

impl FakeLoop {
    pub(super) fn new(pause: Arc<AtomicBool>) -> Self {
        Self {
            shop: Arc::new(Mutex::new(Shop {
                processing_closes: true,
                page_size: 2,
                flag_reviews: true,
                ..Shop::default()
            })),
            clock: Arc::default(),
            pause,
        }
    }

    pub(super) fn set_clock(&self, now: i64) {
        self.clock.store(now, Ordering::SeqCst);
    }

    pub(super) fn knows(&self, id: u64) -> bool {
        self.shop(|shop| shop.returns.contains_key(&id))
    }

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

    /// What happens between the reading of a page and its arrival.
    pub(crate) fn after_page(&self, hook: impl Future<Output = ()> + Send + 'static) {
        self.shop(|shop| shop.after_page = Some(Box::pin(hook)));
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
        let hook = self.shop(|shop| shop.after_page.take());
        if let Some(hook) = hook {
            hook.await;
        }
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
