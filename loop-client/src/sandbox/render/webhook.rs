use serde_json::{Value, json};

use super::{
    ABSENT, CURRENCY, carrier, exchange_variant, exchanges, full_title, into_map, label_status,
    label_updated_at, labels, line_refund, newest_label, order_number, provider_order_number,
    put_overrides, put_totals, refunds, status_page_url, text_or, tracking_number,
};
use crate::sandbox::model::{Line, Return};
use crate::sandbox::moment::Moment;
use crate::sandbox::subscriptions::SHOP_ID;
use crate::sandbox::world::Event;

/// The body of a webhook, chosen by the subscription's topic, whatever the trigger is. None where
/// a pair of topic and trigger has nothing to say.
pub(in crate::sandbox) fn webhook(topic: &str, event: &Event) -> Option<Value> {
    match topic {
        "return" => Some(return_body(event)),
        "label" => label_body(event),
        "return.processing" => processing_body(event),
        _ => None,
    }
}

fn return_body(event: &Event) -> Value {
    let record = &event.snapshot;
    let order = &record.order;
    let lines: Vec<Value> = record
        .lines
        .iter()
        .map(|line| line_row(record, line))
        .collect();
    let mut body = into_map(json!({
        "topic": "return",
        "trigger": event.trigger.as_str(),
        "shop_id": SHOP_ID,
        "id": record.id.to_string(),
        "state": record.state.as_str(),
        "created_at": record.created_at.with_offset(),
        "edited_at": record.edited_at.map(Moment::with_offset),
        "order_id": record.order_id.to_string(),
        "order_name": order.order_name,
        "provider_order_id": record.provider_order_id.to_string(),
        "order_number": order_number(record).to_string(),
        "provider_order_number": provider_order_number(record).to_string(),
        "customer": order.customer_email,
        "customer_detail": {
            "email": order.customer_email,
            "first_name": "Zoë",
            "last_name": "Sandström",
        },
        "address": {
            "name": "Zoë Sandström",
            "company": "",
            "address1": "1 Example Street",
            "address2": "",
            "city": "Springfield",
            "state": "Illinois",
            "zip": "62701",
            "country": "United States",
            "country_code": "US",
            "phone": "+1-202-555-0123",
        },
        "currency": CURRENCY,
        "status_page_url": status_page_url(record),
        "is_gift_return": order.is_gift,
        "refunds": refunds(record),
        "labels": labels(record),
        "line_items": lines,
        "exchanges": exchanges(record),
        "carrier": text_or(carrier(record), ""),
        "tracking_number": text_or(tracking_number(record), ABSENT),
        "label_status": label_status(record),
        "label_updated_at": label_updated_at(record),
        "return_method": order.return_method,
    }));
    put_totals(&mut body, record);
    put_overrides(&mut body, record);
    Value::Object(body)
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
        "returned_at": record.created_at.with_space(),
        "exchange_variant": exchange_variant(record, line),
        "return_reason": item.reason,
        "parent_return_reason": null,
        "barcode": text_or(item.barcode.as_deref(), ""),
        "outcome": item.outcome,
    })
}

/// The pair of topic `label` and a trigger of the return has no body while there is no label.
fn label_body(event: &Event) -> Option<Value> {
    let record = &event.snapshot;
    newest_label(record).map(|label| {
        json!({
            "topic": "label",
            "trigger": event.trigger.as_str(),
            "shop_id": SHOP_ID,
            "id": record.id,
            "order_id": record.order_id,
            "provider_order_id": record.provider_order_id,
            "carrier": text_or(carrier(record), ABSENT),
            "tracking_number": label.tracking_number,
            "label_status": label.status,
            "label_updated_at": label.updated_at.with_millis(),
            "shipment_id": record.id.saturating_add(6_700_000_000).to_string(),
        })
    })
}

/// The topic has one trigger, and only its event carries a message.
fn processing_body(event: &Event) -> Option<Value> {
    let message = event.message.as_ref()?;
    Some(json!({
        "topic": "return.processing",
        "trigger": event.trigger.as_str(),
        "return_id": event.snapshot.id,
        "return_state": event.snapshot.state.as_str(),
        "message": message,
        "source": "api",
    }))
}
