use serde::{Deserialize, Serialize};

use crate::decode::{self, DecodeError};
use crate::value::scalar::{lenient, optional};
use crate::value::timestamp::read as time;
use crate::{
    Amount, DestinationId, ExternalId, LineItemId, Personal, ReturnId, ReturnState, Timestamp,
    returns::Outcome,
};

/// One row of the Advanced Shipping Notice report: one returned unit with its parcel.
///
/// The report is Loop's list of what is on its way to a warehouse. A return has a row per
/// returned line item, and the columns of the return and the parcel repeat on each.
///
/// Rests on
/// <https://docs.loopreturns.com/api-reference/latest/return-data/advanced-shipping-notice>.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(expecting = "a row of the ASN report")]
pub struct AsnRow {
    /// Documented as the "ASN id", and read as the return's id: it repeats on every line of a
    /// return, and no other column names the return. Check it against the return's details
    /// before anything rests on it.
    #[serde(rename = "id")]
    pub return_id: ReturnId,
    /// The returned unit.
    #[serde(rename = "return_line_item_id")]
    pub line_item_id: LineItemId,
    /// State of the return.
    #[serde(default, deserialize_with = "optional")]
    pub state: Option<ReturnState>,
    /// Loop's id of the order.
    #[serde(default, deserialize_with = "optional")]
    pub order_id: Option<ExternalId>,
    /// The order's display name, such as `#1001`.
    #[serde(default, deserialize_with = "optional")]
    pub order_name: Option<String>,
    /// The order's number in Loop.
    #[serde(default, deserialize_with = "optional")]
    pub order_number: Option<String>,
    /// The order's number in Shopify.
    #[serde(default, deserialize_with = "optional")]
    pub provider_order_number: Option<String>,
    /// The shopper's e-mail address.
    #[serde(default, deserialize_with = "optional")]
    pub customer_email: Option<Personal>,
    /// Name of the product.
    #[serde(default, deserialize_with = "optional")]
    pub title: Option<String>,
    /// In `currency`.
    #[serde(default, deserialize_with = "lenient")]
    pub purchase_price: Option<Amount>,
    /// ISO 4217.
    #[serde(default, deserialize_with = "optional")]
    pub currency: Option<String>,
    /// `None` when the merchant keeps none.
    #[serde(default, deserialize_with = "optional")]
    pub sku: Option<String>,
    /// `None` when the merchant keeps none.
    #[serde(default, deserialize_with = "optional")]
    pub barcode: Option<String>,
    /// What the shopper is to get.
    #[serde(default, deserialize_with = "optional")]
    pub outcome: Option<Outcome>,
    /// Why the unit comes back.
    #[serde(default, deserialize_with = "optional")]
    pub return_reason: Option<String>,
    /// Such as `USPS`.
    #[serde(default, deserialize_with = "optional")]
    pub carrier: Option<String>,
    /// The carrier's service.
    #[serde(default, deserialize_with = "optional")]
    pub service: Option<String>,
    /// Of the parcel.
    #[serde(default, deserialize_with = "lenient")]
    pub tracking_number: Option<String>,
    /// Such as `in_transit`.
    #[serde(default, deserialize_with = "optional")]
    pub label_status: Option<String>,
    /// When `label_status` last changed.
    #[serde(default, deserialize_with = "time")]
    pub label_updated_at: Option<Timestamp>,
    /// The label, which shows the shopper's address.
    #[serde(default, deserialize_with = "optional")]
    pub label_url: Option<Personal>,
    /// Price paid for the label.
    #[serde(default, deserialize_with = "lenient")]
    pub label_rate: Option<Amount>,
    /// Where to follow the parcel.
    #[serde(default, deserialize_with = "optional")]
    pub integration_tracking_url: Option<Personal>,
    /// No values are documented.
    #[serde(default, deserialize_with = "optional")]
    pub restock_status: Option<String>,
    /// How or by whom the return was acted on.
    #[serde(default, deserialize_with = "optional")]
    pub actioned_by: Option<Personal>,
    /// When the return was submitted.
    #[serde(default, deserialize_with = "time")]
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, deserialize_with = "time")]
    pub updated_at: Option<Timestamp>,
    /// When it was closed.
    #[serde(default, deserialize_with = "time")]
    pub closed_at: Option<Timestamp>,
    /// Creation at the provider; of the return or of the order, sources differ.
    #[serde(default, deserialize_with = "time")]
    pub provider_created_at: Option<Timestamp>,
    /// As Loop sent it: no form is documented.
    #[serde(default, deserialize_with = "optional")]
    pub date_delivered: Option<String>,
    /// A bare text here; see [`crate::ReturnMethod::provider`].
    #[serde(default, deserialize_with = "optional")]
    pub return_method: Option<String>,
    /// Code of the return method's provider.
    #[serde(default, deserialize_with = "optional")]
    pub return_method_rma_code: Option<String>,
    /// Such as `in_transit`.
    #[serde(default, deserialize_with = "optional")]
    pub return_method_state: Option<String>,
    /// Code on the parcel.
    #[serde(default, deserialize_with = "optional")]
    pub scannable_id: Option<String>,
    /// A reference printed on the parcel.
    #[serde(default, deserialize_with = "optional")]
    pub package_reference: Option<String>,
    /// Barcode of the box.
    #[serde(default, deserialize_with = "optional")]
    pub shipping_box_barcode: Option<String>,
    /// Where the goods are sent. `None` says nothing about the place; see
    /// [`crate::Return::destination_id`].
    #[serde(default, deserialize_with = "lenient")]
    pub destination_id: Option<DestinationId>,
    /// Name of the destination.
    #[serde(default, deserialize_with = "optional")]
    pub destination_name: Option<String>,
    /// Street and number of the destination.
    #[serde(default, deserialize_with = "lenient")]
    pub destination_address1: Option<String>,
    /// More of its street.
    #[serde(default, deserialize_with = "lenient")]
    pub destination_address2: Option<String>,
    /// Its town.
    #[serde(default, deserialize_with = "lenient")]
    pub destination_city: Option<String>,
    /// Its state or region.
    #[serde(default, deserialize_with = "lenient")]
    pub destination_state: Option<String>,
    /// Its postal code.
    #[serde(default, deserialize_with = "lenient")]
    pub destination_zip: Option<String>,
    /// Of the bulk shipment the unit travels on in; no form is documented.
    #[serde(default, deserialize_with = "lenient")]
    pub consolidation_tracking: Option<String>,
}

impl AsnRow {
    /// Decodes one row that was kept as bytes. Unlike `serde_json`, the error names the place and
    /// quotes no value.
    ///
    /// # Errors
    /// When the bytes are not JSON, or not a row with both ids.
    pub fn decode(json: &[u8]) -> Result<Self, DecodeError> {
        decode::object(json)
    }
}
