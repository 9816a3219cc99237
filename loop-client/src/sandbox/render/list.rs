use serde_json::{Value, json};

use super::{
    ABSENT, CURRENCY, carrier, exchange_variant, exchanges, full_title, into_map, label_rate,
    label_status, label_updated_at, label_url, labels, line_refund, order_number,
    outcomes_processed_at, provider_order_number, put_overrides, put_totals, status_page_url,
    text_or, tracking_number, was_processed,
};
use crate::sandbox::grading::{Condition, Disposition};
use crate::sandbox::model::{Line, Return};
use crate::sandbox::moment::Moment;

/// A row of the returns list: ids are strings, except `destination_id` and
/// `exchanges[].exchange_order_id`.
pub(in crate::sandbox) fn list_row(record: &Return, now: Moment) -> Value {
    let order = &record.order;
    let lines: Vec<Value> = record
        .lines
        .iter()
        .map(|line| line_row(record, line))
        .collect();
    let mut row = into_map(json!({
        "id": record.id.to_string(),
        "state": record.state.as_str(),
        "created_at": record.created_at.with_offset(),
        "updated_at": record.updated_at.with_offset(),
        "edited_at": record.edited_at.map(Moment::with_millis),
        "outcome": order.outcome,
        "order_id": record.order_id.to_string(),
        "order_name": order.order_name,
        "provider_order_id": record.provider_order_id.to_string(),
        "order_number": order_number(record).to_string(),
        "provider_order_number": provider_order_number(record).to_string(),
        "customer": order.customer_email,
        "origin_country": "United States",
        "origin_country_code": "US",
        "multi_currency": false,
        "currency": CURRENCY,
        "gift_card_order_name": null,
        "gift_card_order_id": null,
        "line_items": lines,
        "exchanges": exchanges(record),
        "carrier": text_or(carrier(record), ABSENT),
        "tracking_number": text_or(tracking_number(record), ABSENT),
        "label_status": label_status(record),
        "label_url": label_url(record),
        "label_rate": label_rate(record),
        "status_page_url": status_page_url(record),
        "label_updated_at": label_updated_at(record),
        "destination_id": order.destination_id,
        "return_method": order.return_method,
        "package_reference": null,
        "type": "standard",
        "labels": labels(record),
        "outcomes_processed_at": outcomes_processed_at(record),
        "refund_before_inspection": false,
        "was_processed": was_processed(record, now),
    }));
    put_totals(&mut row, record);
    put_overrides(&mut row, record);
    Value::Object(row)
}

fn line_row(record: &Return, line: &Line) -> Value {
    let item = &line.item;
    json!({
        "line_item_id": line.line_item_id.to_string(),
        "provider_line_item_id": line.provider_line_item_id.to_string(),
        "product_id": line.product_id.to_string(),
        "variant_id": line.variant_id.to_string(),
        "sku": item.sku,
        "title": full_title(line),
        "price": item.price,
        "discount": "0.00",
        "tax": "0.00",
        "refund": line_refund(record, line),
        "refund_item": line_refund(record, line),
        "refund_tax": "0.00",
        "returned_at": record.created_at.with_space(),
        "exchange_variant": exchange_variant(record, line),
        "return_reason": item.reason,
        "parent_return_reason": null,
        "return_comment": ABSENT,
        "barcode": text_or(item.barcode.as_deref(), ABSENT),
        "outcome": item.outcome,
        "provider_restock_location_id": null,
        "consolidation_tracking": null,
        "condition": line.condition.as_ref().map(Condition::short),
        "disposition": line.disposition.as_ref().map(Disposition::short),
    })
}
