//! The warehouse, as the suite and the demonstration need it: a system of its own, which knows of
//! us what `rma.csv` says, and of which we know what it writes into `received.csv`.

use std::num::NonZeroU32;

use ams_oms_client::conformance::WarehouseDriver;
use ams_oms_client::{
    Condition, ItemRef, MemoryOms, Oms as _, OmsError, ReceiptId, ReceivedUnits, RmaKey,
    RmaSnapshot, RmaState, Warehouse, WarehouseWork, async_trait,
};

use crate::folder::rows;
use crate::oms::{FolderOms, existing};

#[derive(Debug)]
pub(crate) struct Dock {
    pub(crate) oms: FolderOms,
    system: MemoryOms,
}

impl Dock {
    pub(crate) fn of(oms: FolderOms) -> Self {
        let system = MemoryOms::new();
        Self { oms, system }
    }

    /// Does the work, and reports it with `held` as the word for units on hold.
    async fn work(&self, key: &RmaKey, work: WarehouseWork, held: &str) -> Answer {
        let (rma, known) = self
            .oms
            .within(&key.merchant, |folder| existing(folder, key))?;
        if let Err(OmsError::Conflict { .. }) = self.system.create_rma(&rma).await {
            self.system.amend_rma(&rma).await?;
        }
        if known.state == RmaState::Cancelled {
            self.system.cancel_rma(key, "").await?;
        }
        let before = self.system.get_rma(key).await?;
        let now = self.system.apply(key, work).await?;
        if before.as_ref() == Some(&now) {
            return Ok(known);
        }
        self.oms.within(&key.merchant, |folder| {
            let mut file = rows();
            for line in &now.lines {
                let counts = line.counts;
                for (word, units) in [
                    ("available", counts.available),
                    ("damaged", counts.damaged),
                    (held, counts.held),
                    ("missing", counts.missing),
                ] {
                    if units > 0 {
                        file.serialize(("UNITS", &line.line_ref, word, units))?;
                    }
                }
            }
            now.unexpected
                .iter()
                .try_for_each(|it| file.serialize(("OTHER", it)))?;
            file.serialize(("STATE", now.state))?;
            folder.put(key.rma_number, "received", file)?;
            Ok(existing(folder, key)?.1)
        })
    }
}

type Answer = Result<RmaSnapshot, OmsError>;

#[async_trait]
impl Warehouse for Dock {
    async fn apply(&self, key: &RmaKey, work: WarehouseWork) -> Answer {
        self.work(key, work, "held").await
    }
}

#[async_trait]
impl WarehouseDriver for Dock {
    async fn receive_in_words(
        &self,
        key: &RmaKey,
        receipt_id: &ReceiptId,
        item: &ItemRef,
        condition: &str,
    ) -> Answer {
        let unit = ReceivedUnits::new(item.clone(), Condition::Held, NonZeroU32::MIN);
        let (receipt_id, units) = (receipt_id.clone(), vec![unit]);
        let receive = WarehouseWork::Receive { receipt_id, units };
        self.work(key, receive, condition).await
    }
}
