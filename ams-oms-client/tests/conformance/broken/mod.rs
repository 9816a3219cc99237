//! Implementations with one defect each: a sound in-memory OMS behind a defect that gets at
//! every call.

mod announcing;
mod changing;
mod correcting;
mod feed;
mod honesty;
mod listing;
mod receiving;
mod sound;
mod tenants;
mod texts;

pub(crate) use sound::{Modest, Sound, Strict};

use std::fmt::Debug;
use std::num::NonZeroU32;

use ams_oms_client::conformance::WarehouseDriver;
use ams_oms_client::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, CreateOutcome, EventHint, ItemRef,
    MemoryOms, MerchantId, Oms, OmsError, OmsEvent, ReceiptId, Rma, RmaKey, RmaNumber, RmaSnapshot,
    Warehouse, WarehouseWork, async_trait,
};

/// What goes wrong, call by call; what a defect leaves out is done properly.
///
/// These defaults are why this is a trait of its own: [`Oms`] has none, so that no wrapper
/// forgets a call.
#[async_trait]
pub(crate) trait Defect: Debug + Send + Sync {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        oms.create_rma(rma).await
    }

    async fn get(&self, oms: &MemoryOms, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        oms.get_rma(key).await
    }

    async fn amend(&self, oms: &MemoryOms, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        oms.amend_rma(rma).await
    }

    async fn cancel(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        reason: &str,
    ) -> Result<CancelOutcome, OmsError> {
        oms.cancel_rma(key, reason).await
    }

    async fn changes(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        oms.changes(merchant, cursor, limit).await
    }

    async fn list(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        oms.list_open(merchant, after, limit).await
    }

    fn decode(&self, oms: &MemoryOms, event: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        oms.decode_event(event)
    }

    fn capabilities(&self, oms: &MemoryOms) -> Capabilities {
        oms.capabilities()
    }

    async fn work(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        work: WarehouseWork,
    ) -> Result<RmaSnapshot, OmsError> {
        oms.apply(key, work).await
    }

    async fn receive_in_words(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        receipt_id: &ReceiptId,
        item: &ItemRef,
        condition: &str,
    ) -> Result<RmaSnapshot, OmsError> {
        oms.receive_in_words(key, receipt_id, item, condition).await
    }

    fn prepare(&self, _: &MerchantId, _: &[&str]) {}

    /// How every snapshot is told that goes out.
    fn tell(&self, snapshot: RmaSnapshot) -> RmaSnapshot {
        snapshot
    }
}

/// A defect and the ids of all rules that it breaks.
pub(crate) type Case = (Box<dyn Defect>, &'static [&'static str]);

pub(crate) fn all() -> Vec<Case> {
    [
        announcing::all(),
        tenants::all(),
        changing::all(),
        receiving::all(),
        correcting::all(),
        feed::all(),
        listing::all(),
        texts::all(),
        honesty::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[derive(Debug)]
pub(crate) struct Broken {
    oms: MemoryOms,
    defect: Box<dyn Defect>,
}

impl Broken {
    pub(crate) fn new(defect: Box<dyn Defect>) -> Self {
        Self {
            oms: MemoryOms::new(),
            defect,
        }
    }
}

#[async_trait]
impl Oms for Broken {
    async fn create_rma(&self, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        match self.defect.create(&self.oms, rma).await {
            Ok(CreateOutcome::Created(snapshot)) => {
                Ok(CreateOutcome::Created(self.defect.tell(snapshot)))
            }
            Ok(CreateOutcome::AlreadyExists(snapshot)) => {
                Ok(CreateOutcome::AlreadyExists(self.defect.tell(snapshot)))
            }
            Err(OmsError::Conflict { existing, .. }) => {
                Err(OmsError::conflict(self.defect.tell(*existing)))
            }
            Err(error) => Err(error),
        }
    }

    async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        let snapshot = self.defect.get(&self.oms, key).await?;
        Ok(snapshot.map(|snapshot| self.defect.tell(snapshot)))
    }

    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        let snapshot = self.defect.amend(&self.oms, rma).await?;
        Ok(self.defect.tell(snapshot))
    }

    async fn cancel_rma(&self, key: &RmaKey, reason: &str) -> Result<CancelOutcome, OmsError> {
        self.defect.cancel(&self.oms, key, reason).await
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        self.defect
            .changes(&self.oms, merchant, cursor, limit)
            .await
    }

    async fn list_open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        self.defect.list(&self.oms, merchant, after, limit).await
    }

    fn decode_event(&self, event: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        self.defect.decode(&self.oms, event)
    }

    fn capabilities(&self) -> Capabilities {
        self.defect.capabilities(&self.oms)
    }
}

#[async_trait]
impl Warehouse for Broken {
    async fn apply(&self, key: &RmaKey, work: WarehouseWork) -> Result<RmaSnapshot, OmsError> {
        self.defect.work(&self.oms, key, work).await
    }
}

#[async_trait]
impl WarehouseDriver for Broken {
    async fn prepare(&self, merchant: &MerchantId, skus: &[&str]) -> Result<(), OmsError> {
        self.defect.prepare(merchant, skus);
        Ok(())
    }

    async fn receive_in_words(
        &self,
        key: &RmaKey,
        receipt_id: &ReceiptId,
        item: &ItemRef,
        condition: &str,
    ) -> Result<RmaSnapshot, OmsError> {
        self.defect
            .receive_in_words(&self.oms, key, receipt_id, item, condition)
            .await
    }
}

/// An RMA, changed in a way that leaves it valid.
fn with_lines(rma: &Rma, lines: Vec<ams_oms_client::RmaLine>) -> Rma {
    Rma::new(rma.key(), lines).unwrap()
}
