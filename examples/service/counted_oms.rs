//! An OMS whose calls are counted.

use std::num::NonZeroU32;
use std::sync::Arc;

use ams_oms_client::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, CreateOutcome, EventHint, MerchantId,
    Oms, OmsError, OmsEvent, Rma, RmaKey, RmaNumber, RmaSnapshot,
};
use async_trait::async_trait;

use crate::metrics::MerchantMetrics;
use crate::reach::Reach;

#[derive(Debug)]
pub(crate) struct CountedOms {
    pub(crate) oms: Arc<dyn Oms>,
    pub(crate) metrics: MerchantMetrics,
    pub(crate) reach: Arc<Reach>,
}

impl CountedOms {
    fn count<T>(&self, call: &str, answer: Result<T, OmsError>) -> Result<T, OmsError> {
        let outcome = answer.as_ref().err().map_or("ok", OmsError::name);
        self.metrics.oms_call(call, outcome);
        match &answer {
            Err(
                error @ (OmsError::Transient { .. }
                | OmsError::Ambiguous { .. }
                | OmsError::Auth { .. }
                | OmsError::Malformed { .. }),
            ) => self.reach.failed(error.to_string()),
            _ => self.reach.answered(),
        }
        answer
    }
}

#[async_trait]
impl Oms for CountedOms {
    async fn create_rma(&self, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        let answer = self.count("create_rma", self.oms.create_rma(rma).await);
        self.metrics.rma(match &answer {
            Ok(CreateOutcome::Created(_)) => "created",
            Ok(CreateOutcome::AlreadyExists(_)) => "existed",
            Err(error) => error.name(),
        });
        answer
    }

    async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        self.count("get_rma", self.oms.get_rma(key).await)
    }

    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        self.count("amend_rma", self.oms.amend_rma(rma).await)
    }

    async fn cancel_rma(&self, key: &RmaKey, reason: &str) -> Result<CancelOutcome, OmsError> {
        self.count("cancel_rma", self.oms.cancel_rma(key, reason).await)
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let answer = self.oms.changes(merchant, cursor, limit).await;
        self.count("changes", answer)
    }

    async fn list_open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        let answer = self.oms.list_open(merchant, after, limit).await;
        self.count("list_open", answer)
    }

    fn decode_event(&self, event: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        self.oms.decode_event(event)
    }

    fn capabilities(&self) -> Capabilities {
        self.oms.capabilities()
    }
}
