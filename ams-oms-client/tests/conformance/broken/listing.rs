use std::collections::BTreeSet;
use std::num::NonZeroU32;

use ams_oms_client::{
    MemoryOms, MerchantId, Oms, OmsError, OmsExt, RmaKey, RmaNumber, RmaState, async_trait,
};

use super::{Case, Defect};

pub(super) fn all() -> Vec<Case> {
    vec![
        (Box::new(AfterIsIncluded), &["list-open-pages"]),
        (Box::new(ListsTheCompleted), &["list-open-is-open"]),
    ]
}

#[derive(Debug)]
struct AfterIsIncluded;

#[async_trait]
impl Defect for AfterIsIncluded {
    async fn list(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        let before = after.and_then(|after| RmaNumber::new(after.get() - 1));
        oms.list_open(merchant, before, limit).await
    }
}

#[derive(Debug)]
struct ListsTheCompleted;

#[async_trait]
impl Defect for ListsTheCompleted {
    async fn list(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        let mut listed = BTreeSet::new();
        for number in oms.all_changes(merchant, None).await?.0.into_keys() {
            let key = RmaKey::new(merchant.clone(), number);
            let state = oms.get_rma(&key).await?.unwrap().state;
            if state != RmaState::Cancelled && Some(number) > after {
                listed.insert(number);
            }
        }
        Ok(listed.into_iter().take(limit.get() as usize).collect())
    }
}
