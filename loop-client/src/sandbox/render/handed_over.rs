//! Webhook bodies of what Loop leaves to others: the restock, and the gift card.

use serde_json::{Value, json};

use super::{CURRENCY, provider_order_number};
use crate::sandbox::model::{Line, Return};
use crate::sandbox::money::{Cents, totals};

/// The Shopify location that every unit goes back to.
const LOCATION: u64 = 61_500_000_001;

/// One adjustment per present line, as Loop has no quantities.
pub(in crate::sandbox) fn restock_request(record: &Return) -> Value {
    let items: Value = record.lines.iter().map(restock_item).collect();
    json!({
        "topic": "restock",
        "trigger": "restock.requested",
        "id": record.id,
        "order_id": record.order_id,
        "provider_order_id": record.provider_order_id,
        "restock_items": items,
    })
}

fn restock_item(line: &Line) -> Value {
    json!({
        "location_id": LOCATION,
        "variant_id": line.variant_id,
        "inventory_item_id": line.variant_id.saturating_add(2_000_000_000),
        "available_adjustment": 1,
        "inventory_management": "shopify",
    })
}

/// The store credit of the return. What the `id` counts is not documented.
pub(in crate::sandbox) fn gift_card_request(record: &Return) -> Value {
    let credit = totals(record).gift_card.text();
    json!({
        "topic": "giftcard",
        "trigger": "giftcard.requested",
        "id": record.id.saturating_add(400_000_000),
        "total_credit_issued": credit,
        "gift_card_subtotal": credit,
        "gift_card_tax": Cents::ZERO.text(),
        "gift_card_bonus_credit": Cents::ZERO.text(),
        "currency": CURRENCY,
        "return_id": record.id.to_string(),
        "email": record.order.customer_email,
        "first_name": "Zoë",
        "last_name": "Sandström",
        "external_order_id": record.provider_order_id,
        "external_order_name": record.order.order_name,
        "external_order_number": provider_order_number(record),
    })
}
