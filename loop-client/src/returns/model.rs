use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::decode::{self, DecodeError};
use crate::value::record::{object, objects, optional_objects};
use crate::value::scalar::{FromScalar, Scalar, lenient, list, optional, required};
use crate::value::timestamp::read as time;
use crate::{
    Amount, DestinationId, ExternalId, LineItemId, Personal, RawJson, ReturnId, ReturnState,
    ShopId, Timestamp,
};

/// A return as Loop shows it: a row of the returns list, a details object, or the body of a
/// webhook of the topic `return`.
///
/// The three differ in which fields they carry and in how they spell them (ids as text or as
/// numbers, three forms of time, `"N/A"`, `""` and `null` for what is absent); here they read
/// the same. Any field but `id` may be missing. Unknown fields are ignored, and so is an amount, a
/// time or a flag that cannot be read: none of them is worth losing the return.
///
/// Rests on <https://docs.loopreturns.com/api-reference/latest/return-data/detailed-returns-list>,
/// `.../get-return-details` and <https://docs.loopreturns.com/webhook-reference/topics/return>.
///
/// ```
/// let row = r##"{"id":"99904598","state":"open","order_name":"#1001",
///     "line_items":[{"line_item_id":7,"sku":"TEE-M","barcode":"N/A","price":"78.00"}]}"##;
/// let ret: loop_client::Return = serde_json::from_str(row)?;
/// assert_eq!(ret.id.to_string(), "99904598");
/// assert_eq!(ret.lines()[0].barcode, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(expecting = "a return")]
pub struct Return {
    /// The number in the admin's address, and the RMA number in the warehouse.
    pub id: ReturnId,
    /// `None` when the payload does not say.
    #[serde(default, deserialize_with = "optional")]
    pub state: Option<ReturnState>,
    /// When the shopper submitted the return.
    #[serde(default, deserialize_with = "time")]
    pub created_at: Option<Timestamp>,
    /// When it last changed; not in webhooks.
    #[serde(default, deserialize_with = "time")]
    pub updated_at: Option<Timestamp>,
    /// When the merchant last edited it.
    #[serde(default, deserialize_with = "time")]
    pub edited_at: Option<Timestamp>,
    /// Only in webhooks.
    #[serde(default, deserialize_with = "optional")]
    pub shop_id: Option<ShopId>,
    /// What the shopper is to get, such as `refund` or `exchange+credit`; not in webhooks.
    #[serde(default, deserialize_with = "optional")]
    pub outcome: Option<Outcome>,
    /// Such as `standard` or `warranty`.
    #[serde(default, rename = "type", deserialize_with = "optional")]
    pub return_type: Option<String>,

    /// Loop's id of the order.
    #[serde(default, deserialize_with = "optional")]
    pub order_id: Option<ExternalId>,
    /// The order's display name, such as `#1001`.
    #[serde(default, deserialize_with = "optional")]
    pub order_name: Option<String>,
    /// The order's number in Loop.
    #[serde(default, deserialize_with = "optional")]
    pub order_number: Option<String>,
    /// Shopify's id of the order.
    #[serde(default, deserialize_with = "optional")]
    pub provider_order_id: Option<ExternalId>,
    /// The order's number in Shopify.
    #[serde(default, deserialize_with = "optional")]
    pub provider_order_number: Option<String>,
    /// The merchant's own id of the order; only in webhooks.
    #[serde(default, deserialize_with = "optional")]
    pub provider_order_external_id: Option<ExternalId>,
    /// Only in webhooks.
    #[serde(default, deserialize_with = "optional")]
    pub provider_order_sales_channel: Option<String>,

    /// The shopper's e-mail address.
    #[serde(default, deserialize_with = "optional")]
    pub customer: Option<Personal>,
    /// Only in webhooks.
    #[serde(default, deserialize_with = "object")]
    pub customer_detail: Option<CustomerDetail>,
    /// The shipping address, or the one entered for a gift return; only in webhooks.
    #[serde(default, deserialize_with = "object")]
    pub address: Option<Address>,
    /// Only in webhooks. A gift return may come without any buyer.
    #[serde(default, deserialize_with = "lenient")]
    pub is_gift_return: Option<bool>,
    /// Country the goods come from.
    #[serde(default, deserialize_with = "optional")]
    pub origin_country: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(default, deserialize_with = "optional")]
    pub origin_country_code: Option<String>,
    /// The shopper's page about this return.
    #[serde(default, deserialize_with = "optional")]
    pub status_page_url: Option<Personal>,

    /// ISO 4217 code of every amount here.
    #[serde(default, deserialize_with = "optional")]
    pub currency: Option<String>,
    /// Whether the shopper saw another currency than the shop's.
    #[serde(default, deserialize_with = "lenient")]
    pub multi_currency: Option<bool>,
    /// Total of the return.
    #[serde(default, deserialize_with = "lenient")]
    pub total: Option<Amount>,
    /// Goods returned, before discounts and tax.
    #[serde(default, deserialize_with = "lenient")]
    pub return_product_total: Option<Amount>,
    /// Discounts on the goods returned.
    #[serde(default, deserialize_with = "lenient")]
    pub return_discount_total: Option<Amount>,
    /// Tax on the goods returned.
    #[serde(default, deserialize_with = "lenient")]
    pub return_tax_total: Option<Amount>,
    /// Goods returned, with discounts and tax.
    #[serde(default, deserialize_with = "lenient")]
    pub return_total: Option<Amount>,
    /// Credit for the goods returned.
    #[serde(default, deserialize_with = "lenient")]
    pub return_credit_total: Option<Amount>,
    /// New goods, before discounts and tax.
    #[serde(default, deserialize_with = "lenient")]
    pub exchange_product_total: Option<Amount>,
    /// Discounts on the new goods.
    #[serde(default, deserialize_with = "lenient")]
    pub exchange_discount_total: Option<Amount>,
    /// Tax on the new goods.
    #[serde(default, deserialize_with = "lenient")]
    pub exchange_tax_total: Option<Amount>,
    /// New goods, with discounts and tax.
    #[serde(default, deserialize_with = "lenient")]
    pub exchange_total: Option<Amount>,
    /// Credit spent on new goods.
    #[serde(default, deserialize_with = "lenient")]
    pub exchange_credit_total: Option<Amount>,
    /// Store credit to put on a gift card.
    #[serde(default, deserialize_with = "lenient")]
    pub gift_card: Option<Amount>,
    /// Fee kept by the merchant.
    #[serde(default, deserialize_with = "lenient")]
    pub handling_fee: Option<Amount>,
    /// To be refunded.
    #[serde(default, deserialize_with = "lenient")]
    pub refund: Option<Amount>,
    /// Paid by the shopper when new goods cost more.
    #[serde(default, deserialize_with = "lenient")]
    pub upsell: Option<Amount>,
    /// Order name of a gift card issued.
    #[serde(default, deserialize_with = "optional")]
    pub gift_card_order_name: Option<String>,
    /// Order id of a gift card issued.
    #[serde(default, deserialize_with = "optional")]
    pub gift_card_order_id: Option<ExternalId>,
    /// Refunds made so far.
    #[serde(default, deserialize_with = "objects")]
    pub refunds: Vec<Refund>,

    /// One entry per returned unit. `None` when the payload has no such field, which is not the
    /// same as a return without lines.
    #[serde(default, deserialize_with = "optional_objects")]
    pub line_items: Option<Vec<LineItem>>,
    /// What the shopper gets in exchange.
    #[serde(default, deserialize_with = "objects")]
    pub exchanges: Vec<Exchange>,

    /// Carrier of the (first) parcel.
    #[serde(default, deserialize_with = "optional")]
    pub carrier: Option<String>,
    /// Tracking number of the (first) parcel.
    #[serde(default, deserialize_with = "optional")]
    pub tracking_number: Option<String>,
    /// Such as `new`, `in_transit`, `delivered`.
    #[serde(default, deserialize_with = "optional")]
    pub label_status: Option<String>,
    /// When `label_status` last changed.
    #[serde(default, deserialize_with = "time")]
    pub label_updated_at: Option<Timestamp>,
    /// The label, which shows the shopper's address.
    #[serde(default, deserialize_with = "optional")]
    pub label_url: Option<Personal>,
    /// Price of the label. Its unit is not documented.
    #[serde(default, deserialize_with = "lenient")]
    pub label_rate: Option<Amount>,
    /// Every label of the return.
    #[serde(default, deserialize_with = "objects")]
    pub labels: Vec<Label>,
    /// Where the goods are sent; not in webhooks.
    #[serde(default, deserialize_with = "optional")]
    pub destination_id: Option<DestinationId>,
    /// How the goods travel.
    #[serde(default, deserialize_with = "return_method")]
    pub return_method: Option<ReturnMethod>,
    /// A reference printed on the parcel.
    #[serde(default, deserialize_with = "optional")]
    pub package_reference: Option<String>,
}

impl Return {
    /// Decodes a list row or a details object that was kept as bytes. Unlike `serde_json`, the
    /// error names the place and quotes no value; for a webhook's body there is
    /// [`crate::webhook::Event::decode`].
    ///
    /// # Errors
    /// When the bytes are not JSON, or not a return with an id.
    pub fn decode(json: &[u8]) -> Result<Self, DecodeError> {
        decode::object(json)
    }

    /// The lines, none when the payload carries no such field.
    #[must_use]
    pub fn lines(&self) -> &[LineItem] {
        self.line_items.as_deref().unwrap_or_default()
    }
}

/// One returned unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(expecting = "a line item")]
pub struct LineItem {
    /// Loop's id of this unit.
    pub line_item_id: LineItemId,
    /// Shopify's order line; units of one order line share it.
    #[serde(default, deserialize_with = "optional")]
    pub provider_line_item_id: Option<ExternalId>,
    /// Shopify's product.
    #[serde(default, deserialize_with = "optional")]
    pub product_id: Option<ExternalId>,
    /// Shopify's variant.
    #[serde(default, deserialize_with = "optional")]
    pub variant_id: Option<ExternalId>,
    /// `None` when the merchant keeps none.
    #[serde(default, deserialize_with = "optional")]
    pub sku: Option<String>,
    /// `None` when the merchant keeps none.
    #[serde(default, deserialize_with = "optional")]
    pub barcode: Option<String>,
    /// Product, or "product - variant".
    #[serde(default, deserialize_with = "optional")]
    pub title: Option<String>,
    /// Variant, where the payload splits it off.
    #[serde(default, deserialize_with = "optional")]
    pub variant_title: Option<String>,
    /// May be negative.
    #[serde(default, deserialize_with = "lenient")]
    pub price: Option<Amount>,
    /// Discount on the price.
    #[serde(default, deserialize_with = "lenient")]
    pub discount: Option<Amount>,
    /// Tax on the price.
    #[serde(default, deserialize_with = "lenient")]
    pub tax: Option<Amount>,
    /// To be refunded, tax included.
    #[serde(default, deserialize_with = "lenient")]
    pub refund: Option<Amount>,
    /// The item's part of `refund`.
    #[serde(default, deserialize_with = "lenient")]
    pub refund_item: Option<Amount>,
    /// The tax part of `refund`.
    #[serde(default, deserialize_with = "lenient")]
    pub refund_tax: Option<Amount>,
    /// When the shopper asked to return this unit.
    #[serde(default, deserialize_with = "time")]
    pub returned_at: Option<Timestamp>,
    /// Variant the unit is exchanged for.
    #[serde(default, deserialize_with = "optional")]
    pub exchange_variant: Option<ExternalId>,
    /// `default` is the only value seen; no list is documented.
    #[serde(default, deserialize_with = "optional")]
    pub outcome: Option<String>,
    /// As the list and webhooks name it; see [`LineItem::reason`].
    #[serde(default, deserialize_with = "reason")]
    pub return_reason: Option<String>,
    /// As the list and webhooks name it; see [`LineItem::parent_reason`].
    #[serde(default, deserialize_with = "reason")]
    pub parent_return_reason: Option<String>,
    /// As details name it.
    #[serde(default, rename = "reason", deserialize_with = "reason")]
    pub details_reason: Option<String>,
    /// As details name it.
    #[serde(default, rename = "parent_reason", deserialize_with = "reason")]
    pub details_parent_reason: Option<String>,
    /// The shopper's own words.
    #[serde(default, deserialize_with = "optional")]
    pub return_comment: Option<Personal>,
    /// A Shopify location.
    #[serde(default, deserialize_with = "optional")]
    pub provider_restock_location_id: Option<ExternalId>,
    /// Grade given at inspection. Two key sets are known, so it stays raw.
    #[serde(default)]
    pub condition: Option<RawJson>,
    /// Disposition given at inspection. Two key sets are known, so it stays raw.
    #[serde(default)]
    pub disposition: Option<RawJson>,
}

impl LineItem {
    /// Why the unit comes back, under whichever name the payload gives it.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.return_reason
            .as_deref()
            .or(self.details_reason.as_deref())
    }

    /// The group [`LineItem::reason`] belongs to.
    #[must_use]
    pub fn parent_reason(&self) -> Option<&str> {
        self.parent_return_reason
            .as_deref()
            .or(self.details_parent_reason.as_deref())
    }
}

/// What the shopper is to get: one or more of `refund`, `exchange`, `credit`, `upsell`, joined
/// by `+`. An open set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Outcome(String);

impl Outcome {
    /// As Loop sent it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its parts, such as `exchange` and `refund`.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0
            .split('+')
            .map(str::trim)
            .filter(|part| !part.is_empty())
    }
}

impl FromScalar for Outcome {
    const EXPECTED: &'static str = "an outcome";

    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        Some(Self(scalar.into_text()))
    }
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        required(d)
    }
}

/// A refund made for a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refund {
    /// Such as `Stripe` or `manual`.
    #[serde(default, deserialize_with = "optional")]
    pub gateway: Option<String>,
    /// In `currency`.
    #[serde(default, deserialize_with = "lenient")]
    pub amount: Option<Amount>,
    /// ISO 4217.
    #[serde(default, deserialize_with = "optional")]
    pub currency: Option<String>,
    /// Shopify's id of the refund.
    #[serde(default, deserialize_with = "optional")]
    pub provider_refund_id: Option<ExternalId>,
}

/// What a shopper gets in exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Exchange {
    /// Loop's id of the exchange line.
    #[serde(default, deserialize_with = "optional")]
    pub exchange_id: Option<ExternalId>,
    /// The new order.
    #[serde(default, deserialize_with = "optional")]
    pub exchange_order_id: Option<ExternalId>,
    /// Such as `EXC-1001-1`.
    #[serde(default, deserialize_with = "optional")]
    pub exchange_order_name: Option<String>,
    /// Shopify's product.
    #[serde(default, deserialize_with = "optional")]
    pub product_id: Option<ExternalId>,
    /// Shopify's variant.
    #[serde(default, deserialize_with = "optional")]
    pub variant_id: Option<ExternalId>,
    /// `None` when the merchant keeps none.
    #[serde(default, deserialize_with = "optional")]
    pub sku: Option<String>,
    /// Product, or "product - variant".
    #[serde(default, deserialize_with = "optional")]
    pub title: Option<String>,
    /// Price.
    #[serde(default, deserialize_with = "lenient")]
    pub price: Option<Amount>,
    /// Discount on the price.
    #[serde(default, deserialize_with = "lenient")]
    pub discount: Option<Amount>,
    /// Tax on the price.
    #[serde(default, deserialize_with = "lenient")]
    pub tax: Option<Amount>,
    /// Price with discount and tax.
    #[serde(default, deserialize_with = "lenient")]
    pub total: Option<Amount>,
    /// Whether the new item ran out.
    #[serde(default, deserialize_with = "lenient")]
    pub out_of_stock: Option<bool>,
    /// What was done about it.
    #[serde(default, deserialize_with = "optional")]
    pub out_of_stock_resolution: Option<String>,
}

/// A shipping label of a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Label {
    /// Such as `new`, `in_transit`, `delivered`.
    #[serde(default, deserialize_with = "optional")]
    pub status: Option<String>,
    /// When `status` last changed.
    #[serde(default, deserialize_with = "time")]
    pub updated_at: Option<Timestamp>,
    /// The label, which shows the shopper's address.
    #[serde(default, deserialize_with = "optional")]
    pub url: Option<Personal>,
    /// Price of the label. Its unit is not documented.
    #[serde(default, deserialize_with = "lenient")]
    pub rate: Option<Amount>,
    /// Such as `USPS`.
    #[serde(default, deserialize_with = "optional")]
    pub carrier: Option<String>,
    /// Text, even where Loop sends a number.
    #[serde(default, deserialize_with = "optional")]
    pub tracking_number: Option<String>,
    /// The units in the parcel.
    #[serde(default, deserialize_with = "list")]
    pub line_items: Vec<LineItemId>,
}

/// Names of the shopper; only in webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CustomerDetail {
    /// E-mail address.
    #[serde(default, deserialize_with = "optional")]
    pub email: Option<Personal>,
    /// Given name.
    #[serde(default, deserialize_with = "optional")]
    pub first_name: Option<Personal>,
    /// Middle name.
    #[serde(default, deserialize_with = "optional")]
    pub middle_name: Option<Personal>,
    /// Family name.
    #[serde(default, deserialize_with = "optional")]
    pub last_name: Option<Personal>,
}

/// A postal address; `state` and `zip` are named `region` and `postal_code` by the labels API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Address {
    /// Of the person.
    #[serde(default, deserialize_with = "optional")]
    pub name: Option<Personal>,
    /// Of the company.
    #[serde(default, deserialize_with = "optional")]
    pub company: Option<Personal>,
    /// Street and number.
    #[serde(default, deserialize_with = "optional")]
    pub address1: Option<Personal>,
    /// More of the street.
    #[serde(default, deserialize_with = "optional")]
    pub address2: Option<Personal>,
    /// Town.
    #[serde(default, deserialize_with = "optional")]
    pub city: Option<Personal>,
    /// State or region.
    #[serde(default, deserialize_with = "optional")]
    pub state: Option<Personal>,
    /// Postal code; text, even where Loop sends a number.
    #[serde(default, deserialize_with = "optional")]
    pub zip: Option<Personal>,
    /// Name of the country.
    #[serde(default, deserialize_with = "optional")]
    pub country: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(default, deserialize_with = "optional")]
    pub country_code: Option<String>,
    /// Telephone.
    #[serde(default, deserialize_with = "optional")]
    pub phone: Option<Personal>,
}

/// How the goods travel. On old rows and in the ASN report it is a bare text, which becomes the
/// `provider`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReturnMethod {
    /// Such as `loop-pos` for a return in a shop.
    #[serde(default, deserialize_with = "optional")]
    pub provider: Option<String>,
    /// Kind of method; no list is documented.
    #[serde(default, deserialize_with = "optional")]
    pub method_type: Option<String>,
    /// Such as `in_transit`; no list is documented for the REST API.
    #[serde(default, deserialize_with = "optional")]
    pub state: Option<String>,
}

fn return_method<'de, D: Deserializer<'de>>(d: D) -> Result<Option<ReturnMethod>, D::Error> {
    Ok(match Value::deserialize(d)? {
        Value::String(text) => said(&text).map(|provider| ReturnMethod {
            provider: Some(provider),
            ..ReturnMethod::default()
        }),
        Value::Object(fields) => {
            let text = |key: &str| fields.get(key).and_then(Value::as_str).and_then(said);
            Some(ReturnMethod {
                provider: text("provider"),
                method_type: text("method_type"),
                state: text("state"),
            })
        }
        // PHP writes an empty object as `[]`.
        Value::Null | Value::Array(_) | Value::Bool(_) | Value::Number(_) => None,
    })
}

/// A reason is text; one consumer guards against an object with a `name` or `label`.
fn reason<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(d)? {
        Value::String(text) => said(&text),
        Value::Object(fields) => ["name", "label"]
            .iter()
            .find_map(|key| said(fields.get(*key)?.as_str()?)),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    })
}

/// What is left of a text when Loop's ways of saying "absent" are taken for what they are.
fn said(text: &str) -> Option<String> {
    let absent = Scalar::Text(text.into()).is_absent();
    (!absent).then(|| text.to_owned())
}
