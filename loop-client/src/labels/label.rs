use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::value::open_enum::open_enum;
use crate::value::scalar::{lenient, present};
use crate::value::timestamp::read as time;
use crate::{ExternalId, LabelId, LabelRequestId, Personal, Timestamp, input};

open_enum! {
    /// Where a provider's parcel is. An open set.
    LabelStatus, "a label status" {
        /// The label was made.
        New = "new",
        /// The carrier knows of it.
        PreTransit = "pre_transit",
        /// On its way.
        InTransit = "in_transit",
        /// On the last van.
        OutForDelivery = "out_for_delivery",
        /// There.
        Delivered = "delivered",
    }
}

/// The price of a label, in **minor** units, unlike the amounts of a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LabelRate {
    /// Minor units, such as cents.
    #[serde(deserialize_with = "present")]
    pub amount: i64,
    /// ISO 4217.
    #[serde(deserialize_with = "present")]
    pub currency_code: String,
}

impl LabelRate {
    /// `amount` in minor units, such as 795 for 7.95 in `USD`.
    #[must_use]
    pub fn new(amount: i64, currency_code: impl Into<String>) -> Self {
        Self {
            amount,
            currency_code: currency_code.into(),
        }
    }
}

/// A label that a provider made.
///
/// ```
/// use loop_client::{LabelRate, NewLabel};
///
/// let label = NewLabel::new(
///     "67329889100573".parse()?,
///     "1Z999AA10123456784",
///     "UPS",
///     "https://labels.example.com/1.pdf",
///     LabelRate::new(795, "USD"),
/// )
/// .qrcode_url("https://labels.example.com/1.png");
/// # Ok::<(), loop_client::InvalidPathText>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct NewLabel {
    #[serde(serialize_with = "write_number")]
    label_request_id: LabelRequestId,
    tracking_number: String,
    carrier: String,
    label_url: Personal,
    rate: LabelRate,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_url: Option<Personal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qrcode_url: Option<Personal>,
}

impl NewLabel {
    /// The request that it answers; its tracking number, at most 256 characters; the carrier, at
    /// most 32; the address of the label, at most 2,048; and its price.
    pub fn new(
        label_request_id: LabelRequestId,
        tracking_number: impl Into<String>,
        carrier: impl Into<String>,
        label_url: impl Into<Personal>,
        rate: LabelRate,
    ) -> Self {
        Self {
            label_request_id,
            tracking_number: tracking_number.into(),
            carrier: carrier.into(),
            label_url: label_url.into(),
            rate,
            tracking_url: None,
            qrcode_url: None,
        }
    }

    /// The carrier's page about the parcel: at most 2,048 characters.
    pub fn tracking_url(mut self, url: impl Into<Personal>) -> Self {
        self.tracking_url = Some(url.into());
        self
    }

    /// A QR code to show instead of a printed label: at most 512 characters.
    pub fn qrcode_url(mut self, url: impl Into<Personal>) -> Self {
        self.qrcode_url = Some(url.into());
        self
    }

    pub(super) fn check(&self) -> Result<(), &'static str> {
        let label_url = self.label_url.reveal();
        input::not_blank(&self.tracking_number, "a label needs a tracking number")?;
        input::not_blank(&self.carrier, "a label needs a carrier")?;
        input::not_blank(label_url, "a label needs an address")?;
        input::not_blank(&self.rate.currency_code, "a rate needs a currency")?;
        input::at_most(
            &self.tracking_number,
            256,
            "a tracking number has at most 256 characters",
        )?;
        input::at_most(&self.carrier, 32, "a carrier has at most 32 characters")?;
        input::at_most(
            label_url,
            2_048,
            "the address of a label has at most 2,048 characters",
        )?;
        input::optional_at_most(
            self.tracking_url.as_ref(),
            2_048,
            "the address for tracking has at most 2,048 characters",
        )?;
        input::optional_at_most(
            self.qrcode_url.as_ref(),
            512,
            "the address of a QR code has at most 512 characters",
        )
    }
}

/// Loop wants a number; older pages show UUIDs, which stay the text that they are.
fn write_number<S: Serializer>(id: &LabelRequestId, serializer: S) -> Result<S::Ok, S::Error> {
    match ExternalId::from(id.as_str()).number() {
        Some(number) => serializer.serialize_u64(number),
        None => serializer.serialize_str(id.as_str()),
    }
}

/// A provider's label as Loop recorded it. The label exists, so nothing but its id is required.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedLabel {
    /// Loop's id of the label.
    pub id: LabelId,
    /// The request that it answers.
    #[serde(default, deserialize_with = "lenient")]
    pub label_request_id: Option<LabelRequestId>,
    /// Of the parcel.
    #[serde(default, deserialize_with = "lenient")]
    pub tracking_number: Option<String>,
    /// Such as `USPS`.
    #[serde(default, deserialize_with = "lenient")]
    pub carrier: Option<String>,
    /// The label, which shows the shopper's address.
    #[serde(default, deserialize_with = "lenient")]
    pub label_url: Option<Personal>,
    /// The carrier's page about the parcel.
    #[serde(default, deserialize_with = "lenient")]
    pub tracking_url: Option<Personal>,
    /// A QR code to show instead of a printed label.
    #[serde(default, deserialize_with = "lenient")]
    pub qrcode_url: Option<Personal>,
    /// Its price.
    #[serde(default, deserialize_with = "read_rate")]
    pub rate: Option<LabelRate>,
    /// Where the parcel is.
    #[serde(default, deserialize_with = "lenient")]
    pub status: Option<LabelStatus>,
    /// When it was made.
    #[serde(default, deserialize_with = "time")]
    pub created_at: Option<Timestamp>,
}

/// A price that cannot be read must not make a failure of a label that was made.
fn read_rate<'de, D: Deserializer<'de>>(d: D) -> Result<Option<LabelRate>, D::Error> {
    let value = Value::deserialize(d)?;
    Ok(value
        .is_object()
        .then(|| LabelRate::deserialize(value).ok())
        .flatten())
}
