use serde_json::{Value, json};

use super::{
    ABSENT, CURRENCY, carrier, full_title, into_map, label_rate, label_status, label_url,
    newest_label, order_number, provider_order_number, text_or, tracking_number,
};
use crate::sandbox::model::{Line, Return};
use crate::sandbox::moment::Moment;

/// Columns whose values are not documented, or that tell of things which the sandbox does not have.
const NOT_PLAYED: [&str; 18] = [
    "service",
    "integration_tracking_url",
    "restock_status",
    "actioned_by",
    "return_method_rma_code",
    "return_method_state",
    "date_delivered",
    "scannable_id",
    "package_reference",
    "shipping_box_barcode",
    "provider_created_at",
    "destination_name",
    "destination_address1",
    "destination_address2",
    "destination_city",
    "destination_state",
    "destination_zip",
    "consolidation_tracking",
];

/// One row per returned unit. `id` is the return's id on each of them: the documentation calls it
/// an integer and no more, and nothing else in a row could name the return.
pub(in crate::sandbox) fn asn_rows(record: &Return) -> impl Iterator<Item = Value> {
    record.lines.iter().map(|line| asn_row(record, line))
}

fn asn_row(record: &Return, line: &Line) -> Value {
    let order = &record.order;
    let provider = match &order.return_method {
        Value::String(text) => Some(text.as_str()),
        Value::Object(method) => method.get("provider").and_then(Value::as_str),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    let mut row = into_map(json!({
        "id": record.id,
        "return_line_item_id": line.line_item_id.to_string(),
        "order_id": record.order_id.to_string(),
        "order_name": order.order_name,
        "order_number": order_number(record).to_string(),
        "provider_order_number": provider_order_number(record).to_string(),
        "state": record.state.as_str(),
        "customer_email": order.customer_email,
        "title": full_title(line),
        "purchase_price": line.item.price,
        "sku": line.item.sku,
        "barcode": text_or(line.item.barcode.as_deref(), ABSENT),
        "carrier": text_or(carrier(record), ABSENT),
        "label_status": label_status(record),
        "tracking_number": text_or(tracking_number(record), ABSENT),
        "currency": CURRENCY,
        "label_updated_at": newest_label(record).map(|label| label.updated_at.with_z()),
        "label_url": label_url(record),
        "label_rate": label_rate(record).map(|cents| cents.to_string()),
        "closed_at": record.closed_at.map(Moment::with_z),
        "updated_at": record.updated_at.with_z(),
        "created_at": record.created_at.with_z(),
        "return_reason": line.item.reason,
        "return_method": provider,
        "outcome": order.outcome,
        "destination_id": order.destination_id.map(|id| id.to_string()),
    }));
    for key in NOT_PLAYED {
        row.insert(key.to_owned(), Value::Null);
    }
    Value::Object(row)
}
