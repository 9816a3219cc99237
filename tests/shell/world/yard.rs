//! The OMS as a stand-in with faults.

use std::fmt;
use std::future::Future;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use ams_oms_client::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, CreateOutcome, EventHint, MerchantId,
    Oms, OmsError, OmsEvent, Rma, RmaKey, RmaNumber, RmaSnapshot,
};
use async_trait::async_trait;

use super::{Hook, pause};
use crate::common::count;

#[derive(Clone, Default)]
struct AtMissing(Arc<Mutex<Option<Hook>>>);

impl fmt::Debug for AtMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AtMissing")
    }
}

/// The OMS, which may hide what it has or lack a feed.
#[derive(Debug, Clone)]
pub(crate) struct Yard {
    oms: Arc<dyn Oms>,
    pub(crate) hidden: Arc<AtomicBool>,
    pub(crate) without_feed: Arc<AtomicBool>,
    pub(crate) down: Arc<AtomicBool>,
    after_missing: AtMissing,
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
        let found = self.oms.get_rma(key).await;
        if matches!(found, Ok(None)) {
            let hook = self.after_missing.0.lock().unwrap().take();
            if let Some(hook) = hook {
                hook.await;
            }
        }
        found
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
    pub(super) fn new(oms: Arc<dyn Oms>, pause: Arc<AtomicBool>) -> Self {
        Self {
            oms,
            hidden: Arc::default(),
            without_feed: Arc::default(),
            down: Arc::default(),
            after_missing: AtMissing::default(),
            pause,
        }
    }

    /// What happens between the OMS's answer that an RMA is not there and its arrival.
    pub(crate) fn after_missing(&self, hook: impl Future<Output = ()> + Send + 'static) {
        *self.after_missing.0.lock().unwrap() = Some(Box::pin(hook));
    }

    fn up(&self) -> Result<(), OmsError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(OmsError::transient("down"));
        }
        Ok(())
    }
}
