//! An OMS that always answers in the same way, and one call of each operation.

use std::num::NonZeroU32;

use ams_oms_client::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, CreateOutcome, EventHint, HttpOms,
    MerchantId, Oms, OmsError, OmsEvent, Rma, RmaKey, RmaNumber, RmaSnapshot, Warehouse,
    WarehouseWork, async_trait,
};

use crate::common::{count, key, line, rma};

#[derive(Debug)]
pub(crate) struct Answering(pub(crate) fn() -> Result<RmaSnapshot, OmsError>);

#[async_trait]
impl Oms for Answering {
    async fn create_rma(&self, _: &Rma) -> Result<CreateOutcome, OmsError> {
        self.0().map(CreateOutcome::Created)
    }

    async fn get_rma(&self, _: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        self.0().map(Some)
    }

    async fn amend_rma(&self, _: &Rma) -> Result<RmaSnapshot, OmsError> {
        self.0()
    }

    async fn cancel_rma(&self, _: &RmaKey, _: &str) -> Result<CancelOutcome, OmsError> {
        self.0().map(|_| CancelOutcome::Cancelled)
    }

    async fn changes(
        &self,
        _: &MerchantId,
        _: Option<&ChangeCursor>,
        _: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        Err(self.0().unwrap_err())
    }

    async fn list_open(
        &self,
        _: &MerchantId,
        _: Option<RmaNumber>,
        _: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        Err(self.0().unwrap_err())
    }

    fn decode_event(&self, _: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        Err(self.0().unwrap_err())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }
}

#[async_trait]
impl Warehouse for Answering {
    async fn apply(&self, _: &RmaKey, _: WarehouseWork) -> Result<RmaSnapshot, OmsError> {
        self.0()
    }
}

/// The operations by their ids in the document.
pub(crate) const OPERATIONS: [&str; 8] = [
    "create_rma",
    "get_rma",
    "amend_rma",
    "cancel_rma",
    "changes",
    "list_open",
    "capabilities",
    "apply",
];

pub(crate) fn is_write(operation: &str) -> bool {
    matches!(
        operation,
        "create_rma" | "amend_rma" | "cancel_rma" | "apply"
    )
}

/// Calls the operation about `acme/99904598`. A success is told in words, and an RMA that does
/// not exist as the failure that it is on the wire.
pub(crate) async fn call(oms: &HttpOms, operation: &str) -> Result<String, OmsError> {
    let key = key("acme", 99_904_598);
    let promise = rma("acme", 99_904_598, vec![line("1", "TEE-S", 2)]);
    let cursor = ChangeCursor::new("1:5f:2:acme");
    let text = match operation {
        "create_rma" => format!("{:?}", oms.create_rma(&promise).await?),
        "get_rma" => {
            let found = oms.get_rma(&key).await?;
            format!("{:?}", found.ok_or(OmsError::NotFound)?)
        }
        "amend_rma" => format!("{:?}", oms.amend_rma(&promise).await?),
        "cancel_rma" => format!("{:?}", oms.cancel_rma(&key, "why").await?),
        "changes" => {
            let page = oms.changes(&key.merchant, Some(&cursor), count(5));
            format!("{:?}", page.await?)
        }
        "list_open" => {
            let after = RmaNumber::new(7);
            let page = oms.list_open(&key.merchant, after, count(5));
            format!("{:?}", page.await?)
        }
        "capabilities" => format!("{:?}", oms.clone().learn_capabilities().await?),
        "apply" => format!("{:?}", oms.apply(&key, WarehouseWork::Close).await?),
        other => panic!("{other}"),
    };
    Ok(text)
}
