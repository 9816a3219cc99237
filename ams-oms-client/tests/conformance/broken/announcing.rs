use ams_oms_client::{
    CreateOutcome, MemoryOms, MerchantId, Oms, OmsError, ReceivedLine, Rma, RmaKey, RmaNumber,
    RmaSnapshot, RmaState, async_trait,
};

use super::{Case, Defect};

pub(super) fn all() -> Vec<Case> {
    vec![
        (Box::new(UnknownIsAnError), &["unknown-is-none"]),
        (Box::new(NewOnesHaveArrived), &["announced-as-promised"]),
        (Box::new(TellsAnotherMerchant), &["key-kept"]),
        (Box::new(CutsNumbersTo32Bits), &["long-numbers-kept"]),
        (Box::new(EchoesNoReferences), &["lines-identified"]),
        (Box::new(ComparesTitles), &["create-repeats"]),
        (Box::new(ChecksThenActs), &["create-races"]),
        (Box::new(CreatesTheCancelledAgain), &["create-in-any-state"]),
        (Box::new(OtherGoodsAreTheSame), &["other-goods-conflict"]),
        (Box::new(SomeOfTheGoodsAreAll), &["other-goods-conflict"]),
        (Box::new(ConflictOverwrites), &["conflict-changes-nothing"]),
    ]
}

#[derive(Debug)]
struct UnknownIsAnError;

#[async_trait]
impl Defect for UnknownIsAnError {
    async fn get(&self, oms: &MemoryOms, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        let snapshot = oms.get_rma(key).await?;
        snapshot.map(Some).ok_or(OmsError::NotFound)
    }
}

#[derive(Debug)]
struct NewOnesHaveArrived;

impl Defect for NewOnesHaveArrived {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        if snapshot.state == RmaState::Announced {
            snapshot.state = RmaState::Arrived;
        }
        snapshot
    }
}

#[derive(Debug)]
struct TellsAnotherMerchant;

impl Defect for TellsAnotherMerchant {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        let shout = snapshot.key.merchant.as_str().to_uppercase();
        snapshot.key.merchant = MerchantId::new(shout).unwrap();
        snapshot
    }
}

#[derive(Debug)]
struct CutsNumbersTo32Bits;

fn cut(key: &RmaKey) -> RmaKey {
    let value = key.rma_number.get() & u64::from(u32::MAX);
    let number = RmaNumber::new(value).unwrap_or(key.rma_number);
    RmaKey::new(key.merchant.clone(), number)
}

#[async_trait]
impl Defect for CutsNumbersTo32Bits {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        let rma = Rma::new(cut(&rma.key()), rma.lines.clone()).unwrap();
        oms.create_rma(&rma).await
    }

    async fn get(&self, oms: &MemoryOms, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        oms.get_rma(&cut(key)).await
    }
}

/// While saying that it does.
#[derive(Debug)]
struct EchoesNoReferences;

impl Defect for EchoesNoReferences {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        for line in &mut snapshot.lines {
            line.line_ref = None;
        }
        snapshot
    }
}

#[derive(Debug)]
struct ComparesTitles;

#[async_trait]
impl Defect for ComparesTitles {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        let outcome = oms.create_rma(rma).await?;
        // None of the suite's RMAs has a title on its first creation only.
        match outcome {
            CreateOutcome::AlreadyExists(stored) if rma.lines[0].title.is_some() => {
                Err(OmsError::conflict(stored))
            }
            outcome => Ok(outcome),
        }
    }
}

#[derive(Debug)]
struct ChecksThenActs;

#[async_trait]
impl Defect for ChecksThenActs {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        let known = oms.get_rma(&rma.key()).await?.is_some();
        tokio::task::yield_now().await;
        match oms.create_rma(rma).await? {
            CreateOutcome::AlreadyExists(stored) if !known => Ok(CreateOutcome::Created(stored)),
            outcome => Ok(outcome),
        }
    }
}

#[derive(Debug)]
struct CreatesTheCancelledAgain;

#[async_trait]
impl Defect for CreatesTheCancelledAgain {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        match oms.create_rma(rma).await? {
            CreateOutcome::AlreadyExists(mut stored) if stored.state == RmaState::Cancelled => {
                stored.state = RmaState::Announced;
                Ok(CreateOutcome::Created(stored))
            }
            outcome => Ok(outcome),
        }
    }
}

#[derive(Debug)]
struct OtherGoodsAreTheSame;

#[async_trait]
impl Defect for OtherGoodsAreTheSame {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        match oms.create_rma(rma).await {
            Err(OmsError::Conflict { existing, .. }) => Ok(CreateOutcome::AlreadyExists(*existing)),
            answer => answer,
        }
    }
}

/// Looks only whether what is announced is there.
#[derive(Debug)]
struct SomeOfTheGoodsAreAll;

#[async_trait]
impl Defect for SomeOfTheGoodsAreAll {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        match oms.create_rma(rma).await {
            Err(OmsError::Conflict { existing, .. })
                if rma.lines.iter().all(|line| {
                    let known = ReceivedLine::awaiting(line);
                    existing.lines.contains(&known)
                }) =>
            {
                Ok(CreateOutcome::AlreadyExists(*existing))
            }
            answer => answer,
        }
    }
}

#[derive(Debug)]
struct ConflictOverwrites;

#[async_trait]
impl Defect for ConflictOverwrites {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        let answer = oms.create_rma(rma).await;
        if matches!(answer, Err(OmsError::Conflict { .. })) {
            oms.amend_rma(rma).await?;
        }
        answer
    }
}
