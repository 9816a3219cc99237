use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ams_oms_client::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, CreateOutcome, EventHint, MerchantId,
    Oms, OmsError, OmsEvent, ReceivedLine, Rma, RmaKey, RmaNumber, RmaSnapshot, RmaState,
    RmaVersion,
};
use async_trait::async_trait;

use super::{Log, WouldDo};

/// An OMS in which nothing is made or changed; what would have been is shown as if it were.
#[derive(Debug)]
pub(super) struct DryOms {
    inner: Arc<dyn Oms>,
    log: Log,
    shown: Mutex<BTreeMap<RmaKey, RmaSnapshot>>,
}

impl DryOms {
    pub(super) fn new(inner: Arc<dyn Oms>, log: Log) -> Self {
        Self {
            inner,
            log,
            shown: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<RmaKey, RmaSnapshot>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        let version = RmaVersion::new("dry run");
        let lines = rma.lines.iter().map(ReceivedLine::awaiting).collect();
        let snapshot = RmaSnapshot::new(rma.key(), RmaState::Announced, "dry run", version, lines)?;
        self.lock().insert(rma.key(), snapshot.clone());
        Ok(snapshot)
    }
}

#[async_trait]
impl Oms for DryOms {
    async fn create_rma(&self, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        if let Some(existing) = self.get_rma(&rma.key()).await? {
            return Ok(CreateOutcome::AlreadyExists(existing));
        }
        self.log.note(WouldDo::CreateRma(rma.key()));
        Ok(CreateOutcome::Created(self.show(rma)?))
    }

    async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        let shown = self.lock().get(key).cloned();
        match shown {
            Some(shown) => Ok(Some(shown)),
            None => self.inner.get_rma(key).await,
        }
    }

    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        self.log.note(WouldDo::AmendRma(rma.key()));
        self.show(rma)
    }

    async fn cancel_rma(&self, key: &RmaKey, _reason: &str) -> Result<CancelOutcome, OmsError> {
        self.log.note(WouldDo::CancelRma(key.clone()));
        if let Some(mut snapshot) = self.get_rma(key).await? {
            snapshot.state = RmaState::Cancelled;
            self.lock().insert(key.clone(), snapshot);
        }
        Ok(CancelOutcome::Cancelled)
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        self.inner.changes(merchant, cursor, limit).await
    }

    async fn list_open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        self.inner.list_open(merchant, after, limit).await
    }

    fn decode_event(&self, event: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        self.inner.decode_event(event)
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
}
