//! Requests to a label provider, and the labels it answers with.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::sandbox::form::Form;
use crate::sandbox::model::{Line, Return};
use crate::sandbox::moment::Moment;
use crate::sandbox::money::Cents;
use crate::sandbox::query::{Invalid, Params, valid_date};
use crate::sandbox::refused::Refused;
use crate::sandbox::shop::Notice;
use crate::sandbox::subscriptions::SHOP_ID;

const DEFAULT_LIMIT: usize = 50;
const LARGEST_LIMIT: usize = 250;
const REASONS: [&str; 3] = ["INSUFFICIENT_FUNDS", "INVALID_ADDRESS", "Other"];

/// The documentation gives no limit for the message of an error.
const LONGEST_MESSAGE: usize = 65_535;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Issued,
    Cancelled,
    Fulfilled,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Status::Issued => "issued",
            Status::Cancelled => "cancelled",
            Status::Fulfilled => "fulfilled",
        }
    }

    fn named(text: &str) -> Option<Status> {
        [Status::Issued, Status::Cancelled, Status::Fulfilled]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

#[derive(Clone, Debug)]
struct LabelRequest {
    id: u64,
    return_id: u64,
    status: Status,
    created_at: Moment,
    products: Value,
    errors: Vec<Value>,
}

impl LabelRequest {
    /// The id is a text here and a number in the webhook and in the call that answers it.
    fn json(&self) -> Value {
        json!({
            "id": self.id.to_string(),
            "return_id": self.return_id,
            "shop_id": SHOP_ID,
            "status": self.status.as_str(),
            "created_at": self.created_at.with_z(),
            "addresses": addresses("region", "postal_code"),
            "parcel": parcel(),
            "products": self.products,
            "errors": self.errors,
        })
    }

    fn notice(&self, trigger: &'static str) -> Notice {
        Notice {
            topic: "label.request",
            trigger,
            return_id: self.return_id,
            body: json!({
                "topic": "label.request",
                "trigger": trigger,
                "id": self.id,
                "return_id": self.return_id,
                "shop_id": SHOP_ID,
                "created_at": self.created_at.with_z(),
                "addresses": addresses("state", "zip"),
                "parcel": parcel(),
                "products": self.products,
            }),
        }
    }
}

/// REST and webhook name two parts of an address differently.
fn addresses(region: &str, code: &str) -> Value {
    json!({
        "origin": {
            "name": "Zoë Sandström",
            "company": "",
            "address1": "1 Example Street",
            "address2": "",
            "city": "Springfield",
            region: "Illinois",
            code: "62701",
            "country": "United States",
            "country_code": "US",
            "phone": "12025550123",
        },
        "destination": {
            "name": "Sandbox Warehouse",
            "company": "Sandbox",
            "address1": "2 Example Road",
            "address2": "",
            "city": "Columbus",
            region: "Ohio",
            code: "43215",
            "country": "United States",
            "country_code": "US",
            "phone": "12025550199",
        },
    })
}

/// Inches and grams.
fn parcel() -> Value {
    json!({ "height": 5.0, "length": 20.5, "width": 10.25, "weight": 450.0 })
}

/// The currency of a price has another key than that of a label's rate.
fn product(line: &Line) -> Value {
    json!({
        "name": line.item.title,
        "sku": line.item.sku,
        "hs_code": null,
        "country_of_origin": "US",
        "price": { "amount": Cents::parse(&line.item.price).whole(), "currency": "USD" },
    })
}

#[derive(Debug)]
pub(in crate::sandbox) struct LabelRequests {
    next_id: u64,
    all: Vec<LabelRequest>,
    /// The labels that came as answers, by their id, as the API shows them.
    labels: BTreeMap<u64, Value>,
}

impl Default for LabelRequests {
    fn default() -> LabelRequests {
        LabelRequests {
            next_id: 67_329_889_100_573,
            all: Vec::new(),
            labels: BTreeMap::new(),
        }
    }
}

impl LabelRequests {
    pub(in crate::sandbox) fn issue(&mut self, record: &Return, now: Moment) -> (u64, Notice) {
        let request = LabelRequest {
            id: self.next_id,
            return_id: record.id,
            status: Status::Issued,
            created_at: now,
            products: record.lines.iter().map(product).collect(),
            errors: Vec::new(),
        };
        self.next_id = self.next_id.saturating_add(1);
        let told = (request.id, request.notice("label.request.issued"));
        self.all.push(request);
        told
    }

    /// None unless there is such a request that nobody answered or cancelled.
    pub(in crate::sandbox) fn cancel(&mut self, id: u64) -> Option<Notice> {
        let request = self.find(id)?;
        if request.status != Status::Issued {
            return None;
        }
        request.status = Status::Cancelled;
        Some(request.notice("label.request.cancelled"))
    }

    /// Oldest first.
    pub(in crate::sandbox) fn list(&self, params: &Params) -> Result<Value, Invalid> {
        let from = valid_date(params, "from")?;
        let to = valid_date(params, "to")?;
        let return_id = number::<u64>(params, "return_id", u64::MAX)?;
        let status = params
            .get("status")
            .map(|text| {
                Status::named(text)
                    .ok_or_else(|| Invalid::new("status", "The selected status is invalid."))
            })
            .transpose()?;
        let limit = number(params, "limit", LARGEST_LIMIT)?.unwrap_or(DEFAULT_LIMIT);
        let offset = number(params, "offset", usize::MAX)?.unwrap_or(0);
        let data: Value = self
            .all
            .iter()
            .filter(|request| from.is_none_or(|from| from <= request.created_at))
            .filter(|request| to.is_none_or(|to| request.created_at < to))
            .filter(|request| return_id.is_none_or(|id| request.return_id == id))
            .filter(|request| status.is_none_or(|status| request.status == status))
            .skip(offset)
            .take(limit)
            .map(LabelRequest::json)
            .collect();
        Ok(json!({ "data": data }))
    }

    pub(in crate::sandbox) fn get(&self, id: &str) -> Result<Value, Refused> {
        let id: Option<u64> = id.parse().ok();
        let mut all = self.all.iter();
        all.find(|request| Some(request.id) == id)
            .map(LabelRequest::json)
            .ok_or_else(missing)
    }

    /// The request stays as it is: Loop goes on listing it as issued.
    pub(in crate::sandbox) fn report_error(
        &mut self,
        id: &str,
        body: &Value,
        now: Moment,
    ) -> Result<Value, Refused> {
        let request = id.parse().ok().and_then(|id| self.find(id));
        let request = request.ok_or_else(missing)?;
        let mut form = Form::of(body);
        let reason = form.required_one_of("reason", &REASONS);
        let message = form.text("message", LONGEST_MESSAGE);
        let error = form.finish(json!({
            "reason": reason,
            "message": message,
            "created_at": now.with_z(),
        }))?;
        request.errors.push(error.clone());
        Ok(error)
    }

    /// Marks the request as answered and says for which return. Only an issued one can be.
    pub(in crate::sandbox) fn fulfil(&mut self, id: u64) -> Result<u64, Refused> {
        let request = self.find(id).ok_or_else(|| {
            Refused::errors_text(StatusCode::NOT_FOUND, "Label request not found.")
        })?;
        if request.status != Status::Issued {
            let text = format!("The label request is {}.", request.status.as_str());
            return Err(Refused::invalid(vec![(
                "label_request_id".to_owned(),
                text,
            )]));
        }
        request.status = Status::Fulfilled;
        Ok(request.return_id)
    }

    pub(in crate::sandbox) fn keep_label(&mut self, id: u64, label: Value) {
        self.labels.insert(id, label);
    }

    pub(in crate::sandbox) fn label(&self, id: u64) -> Result<&Value, Refused> {
        self.labels
            .get(&id)
            .ok_or_else(|| Refused::not_found("label"))
    }

    /// The label with its new status.
    pub(in crate::sandbox) fn move_label(
        &mut self,
        id: u64,
        status: &str,
    ) -> Result<Value, Refused> {
        let label = self.labels.get_mut(&id);
        let label = label.ok_or_else(|| Refused::not_found("label"))?;
        if let Value::Object(fields) = label {
            fields.insert("status".to_owned(), json!(status));
        }
        Ok(label.clone())
    }

    fn find(&mut self, id: u64) -> Option<&mut LabelRequest> {
        self.all.iter_mut().find(|request| request.id == id)
    }
}

fn missing() -> Refused {
    Refused::not_found("label request")
}

fn number<N: FromStr + PartialOrd + Copy>(
    params: &Params,
    field: &'static str,
    largest: N,
) -> Result<Option<N>, Invalid> {
    let Some(text) = params.get(field) else {
        return Ok(None);
    };
    let number = text.parse().ok().filter(|number| *number <= largest);
    let refusal = || Invalid::new(field, format!("The selected {field} is invalid."));
    number.map(Some).ok_or_else(refusal)
}
