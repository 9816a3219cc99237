//! An OMS that lives as long as the process.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::cursor::{self, Position};
use super::document::Document;
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
#[derive(Clone)]
pub struct MemoryOms {
    /// Names this store in its cursors.
    id: Arc<str>,
    state: Arc<Mutex<State>>,
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
        }
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
        let before = self
            .documents
            .insert(key.clone(), Stored { document, change });
        if let Some(before) = before {
            self.feed.remove(&(key.merchant.clone(), before.change));
        }
        self.feed
            .insert((key.merchant.clone(), change), key.rma_number);
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
        self.transact(&rma.key(), |stored| operations::create(stored, rma.clone()))
    }

    async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        Ok(self.state().load(key).map(|document| document.snapshot()))
    }

    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        self.transact(&rma.key(), |stored| operations::amend(stored, rma))
    }

    async fn cancel_rma(&self, key: &RmaKey, reason: &str) -> Result<CancelOutcome, OmsError> {
        self.transact(key, |stored| operations::cancel(stored, reason))
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let state = self.state();
        let mut position = cursor::read(cursor, &self.id, merchant, state.last_change)?;
        let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);

        let after = (merchant.clone(), position.saturating_add(1));
        let end = (merchant.clone(), Position::MAX);
        let mut later = state.feed.range(after..=end);
        let mut changes = Vec::new();
        for ((_, change), rma_number) in later.by_ref().take(limit) {
            changes.extend(state.change_of(merchant, *rma_number));
            position = *change;
        }
        let more = later.next().is_some();
        let next = cursor::write(&self.id, merchant, position);
        Ok(ChangePage::new(changes, next, more))
    }

    async fn list_open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
        Ok(self
            .state()
            .documents
            .iter()
            .filter(|(key, stored)| {
                key.merchant == *merchant
                    && after.is_none_or(|after| key.rma_number > after)
                    && stored.document.is_open()
            })
            .map(|(key, _)| key.rma_number)
            .take(limit)
            .collect())
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
