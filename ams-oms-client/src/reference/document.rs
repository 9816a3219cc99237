//! The life of one RMA: pure, no store, no clock.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::{
    Condition, ItemRef, LineRef, OmsError, Receipt, ReceiptId, ReceivedLine, ReceivedUnits, Rma,
    RmaSnapshot, RmaState, RmaVersion, UnexpectedItem, UnitCounts, WarehouseWork,
};

/// One RMA as a reference OMS stores it: the promise and what became of it.
///
/// Between operations a line has missing units only within the room that its received units
/// leave, so that a unit is never both here and missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Document {
    rma: Rma,
    revision: u64,
    state: RmaState,
    lines: Vec<ReceivedLine>,
    unexpected: Vec<UnexpectedItem>,
    receipts: Vec<Receipt>,
    cancel_reason: Option<String>,
}

impl Document {
    pub(crate) fn announce(rma: Rma) -> Self {
        Self {
            lines: expected_lines(&rma),
            rma,
            revision: 1,
            state: RmaState::Announced,
            unexpected: Vec::new(),
            receipts: Vec::new(),
            cancel_reason: None,
        }
    }

    pub(crate) fn rma(&self) -> &Rma {
        &self.rma
    }

    pub(crate) fn state(&self) -> RmaState {
        self.state
    }

    pub(crate) fn version(&self) -> RmaVersion {
        RmaVersion::new(self.revision.to_string())
    }

    /// Neither completed nor cancelled.
    pub(crate) fn is_open(&self) -> bool {
        self.require_open().is_ok()
    }

    pub(crate) fn snapshot(&self) -> RmaSnapshot {
        let key = self.rma.key();
        RmaSnapshot {
            documents: vec![key.to_string()],
            key,
            state: self.state,
            raw_state: self.state.as_str().to_owned(),
            version: self.version(),
            lines: self.lines.clone(),
            unexpected: self.unexpected.clone(),
            receipts: self.receipts.clone(),
        }
    }

    /// The document after the amendment, or `None` when it changes nothing.
    pub(crate) fn amend(&self, rma: &Rma) -> Result<Option<Self>, OmsError> {
        if self.state != RmaState::Announced {
            let repeated = self.state != RmaState::Cancelled && self.rma.same_goods(rma);
            return if repeated {
                Ok(None)
            } else {
                Err(OmsError::too_late(self.state))
            };
        }
        let mut next = self.clone();
        next.lines = expected_lines(rma);
        next.rma = rma.clone();
        Ok(self.revised(next))
    }

    /// The document after the announcing side cancelled it, or `None` when it was before.
    pub(crate) fn cancel(&self, reason: &str) -> Result<Option<Self>, OmsError> {
        match self.state {
            RmaState::Cancelled => Ok(None),
            RmaState::Announced => {
                let mut next = self.clone();
                next.state = RmaState::Cancelled;
                next.cancel_reason = Some(reason.to_owned());
                Ok(self.revised(next))
            }
            RmaState::Arrived | RmaState::InProgress | RmaState::Completed | RmaState::Unknown => {
                Err(OmsError::too_late(self.state))
            }
        }
    }

    /// The document after one piece of warehouse work, or `None` when it changes nothing.
    pub(crate) fn work(&self, work: &WarehouseWork) -> Result<Option<Self>, OmsError> {
        let mut next = self.clone();
        match work {
            WarehouseWork::Arrive => next.arrive(),
            WarehouseWork::Receive { receipt_id, units } => next.receive(receipt_id, units),
            WarehouseWork::ReportMissing { line_ref, quantity } => {
                next.report_missing(line_ref, *quantity)
            }
            WarehouseWork::Regrade {
                line_ref,
                from,
                to,
                quantity,
            } => next.regrade(line_ref, *from, *to, *quantity),
            WarehouseWork::Unreceive {
                line_ref,
                condition,
                quantity,
            } => next.unreceive(line_ref, *condition, *quantity),
            WarehouseWork::Close => next.close(),
            WarehouseWork::Reopen => next.reopen(),
            WarehouseWork::Cancel => next.give_up(),
        }?;
        Ok(self.revised(next))
    }

    /// Gives a changed document its new revision; an unchanged one is `None`.
    fn revised(&self, mut next: Self) -> Option<Self> {
        if next == *self {
            return None;
        }
        next.revision = self.revision.saturating_add(1);
        Some(next)
    }

    fn arrive(&mut self) -> Result<(), OmsError> {
        self.require_open()?;
        if self.state == RmaState::Announced {
            self.state = RmaState::Arrived;
        }
        Ok(())
    }

    fn receive(&mut self, id: &ReceiptId, units: &[ReceivedUnits]) -> Result<(), OmsError> {
        // Before the state is looked at: a repeated report is harmless at any time.
        if let Some(known) = self.receipts.iter().find(|receipt| receipt.id == *id) {
            return if content(&known.units) == content(units) {
                Ok(())
            } else {
                Err(OmsError::rejected_field("receipt_differs", "receipt_id"))
            };
        }
        self.require_open()?;
        let receipt = Receipt::new(id.clone(), units.to_vec())
            .map_err(|invalid| OmsError::rejected_field(invalid.code(), "units"))?;
        for received in units {
            self.allocate(received)?;
        }
        self.receipts.push(receipt);
        self.state = RmaState::InProgress;
        Ok(())
    }

    fn allocate(&mut self, received: &ReceivedUnits) -> Result<(), OmsError> {
        if let ItemRef::Sku(text) | ItemRef::Barcode(text) = &received.item
            && text.trim().is_empty()
        {
            return Err(OmsError::rejected_field("blank_item", "units"));
        }
        let condition = received.condition;
        let mut left = received.quantity.get();
        let mut lines: Vec<_> = self
            .lines
            .iter_mut()
            .filter(|line| is_for(line, &received.item))
            .collect();

        for line in &mut lines {
            let waiting = u32::try_from(line.counts.outstanding()).unwrap_or(u32::MAX);
            let taken = waiting.min(left);
            add(&mut line.counts, condition, taken)?;
            left -= taken;
        }
        for line in &mut lines {
            let found = line.counts.missing.min(left);
            add(&mut line.counts, condition, found)?;
            line.counts.missing -= found;
            left -= found;
        }
        if let Some(first) = lines.first_mut() {
            return add(&mut first.counts, condition, left);
        }
        self.add_unexpected(received)
    }

    fn add_unexpected(&mut self, received: &ReceivedUnits) -> Result<(), OmsError> {
        let (sku, barcode) = match &received.item {
            ItemRef::Line(line_ref) => {
                return Err(OmsError::rejected_line("unknown_line", line_ref.clone()));
            }
            ItemRef::Sku(sku) => (Some(sku.clone()), None),
            ItemRef::Barcode(barcode) => (None, Some(barcode.clone())),
        };
        let known = self.unexpected.iter_mut().find(|item| {
            item.sku == sku && item.barcode == barcode && item.condition == received.condition
        });
        if let Some(item) = known {
            item.quantity = item
                .quantity
                .checked_add(received.quantity.get())
                .ok_or_else(too_many_units)?;
        } else {
            self.unexpected.push(UnexpectedItem {
                sku,
                barcode,
                quantity: received.quantity,
                condition: received.condition,
            });
        }
        Ok(())
    }

    fn report_missing(&mut self, line_ref: &LineRef, quantity: NonZeroU32) -> Result<(), OmsError> {
        self.require_open()?;
        let counts = self.counts(line_ref)?;
        if u64::from(quantity.get()) > counts.outstanding() {
            return Err(OmsError::rejected_line(
                "exceeds_outstanding",
                line_ref.clone(),
            ));
        }
        counts.missing += quantity.get();
        self.state = RmaState::InProgress;
        Ok(())
    }

    fn regrade(
        &mut self,
        line_ref: &LineRef,
        from: Condition,
        to: Condition,
        quantity: NonZeroU32,
    ) -> Result<(), OmsError> {
        if from == to {
            return Err(OmsError::rejected_field("same_condition", "to"));
        }
        self.unreceive(line_ref, from, quantity)?;
        add(self.counts(line_ref)?, to, quantity.get())
    }

    fn unreceive(
        &mut self,
        line_ref: &LineRef,
        condition: Condition,
        quantity: NonZeroU32,
    ) -> Result<(), OmsError> {
        self.require_not(RmaState::Cancelled)?;
        let count = bucket(self.counts(line_ref)?, condition);
        *count = count
            .checked_sub(quantity.get())
            .ok_or_else(|| OmsError::rejected_line("exceeds_received", line_ref.clone()))?;
        Ok(())
    }

    fn close(&mut self) -> Result<(), OmsError> {
        self.require_not(RmaState::Cancelled)?;
        self.state = RmaState::Completed;
        Ok(())
    }

    fn reopen(&mut self) -> Result<(), OmsError> {
        self.require_not(RmaState::Cancelled)?;
        if self.state == RmaState::Completed {
            self.state = RmaState::InProgress;
        }
        Ok(())
    }

    fn give_up(&mut self) -> Result<(), OmsError> {
        self.require_not(RmaState::Completed)?;
        self.state = RmaState::Cancelled;
        Ok(())
    }

    fn require_open(&self) -> Result<(), OmsError> {
        self.require_not(RmaState::Completed)?;
        self.require_not(RmaState::Cancelled)
    }

    fn require_not(&self, state: RmaState) -> Result<(), OmsError> {
        if self.state == state {
            Err(OmsError::too_late(state))
        } else {
            Ok(())
        }
    }

    fn counts(&mut self, line_ref: &LineRef) -> Result<&mut UnitCounts, OmsError> {
        self.lines
            .iter_mut()
            .find(|line| line.line_ref.as_ref() == Some(line_ref))
            .map(|line| &mut line.counts)
            .ok_or_else(|| OmsError::rejected_line("unknown_line", line_ref.clone()))
    }
}

fn expected_lines(rma: &Rma) -> Vec<ReceivedLine> {
    rma.lines.iter().map(ReceivedLine::awaiting).collect()
}

fn is_for(line: &ReceivedLine, item: &ItemRef) -> bool {
    match item {
        ItemRef::Line(line_ref) => line.line_ref.as_ref() == Some(line_ref),
        ItemRef::Sku(sku) => line.sku.as_ref() == Some(sku),
        ItemRef::Barcode(barcode) => line.barcode.as_ref() == Some(barcode),
    }
}

fn bucket(counts: &mut UnitCounts, condition: Condition) -> &mut u32 {
    match condition {
        Condition::Available => &mut counts.available,
        Condition::Damaged => &mut counts.damaged,
        Condition::Held => &mut counts.held,
    }
}

fn add(counts: &mut UnitCounts, condition: Condition, units: u32) -> Result<(), OmsError> {
    let count = bucket(counts, condition);
    *count = count.checked_add(units).ok_or_else(too_many_units)?;
    Ok(())
}

fn too_many_units() -> OmsError {
    OmsError::rejected_field("too_many_units", "quantity")
}

/// What a receipt says, whatever the order and however its rows are split.
fn content(units: &[ReceivedUnits]) -> BTreeMap<(&ItemRef, Condition), u64> {
    let mut sums = BTreeMap::new();
    for received in units {
        let sum = sums
            .entry((&received.item, received.condition))
            .or_insert(0u64);
        *sum = sum.saturating_add(u64::from(received.quantity.get()));
    }
    sums
}

#[cfg(test)]
mod tests;
