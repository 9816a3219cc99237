//! Loop, as the bridge reaches it: calls that fail in every way a call can.

use std::sync::Arc;

use ams_loop_bridge::{AsnStream, LoopApi};
use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use loop_client::transport::TransportError;
use loop_client::{
    ApiVersion, AsnRow, Assessment, Call, Effect as Outcome, Error, ErrorCode, ErrorKind, Grade,
    ListPosition, Message, Return, ReturnId, ReturnsPage, ReturnsQuery, Timestamp,
};
use serde_json::json;

use super::cut::How;
use super::outage::Side;
use super::planted::Plant;
use super::shop::Version;
use super::sim::{Effect, Event, MINUTE, SECRET, Shared, Sim, seconds};

#[derive(Debug, Clone)]
pub(crate) struct LoopPort(pub(crate) Shared);

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Fine,
    NotSent,
    Limited,
    Key,
    Lost {
        applied: bool,
    },
    /// The caller has given up by the time it is applied.
    Late,
    Server {
        applied: bool,
    },
    /// Applied.
    Unreadable,
    SaidFalse,
}

impl Fate {
    fn error(self, call: Call, id: Option<ReturnId>) -> Option<Error> {
        let words = Message::new(None, "simulated");
        let (status, outcome, kind) = match self {
            Self::Fine => return None,
            Self::NotSent => (
                None,
                Outcome::NotSent,
                ErrorKind::Transport(TransportError::not_sent("refused")),
            ),
            Self::Limited => (Some(429), Outcome::NotApplied, ErrorKind::RateLimited),
            Self::Key => (
                Some(401),
                Outcome::NotApplied,
                ErrorKind::Unauthorized(words),
            ),
            Self::Lost { .. } | Self::Late => (
                None,
                Outcome::Unknown,
                ErrorKind::Transport(TransportError::maybe_sent("timed out")),
            ),
            Self::Server { .. } => (Some(500), Outcome::Unknown, ErrorKind::Server(words)),
            Self::SaidFalse => (Some(200), Outcome::Unknown, ErrorKind::Server(words)),
            Self::Unreadable => (
                Some(200),
                Outcome::Unknown,
                ErrorKind::Unreadable(Return::decode(b"<html>").unwrap_err()),
            ),
        };
        Some(Error::new(call, id, status, outcome, kind))
    }

    fn reaches(self) -> bool {
        matches!(
            self,
            Self::Fine
                | Self::Lost { applied: true }
                | Self::Server { applied: true }
                | Self::Unreadable
        )
    }
}

fn refused(call: Call, id: ReturnId) -> Error {
    let words = Message::new(Some(ErrorCode::UnprocessableReturn), "cannot be processed");
    let kind = ErrorKind::Refused(words);
    Error::new(call, Some(id), Some(200), Outcome::NotApplied, kind)
}

fn not_found(id: ReturnId) -> Error {
    let kind = ErrorKind::NotFound(Message::new(Some(ErrorCode::NotFound), "no such return"));
    let outcome = Outcome::NotApplied;
    Error::new(Call::ReturnDetails, Some(id), Some(200), outcome, kind)
}

impl Sim {
    fn call(&mut self, call: Call, id: u64) -> Fate {
        self.shop.calls += 1;
        self.shop.own_calls += u64::from(id > 0);
        *self.shop.by_kind.entry((id, call.name())).or_default() += 1;
        let rates = self.faults.clone();
        let fates = [
            (rates.not_sent, Fate::NotSent),
            (rates.limited, Fate::Limited),
            (rates.lost_before, Fate::Lost { applied: false }),
            (rates.lost_after, Fate::Lost { applied: true }),
            (rates.applied_late, Fate::Late),
            (rates.server_before, Fate::Server { applied: false }),
            (rates.server_applied, Fate::Server { applied: true }),
            (rates.unreadable, Fate::Unreadable),
            (rates.said_false, Fate::SaidFalse),
        ];
        let mut fate = Fate::Fine;
        if self.is_out(Side::LoopKey) {
            fate = Fate::Key;
        } else if self.is_out(Side::Loop) {
            fate = Fate::Server { applied: false };
        } else {
            for (rate, drawn) in fates {
                // Each alone at its rate; all at once they would leave nothing to test.
                if fate == Fate::Fine && self.rng.chance(rate / 3) {
                    fate = drawn;
                }
            }
        }
        self.note(call.name(), id, || format!("{fate:?}"));
        fate
    }

    /// How far behind this read is.
    fn lag(&mut self) -> i64 {
        let (stale, longest) = (self.faults.stale, self.faults.stale_by);
        if self.rng.chance(stale) {
            self.rng.seconds(0, longest)
        } else {
            0
        }
    }

    fn details(&mut self, id: ReturnId) -> Result<Return, Error> {
        let lag = self.lag();
        let shown = self.now - lag;
        let poisoned = self.shop.poisoned.contains(&id.get());
        let Some(case) = self.shop.cases.get(&id.get()) else {
            return Err(not_found(id));
        };
        if poisoned {
            let error = Fate::Unreadable.error(Call::ReturnDetails, Some(id));
            return Err(error.expect("a failure"));
        }
        let index = case.as_of(shown).ok_or_else(|| not_found(id))?;
        let details = case.versions[index].details.clone();
        let task = self.task;
        self.audit.loop_was_read(task, id.get(), index);
        Ok(details)
    }

    /// The rows after a return's number, so that a row that drops out moves no other.
    fn page(&mut self, query: &ReturnsQuery, after: usize) -> (Vec<Return>, bool) {
        let (from, to) = query.window();
        let (mut from, to) = (seconds(from), seconds(to));
        if self.has(Plant::PullsWithoutOverlap) {
            from += 15 * MINUTE;
        }
        if self.has(Plant::WebhooksOnly) {
            return (Vec::new(), false);
        }
        if self.has(Plant::CursorBeforePage) && after == 0 {
            self.book.jump_cursor(to);
        }
        let shown = self.now - self.lag().max(self.faults.lists_behind);
        let repeats = self.faults.page_repeats;
        let begins = usize::from(!self.rng.chance(repeats)) + after;
        let inside = |version: &&Version| from <= version.updated && version.updated <= to;
        let rows: Vec<&Version> = self
            .shop
            .cases
            .range(u64::try_from(begins).unwrap_or(0)..)
            .filter_map(|(_, case)| Some(&case.versions[case.as_of(shown)?]))
            .filter(inside)
            .collect();
        let page: Vec<Return> = rows
            .iter()
            .take(self.shop.page_size)
            .map(|version| version.details.clone())
            .collect();
        (page, rows.len() > self.shop.page_size)
    }

    fn asn_rows(&mut self, from: i64, to: i64) -> Vec<Result<AsnRow, Error>> {
        let fate = self.call(Call::AsnReport, 0);
        if let Some(error) = fate.error(Call::AsnReport, None) {
            return vec![Err(error)];
        }
        let shown = self.now - self.lag().max(self.faults.lists_behind);
        if self.has(Plant::WebhooksOnly) {
            return Vec::new();
        }
        let from = if self.has(Plant::PullsWithoutOverlap) {
            from + 15 * MINUTE
        } else {
            from
        };
        let inside =
            |version: &Version| (from..=to).contains(&version.from) && version.from <= shown;
        self.shop
            .cases
            .values()
            .filter(|case| case.versions.first().is_some_and(inside))
            .flat_map(|case| case.asn.iter().cloned().map(Ok))
            .collect()
    }
}

impl LoopPort {
    /// A call that changes something.
    async fn act(&self, call: Call, id: ReturnId, effect: Effect) -> Result<(), Error> {
        let shared = &self.0;
        let number = id.get();
        let cut = shared.boundary(true).await;
        let (fate, effect) = shared.with(|sim| {
            sim.shop.effects += 1;
            let mut fate = sim.call(call, number);
            if cut == Some(How::Lost) {
                fate = Fate::Lost { applied: true };
            }
            let request = sim.watch_call(call, number);
            if call == Call::Process {
                let died = "its sender died".to_owned();
                sim.shop.process_ended.insert(number, died);
            }
            let mut effect = effect;
            if let Effect::Process { request: named, .. } = &mut effect {
                *named = request;
            }
            (fate, effect)
        });
        let on_the_way = fate.reaches() || fate == Fate::Late;
        shared.travel(2, on_the_way.then_some(&effect)).await;
        let mut answer = shared.with(|sim| {
            if fate == Fate::Late {
                let later = sim.now + sim.rng.seconds(1, 10 * MINUTE);
                sim.schedule(later, Event::Late(effect.clone()));
            }
            let taken = !fate.reaches() || sim.apply(effect.clone());
            match fate.error(call, Some(id)) {
                Some(error) => Err(error),
                None if taken => Ok(()),
                None => Err(refused(call, id)),
            }
        });
        if cut == Some(How::After) {
            shared.die().await;
        }
        shared.pause(2).await;
        shared.with(|sim| {
            if call == Call::Process {
                sim.shop.process_ended.insert(number, format!("{fate:?}"));
            }
            if let (Err(error), Effect::Process { id, request, .. }) = (&answer, &effect) {
                let proven = error.effect() != Outcome::Unknown;
                sim.audit.answered(*id, *request, proven);
                if sim.has(Plant::LostMeansNotApplied) && !proven {
                    let kind = ErrorKind::RateLimited;
                    answer = Err(Error::new(call, None, None, Outcome::NotApplied, kind));
                }
            }
        });
        answer
    }

    async fn read<T>(
        &self,
        call: Call,
        id: Option<ReturnId>,
        read: impl FnOnce(&mut Sim) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let number = id.map_or(0, ReturnId::get);
        let cut = self.0.boundary(false).await;
        let mut fate = self.0.with(|sim| sim.call(call, number));
        if cut == Some(How::Lost) {
            fate = Fate::Lost { applied: true };
        }
        self.0.pause(2).await;
        let tells = self.0.with(|sim| sim.has(Plant::ErrorTellsSecret));
        let answer = match fate.error(call, id) {
            Some(_) if tells => {
                let kind = ErrorKind::Server(Message::new(None, SECRET));
                Err(Error::new(call, id, Some(500), Outcome::Unknown, kind))
            }
            Some(error) => Err(error),
            None => self.0.with(read),
        };
        if cut == Some(How::After) {
            self.0.die().await;
        }
        self.0.pause(2).await;
        answer
    }
}

/// Of which unit a grade is.
fn named(item: &serde_json::Value) -> u64 {
    item["line_item_id"].as_u64().unwrap_or(0)
}

impl LoopPort {
    /// Grades move no money, but one that is sent twice stands there twice.
    async fn inspected(&self, call: Call, units: Vec<u64>) -> Result<(), Error> {
        self.0.boundary(true).await;
        let fate = self.0.with(|sim| {
            sim.shop.effects += 1;
            sim.watch_inspection(call, &units);
            sim.call(call, 0)
        });
        self.0.pause(2).await;
        fate.error(call, None).map_or(Ok(()), Err)
    }
}

#[async_trait]
impl LoopApi for LoopPort {
    async fn get_return(&self, id: ReturnId) -> Result<Return, Error> {
        self.read(Call::ReturnDetails, Some(id), |sim| sim.details(id))
            .await
    }

    async fn returns_page(
        &self,
        query: &ReturnsQuery,
        position: Option<&ListPosition>,
    ) -> Result<ReturnsPage, Error> {
        let done = position.map_or(0, |position| {
            serde_json::to_value(position).expect("a position")["state"]
                .as_u64()
                .expect("a number")
        });
        let done = usize::try_from(done).expect("a row");
        let read = |sim: &mut Sim| Ok(sim.page(query, done));
        let (rows, more) = self.read(Call::ListReturns, None, read).await?;
        let last = rows.last().map_or(0, |row| row.id.get());
        let next = more.then(|| {
            let next = json!({"query": query, "window_from": query.window().0,
                "state": last, "cursor": null, "seen": []});
            serde_json::from_value(next).expect("a position")
        });
        Ok(ReturnsPage::new(rows.into_iter().map(Ok).collect(), next))
    }

    fn asn(&self, from: Timestamp, to: Timestamp) -> AsnStream {
        let shared = self.0.clone();
        let rows = async move {
            shared.pause(2).await;
            let rows = shared.with(|sim| sim.asn_rows(seconds(from), seconds(to)));
            shared.pause(2).await;
            stream::iter(rows)
        };
        Box::pin(stream::once(rows).flatten())
    }

    async fn process(&self, id: ReturnId, attempt: Option<&str>) -> Result<(), Error> {
        let effect = Effect::Process {
            id: id.get(),
            request: 0,
            attempt: attempt.map(Into::into),
        };
        self.act(Call::Process, id, effect).await
    }

    async fn flag(&self, id: ReturnId) -> Result<(), Error> {
        self.act(Call::Flag, id, Effect::Flag(id.get())).await
    }

    async fn notes(&self, id: ReturnId) -> Result<Vec<String>, Error> {
        self.read(Call::ListNotes, Some(id), |sim| {
            let case = sim.shop.cases.get(&id.get());
            let notes = case.into_iter().flat_map(|case| &case.notes);
            Ok(notes.map(|note| note.as_ref().to_owned()).collect())
        })
        .await
    }

    async fn add_note(&self, id: ReturnId, text: &str) -> Result<(), Error> {
        let text: Arc<str> = text.into();
        self.0.with(|sim| sim.audit.noted(id.get(), &text));
        self.act(Call::CreateNote, id, Effect::Note(id.get(), text))
            .await
    }

    fn version(&self) -> ApiVersion {
        ApiVersion::V2026_07
    }

    async fn grade(&self, items: &[Grade]) -> Result<(), Error> {
        let items = items.iter().map(|item| named(&json!(item))).collect();
        self.inspected(Call::GradeItems, items).await
    }

    async fn assess(&self, items: &[Assessment]) -> Result<(), Error> {
        let items = items.iter().map(|item| named(&json!(item))).collect();
        self.inspected(Call::AssessItems, items).await
    }
}
