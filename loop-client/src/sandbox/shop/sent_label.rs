//! What a label provider sends: a label, and later how far the parcel is.

use serde_json::{Value, json};

use crate::sandbox::form::Form;
use crate::sandbox::moment::Moment;
use crate::sandbox::refused::Refused;
use crate::sandbox::world::ProviderLabel;

const STATUSES: [&str; 5] = [
    "new",
    "pre_transit",
    "in_transit",
    "out_for_delivery",
    "delivered",
];

/// A label as a provider sends it.
#[derive(Debug)]
pub(in crate::sandbox) struct SentLabel {
    pub(in crate::sandbox) label_request_id: u64,
    pub(in crate::sandbox) label: ProviderLabel,
    currency_code: String,
    tracking_url: Option<String>,
    qrcode_url: Option<String>,
}

impl SentLabel {
    pub(in crate::sandbox) fn json(&self, id: u64, now: Moment) -> Value {
        json!({
            "id": id,
            "label_request_id": self.label_request_id,
            "tracking_number": self.label.tracking_number,
            "carrier": self.label.carrier,
            "label_url": self.label.url,
            "rate": { "amount": self.label.rate, "currency_code": self.currency_code },
            "tracking_url": self.tracking_url,
            "qrcode_url": self.qrcode_url,
            "status": "new",
            "created_at": now.with_z(),
        })
    }
}

pub(in crate::sandbox) fn read_label(body: &Value) -> Result<SentLabel, Refused> {
    let mut form = Form::of(body);
    let label_request_id = form.required_id("label_request_id");
    let mut label = ProviderLabel {
        tracking_number: form.required_text("tracking_number", 256),
        carrier: form.required_text("carrier", 32),
        url: form.required_text("label_url", 2048),
        rate: 0,
    };
    let tracking_url = form.text("tracking_url", 2048);
    let qrcode_url = form.text("qrcode_url", 512);
    let mut rate = form.required_object("rate");
    rate.require("amount");
    match rate.get("amount").map(Value::as_i64) {
        Some(Some(amount)) => label.rate = amount,
        Some(None) => rate.refuse("amount", "The amount must be an integer.".to_owned()),
        None => {}
    }
    let currency_code = rate.required_text("currency_code", 3);
    form.absorb(rate);
    form.finish(SentLabel {
        label_request_id,
        label,
        currency_code,
        tracking_url,
        qrcode_url,
    })
}

pub(in crate::sandbox) fn read_label_status(body: &Value) -> Result<String, Refused> {
    let mut form = Form::of(body);
    let status = form.required_one_of("status", &STATUSES);
    form.finish(status)
}
