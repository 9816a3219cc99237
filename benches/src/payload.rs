//! Payloads as large as real ones, with made-up values in the fields that Loop documents.

use serde_json::{Map, Value, json};

/// The body of a webhook of the topic `return`. With two lines it has about 3 KB.
#[must_use]
pub fn return_webhook(id: u64, lines: u64) -> String {
    let mut body = fields(id, lines);
    for (name, value) in [
        ("shop_id", json!(4821)),
        (
            "customer_detail",
            json!({"email": "shopper@example.com", "first_name": "Zoë",
            "last_name": "Sandström"}),
        ),
        (
            "address",
            json!({"name": "Zoë Sandström", "company": "", "address1": "1 Example Street",
            "address2": "", "city": "Springfield", "state": "Illinois", "zip": "62701",
            "country": "United States", "country_code": "US", "phone": "+1-202-555-0123"}),
        ),
        ("is_gift_return", json!(false)),
        ("refunds", json!([])),
    ] {
        body.insert(name.to_owned(), value);
    }
    let rest = Value::Object(body).to_string();
    // Loop puts these two first, and PHP escapes slashes.
    let start = r#"{"topic":"return","trigger":"return.created","#;
    format!("{start}{}", rest.trim_start_matches('{')).replace('/', "\\/")
}

/// A row of the returns list.
#[must_use]
pub fn return_row(id: u64, lines: u64) -> Value {
    let mut row = fields(id, lines);
    for (name, value) in [
        ("updated_at", json!("2026-11-03T10:15:44+00:00")),
        ("origin_country", json!("United States")),
        ("origin_country_code", json!("US")),
        ("multi_currency", json!(false)),
        ("gift_card_order_name", Value::Null),
        ("gift_card_order_id", Value::Null),
        (
            "label_url",
            json!("https://labels.example.com/9400100000000000000000.pdf"),
        ),
        ("label_rate", json!(542)),
        ("destination_id", json!(20_112)),
        ("package_reference", Value::Null),
        ("type", json!("standard")),
        (
            "outcomes_processed_at",
            json!({"return_processed": null, "refund_processed": null,
            "gift_card_processed": null, "exchange_processed": null}),
        ),
        ("refund_before_inspection", json!(false)),
        ("was_processed", json!(false)),
    ] {
        row.insert(name.to_owned(), value);
    }
    Value::Object(row)
}

/// A row of the ASN report: about 800 bytes.
#[must_use]
pub fn asn_row(id: u64, line_item_id: u64) -> Value {
    json!({
        "id": id,
        "return_line_item_id": line_item_id.to_string(),
        "order_id": (id + 700_000).to_string(),
        "order_name": format!("#{}", id % 100_000),
        "order_number": (id % 100_000).to_string(),
        "provider_order_number": (id % 100_000).to_string(),
        "state": "open",
        "customer_email": "shopper@example.com",
        "title": "Organic cotton shirt with long sleeves - Black / Medium",
        "purchase_price": "78.00",
        "sku": format!("SHIRT-{}-M", line_item_id % 5000),
        "barcode": "0012345678905",
        "carrier": "USPS",
        "label_status": "in_transit",
        "tracking_number": "9400100000000000000000",
        "currency": "USD",
        "label_updated_at": "2026-11-02T08:31:12.000Z",
        "label_url": "https://labels.example.com/9400100000000000000000.pdf",
        "label_rate": "542",
        "closed_at": null,
        "updated_at": "2026-11-03T10:15:44.000Z",
        "created_at": "2026-11-01T22:27:15.000Z",
        "return_reason": "Too small",
        "return_method": "default",
        "outcome": "refund",
        "destination_id": "20112",
        "restock_status": null,
        "date_delivered": null,
    })
}

/// What webhooks and rows have in common.
fn fields(id: u64, lines: u64) -> Map<String, Value> {
    let numbers: Vec<u64> = (1..=lines).map(|line| id * 100 + line).collect();
    let line_items: Vec<Value> = numbers.iter().map(|number| line_item(*number)).collect();
    let mut fields = match json!({
        "id": id.to_string(),
        "state": "open",
        "created_at": "2026-11-01T22:27:15+00:00",
        "edited_at": null,
        "outcome": "exchange+refund",
        "order_id": (id + 700_000).to_string(),
        "order_name": format!("#{}", id % 100_000),
        "provider_order_id": (id + 3_248_000_000_000).to_string(),
        "order_number": (id % 100_000).to_string(),
        "provider_order_number": (id % 100_000).to_string(),
        "customer": "shopper@example.com",
        "currency": "USD",
        "status_page_url": "https://acme.loopreturns.com/#/return/5f0c1f5e-0000-4000-8000-0242ac120002",
        "line_items": line_items,
        "exchanges": [{"exchange_id": (id * 100 + 99).to_string(), "exchange_order_id": null,
            "exchange_order_name": null, "product_id": "29871298310292",
            "variant_id": "23498287203948", "sku": "SHIRT-20-L", "type": "exchange",
            "title": "Organic cotton shirt - Black / Large", "price": "78.00", "discount": "0.00",
            "tax": "0.00", "total": "78.00", "out_of_stock": false,
            "out_of_stock_resolution": null}],
        "labels": [{"status": "in_transit", "updated_at": "2026-11-02T08:31:12.000Z",
            "url": "https://labels.example.com/9400100000000000000000.pdf", "rate": 542,
            "carrier": "USPS", "tracking_number": "9400100000000000000000",
            "line_items": numbers}],
        "carrier": "USPS",
        "tracking_number": "9400100000000000000000",
        "label_status": "in_transit",
        "label_updated_at": "2026-11-02T08:31:12+00:00",
        "return_method": {"id": 7, "provider": "default", "type": "mail", "qr_code_url": null},
    }) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    for name in [
        "total",
        "return_product_total",
        "return_discount_total",
        "return_tax_total",
        "return_total",
        "return_credit_total",
        "exchange_product_total",
        "exchange_discount_total",
        "exchange_tax_total",
        "exchange_total",
        "exchange_credit_total",
        "gift_card",
        "handling_fee",
        "refund",
        "upsell",
    ] {
        fields.insert(name.to_owned(), json!("78.00"));
    }
    fields
}

fn line_item(number: u64) -> Value {
    json!({
        "line_item_id": number.to_string(),
        "provider_line_item_id": (number + 9_000_000_000).to_string(),
        "product_id": "29871298310292",
        "variant_id": "23498287203948",
        "sku": format!("SHIRT-{}-M", number % 5000),
        "title": "Organic cotton shirt with long sleeves - Black / Medium",
        "price": "78.00",
        "discount": "0.00",
        "tax": "4.29",
        "refund": "82.29",
        "returned_at": "2026-11-01 22:27:15",
        "exchange_variant": "",
        "return_reason": "Too small",
        "parent_return_reason": "Size or fit",
        "barcode": "0012345678905",
        "outcome": "default",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_as_large_as_real_ones() {
        let body = return_webhook(99_904_598, 2);
        assert!((2_700..3_400).contains(&body.len()), "{}", body.len());
        assert!(serde_json::from_str::<Value>(&body).is_ok());
        let row = asn_row(99_904_598, 293_482_039).to_string();
        assert!((750..900).contains(&row.len()), "{}", row.len());
    }
}
