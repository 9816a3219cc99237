//! Short names for what the tests are made of.
#![allow(dead_code, reason = "not every test uses all of them")]

use std::num::NonZeroU32;

use ams_oms_client::{LineRef, MerchantId, RmaKey, RmaNumber, RmaSnapshot};
use loop_client::{Return, ReturnId, Timestamp};
use serde_json::{Value, json};

pub(crate) const RETURN: u64 = 7001;

pub(crate) fn merchant() -> MerchantId {
    MerchantId::new("acme").unwrap()
}

pub(crate) fn number(id: u64) -> RmaNumber {
    RmaNumber::new(id).unwrap()
}

pub(crate) fn key(id: u64) -> RmaKey {
    RmaKey::new(merchant(), number(id))
}

pub(crate) fn return_id(id: u64) -> ReturnId {
    id.to_string().parse().unwrap()
}

pub(crate) fn line_ref(text: &str) -> LineRef {
    LineRef::new(text).unwrap()
}

pub(crate) fn count(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

/// Seconds after an arbitrary beginning.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000 + seconds)
}

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 3600;

/// A line of a return.
pub(crate) fn line(id: u64, sku: &str) -> Value {
    json!({"line_item_id": id, "sku": sku, "outcome": "default"})
}

/// The return as Loop's details show it.
pub(crate) fn return_json(id: u64, state: &str, lines: &[Value]) -> Value {
    json!({"id": id, "state": state, "order_name": "#1001", "outcome": "refund",
        "line_items": lines})
}

pub(crate) fn ret(state: &str, lines: &[Value]) -> Return {
    read(return_json(RETURN, state, lines))
}

pub(crate) fn read(json: Value) -> Return {
    serde_json::from_value(json).unwrap()
}

/// Expected, available, damaged, held, missing.
pub(crate) type Counts = [u32; 5];

pub(crate) fn counts([expected, available, damaged, held, missing]: Counts) -> Value {
    json!({"expected": expected, "available": available, "damaged": damaged, "held": held,
        "missing": missing})
}

/// What the warehouse says of an announced line.
pub(crate) fn row(id: u64, sku: &str, units: Counts) -> Value {
    json!({"line_item_id": id.to_string(), "sku": sku, "counts": counts(units)})
}

/// What a warehouse that echoes no line says of a product.
pub(crate) fn product(sku: &str, units: Counts) -> Value {
    json!({"sku": sku, "counts": counts(units)})
}

pub(crate) fn stray(sku: &str, quantity: u32, condition: &str) -> Value {
    json!({"sku": sku, "quantity": quantity, "condition": condition})
}

pub(crate) fn rma(state: &str, rows: &[Value], unexpected: &[Value]) -> RmaSnapshot {
    serde_json::from_value(json!({"merchant": "acme", "rma_number": RETURN.to_string(),
        "state": state, "raw_state": state, "version": "1", "lines": rows,
        "unexpected": unexpected}))
    .unwrap()
}
