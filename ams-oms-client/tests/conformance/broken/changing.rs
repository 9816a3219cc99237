use ams_oms_client::{
    CancelOutcome, MemoryOms, Oms, OmsError, Rma, RmaKey, RmaLine, RmaSnapshot, RmaState,
    Warehouse, WarehouseWork, async_trait,
};

use super::{Case, Defect, with_lines};

pub(super) fn all() -> Vec<Case> {
    vec![
        (Box::new(AmendMerges), &["amend-replaces"]),
        (Box::new(RepeatedAmendIsTooLate), &["amend-repeats"]),
        (Box::new(AmendsAfterArrival), &["amend-too-late"]),
        (Box::new(AmendsTheCancelled), &["amend-cancelled-too-late"]),
        (Box::new(AmendCreates), &["amend-unknown-not-found"]),
        (Box::new(SecondCancelIsTooLate), &["cancel-repeats"]),
        (Box::new(CancelsAfterArrival), &["cancel-too-late"]),
        (Box::new(UnknownIsCancelled), &["cancel-unknown-not-found"]),
    ]
}

#[derive(Debug)]
struct AmendMerges;

#[async_trait]
impl Defect for AmendMerges {
    async fn amend(&self, oms: &MemoryOms, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        let stored = oms.get_rma(&rma.key()).await?;
        let mut lines = rma.lines.clone();
        for line in stored.into_iter().flat_map(|stored| stored.lines) {
            let line_ref = line.line_ref.unwrap();
            if lines.iter().all(|named| named.line_ref != line_ref) {
                let expected = line.counts.expected.try_into().unwrap();
                let kept = RmaLine::new(line_ref, expected);
                lines.push(kept.with_sku(line.sku.unwrap_or_default()));
            }
        }
        oms.amend_rma(&with_lines(rma, lines)).await
    }
}

#[derive(Debug)]
struct RepeatedAmendIsTooLate;

#[async_trait]
impl Defect for RepeatedAmendIsTooLate {
    async fn amend(&self, oms: &MemoryOms, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        let amended = oms.amend_rma(rma).await?;
        if amended.state == RmaState::Announced {
            Ok(amended)
        } else {
            Err(OmsError::too_late(amended.state))
        }
    }
}

#[derive(Debug)]
struct AmendsAfterArrival;

#[async_trait]
impl Defect for AmendsAfterArrival {
    async fn amend(&self, oms: &MemoryOms, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        match oms.amend_rma(rma).await {
            Err(OmsError::TooLate {
                state: RmaState::Arrived,
                ..
            }) => Ok(oms.get_rma(&rma.key()).await?.unwrap()),
            answer => answer,
        }
    }
}

#[derive(Debug)]
struct AmendsTheCancelled;

#[async_trait]
impl Defect for AmendsTheCancelled {
    async fn amend(&self, oms: &MemoryOms, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        match oms.amend_rma(rma).await {
            Err(OmsError::TooLate {
                state: RmaState::Cancelled,
                ..
            }) => Ok(oms.get_rma(&rma.key()).await?.unwrap()),
            answer => answer,
        }
    }
}

#[derive(Debug)]
struct AmendCreates;

#[async_trait]
impl Defect for AmendCreates {
    async fn amend(&self, oms: &MemoryOms, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        match oms.amend_rma(rma).await {
            Err(OmsError::NotFound) => Ok(oms.create_rma(rma).await?.snapshot().clone()),
            answer => answer,
        }
    }
}

#[derive(Debug)]
struct SecondCancelIsTooLate;

#[async_trait]
impl Defect for SecondCancelIsTooLate {
    async fn cancel(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        reason: &str,
    ) -> Result<CancelOutcome, OmsError> {
        match oms.cancel_rma(key, reason).await? {
            CancelOutcome::Cancelled => Ok(CancelOutcome::Cancelled),
            CancelOutcome::AlreadyCancelled => Err(OmsError::too_late(RmaState::Cancelled)),
        }
    }
}

#[derive(Debug)]
struct CancelsAfterArrival;

#[async_trait]
impl Defect for CancelsAfterArrival {
    async fn cancel(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        reason: &str,
    ) -> Result<CancelOutcome, OmsError> {
        match oms.cancel_rma(key, reason).await {
            Err(OmsError::TooLate { .. }) => {
                oms.apply(key, WarehouseWork::Cancel).await?;
                Ok(CancelOutcome::Cancelled)
            }
            answer => answer,
        }
    }
}

#[derive(Debug)]
struct UnknownIsCancelled;

#[async_trait]
impl Defect for UnknownIsCancelled {
    async fn cancel(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        reason: &str,
    ) -> Result<CancelOutcome, OmsError> {
        match oms.cancel_rma(key, reason).await {
            Err(OmsError::NotFound) => Ok(CancelOutcome::AlreadyCancelled),
            answer => answer,
        }
    }
}
