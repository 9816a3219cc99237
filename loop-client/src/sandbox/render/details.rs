use serde_json::{Value, json};

use super::{
    ABSENT, CURRENCY, carrier, exchange_order, exchange_variant, exchanged, exchanges, full_title,
    into_map, label_rate, label_status, label_updated_at, label_url, labels, line_refund,
    order_number, outcomes_processed_at, provider_order_number, put_overrides, put_totals, refunds,
    status_page_url, text_or, tracking_number, was_processed,
};
use crate::sandbox::grading::{Condition, Disposition};
use crate::sandbox::model::{Line, Return};
use crate::sandbox::moment::Moment;

/// The details object: ids are integers, dates have no zone, reasons have other keys.
pub(in crate::sandbox) fn details(record: &Return, now: Moment) -> Value {
    let order = &record.order;
    let lines: Vec<Value> = record
        .lines
        .iter()
        .map(|line| line_row(record, line))
        .collect();
    let (exchange_order_id, exchange_order_name) = if exchanged(record).next().is_some() {
        exchange_order(record)
    } else {
        (Value::Null, Value::Null)
    };
    let mut object = into_map(json!({
        "id": record.id,
        "state": record.state.as_str(),
        "created_at": record.created_at.with_space(),
        "updated_at": record.updated_at.with_space(),
        "edited_at": record.edited_at.map(Moment::with_space),
        "outcome": order.outcome,
        "order_id": record.order_id,
        "order_name": order.order_name,
        "order_number": order_number(record),
        "provider_order_number": provider_order_number(record),
        "provider_order_id": record.provider_order_id,
        "customer": order.customer_email,
        "multi_currency": false,
        "currency": CURRENCY,
        "exchange_order_name": exchange_order_name,
        "exchange_order_id": exchange_order_id,
        "gift_card_order_name": null,
        "gift_card_order_id": null,
        "refunds": refunds(record),
        "line_items": lines,
        "exchanges": exchanges(record),
        "carrier": text_or(carrier(record), ABSENT),
        "tracking_number": text_or(tracking_number(record), ABSENT),
        "label_status": label_status(record),
        "label_url": label_url(record),
        "label_rate": label_rate(record),
        "label_updated_at": label_updated_at(record),
        "status_page_url": status_page_url(record),
        "destination_id": order.destination_id,
        "return_method": order.return_method,
        "package_reference": null,
        "type": "standard",
        "origin_country": "United States",
        "origin_country_code": "US",
        "labels": labels(record),
        "outcomes_processed_at": outcomes_processed_at(record),
        "refund_before_inspection": false,
        "was_processed": was_processed(record, now),
    }));
    put_totals(&mut object, record);
    put_overrides(&mut object, record);
    Value::Object(object)
}

fn line_row(record: &Return, line: &Line) -> Value {
    let item = &line.item;
    json!({
        "line_item_id": line.line_item_id,
        "provider_line_item_id": line.provider_line_item_id,
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "sku": item.sku,
        "line_item_title": item.title,
        "variant_title": item.variant,
        "title": full_title(line),
        "price": item.price,
        "discount": "0.00",
        "tax": "0.00",
        "refund": line_refund(record, line),
        "refund_item": line_refund(record, line),
        "refund_tax": "0.00",
        "returned_at": record.created_at.with_millis(),
        "exchange_variant": exchange_variant(record, line),
        "reason": item.reason,
        "parent_reason": null,
        "return_comment": ABSENT,
        "barcode": text_or(item.barcode.as_deref(), ""),
        "outcome": item.outcome,
        "provider_restock_location_id": null,
        "consolidation_tracking": null,
        "condition": line.condition.as_ref().map(Condition::long),
        "disposition": line.disposition.as_ref().map(Disposition::long),
    })
}
