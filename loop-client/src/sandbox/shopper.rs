//! What a shopper submits: the input of [`Sandbox::create_return`](super::Sandbox::create_return).

use serde_json::{Map, Value, json};

/// A return as a shopper submits it, before Loop gives it an id.
///
/// Only the order name must be given; everything else has a plausible default, and each setter
/// replaces one value.
///
/// ```
/// use loop_client::sandbox::{NewLine, NewReturn};
///
/// let new = NewReturn::new("#1001")
///     .outcome("exchange+refund")
///     .customer_email("shopper@example.com")
///     .destination_id(4401)
///     .line(NewLine::new("SHIRT-S").price("78.00").reason("Too small"))
///     .line(NewLine::new("SOCKS").barcode("0123456789012"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct NewReturn {
    pub(super) order_name: String,
    pub(super) outcome: String,
    pub(super) customer_email: Option<String>,
    pub(super) destination_id: Option<u64>,
    pub(super) return_method: Value,
    pub(super) carrier: Option<String>,
    pub(super) tracking: Option<String>,
    pub(super) is_gift: bool,
    pub(super) is_reshop: bool,
    pub(super) lines: Vec<NewLine>,
    pub(super) fields: Map<String, Value>,
}

impl NewReturn {
    /// A return of the order with this name (`#1001`), with outcome `refund` and no lines yet.
    ///
    /// Two returns with the same order name belong to the same order.
    pub fn new(order_name: impl Into<String>) -> NewReturn {
        NewReturn {
            order_name: order_name.into(),
            outcome: "refund".to_owned(),
            customer_email: None,
            destination_id: None,
            return_method: Value::Null,
            carrier: None,
            tracking: None,
            is_gift: false,
            is_reshop: false,
            lines: Vec::new(),
            fields: Map::new(),
        }
    }

    /// Adds one returned unit.
    pub fn line(mut self, line: NewLine) -> NewReturn {
        self.lines.push(line);
        self
    }

    /// `refund`, `exchange`, `upsell`, `credit`, `exchange+refund`, `exchange+credit`, or any
    /// other text.
    pub fn outcome(mut self, outcome: impl Into<String>) -> NewReturn {
        self.outcome = outcome.into();
        self
    }

    /// The shopper's address; without it `customer` is null.
    pub fn customer_email(mut self, email: impl Into<String>) -> NewReturn {
        self.customer_email = Some(email.into());
        self
    }

    /// The destination (warehouse) that Loop routed the return to; without it null.
    pub fn destination_id(mut self, id: u64) -> NewReturn {
        self.destination_id = Some(id);
        self
    }

    /// How the goods come back. A text is the provider (`"loop-pos"`) and becomes an object with
    /// that key; any other JSON value is sent as it is; without a call null.
    ///
    /// For the bare text of very old rows use [`field`](NewReturn::field).
    pub fn return_method(mut self, method: impl Into<Value>) -> NewReturn {
        self.return_method = match method.into() {
            Value::String(provider) => json!({ "provider": provider }),
            other @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_)) => other,
        };
        self
    }

    /// The carrier of the shipping label; without it `"N/A"`.
    pub fn carrier(mut self, carrier: impl Into<String>) -> NewReturn {
        self.carrier = Some(carrier.into());
        self
    }

    /// The tracking number. It means that a label exists; without it there is none yet.
    pub fn tracking(mut self, number: impl Into<String>) -> NewReturn {
        self.tracking = Some(number.into());
        self
    }

    /// Whether the person who returns received the goods as a gift.
    pub fn is_gift(mut self, is_gift: bool) -> NewReturn {
        self.is_gift = is_gift;
        self
    }

    /// Whether the shopper took the instant refund credit, which Loop calls Reshop: a process
    /// request is then answered with `true` and does nothing, however often it comes. No answer
    /// shows it.
    pub fn is_reshop(mut self, is_reshop: bool) -> NewReturn {
        self.is_reshop = is_reshop;
        self
    }

    /// Sets a top-level field of the list row, the details object and the `return` webhook body
    /// to this value, in place of whatever the sandbox would send: for tests of quirks.
    pub fn field(mut self, name: impl Into<String>, value: impl Into<Value>) -> NewReturn {
        self.fields.insert(name.into(), value.into());
        self
    }
}

/// One returned unit. Loop has no quantity: two of the same article are two lines.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct NewLine {
    pub(super) sku: String,
    pub(super) title: String,
    pub(super) variant: Option<String>,
    pub(super) price: String,
    pub(super) barcode: Option<String>,
    pub(super) outcome: String,
    pub(super) reason: String,
}

impl NewLine {
    /// One unit of the article with this SKU (`""` is a SKU that Loop really sends), at the
    /// price `10.00`.
    pub fn new(sku: impl Into<String>) -> NewLine {
        let sku = sku.into();
        NewLine {
            title: if sku.is_empty() {
                "Article".to_owned()
            } else {
                format!("Article {sku}")
            },
            sku,
            variant: None,
            price: "10.00".to_owned(),
            barcode: None,
            outcome: "default".to_owned(),
            reason: "Other".to_owned(),
        }
    }

    /// The product's name, without the variant.
    pub fn title(mut self, title: impl Into<String>) -> NewLine {
        self.title = title.into();
        self
    }

    /// The price as text (`"78.00"`). A text that is no amount is sent as it is and counts as
    /// nothing in the totals.
    pub fn price(mut self, price: impl Into<String>) -> NewLine {
        self.price = price.into();
        self
    }

    /// The barcode; without it `"N/A"` on the list and `""` on details and webhooks.
    pub fn barcode(mut self, barcode: impl Into<String>) -> NewLine {
        self.barcode = Some(barcode.into());
        self
    }

    /// The variant's name (`"Small / Navy"`).
    pub fn variant(mut self, variant: impl Into<String>) -> NewLine {
        self.variant = Some(variant.into());
        self
    }

    /// The line's own outcome, `default` unless set.
    pub fn outcome(mut self, outcome: impl Into<String>) -> NewLine {
        self.outcome = outcome.into();
        self
    }

    /// Why the shopper returns the unit.
    pub fn reason(mut self, reason: impl Into<String>) -> NewLine {
        self.reason = reason.into();
        self
    }
}
