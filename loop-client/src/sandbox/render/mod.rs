//! The JSON forms of a return. One file per form, as Loop's forms differ in types, dates, keys
//! and in how they say that a value is missing; here is what they share. Pure.

mod asn;
mod details;
mod handed_over;
mod list;
mod notes;
mod webhook;

use serde_json::{Map, Value, json};

pub(super) use asn::asn_rows;
pub(super) use details::details;
pub(super) use handed_over::{gift_card_request, restock_request};
pub(super) use list::list_row;
pub(super) use notes::{notes_bare, notes_wrapped};
pub(super) use webhook::webhook;

use super::model::{Label, Line, Return};
use super::moment::Moment;
use super::money::{Cents, exchanged_lines, totals};

const ABSENT: &str = "N/A";
const CURRENCY: &str = "USD";

/// `was_processed` follows the state `closed` by hours; how many is not documented.
const WAS_PROCESSED_LAG_SECONDS: i64 = 2 * 60 * 60;

/// The amounts that list, details and webhooks name alike.
fn put_totals(object: &mut Map<String, Value>, record: &Return) {
    let totals = totals(record);
    let zero = Cents::ZERO;
    for (key, amount) in [
        ("total", totals.owed()),
        ("return_product_total", totals.returned),
        ("return_discount_total", zero),
        ("return_tax_total", zero),
        ("return_total", totals.returned),
        ("return_credit_total", totals.returned),
        ("exchange_product_total", totals.exchanged),
        ("exchange_discount_total", zero),
        ("exchange_tax_total", zero),
        ("exchange_total", totals.exchanged),
        ("exchange_credit_total", totals.exchanged),
        ("gift_card", totals.gift_card),
        ("handling_fee", zero),
        ("refund", totals.refund),
        ("upsell", zero),
    ] {
        object.insert(key.to_owned(), Value::String(amount.text()));
    }
}

/// What a test put in place of Loop's own fields.
fn put_overrides(object: &mut Map<String, Value>, record: &Return) {
    for (name, value) in &record.order.fields {
        object.insert(name.clone(), value.clone());
    }
}

fn into_map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

fn text_or(value: Option<&str>, absent: &str) -> Value {
    Value::String(value.unwrap_or(absent).to_owned())
}

/// The number in the order's name, which the shop calls the order number.
fn provider_order_number(record: &Return) -> u64 {
    let digits: String = record
        .order
        .order_name
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap_or(record.order_id)
}

/// Shopify names its first order #1001, so its own count is 1000 behind.
fn order_number(record: &Return) -> u64 {
    provider_order_number(record).saturating_sub(1000)
}

fn status_page_url(record: &Return) -> String {
    let id = record.id;
    format!("https://sandbox.loopreturns.com/#/return/{id:08x}-0000-4000-8000-{id:012x}")
}

/// The flat fields of a row tell of the newest label.
fn newest_label(record: &Return) -> Option<&Label> {
    record.labels.last()
}

/// The carrier of the label, or the one that is known before there is a label.
fn carrier(record: &Return) -> Option<&str> {
    newest_label(record)
        .and_then(|label| label.carrier.as_deref())
        .or(record.order.carrier.as_deref())
}

fn tracking_number(record: &Return) -> Option<&str> {
    newest_label(record).map(|label| label.tracking_number.as_str())
}

fn label_status(record: &Return) -> &str {
    newest_label(record).map_or(ABSENT, |label| &label.status)
}

fn label_updated_at(record: &Return) -> String {
    newest_label(record).map_or_else(|| ABSENT.to_owned(), |label| label.updated_at.with_offset())
}

fn label_url(record: &Return) -> Option<&str> {
    newest_label(record).map(|label| label.url.as_str())
}

fn label_rate(record: &Return) -> Option<i64> {
    newest_label(record).map(|label| label.rate)
}

fn labels(record: &Return) -> Value {
    let lines: Vec<u64> = record.lines.iter().map(|line| line.line_item_id).collect();
    record
        .labels
        .iter()
        .map(|label| {
            json!({
                "status": label.status,
                "updated_at": label.updated_at.with_millis(),
                "url": label.url,
                "rate": label.rate,
                "carrier": text_or(label.carrier.as_deref(), ABSENT),
                "tracking_number": label.tracking_number,
                "line_items": lines,
            })
        })
        .collect()
}

/// The exchanged lines; each is exchanged for another unit of the same article.
fn exchanged(record: &Return) -> impl Iterator<Item = &Line> {
    let count = exchanged_lines(&record.order.outcome, record.lines.len());
    record.lines.iter().take(count)
}

/// The shop's exchange order exists once the outcome was carried out.
fn exchange_order(record: &Return) -> (Value, Value) {
    if record.processed_at.is_none() {
        return (Value::Null, Value::Null);
    }
    let id = record.provider_order_id.saturating_add(1_000_000);
    let name = format!("EXC-{}-1", provider_order_number(record));
    (json!(id), json!(name))
}

fn exchanges(record: &Return) -> Value {
    let (order_id, order_name) = exchange_order(record);
    exchanged(record)
        .map(|line| {
            json!({
                "exchange_id": line.line_item_id.saturating_add(500_000_000).to_string(),
                // An integer among ids that are strings: so it is in real rows.
                "exchange_order_id": order_id,
                "exchange_order_name": order_name,
                "product_id": line.product_id.to_string(),
                "variant_id": line.variant_id.to_string(),
                "sku": line.item.sku,
                "type": "exchange",
                "title": full_title(line),
                "price": line.item.price,
                "discount": "0.00",
                "tax": "0.00",
                "total": line.item.price,
                "out_of_stock": false,
                "out_of_stock_resolution": null,
            })
        })
        .collect()
}

fn exchange_variant(record: &Return, line: &Line) -> String {
    let is_exchanged = exchanged(record).any(|other| other.line_item_id == line.line_item_id);
    if is_exchanged {
        line.variant_id.to_string()
    } else {
        String::new()
    }
}

/// What the shopper gets in money for one line.
fn line_refund(record: &Return, line: &Line) -> String {
    let is_exchanged = exchanged(record).any(|other| other.line_item_id == line.line_item_id);
    if is_exchanged || record.order.outcome.contains("credit") {
        "0.00".to_owned()
    } else {
        line.item.price.clone()
    }
}

/// "product - variant" in one.
fn full_title(line: &Line) -> String {
    match &line.item.variant {
        Some(variant) => format!("{} - {variant}", line.item.title),
        None => line.item.title.clone(),
    }
}

/// One entry per refund that was really made, two if the outcome was carried out twice.
fn refunds(record: &Return) -> Value {
    let amount = totals(record).refund;
    if amount == Cents::ZERO {
        return json!([]);
    }
    let first = record.id.saturating_mul(100);
    (1..=u64::from(record.refunds))
        .map(|number| {
            json!({
                "gateway": "manual",
                "amount": amount.text(),
                "currency": CURRENCY,
                "provider_refund_id": first.saturating_add(number).to_string(),
            })
        })
        .collect()
}

/// Serialised PHP dates, which only undocumented fields show.
fn outcomes_processed_at(record: &Return) -> Value {
    let at = |applies: bool| match record.processed_at {
        Some(moment) if applies => json!({
            "date": moment.with_micros(),
            "timezone_type": 3,
            "timezone": "UTC",
        }),
        Some(_) | None => Value::Null,
    };
    let totals = totals(record);
    json!({
        "return_processed": at(true),
        "refund_processed": at(totals.refund != Cents::ZERO),
        "gift_card_processed": at(totals.gift_card != Cents::ZERO),
        "exchange_processed": at(exchanged(record).next().is_some()),
    })
}

fn was_processed(record: &Return, now: Moment) -> bool {
    record
        .processed_at
        .is_some_and(|at| now.seconds_since(at) >= WAS_PROCESSED_LAG_SECONDS)
}

#[cfg(test)]
mod tests;
