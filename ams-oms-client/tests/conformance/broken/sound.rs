//! Implementations without a defect.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Mutex;

use ams_oms_client::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, CreateOutcome, ItemRef, MemoryOms,
    MerchantId, Oms, OmsError, ReceiptId, Rma, RmaKey, RmaNumber, RmaSnapshot, Warehouse,
    WarehouseWork, async_trait,
};

use super::Defect;

/// The wrapper alone.
#[derive(Debug)]
pub(crate) struct Sound;

impl Defect for Sound {}

/// Hardly anything that is not required: RMAs are created and read by SKU,
/// received and closed.
#[derive(Debug)]
pub(crate) struct Modest;

#[async_trait]
impl Defect for Modest {
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

    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        if rma.rma_number.to_string().len() > 10 {
            return Err(OmsError::rejected_field("too_long", "rma_number"));
        }
        oms.create_rma(rma).await
    }

    fn capabilities(&self, _: &MemoryOms) -> Capabilities {
        let mut can = Capabilities::default();
        can.longest_rma_number = 10;
        can
    }

    async fn work(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        work: WarehouseWork,
    ) -> Result<RmaSnapshot, OmsError> {
        match work {
            WarehouseWork::Receive { .. } | WarehouseWork::Close => oms.apply(key, work).await,
            _ => Err(OmsError::unsupported("apply")),
        }
    }

    async fn receive_in_words(
        &self,
        _: &MemoryOms,
        _: &RmaKey,
        _: &ReceiptId,
        _: &ItemRef,
        _: &str,
    ) -> Result<RmaSnapshot, OmsError> {
        Err(OmsError::unsupported("receive_in_words"))
    }

    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        for line in &mut snapshot.lines {
            line.line_ref = None;
        }
        snapshot.receipts.clear();
        snapshot.documents.clear();
        snapshot
    }
}

/// Knows the merchants and items only that it was told of, as most systems do.
#[derive(Debug, Default)]
pub(crate) struct Strict(Mutex<BTreeMap<MerchantId, BTreeSet<String>>>);

impl Strict {
    fn check<'a>(
        &self,
        merchant: &MerchantId,
        mut skus: impl Iterator<Item = &'a String>,
    ) -> Result<(), OmsError> {
        let known = self.0.lock().unwrap();
        let items = known
            .get(merchant)
            .ok_or_else(|| OmsError::auth("unknown merchant"))?;
        match skus.find(|sku| !items.contains(*sku)) {
            Some(_) => Err(OmsError::rejected_field("unknown_item", "sku")),
            None => Ok(()),
        }
    }

    fn check_merchant(&self, merchant: &MerchantId) -> Result<(), OmsError> {
        self.check(merchant, std::iter::empty())
    }

    fn check_goods(&self, rma: &Rma) -> Result<(), OmsError> {
        let skus = rma.lines.iter().filter_map(|line| line.sku.as_ref());
        self.check(&rma.merchant, skus)
    }
}

#[async_trait]
impl Defect for Strict {
    fn prepare(&self, merchant: &MerchantId, skus: &[&str]) {
        let mut known = self.0.lock().unwrap();
        let items = known.entry(merchant.clone()).or_default();
        items.extend(skus.iter().map(|sku| (*sku).to_owned()));
    }

    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        self.check_goods(rma)?;
        oms.create_rma(rma).await
    }

    async fn get(&self, oms: &MemoryOms, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        self.check_merchant(&key.merchant)?;
        oms.get_rma(key).await
    }

    async fn amend(&self, oms: &MemoryOms, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        self.check_goods(rma)?;
        oms.amend_rma(rma).await
    }

    async fn cancel(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        reason: &str,
    ) -> Result<CancelOutcome, OmsError> {
        self.check_merchant(&key.merchant)?;
        oms.cancel_rma(key, reason).await
    }

    async fn changes(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        self.check_merchant(merchant)?;
        oms.changes(merchant, cursor, limit).await
    }

    async fn list(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        self.check_merchant(merchant)?;
        oms.list_open(merchant, after, limit).await
    }

    async fn work(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        work: WarehouseWork,
    ) -> Result<RmaSnapshot, OmsError> {
        if let WarehouseWork::Receive { units, .. } = &work {
            let skus = units.iter().filter_map(|row| match &row.item {
                ItemRef::Sku(sku) => Some(sku),
                _ => None,
            });
            self.check(&key.merchant, skus)?;
        }
        oms.apply(key, work).await
    }
}
