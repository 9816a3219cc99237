//! The warehouse, as the suite and the demonstration need it: a system of its own, which knows of
//! us what the `rma` files say, and of which we know what it writes into `status` files.

use std::num::NonZeroU32;

use ams_oms_client::conformance::WarehouseDriver;
use ams_oms_client::{
    Condition, ItemRef, LineRef, MemoryOms, Oms as _, OmsError, ReceiptId, ReceivedUnits, RmaKey,
    RmaSnapshot, RmaState, UnexpectedItem, Warehouse, WarehouseWork, async_trait,
};
use serde::Serialize;

use crate::oms::{FolderOms, existing};

type Answer = Result<RmaSnapshot, OmsError>;

#[derive(Debug)]
pub(crate) struct Dock(pub(crate) FolderOms, pub(crate) MemoryOms);

impl Dock {
    /// Does the work, and reports it with `held` as the word for units on hold.
    async fn work(&self, key: &RmaKey, work: WarehouseWork, held: &str) -> Answer {
        let Self(oms, system) = self;
        let (rma, known) = oms.within(&key.merchant, |folder| existing(folder, key))?;
        if let Err(OmsError::Conflict { .. }) = system.create_rma(&rma).await {
            system.amend_rma(&rma).await?;
        }
        if known.state == RmaState::Cancelled {
            system.cancel_rma(key, "").await?;
        }
        let before = system.get_rma(key).await?;
        let now = system.apply(key, work).await?;
        if before.as_ref() == Some(&now) {
            return Ok(known);
        }
        let mut rows = Vec::new();
        for line in &now.lines {
            let (of, counts) = (line.line_ref.as_ref(), line.counts);
            rows.push(Row::Units("UNITS", of, "available", counts.available));
            rows.push(Row::Units("UNITS", of, "damaged", counts.damaged));
            rows.push(Row::Units("UNITS", of, held, counts.held));
            rows.push(Row::Units("UNITS", of, "missing", counts.missing));
        }
        rows.extend(now.unexpected.iter().map(|it| Row::Other("OTHER", it)));
        rows.push(Row::State("STATE", now.state));
        oms.within(&key.merchant, |folder| {
            folder.put(key.rma_number, "status", &rows)?;
            Ok(existing(folder, key)?.1)
        })
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Row<'a> {
    Units(&'a str, Option<&'a LineRef>, &'a str, u32),
    Other(&'a str, &'a UnexpectedItem),
    State(&'a str, RmaState),
}

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
