//! The OMS, as the bridge reaches it.

use std::num::NonZeroU32;

use ams_oms_client::{
    CancelOutcome, Capabilities, ChangeCursor, ChangeFeed, ChangePage, Condition, CreateOutcome,
    EventHint, MerchantId, Oms, OmsError, OmsEvent, ReceivedLine, Rma, RmaChange, RmaKey,
    RmaNumber, RmaSnapshot, RmaState, RmaVersion, UnexpectedItem, UnitCounts,
};
use async_trait::async_trait;

use super::cut::How;
use super::outage::Side;
use super::planted::Plant;
use super::sim::{Effect, Shared, Sim};
use super::yard::{Document, Goods, Progress, SaysMissing, number};

#[derive(Debug, Clone)]
pub(crate) struct OmsPort(pub(crate) Shared);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Fine,
    Refused,
    Down,
    Ambiguous { applied: bool },
}

impl Fate {
    fn error(self) -> Option<OmsError> {
        match self {
            Self::Fine => None,
            Self::Refused => Some(OmsError::auth("simulated")),
            Self::Down => Some(OmsError::transient("simulated")),
            Self::Ambiguous { .. } => Some(OmsError::ambiguous("simulated")),
        }
    }

    fn reaches(self) -> bool {
        matches!(self, Self::Fine | Self::Ambiguous { applied: true })
    }
}

impl Sim {
    fn oms_call(&mut self, what: &'static str, id: u64, changes: bool) -> Fate {
        let (transient, ambiguous) = (self.faults.oms_transient, self.faults.oms_ambiguous);
        let fate = if self.is_out(Side::OmsKey) {
            Fate::Refused
        } else if self.is_out(Side::Oms) || self.rng.chance(transient) {
            Fate::Down
        } else if changes && self.rng.chance(ambiguous) {
            let applied = self.rng.chance(5000);
            Fate::Ambiguous { applied }
        } else {
            Fate::Fine
        };
        self.note(what, id, || format!("{fate:?}"));
        fate
    }

    /// What is told of a document, which is all true of it unless a bug is planted.
    fn snapshot(&self, key: &RmaKey, document: &Document) -> RmaSnapshot {
        let mut state = match document.progress {
            Progress::Announced => RmaState::Announced,
            Progress::Begun => RmaState::InProgress,
            Progress::Completed => RmaState::Completed,
            Progress::Cancelled => RmaState::Cancelled,
            Progress::Odd => RmaState::from_text("QC HOLD"),
        };
        if self.has(Plant::OddStateIsComplete) && state == RmaState::Unknown {
            state = RmaState::Completed;
        }
        let partial = self.has(Plant::PartialIsComplete) && state == RmaState::InProgress;
        if partial {
            state = RmaState::Completed;
        }
        let mut lines: Vec<ReceivedLine> = Vec::new();
        for unit in &document.units {
            let came = match unit.came {
                Some(Goods::Odd) if self.has(Plant::OddConditionIsGood) => Some(Goods::Good),
                Some(Goods::Damaged) if self.has(Plant::DamageIsGood) => Some(Goods::Good),
                None if self.has(Plant::MissingIsGood) && state == RmaState::Completed => {
                    Some(Goods::Good)
                }
                came => came,
            };
            let missing = came.is_none() && state == RmaState::Completed;
            if missing && (partial || self.yard.says_missing == SaysMissing::Not) {
                continue;
            }
            let line = |line: &ReceivedLine| {
                let reference = line.line_ref.as_ref().map(|it| it.as_str().to_owned());
                reference.map_or(line.sku.as_deref() == Some(&unit.sku), |it| {
                    it == unit.line.to_string()
                })
            };
            let at = lines.iter().position(line).unwrap_or_else(|| {
                let mut line = ReceivedLine::new(UnitCounts::default()).with_sku(unit.sku.clone());
                if self.yard.echoes_lines {
                    line = line.with_line_ref(unit.line.to_string().parse().expect("a line"));
                }
                lines.push(line);
                lines.len() - 1
            });
            let counts = &mut lines[at].counts;
            counts.expected += 1;
            match came {
                None if missing && self.yard.says_missing == SaysMissing::Outright => {
                    counts.missing += 1;
                }
                None => {}
                Some(Goods::Good) => counts.available += 1,
                Some(Goods::Damaged) => counts.damaged += 1,
                Some(Goods::Odd) => match Condition::from_text("mostly fine") {
                    Condition::Available => counts.available += 1,
                    Condition::Damaged => counts.damaged += 1,
                    _ => counts.held += 1,
                },
            }
        }
        let version = RmaVersion::new(document.version.to_string());
        let mut snapshot =
            RmaSnapshot::new(key.clone(), state, "as it is", version, lines).expect("a snapshot");
        if let Some(quantity) = NonZeroU32::new(document.strays) {
            let stray = UnexpectedItem::new(quantity, Condition::Available);
            snapshot.unexpected.push(stray.with_sku("STRAY"));
        }
        snapshot
    }

    fn read_rma(&mut self, key: &RmaKey) -> Option<RmaSnapshot> {
        let id = number(key.rma_number);
        let (task, now) = (self.task, self.now);
        let Some(document) = self.yard.documents.get(&id) else {
            self.audit.warehouse_was_read(task, id, None);
            return None;
        };
        if now < document.shown_from {
            self.audit.warehouse_was_read(task, id, None);
            return None;
        }
        let snapshot = self.snapshot(key, document);
        self.audit
            .warehouse_was_read(task, id, Some(document.clone()));
        Some(snapshot)
    }

    fn created(&mut self, rma: &Rma, known: bool) -> Result<CreateOutcome, OmsError> {
        let document = &self.yard.documents[&number(rma.rma_number)];
        let snapshot = self.snapshot(&rma.key(), document);
        match &document.rma {
            _ if !known => Ok(CreateOutcome::Created(snapshot)),
            Some(stored) if stored.same_goods(rma) => Ok(CreateOutcome::AlreadyExists(snapshot)),
            _ => Err(OmsError::conflict(snapshot)),
        }
    }

    fn feed(&mut self, cursor: Option<&ChangeCursor>) -> Result<ChangePage, OmsError> {
        if !self.yard.has_feed {
            return Err(OmsError::unsupported("changes"));
        }
        let (lost, empty, repeats) = (
            self.faults.feed_lost,
            self.faults.feed_empty,
            self.faults.feed_repeats,
        );
        if cursor.is_some() && self.rng.chance(lost) {
            return Err(OmsError::CursorLost);
        }
        let asked = cursor.map_or("0.0", ChangeCursor::as_str);
        let (place, page) = asked.split_once('.').ok_or(OmsError::CursorLost)?;
        let place: usize = place.parse().map_err(|_| OmsError::CursorLost)?;
        let page: u64 = page.parse().map_err(|_| OmsError::CursorLost)?;
        // Every page has another cursor, an empty one too.
        let cursor = |place: usize| ChangeCursor::new(format!("{place}.{}", page + 1));
        let end = self.yard.log.len();
        if place < end && self.rng.chance(empty) {
            return Ok(ChangePage::new(Vec::new(), cursor(place), true));
        }
        let from = if self.rng.chance(repeats) {
            let back = self.rng.below(4);
            place.saturating_sub(usize::try_from(back).unwrap_or(0))
        } else {
            place
        };
        let size = if self.has(Plant::FeedSkipsAtPageEdge) {
            1
        } else {
            self.yard.page_size
        };
        let mut next = (place + size).min(end);
        let change = |id: &u64| {
            let number = RmaNumber::new(*id).expect("a number");
            RmaChange::new(number, RmaVersion::new("of then"))
        };
        let changes = self.yard.log[from..next].iter().map(change).collect();
        if self.has(Plant::FeedSkipsAtPageEdge) && next < end {
            next += 1;
        }
        let at = if next == place && from == place {
            ChangeCursor::new(asked)
        } else {
            cursor(next)
        };
        Ok(ChangePage::new(changes, at, next < end))
    }
}

impl OmsPort {
    async fn ask<T>(
        &self,
        what: &'static str,
        id: u64,
        effect: Option<Effect>,
        act: impl FnOnce(&mut Sim) -> Result<T, OmsError>,
    ) -> Result<T, OmsError> {
        let cut = self.0.boundary(effect.is_some()).await;
        let mut fate = self.0.with(|sim| sim.oms_call(what, id, effect.is_some()));
        if cut == Some(How::Lost) {
            let changes = effect.is_some();
            fate = if changes {
                Fate::Ambiguous { applied: true }
            } else {
                Fate::Down
            };
        }
        let on_the_way = effect.as_ref().filter(|_| fate.reaches());
        self.0.travel(2, on_the_way).await;
        let answer = self.0.with(|sim| match fate.error() {
            Some(error) => {
                if let (true, Some(effect)) = (fate.reaches(), effect.clone()) {
                    sim.apply(effect);
                }
                Err(error)
            }
            None => act(sim),
        });
        if cut == Some(How::After) {
            self.0.die().await;
        }
        self.0.pause(2).await;
        answer
    }
}

#[async_trait]
impl Oms for OmsPort {
    async fn create_rma(&self, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        let id = number(rma.rma_number);
        self.0.with(|sim| sim.watch_create(rma));
        let effect = Effect::Create(Box::new(rma.clone()));
        self.ask("create_rma", id, Some(effect), |sim| {
            let known = sim.yard.documents.get(&id);
            let hidden = known.is_some_and(|document| sim.now < document.shown_from);
            let again = (hidden && sim.has(Plant::CreatesAgainWhileHidden))
                || (known.is_some() && sim.has(Plant::CreatesWithoutLookUp));
            if again {
                sim.audit.made(id);
            }
            let known = known.is_some();
            sim.create(rma);
            sim.created(rma, known)
        })
        .await
    }

    async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        self.ask("get_rma", number(key.rma_number), None, |sim| {
            Ok(sim.read_rma(key))
        })
        .await
    }

    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        let id = number(rma.rma_number);
        self.0.with(|sim| sim.watch_create(rma));
        let effect = Effect::Amend(Box::new(rma.clone()));
        self.ask("amend_rma", id, Some(effect), |sim| {
            let amended = sim.amend(rma);
            let document = sim.yard.documents.get(&id).ok_or(OmsError::NotFound)?;
            let snapshot = sim.snapshot(&rma.key(), document);
            if amended {
                Ok(snapshot)
            } else {
                Err(OmsError::too_late(snapshot.state))
            }
        })
        .await
    }

    async fn cancel_rma(&self, key: &RmaKey, _reason: &str) -> Result<CancelOutcome, OmsError> {
        let id = number(key.rma_number);
        let effect = Effect::CancelRma(id);
        self.ask("cancel_rma", id, Some(effect), |sim| {
            let before = sim.yard.documents.get(&id).ok_or(OmsError::NotFound)?;
            if before.progress == Progress::Cancelled {
                return Ok(CancelOutcome::AlreadyCancelled);
            }
            if sim.cancel_rma(id) {
                Ok(CancelOutcome::Cancelled)
            } else {
                Err(OmsError::too_late(RmaState::InProgress))
            }
        })
        .await
    }

    async fn changes(
        &self,
        _merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        _limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        self.ask("changes", 0, None, |sim| sim.feed(cursor)).await
    }

    async fn list_open(
        &self,
        _merchant: &MerchantId,
        _after: Option<RmaNumber>,
        _limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        Err(OmsError::unsupported("list_open"))
    }

    fn decode_event(&self, _event: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        Err(OmsError::unsupported("decode_event"))
    }

    fn capabilities(&self) -> Capabilities {
        let mut can = Capabilities::default();
        (can.amend, can.cancel) = (true, true);
        can.change_feed = ChangeFeed::UpdatedSince;
        can
    }
}
