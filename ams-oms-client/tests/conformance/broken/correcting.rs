use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Mutex;

use ams_oms_client::{
    ChangeCursor, ChangePage, MemoryOms, MerchantId, Oms, OmsError, RmaKey, RmaSnapshot, RmaState,
    RmaVersion, UnitCounts, Warehouse, WarehouseWork, async_trait,
};

use super::{Case, Defect};

pub(super) fn all() -> Vec<Case> {
    vec![
        (
            Box::new(CountsNeverGoDown::default()),
            &["counts-may-go-down"],
        ),
        (Box::new(CompletedForEver::default()), &["reopened-goes-on"]),
        (Box::new(KeepsTheFirstRow), &["refused-work-no-trace"]),
        (Box::new(RegradeKeepsVersion), &["version-new-on-change"]),
        (
            Box::new(ReadingMakesVersions::default()),
            &["version-kept-without-change"],
        ),
    ]
}

#[derive(Debug, Default)]
struct CountsNeverGoDown(Mutex<BTreeMap<(RmaKey, usize), UnitCounts>>);

impl Defect for CountsNeverGoDown {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        let mut highest = self.0.lock().unwrap();
        for (n, line) in snapshot.lines.iter_mut().enumerate() {
            let most = highest.entry((snapshot.key.clone(), n)).or_default();
            most.available = most.available.max(line.counts.available);
            most.damaged = most.damaged.max(line.counts.damaged);
            most.held = most.held.max(line.counts.held);
            line.counts = UnitCounts {
                expected: line.counts.expected,
                missing: line.counts.missing,
                ..*most
            };
        }
        snapshot
    }
}

#[derive(Debug, Default)]
struct CompletedForEver(Mutex<BTreeSet<RmaKey>>);

impl Defect for CompletedForEver {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        let mut completed = self.0.lock().unwrap();
        if snapshot.state == RmaState::Completed {
            completed.insert(snapshot.key.clone());
        }
        if snapshot.state == RmaState::InProgress && completed.contains(&snapshot.key) {
            snapshot.state = RmaState::Completed;
        }
        snapshot
    }
}

/// Of a receipt that is refused.
#[derive(Debug)]
struct KeepsTheFirstRow;

#[async_trait]
impl Defect for KeepsTheFirstRow {
    async fn work(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        work: WarehouseWork,
    ) -> Result<RmaSnapshot, OmsError> {
        let answer = oms.apply(key, work.clone()).await;
        if let (Err(OmsError::Rejected { .. }), WarehouseWork::Receive { receipt_id, units }) =
            (&answer, work)
        {
            let units = units.into_iter().take(1).collect();
            oms.apply(key, WarehouseWork::Receive { receipt_id, units })
                .await?;
        }
        answer
    }
}

/// Makes its versions of everything but the conditions.
#[derive(Debug)]
struct RegradeKeepsVersion;

impl RegradeKeepsVersion {
    fn version(snapshot: &RmaSnapshot) -> RmaVersion {
        let lines: Vec<_> = snapshot
            .lines
            .iter()
            .map(|line| {
                let counts = line.counts;
                (
                    &line.line_ref,
                    &line.sku,
                    counts.expected,
                    counts.missing,
                    counts.received(),
                )
            })
            .collect();
        let (unexpected, receipts) = (&snapshot.unexpected, &snapshot.receipts);
        let all = format!("{} {lines:?} {unexpected:?} {receipts:?}", snapshot.state);
        RmaVersion::new(all)
    }
}

#[async_trait]
impl Defect for RegradeKeepsVersion {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        snapshot.version = Self::version(&snapshot);
        snapshot
    }

    async fn changes(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let mut page = oms.changes(merchant, cursor, limit).await?;
        for change in &mut page.changes {
            let key = RmaKey::new(merchant.clone(), change.rma_number);
            change.version = Self::version(&oms.get_rma(&key).await?.unwrap());
        }
        Ok(page)
    }
}

#[derive(Debug, Default)]
struct ReadingMakesVersions(Mutex<BTreeMap<RmaKey, u32>>);

#[async_trait]
impl Defect for ReadingMakesVersions {
    async fn get(&self, oms: &MemoryOms, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        let mut snapshot = oms.get_rma(key).await?;
        if let Some(snapshot) = &mut snapshot {
            let mut reads = self.0.lock().unwrap();
            let read = reads.entry(key.clone()).or_default();
            *read += 1;
            snapshot.version = RmaVersion::new(format!("{}.{read}", snapshot.version));
        }
        Ok(snapshot)
    }

    async fn changes(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let mut page = oms.changes(merchant, cursor, limit).await?;
        let reads = self.0.lock().unwrap();
        for change in &mut page.changes {
            let key = RmaKey::new(merchant.clone(), change.rma_number);
            let read = reads.get(&key).copied().unwrap_or_default();
            change.version = RmaVersion::new(format!("{}.{read}", change.version));
        }
        Ok(page)
    }
}
