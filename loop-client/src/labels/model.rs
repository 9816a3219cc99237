//! Requests for labels: what Loop asks of a label provider.

use serde::{Deserialize, Serialize};

use crate::value::open_enum::open_enum;
use crate::value::record::{object, objects};
use crate::value::scalar::{lenient, optional};
use crate::value::timestamp::read as time;
use crate::webhook::{Parcel, Product};
use crate::{LabelRequestId, Personal, ReturnId, ShopId, Timestamp};

open_enum! {
    /// How far a label request has come. An open set.
    LabelRequestStatus, "a label request's status" {
        /// A label is wanted, also when errors were reported for it.
        Issued = "issued",
        /// No label is wanted any more.
        Cancelled = "cancelled",
        /// There is a label.
        Fulfilled = "fulfilled",
    }
}

open_enum! {
    /// Why a provider makes no label. An open set.
    LabelErrorReason, "a label error's reason" {
        /// The account with the carrier is empty.
        InsufficientFunds = "INSUFFICIENT_FUNDS",
        /// The carrier does not know an address.
        InvalidAddress = "INVALID_ADDRESS",
        /// Anything else.
        Other = "Other",
    }
}

/// A request for a label. The webhook topic `label.request` names the parts of an address
/// otherwise: see [`webhook::LabelRequest`](crate::webhook::LabelRequest).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LabelRequest {
    /// Loop's id of it.
    pub id: LabelRequestId,
    /// The return.
    #[serde(default, deserialize_with = "optional")]
    pub return_id: Option<ReturnId>,
    /// The shop.
    #[serde(default, deserialize_with = "optional")]
    pub shop_id: Option<ShopId>,
    /// How far it has come. A request with reported errors stays `issued`.
    #[serde(default, deserialize_with = "optional")]
    pub status: Option<LabelRequestStatus>,
    /// When it was issued.
    #[serde(default, deserialize_with = "time")]
    pub created_at: Option<Timestamp>,
    /// From where to where.
    #[serde(default, deserialize_with = "object")]
    pub addresses: Option<LabelRequestAddresses>,
    /// Size in inches, weight in grams.
    #[serde(default, deserialize_with = "object")]
    pub parcel: Option<Parcel>,
    /// What is in it; prices in minor units.
    #[serde(default, deserialize_with = "objects")]
    pub products: Vec<Product>,
    /// Why no label was made so far, as reported.
    #[serde(default, deserialize_with = "objects")]
    pub errors: Vec<LabelError>,
}

/// From where to where a label is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LabelRequestAddresses {
    /// The shopper.
    #[serde(default, deserialize_with = "object")]
    pub origin: Option<LabelAddress>,
    /// The warehouse.
    #[serde(default, deserialize_with = "object")]
    pub destination: Option<LabelAddress>,
}

/// An address on a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LabelAddress {
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
    pub region: Option<Personal>,
    /// Postal code.
    #[serde(default, deserialize_with = "optional")]
    pub postal_code: Option<Personal>,
    /// Name of the country.
    #[serde(default, deserialize_with = "optional")]
    pub country: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(default, deserialize_with = "optional")]
    pub country_code: Option<String>,
}

/// Why a provider made no label, as reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LabelError {
    /// The reason.
    pub reason: LabelErrorReason,
    /// The provider's words, which may quote an address.
    #[serde(default, deserialize_with = "lenient")]
    pub message: Option<Personal>,
    /// When it was reported.
    #[serde(default, deserialize_with = "time")]
    pub created_at: Option<Timestamp>,
}
