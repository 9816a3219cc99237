use ams_oms_client::{
    Condition, ItemRef, MemoryOms, Oms, OmsError, ReceiptId, ReceivedLine, ReceivedUnits, RmaKey,
    RmaSnapshot, RmaState, UnitCounts, Warehouse, WarehouseWork, async_trait,
};

use super::{Case, Defect};

pub(super) fn all() -> Vec<Case> {
    vec![
        (Box::new(ArrivalIsReceipt), &["arrival-is-no-receipt"]),
        (Box::new(LastReceiptWins), &["receipts-add-up"]),
        (Box::new(CountsRepeats), &["receipt-repeats"]),
        (Box::new(NewestReceiptFirst), &["receipts-listed"]),
        (Box::new(HeldIsAvailable), &["conditions-counted"]),
        (Box::new(OneConditionPerItem), &["conditions-in-one-line"]),
        (Box::new(UnknownIsAvailable), &["unknown-condition-held"]),
        (Box::new(KnowsNoBarcodes), &["items-by-any-name"]),
        (Box::new(SameSkuCountsTwice), &["same-sku-lines"]),
        (Box::new(MergesEqualSkus), &["same-sku-lines"]),
        (Box::new(NetsUnexpected), &["unexpected-never-netted"]),
        (Box::new(SpreadsSurplus), &["surplus-stays-on-its-line"]),
        (Box::new(HidesMissing), &["missing-is-settled"]),
        (Box::new(ClosingFillsUp), &["closed-short"]),
    ]
}

/// Every outstanding unit of an RMA is told as available.
fn fill(snapshot: &mut RmaSnapshot) {
    for line in &mut snapshot.lines {
        line.counts.available += u32::try_from(line.counts.outstanding()).unwrap();
    }
}

#[derive(Debug)]
struct ArrivalIsReceipt;

impl Defect for ArrivalIsReceipt {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        if snapshot.state == RmaState::Arrived {
            fill(&mut snapshot);
        }
        snapshot
    }
}

/// Tells what the last of several receipts says, as if it were all.
#[derive(Debug)]
struct LastReceiptWins;

impl Defect for LastReceiptWins {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        if let [_, .., last] = snapshot.receipts.as_slice() {
            for line in &mut snapshot.lines {
                let sku = line.sku.clone().unwrap_or_default();
                let rows = last.units.iter();
                let own = rows.filter(|row| row.item == ItemRef::Sku(sku.clone()));
                line.counts.available = own.map(|row| row.quantity.get()).sum();
            }
        }
        snapshot
    }
}

#[derive(Debug)]
struct CountsRepeats;

#[async_trait]
impl Defect for CountsRepeats {
    async fn work(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        mut work: WarehouseWork,
    ) -> Result<RmaSnapshot, OmsError> {
        let known = oms
            .get_rma(key)
            .await?
            .map_or(0, |known| known.receipts.len());
        if let WarehouseWork::Receive { receipt_id, .. } = &mut work {
            *receipt_id = ReceiptId::new(format!("{receipt_id}#{known}")).unwrap();
        }
        oms.apply(key, work).await
    }
}

#[derive(Debug)]
struct NewestReceiptFirst;

impl Defect for NewestReceiptFirst {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        snapshot.receipts.reverse();
        snapshot
    }
}

#[derive(Debug)]
struct HeldIsAvailable;

#[async_trait]
impl Defect for HeldIsAvailable {
    async fn work(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        mut work: WarehouseWork,
    ) -> Result<RmaSnapshot, OmsError> {
        if let WarehouseWork::Receive { units, .. } = &mut work {
            for row in units {
                if row.condition == Condition::Held {
                    row.condition = Condition::Available;
                }
            }
        }
        oms.apply(key, work).await
    }
}

/// While saying that the units of a line can differ.
#[derive(Debug)]
struct OneConditionPerItem;

#[async_trait]
impl Defect for OneConditionPerItem {
    async fn work(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        mut work: WarehouseWork,
    ) -> Result<RmaSnapshot, OmsError> {
        if let WarehouseWork::Receive { units, .. } = &mut work {
            let rows = units.clone();
            for row in units {
                let first = rows.iter().find(|first| first.item == row.item).unwrap();
                row.condition = first.condition;
            }
        }
        oms.apply(key, work).await
    }
}

#[derive(Debug)]
struct UnknownIsAvailable;

#[async_trait]
impl Defect for UnknownIsAvailable {
    async fn receive_in_words(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        receipt_id: &ReceiptId,
        item: &ItemRef,
        _: &str,
    ) -> Result<RmaSnapshot, OmsError> {
        let one = 1.try_into().unwrap();
        let units = vec![ReceivedUnits::new(item.clone(), Condition::Available, one)];
        let receipt_id = receipt_id.clone();
        oms.apply(key, WarehouseWork::Receive { receipt_id, units })
            .await
    }
}

#[derive(Debug)]
struct KnowsNoBarcodes;

#[async_trait]
impl Defect for KnowsNoBarcodes {
    async fn work(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        mut work: WarehouseWork,
    ) -> Result<RmaSnapshot, OmsError> {
        if let WarehouseWork::Receive { units, .. } = &mut work {
            for row in units {
                if let ItemRef::Barcode(text) = &row.item {
                    row.item = ItemRef::Sku(text.clone());
                }
            }
        }
        oms.apply(key, work).await
    }
}

/// Looks units up by SKU, once for each line.
#[derive(Debug)]
struct SameSkuCountsTwice;

impl Defect for SameSkuCountsTwice {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        let lines = snapshot.lines.clone();
        for line in &mut snapshot.lines {
            let same = lines
                .iter()
                .filter(|other| other.sku.is_some() && other.sku == line.sku);
            if same.clone().count() > 1 {
                line.counts.available = same.map(|other| other.counts.available).sum();
            }
        }
        snapshot
    }
}

/// The sums are right, and whose units they are is lost.
#[derive(Debug)]
struct MergesEqualSkus;

impl Defect for MergesEqualSkus {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        let mut merged: Vec<ReceivedLine> = Vec::new();
        for line in snapshot.lines {
            let same = merged
                .iter_mut()
                .find(|known| known.sku.is_some() && known.sku == line.sku);
            match same {
                Some(known) => known.counts = known.counts.checked_add(line.counts).unwrap(),
                None => merged.push(line),
            }
        }
        snapshot.lines = merged;
        snapshot
    }
}

#[derive(Debug)]
struct NetsUnexpected;

impl Defect for NetsUnexpected {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        if !snapshot.unexpected.is_empty() {
            fill(&mut snapshot);
        }
        snapshot
    }
}

#[derive(Debug)]
struct SpreadsSurplus;

impl Defect for SpreadsSurplus {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        if snapshot.lines.iter().any(|line| line.counts.surplus() > 0) {
            fill(&mut snapshot);
        }
        snapshot
    }
}

#[derive(Debug)]
struct HidesMissing;

impl Defect for HidesMissing {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        for line in &mut snapshot.lines {
            line.counts = UnitCounts {
                missing: 0,
                ..line.counts
            };
        }
        snapshot
    }
}

#[derive(Debug)]
struct ClosingFillsUp;

impl Defect for ClosingFillsUp {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        if snapshot.state == RmaState::Completed {
            fill(&mut snapshot);
        }
        snapshot
    }
}
