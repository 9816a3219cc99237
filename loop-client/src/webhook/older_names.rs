//! Bodies of which a key had another name once. Serde takes both names together for one key that
//! comes twice; here the first that Loop documents counts.

use serde::Deserialize;

use super::{GiftCardRequest, LabelUpdate, Trigger};
use crate::value::scalar::{lenient, optional};
use crate::value::timestamp::read as time;
use crate::{Amount, ExternalId, Personal, ReturnId, ShopId, Timestamp};

#[derive(Deserialize)]
pub(super) struct LabelUpdateBody {
    #[serde(default, deserialize_with = "optional")]
    id: Option<ReturnId>,
    #[serde(default, deserialize_with = "optional")]
    return_id: Option<ReturnId>,
    #[serde(default, deserialize_with = "optional")]
    trigger: Option<Trigger>,
    #[serde(default, deserialize_with = "optional")]
    shop_id: Option<ShopId>,
    #[serde(default, deserialize_with = "optional")]
    order_id: Option<ExternalId>,
    #[serde(default, deserialize_with = "optional")]
    provider_order_id: Option<ExternalId>,
    #[serde(default, deserialize_with = "optional")]
    carrier: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    tracking_number: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    label_status: Option<String>,
    #[serde(default, deserialize_with = "time")]
    label_updated_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    label_updated_atv: Option<Timestamp>,
    #[serde(default, deserialize_with = "optional")]
    shipment_id: Option<ExternalId>,
}

impl TryFrom<LabelUpdateBody> for LabelUpdate {
    type Error = &'static str;

    fn try_from(body: LabelUpdateBody) -> Result<Self, Self::Error> {
        let return_id = match (body.id, body.return_id) {
            (Some(id), Some(older)) if id != older => {
                return Err("two ids, expected one return under id and return_id");
            }
            (id, older) => id.or(older).ok_or("none, expected the field id")?,
        };
        Ok(Self {
            return_id,
            trigger: body.trigger,
            shop_id: body.shop_id,
            order_id: body.order_id,
            provider_order_id: body.provider_order_id,
            carrier: body.carrier,
            tracking_number: body.tracking_number,
            label_status: body.label_status,
            label_updated_at: body.label_updated_at.or(body.label_updated_atv),
            shipment_id: body.shipment_id,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct GiftCardBody {
    #[serde(default, deserialize_with = "optional")]
    id: Option<ExternalId>,
    #[serde(default, deserialize_with = "optional")]
    return_id: Option<ReturnId>,
    #[serde(default, deserialize_with = "optional")]
    trigger: Option<Trigger>,
    #[serde(default, deserialize_with = "lenient")]
    total_credit_issued: Option<Amount>,
    #[serde(default, deserialize_with = "lenient")]
    gift_card_subtotal: Option<Amount>,
    #[serde(default, deserialize_with = "lenient")]
    gift_card_tax: Option<Amount>,
    #[serde(default, deserialize_with = "lenient")]
    gift_card_bonus_credit: Option<Amount>,
    #[serde(default, deserialize_with = "lenient")]
    gift_card_bonus: Option<Amount>,
    #[serde(default, deserialize_with = "optional")]
    currency: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    email: Option<Personal>,
    #[serde(default, deserialize_with = "optional")]
    first_name: Option<Personal>,
    #[serde(default, deserialize_with = "optional")]
    last_name: Option<Personal>,
    #[serde(default, deserialize_with = "optional")]
    external_order_id: Option<ExternalId>,
    #[serde(default, deserialize_with = "optional")]
    external_order_name: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    external_order_number: Option<String>,
}

impl From<GiftCardBody> for GiftCardRequest {
    fn from(body: GiftCardBody) -> Self {
        Self {
            id: body.id,
            return_id: body.return_id,
            trigger: body.trigger,
            total_credit_issued: body.total_credit_issued,
            gift_card_subtotal: body.gift_card_subtotal,
            gift_card_tax: body.gift_card_tax,
            gift_card_bonus_credit: body.gift_card_bonus_credit.or(body.gift_card_bonus),
            currency: body.currency,
            email: body.email,
            first_name: body.first_name,
            last_name: body.last_name,
            external_order_id: body.external_order_id,
            external_order_name: body.external_order_name,
            external_order_number: body.external_order_number,
        }
    }
}
