//! The values Loop's payloads are made of, whatever spelling they arrive in.

mod amount;
mod id;
pub(crate) mod open_enum;
mod personal;
mod raw_json;
pub(crate) mod record;
pub(crate) mod scalar;
pub(crate) mod timestamp;

pub use amount::{Amount, InvalidAmount};
pub use id::{
    CartToken, DestinationId, ExternalId, HappyReturnsShipmentId, InvalidId, InvalidPathText,
    LabelId, LabelRequestId, LineItemId, ListingId, OrderId, ReturnId, ShipmentId, ShopId,
    WebhookId,
};
pub(crate) use id::{PathParam, check_path_text};
pub use personal::Personal;
pub use raw_json::RawJson;
pub use timestamp::{InvalidTimestamp, Timestamp};
