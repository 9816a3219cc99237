//! Short names for building what the tests need.
#![allow(dead_code, reason = "not every feature set uses all of them")]

use std::num::NonZeroU32;

use ams_oms_client::{
    Condition, ItemRef, LineRef, MerchantId, ReceiptId, ReceivedUnits, Rma, RmaKey, RmaLine,
    RmaNumber, WarehouseWork,
};

pub(crate) fn count(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

pub(crate) fn merchant(name: &str) -> MerchantId {
    MerchantId::new(name).unwrap()
}

pub(crate) fn number(n: u64) -> RmaNumber {
    RmaNumber::new(n).unwrap()
}

pub(crate) fn key(name: &str, n: u64) -> RmaKey {
    RmaKey::new(merchant(name), number(n))
}

pub(crate) fn line_ref(text: &str) -> LineRef {
    LineRef::new(text).unwrap()
}

pub(crate) fn line(text: &str, sku: &str, quantity: u32) -> RmaLine {
    RmaLine::new(line_ref(text), count(quantity)).with_sku(sku)
}

pub(crate) fn rma(name: &str, n: u64, lines: Vec<RmaLine>) -> Rma {
    Rma::new(key(name, n), lines).unwrap()
}

pub(crate) fn sku(text: &str) -> ItemRef {
    ItemRef::Sku(text.to_owned())
}

pub(crate) fn by_line(text: &str) -> ItemRef {
    ItemRef::Line(line_ref(text))
}

pub(crate) fn receive(id: &str, found: &[(ItemRef, Condition, u32)]) -> WarehouseWork {
    WarehouseWork::Receive {
        receipt_id: ReceiptId::new(id).unwrap(),
        units: found
            .iter()
            .map(|(item, condition, n)| ReceivedUnits::new(item.clone(), *condition, count(*n)))
            .collect(),
    }
}
