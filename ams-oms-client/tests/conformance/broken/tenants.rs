use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Mutex;

use ams_oms_client::{
    CancelOutcome, ChangeCursor, ChangePage, CreateOutcome, MemoryOms, MerchantId, Oms, OmsError,
    OmsExt, Rma, RmaChange, RmaKey, RmaNumber, RmaSnapshot, RmaVersion, async_trait,
};

use super::{Case, Defect};

pub(super) fn all() -> Vec<Case> {
    vec![
        (Box::new(ReadsAnybodys::default()), &["tenants-read"]),
        (Box::new(NumbersAreGlobal::default()), &["tenants-create"]),
        (Box::new(CancelsEverybodys::default()), &["tenants-write"]),
        (Box::new(ListsEverybodys::default()), &["tenants-list"]),
        (Box::new(FeedsEverybodys::default()), &["tenants-feed"]),
    ]
}

/// What was created, for defects that confuse merchants.
#[derive(Debug, Default)]
struct Known(Mutex<BTreeSet<RmaKey>>);

impl Known {
    fn add(&self, key: RmaKey) {
        self.0.lock().unwrap().insert(key);
    }

    /// All keys of this number at other merchants.
    fn elsewhere(&self, key: &RmaKey) -> Vec<RmaKey> {
        let known = self.0.lock().unwrap();
        known
            .iter()
            .filter(|other| other.rma_number == key.rma_number && other.merchant != key.merchant)
            .cloned()
            .collect()
    }

    fn merchants(&self) -> BTreeSet<MerchantId> {
        let known = self.0.lock().unwrap();
        known.iter().map(|key| key.merchant.clone()).collect()
    }
}

#[derive(Debug, Default)]
struct ReadsAnybodys(Known);

#[async_trait]
impl Defect for ReadsAnybodys {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        self.0.add(rma.key());
        oms.create_rma(rma).await
    }

    async fn get(&self, oms: &MemoryOms, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        let own = oms.get_rma(key).await?;
        match (own, self.0.elsewhere(key).first()) {
            (None, Some(other)) => {
                let leaked = oms.get_rma(other).await?;
                Ok(leaked.map(|mut snapshot| {
                    snapshot.key = key.clone();
                    snapshot
                }))
            }
            (own, _) => Ok(own),
        }
    }
}

#[derive(Debug, Default)]
struct NumbersAreGlobal(Known);

#[async_trait]
impl Defect for NumbersAreGlobal {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        if let Some(other) = self.0.elsewhere(&rma.key()).first() {
            let existing = oms.get_rma(other).await?.unwrap();
            return Err(OmsError::conflict(existing));
        }
        self.0.add(rma.key());
        oms.create_rma(rma).await
    }
}

#[derive(Debug, Default)]
struct CancelsEverybodys(Known);

#[async_trait]
impl Defect for CancelsEverybodys {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        self.0.add(rma.key());
        oms.create_rma(rma).await
    }

    async fn cancel(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        reason: &str,
    ) -> Result<CancelOutcome, OmsError> {
        for other in self.0.elsewhere(key) {
            oms.cancel_rma(&other, reason).await?;
        }
        oms.cancel_rma(key, reason).await
    }
}

#[derive(Debug, Default)]
struct ListsEverybodys(Known);

#[async_trait]
impl Defect for ListsEverybodys {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        self.0.add(rma.key());
        oms.create_rma(rma).await
    }

    async fn list(
        &self,
        oms: &MemoryOms,
        _: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        let mut open = BTreeSet::new();
        for merchant in self.0.merchants() {
            open.extend(oms.all_open(&merchant).await?);
        }
        let rest = open.into_iter().filter(|number| Some(*number) > after);
        Ok(rest.take(limit.get() as usize).collect())
    }
}

#[derive(Debug, Default)]
struct FeedsEverybodys(Known);

#[async_trait]
impl Defect for FeedsEverybodys {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        self.0.add(rma.key());
        oms.create_rma(rma).await
    }

    async fn changes(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let mut page = oms.changes(merchant, cursor, limit).await?;
        let known = self.0.0.lock().unwrap();
        let room = limit.get() as usize - page.changes.len();
        let others = known.iter().filter(|key| key.merchant != *merchant);
        page.changes.extend(
            others
                .rev()
                .take(room)
                .map(|key| RmaChange::new(key.rma_number, RmaVersion::new("1"))),
        );
        Ok(page)
    }
}
