//! The documented keys, by what they hold.

/// What a key can hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Id,
    ForeignId,
    Money,
    Time,
    Flag,
    State,
    Reason,
    Method,
    Raw,
}
use Kind::{Flag, ForeignId, Id, Method, Money, Raw, Reason, State, Text, Time};

/// The keys of an object by what they hold, each list one text.
pub(super) type Fields = &'static [(Kind, &'static str)];

pub(super) const RETURN: Fields = &[
    (State, "state"),
    (Time, "created_at updated_at edited_at label_updated_at"),
    (Id, "shop_id destination_id"),
    (
        ForeignId,
        "order_id provider_order_id provider_order_external_id gift_card_order_id",
    ),
    (
        Text,
        "outcome type order_name order_number provider_order_number \
         provider_order_sales_channel customer origin_country origin_country_code \
         status_page_url currency gift_card_order_name carrier tracking_number \
         label_status label_url package_reference",
    ),
    (Flag, "is_gift_return multi_currency"),
    (
        Money,
        "total return_product_total return_discount_total return_tax_total return_total \
         return_credit_total exchange_product_total exchange_discount_total \
         exchange_tax_total exchange_total exchange_credit_total gift_card handling_fee \
         refund upsell label_rate",
    ),
    (Method, "return_method"),
];

pub(super) const LINE: Fields = &[
    (
        ForeignId,
        "provider_line_item_id product_id variant_id exchange_variant \
         provider_restock_location_id",
    ),
    (
        Text,
        "sku barcode title variant_title outcome return_comment",
    ),
    (Money, "price discount tax refund refund_item refund_tax"),
    (Time, "returned_at"),
    (
        Reason,
        "return_reason parent_return_reason reason parent_reason",
    ),
    (Raw, "condition disposition"),
];

pub(super) const LABEL: Fields = &[
    (Text, "status url carrier tracking_number"),
    (Time, "updated_at"),
    (Money, "rate"),
];

pub(super) const REFUND: Fields = &[
    (Text, "gateway currency"),
    (Money, "amount"),
    (ForeignId, "provider_refund_id"),
];

pub(super) const EXCHANGE: Fields = &[
    (
        ForeignId,
        "exchange_id exchange_order_id product_id variant_id",
    ),
    (
        Text,
        "exchange_order_name sku title out_of_stock_resolution",
    ),
    (Money, "price discount tax total"),
    (Flag, "out_of_stock"),
];

pub(super) const CUSTOMER: Fields = &[(Text, "email first_name middle_name last_name")];

pub(super) const ADDRESS: Fields = &[(
    Text,
    "name company address1 address2 city state zip country country_code phone",
)];

pub(super) const ASN: Fields = &[
    (State, "state"),
    (ForeignId, "order_id"),
    (
        Text,
        "order_name order_number provider_order_number customer_email title currency sku \
         barcode outcome return_reason carrier service tracking_number label_status \
         label_url integration_tracking_url restock_status actioned_by date_delivered \
         return_method return_method_rma_code return_method_state scannable_id \
         package_reference shipping_box_barcode destination_name",
    ),
    (Money, "purchase_price label_rate"),
    (
        Time,
        "label_updated_at closed_at updated_at created_at provider_created_at",
    ),
    (Id, "destination_id"),
];
