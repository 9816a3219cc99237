use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use ams_oms_client::{
    CancelOutcome, Capabilities, ChangeCursor, ChangeFeed, ChangePage, EventHint, MemoryOms,
    MerchantId, Oms, OmsError, OmsEvent, Rma, RmaKey, RmaNumber, RmaSnapshot, async_trait,
};

use super::{Case, Defect};

pub(super) fn all() -> Vec<Case> {
    vec![
        (
            Box::new(LacksEverything),
            &[
                "capability-amend",
                "capability-cancel",
                "capability-list-open",
                "capability-change-feed",
            ],
        ),
        (
            Box::new(Declares(|can| can.amend = false)),
            &["capability-amend"],
        ),
        (
            Box::new(Declares(|can| can.cancel = false)),
            &["capability-cancel"],
        ),
        (
            Box::new(Declares(|can| can.list_open = false)),
            &["capability-list-open"],
        ),
        (
            Box::new(Declares(|can| can.change_feed = ChangeFeed::PushOnly)),
            &["capability-change-feed"],
        ),
        (
            Box::new(Declares(|can| can.events = true)),
            &["capability-events"],
        ),
        (Box::new(ChangesItsMind::default()), &["capabilities-stay"]),
        (Box::new(PanicsOnNotices), &["garbage-notices-refused"]),
        (
            Box::new(BelievesNotices),
            &["garbage-notices-refused", "capability-events"],
        ),
    ]
}

/// Declares something other than it does.
#[derive(Debug)]
struct Declares(fn(&mut Capabilities));

impl Defect for Declares {
    fn capabilities(&self, oms: &MemoryOms) -> Capabilities {
        let mut can = oms.capabilities();
        (self.0)(&mut can);
        can
    }
}

/// While declaring all of it.
#[derive(Debug)]
struct LacksEverything;

#[async_trait]
impl Defect for LacksEverything {
    async fn amend(&self, _: &MemoryOms, _: &Rma) -> Result<RmaSnapshot, OmsError> {
        Err(OmsError::unsupported("amend_rma"))
    }

    async fn cancel(&self, _: &MemoryOms, _: &RmaKey, _: &str) -> Result<CancelOutcome, OmsError> {
        Err(OmsError::unsupported("cancel_rma"))
    }

    async fn changes(
        &self,
        _: &MemoryOms,
        _: &MerchantId,
        _: Option<&ChangeCursor>,
        _: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        Err(OmsError::unsupported("changes"))
    }

    async fn list(
        &self,
        _: &MemoryOms,
        _: &MerchantId,
        _: Option<RmaNumber>,
        _: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        Err(OmsError::unsupported("list_open"))
    }
}

#[derive(Debug, Default)]
struct ChangesItsMind(AtomicU32);

impl Defect for ChangesItsMind {
    fn capabilities(&self, oms: &MemoryOms) -> Capabilities {
        let mut can = oms.capabilities();
        can.longest_rma_number -= self.0.fetch_add(1, Ordering::SeqCst) % 2;
        can
    }
}

#[derive(Debug)]
struct PanicsOnNotices;

impl Defect for PanicsOnNotices {
    fn decode(&self, oms: &MemoryOms, event: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        assert!(event.body.starts_with(b"{}"), "a notice without a body");
        oms.decode_event(event)
    }
}

/// And declares none.
#[derive(Debug)]
struct BelievesNotices;

impl Defect for BelievesNotices {
    fn decode(&self, _: &MemoryOms, _: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        Ok(Vec::new())
    }
}
