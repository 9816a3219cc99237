//! The bodies of every topic but `return`, whose body is a [`crate::Return`].

use serde::{Deserialize, Serialize};

use super::Trigger;
use super::older_names::{GiftCardBody, LabelUpdateBody};
use crate::value::record::{object, objects};
use crate::value::scalar::{lenient, optional, present};
use crate::value::timestamp::read as time;
use crate::{
    Address, Amount, ExternalId, Personal, ReturnId, ReturnState, ShipmentId, ShopId, Timestamp,
};

/// Topic `label`: the state of a return's label. It names no lines and no label.
///
/// Rests on <https://docs.loopreturns.com/webhook-reference/topics/label-webhook>.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(try_from = "LabelUpdateBody")]
pub struct LabelUpdate {
    /// The return; the oldest bodies call it `return_id`.
    #[serde(rename = "id")]
    pub return_id: ReturnId,
    /// What happened.
    pub trigger: Option<Trigger>,
    /// The shop.
    pub shop_id: Option<ShopId>,
    /// Loop's id of the order.
    pub order_id: Option<ExternalId>,
    /// Shopify's id of the order.
    pub provider_order_id: Option<ExternalId>,
    /// Such as `USPS`.
    pub carrier: Option<String>,
    /// Of the parcel.
    pub tracking_number: Option<String>,
    /// `None` when there is no shipment status.
    pub label_status: Option<String>,
    /// When `label_status` last changed; one page misprints the key.
    pub label_updated_at: Option<Timestamp>,
    /// The shipment.
    pub shipment_id: Option<ExternalId>,
}

/// Topic `restock`: units to put back into stock.
///
/// Rests on <https://docs.loopreturns.com/webhook-reference/topics/restock>.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Restock {
    /// The return.
    #[serde(rename = "id")]
    pub return_id: ReturnId,
    /// What happened.
    #[serde(default, deserialize_with = "optional")]
    pub trigger: Option<Trigger>,
    /// Loop's id of the order.
    #[serde(default, deserialize_with = "optional")]
    pub order_id: Option<ExternalId>,
    /// Shopify's id of the order.
    #[serde(default, deserialize_with = "optional")]
    pub provider_order_id: Option<ExternalId>,
    /// What to restock, where.
    #[serde(default, deserialize_with = "objects")]
    pub restock_items: Vec<RestockItem>,
}

/// One adjustment of stock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RestockItem {
    /// A Shopify location.
    #[serde(default, deserialize_with = "optional")]
    pub location_id: Option<ExternalId>,
    /// Shopify's variant.
    #[serde(default, deserialize_with = "optional")]
    pub variant_id: Option<ExternalId>,
    /// Shopify's inventory item.
    #[serde(default, deserialize_with = "optional")]
    pub inventory_item_id: Option<ExternalId>,
    /// Units to add.
    #[serde(default, deserialize_with = "optional")]
    pub available_adjustment: Option<i64>,
    /// Who keeps the stock, such as `shopify`.
    #[serde(default, deserialize_with = "optional")]
    pub inventory_management: Option<String>,
}

/// Topic `giftcard`: store credit for a third-party gift card provider to issue.
///
/// Rests on <https://docs.loopreturns.com/webhook-reference/topics/gift-card-webhook>.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(from = "GiftCardBody")]
pub struct GiftCardRequest {
    /// `None` for a card made because an exchange item ran out.
    pub id: Option<ExternalId>,
    /// The return.
    pub return_id: Option<ReturnId>,
    /// What happened.
    pub trigger: Option<Trigger>,
    /// In `currency`.
    pub total_credit_issued: Option<Amount>,
    /// In `currency`.
    pub gift_card_subtotal: Option<Amount>,
    /// In `currency`.
    pub gift_card_tax: Option<Amount>,
    /// In `currency`; older bodies call it `gift_card_bonus`.
    pub gift_card_bonus_credit: Option<Amount>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Of the shopper.
    pub email: Option<Personal>,
    /// Of the shopper.
    pub first_name: Option<Personal>,
    /// Of the shopper.
    pub last_name: Option<Personal>,
    /// Shopify's id of the order.
    pub external_order_id: Option<ExternalId>,
    /// The order's display name.
    pub external_order_name: Option<String>,
    /// The order's number.
    pub external_order_number: Option<String>,
}

/// Topic `happy.returns.shipment`: a bulk shipment was recorded in Loop.
///
/// Rests on
/// <https://docs.loopreturns.com/webhook-reference/topics/happy-returns-shipment-webhook>.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HappyReturnsShipment {
    /// What happened.
    #[serde(default, deserialize_with = "optional")]
    pub trigger: Option<Trigger>,
    /// Loop's id of the shipment.
    pub loop_shipment_id: ShipmentId,
    /// Happy Returns' id of the shipment.
    #[serde(default, deserialize_with = "optional")]
    pub happy_returns_shipment_id: Option<ExternalId>,
}

/// Topic `label.request`: a label is wanted, or no longer, from a label provider.
///
/// Rests on <https://docs.loopreturns.com/webhook-reference/topics/label-requests-webhook>.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LabelRequest {
    /// A number or a UUID, by the page's age.
    #[serde(deserialize_with = "present")]
    pub id: ExternalId,
    /// The return.
    pub return_id: ReturnId,
    /// What happened.
    #[serde(default, deserialize_with = "optional")]
    pub trigger: Option<Trigger>,
    /// The shop.
    #[serde(default, deserialize_with = "optional")]
    pub shop_id: Option<ShopId>,
    /// When it was issued.
    #[serde(default, deserialize_with = "time")]
    pub created_at: Option<Timestamp>,
    /// From where to where.
    #[serde(default, deserialize_with = "object")]
    pub addresses: Option<LabelAddresses>,
    /// Size and weight.
    #[serde(default, deserialize_with = "object")]
    pub parcel: Option<Parcel>,
    /// What is in it.
    #[serde(default, deserialize_with = "objects")]
    pub products: Vec<Product>,
}

/// From where to where a label is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LabelAddresses {
    /// The shopper.
    #[serde(default, deserialize_with = "object")]
    pub origin: Option<Address>,
    /// The warehouse.
    #[serde(default, deserialize_with = "object")]
    pub destination: Option<Address>,
}

/// Size and weight of a parcel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Parcel {
    /// Inches.
    #[serde(default, deserialize_with = "lenient")]
    pub height: Option<f64>,
    /// Inches.
    #[serde(default, deserialize_with = "lenient")]
    pub width: Option<f64>,
    /// Inches.
    #[serde(default, deserialize_with = "lenient")]
    pub length: Option<f64>,
    /// Grams.
    #[serde(default, deserialize_with = "lenient")]
    pub weight: Option<f64>,
}

/// One product in a parcel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Product {
    /// Its name.
    #[serde(default, deserialize_with = "optional")]
    pub name: Option<String>,
    /// `None` when the merchant keeps none.
    #[serde(default, deserialize_with = "optional")]
    pub sku: Option<String>,
    /// Customs tariff number.
    #[serde(default, deserialize_with = "optional")]
    pub hs_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(default, deserialize_with = "optional")]
    pub country_of_origin: Option<String>,
    /// Its price.
    #[serde(default, deserialize_with = "object")]
    pub price: Option<Price>,
}

/// A price in **minor** units, unlike the amounts of a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Price {
    /// Minor units, such as cents; `None` for a fraction of one.
    #[serde(default, deserialize_with = "lenient")]
    pub amount: Option<i64>,
    /// ISO 4217.
    #[serde(default, deserialize_with = "optional")]
    pub currency: Option<String>,
}

/// Topic `return.processing`: a process call that Loop accepted has failed.
///
/// It names no attempt, so a late copy of an old failure looks like a new one: never process
/// again because of it.
///
/// Rests on <https://docs.loopreturns.com/webhook-reference/topics/return-processing-webhook>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProcessingFailed {
    /// The return.
    pub return_id: ReturnId,
    /// What happened.
    #[serde(default, deserialize_with = "optional")]
    pub trigger: Option<Trigger>,
    /// State at the failure.
    #[serde(default, deserialize_with = "optional")]
    pub return_state: Option<ReturnState>,
    /// May be generic, and is not for machines.
    #[serde(default, deserialize_with = "optional")]
    pub message: Option<Personal>,
    /// Who asked for processing, such as `warehouse`, `admin`, `api`.
    #[serde(default, deserialize_with = "optional")]
    pub source: Option<String>,
}
