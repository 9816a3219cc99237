//! An OMS that lives as long as the process.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::cursor::{self, Position};
use super::document::Document;
use super::faults::{Fault, Faults, Kind, OmsCall};
use super::operations::{self, Step};
use crate::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, CreateOutcome, EventHint, MerchantId,
    Oms, OmsError, OmsEvent, Rma, RmaChange, RmaKey, RmaNumber, RmaSnapshot, Warehouse,
    WarehouseWork,
};

/// A complete [`Oms`] with its [`Warehouse`], in memory.
///
/// Behaves like `SqliteOms`, except that it forgets everything with its last clone. Clones share
/// one state.
///
/// For tests of what uses it, calls can be made to go wrong:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::num::NonZeroU32;
/// use ams_oms_client::{
///     CreateOutcome, Fault, LineRef, MemoryOms, MerchantId, Oms, OmsCall, OmsError, Rma, RmaKey,
///     RmaLine,
/// };
///
/// let oms = MemoryOms::new();
/// let key = RmaKey::new(MerchantId::new("acme")?, "99904598".parse()?);
/// let rma = Rma::new(key, vec![RmaLine::new(LineRef::new("1")?, NonZeroU32::MIN)])?;
///
/// // The next creation succeeds, and its answer is lost on the way.
/// oms.inject(OmsCall::CreateRma, 1, Fault::ambiguous_done());
/// assert!(matches!(oms.create_rma(&rma).await, Err(OmsError::Ambiguous { .. })));
/// let again = oms.create_rma(&rma).await?;
/// assert!(matches!(again, CreateOutcome::AlreadyExists(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryOms {
    /// Names this store in its cursors.
    id: Arc<str>,
    state: Arc<Mutex<State>>,
    faults: Arc<Faults>,
}

#[derive(Default)]
struct State {
    documents: BTreeMap<RmaKey, Stored>,
    /// The last change of each RMA, in order.
    feed: BTreeMap<(MerchantId, Position), RmaNumber>,
    last_change: Position,
}

struct Stored {
    document: Document,
    change: Position,
    /// What it was before its last change, for stale reads.
    before: Option<Document>,
}

impl MemoryOms {
    /// An OMS without any RMA.
    #[must_use]
    pub fn new() -> Self {
        // A counter would start again with the next process, whose store would then accept
        // cursors that were kept from this one.
        let id = RandomState::new().hash_one("memory");
        Self {
            id: format!("{id:016x}").into(),
            state: Arc::default(),
            faults: Arc::default(),
        }
    }

    /// Makes the next `times` calls of this kind go wrong, after those that were injected for
    /// it before. A fault that means nothing to the call lets it pass.
    ///
    /// Clones share their faults. The [`Warehouse`] has none.
    pub fn inject(&self, call: OmsCall, times: u32, fault: Fault) {
        self.faults.add(call, times, fault);
    }

    /// Makes every call of this kind go wrong for which nothing else is injected, until another
    /// fault takes the place of this one or [`clear_faults`](MemoryOms::clear_faults) is called.
    pub fn inject_always(&self, call: OmsCall, fault: Fault) {
        self.faults.always(call, fault);
    }

    /// Nothing goes wrong from now on.
    pub fn clear_faults(&self) {
        self.faults.clear();
    }

    /// How many calls are still to go wrong, for tests that want to know that all did. Those
    /// that always do are not counted.
    #[must_use]
    pub fn faults_left(&self) -> u64 {
        self.faults.left()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Documents are replaced whole, so a panic elsewhere cannot have left half of one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn transact<R>(
        &self,
        key: &RmaKey,
        operation: impl FnOnce(Option<Document>) -> Result<Step<R>, OmsError>,
    ) -> Result<R, OmsError> {
        let mut state = self.state();
        let step = operation(state.load(key))?;
        if let Some(document) = step.save {
            state.save(key, document);
        }
        Ok(step.reply)
    }

    fn page(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
        fault: Option<&Kind>,
    ) -> Result<ChangePage, OmsError> {
        if cursor.is_some() && matches!(fault, Some(Kind::CursorLost)) {
            return Err(OmsError::CursorLost);
        }
        let state = self.state();
        let mut position = cursor::read(cursor, &self.id, merchant, state.last_change)?;
        if matches!(fault, Some(Kind::EmptyPage)) {
            let next = cursor::write_again(&self.id, merchant, position);
            if cursor != Some(&next) {
                return Ok(ChangePage::new(Vec::new(), next, true));
            }
        }

        let again = limit > NonZeroU32::MIN && matches!(fault, Some(Kind::RepeatedChanges));
        let first = state.first_place(merchant, position, again);
        let first = (merchant.clone(), first);
        let end = (merchant.clone(), Position::MAX);
        let mut later = state.feed.range(first..=end);
        let mut changes = Vec::new();
        for ((_, change), rma_number) in later.by_ref().take(rows(limit)) {
            changes.extend(state.change_of(merchant, *rma_number));
            position = position.max(*change);
        }
        if matches!(fault, Some(Kind::ReorderedChanges)) {
            changes.reverse();
        }
        let more = later.next().is_some();
        let next = cursor::write(&self.id, merchant, position);
        Ok(ChangePage::new(changes, next, more))
    }
}

fn rows(limit: NonZeroU32) -> usize {
    usize::try_from(limit.get()).unwrap_or(usize::MAX)
}

impl State {
    fn load(&self, key: &RmaKey) -> Option<Document> {
        self.documents
            .get(key)
            .map(|stored| stored.document.clone())
    }

    fn save(&mut self, key: &RmaKey, document: Document) {
        self.last_change += 1;
        let change = self.last_change;
        let before = self.documents.remove(key).map(|stored| {
            self.feed.remove(&(key.merchant.clone(), stored.change));
            stored.document
        });
        let stored = Stored {
            document,
            change,
            before,
        };
        self.documents.insert(key.clone(), stored);
        self.feed
            .insert((key.merchant.clone(), change), key.rma_number);
    }

    fn read(&self, key: &RmaKey, stale: bool) -> Option<RmaSnapshot> {
        let stored = self.documents.get(key)?;
        if stale {
            stored.before.as_ref().map(Document::snapshot)
        } else {
            Some(stored.document.snapshot())
        }
    }

    /// The first change of the merchant's after `position`, or with `again` the one at or before
    /// it, if there is any.
    fn first_place(&self, merchant: &MerchantId, position: Position, again: bool) -> Position {
        let told = (merchant.clone(), 0)..=(merchant.clone(), position);
        let last_told = self.feed.range(told).next_back();
        last_told
            .filter(|_| again)
            .map_or(position.saturating_add(1), |((_, change), _)| *change)
    }

    fn open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Vec<RmaNumber> {
        self.documents
            .iter()
            .filter(|(key, stored)| {
                key.merchant == *merchant
                    && after.is_none_or(|after| key.rma_number > after)
                    && stored.document.is_open()
            })
            .map(|(key, _)| key.rma_number)
            .take(rows(limit))
            .collect()
    }

    fn change_of(&self, merchant: &MerchantId, rma_number: RmaNumber) -> Option<RmaChange> {
        let key = RmaKey::new(merchant.clone(), rma_number);
        self.documents.get(&key).map(|stored| RmaChange {
            rma_number,
            version: stored.document.version(),
        })
    }
}

impl Default for MemoryOms {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryOms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryOms")
            .field("rmas", &self.state().documents.len())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Oms for MemoryOms {
    async fn create_rma(&self, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        let effect =
            |_| self.transact(&rma.key(), |stored| operations::create(stored, rma.clone()));
        self.faults.meet(OmsCall::CreateRma, effect).await
    }

    async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        let effect = |fault| {
            let stale = matches!(fault, Some(Kind::StaleRead));
            Ok(self.state().read(key, stale))
        };
        self.faults.meet(OmsCall::GetRma, effect).await
    }

    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        let effect = |_| self.transact(&rma.key(), |stored| operations::amend(stored, rma));
        self.faults.meet(OmsCall::AmendRma, effect).await
    }

    async fn cancel_rma(&self, key: &RmaKey, reason: &str) -> Result<CancelOutcome, OmsError> {
        let effect = |_| self.transact(key, |stored| operations::cancel(stored, reason));
        self.faults.meet(OmsCall::CancelRma, effect).await
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let effect = |fault: Option<Kind>| self.page(merchant, cursor, limit, fault.as_ref());
        self.faults.meet(OmsCall::Changes, effect).await
    }

    async fn list_open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        let effect = |_| Ok(self.state().open(merchant, after, limit));
        self.faults.meet(OmsCall::ListOpen, effect).await
    }

    fn decode_event(&self, _: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        Err(OmsError::unsupported("decode_event"))
    }

    fn capabilities(&self) -> Capabilities {
        cursor::everything()
    }
}

#[async_trait]
impl Warehouse for MemoryOms {
    async fn apply(&self, key: &RmaKey, work: WarehouseWork) -> Result<RmaSnapshot, OmsError> {
        self.transact(key, |stored| operations::work(stored, &work))
    }
}
