//! The documented keys of every payload, by what they hold.

/// What a key holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Text; printed examples have numbers in its place.
    Text,
    /// Text about a person.
    Personal,
    /// Text that is documented to be there, and as text.
    PlainText,
    /// A word of an open set: spellings of known words, each with the one it is written as.
    Word(&'static [(&'static str, &'static str)]),
    /// An id of Loop's with a type of its own.
    Id,
    /// Any other id: numbers, GIDs, UUIDs.
    ForeignId,
    /// An id that is text and stands in paths.
    PathId,
    /// A list of other ids.
    ForeignIds,
    /// A list of texts about people.
    Links,
    /// A grade: a word, or an object of this shape.
    Category(&'static Shape),
    Money,
    Time,
    Flag,
    /// A whole number.
    Whole,
    /// A number of a measure.
    Measure,
    /// Text, or an object that holds one.
    Reason,
    /// The return method: an object, or a bare text.
    Method,
    /// Whatever it is, it is kept.
    Raw,
    /// Ids of line items.
    LineIds,
    One(&'static Shape),
    Many(&'static Shape),
    /// Objects whose list may be missing, which is not the same as an empty list.
    Lines(&'static Shape),
}

/// Several keys of one kind, separated by blanks; `a|b` is one key with an older name, written
/// as `a`.
pub(crate) type Keys = &'static [(Kind, &'static str)];

pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// Keys without which there is nothing to read.
    pub(crate) required: Keys,
    pub(crate) optional: Keys,
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Shape {
    pub(crate) fn keys(&self) -> impl Iterator<Item = (Kind, &'static str, bool)> {
        let each = |keys: Keys, required| {
            keys.iter().flat_map(move |(kind, names)| {
                names
                    .split_whitespace()
                    .map(move |name| (*kind, name, required))
            })
        };
        each(self.required, true).chain(each(self.optional, false))
    }

    pub(crate) fn read_keys(&self) -> impl Iterator<Item = &'static str> {
        self.keys()
            .filter_map(|(_, name, _)| name.split('|').next())
    }
}

use Kind::{
    Category, Flag, ForeignId, ForeignIds, Id, LineIds, Lines, Links, Many, Measure, Method, Money,
    One, PathId, Personal, PlainText, Raw, Reason, Text, Time, Whole, Word,
};

const STATE: Kind = Word(&[
    ("open", "open"),
    ("closed", "closed"),
    ("cancelled", "cancelled"),
    ("canceled", "cancelled"),
    ("expired", "expired"),
    ("review", "review"),
    ("needs review", "review"),
    ("Needs Review", "review"),
]);

const TOPIC: Kind = Word(&[
    ("return", "return"),
    ("label", "label"),
    ("restock", "restock"),
    ("giftcard", "giftcard"),
    ("happy.returns.shipment", "happy.returns.shipment"),
    ("label.request", "label.request"),
    ("return.processing", "return.processing"),
]);

pub(crate) const TRIGGER: Kind = Word(&[
    ("return.created", "return.created"),
    ("return.updated", "return.updated"),
    ("return.closed", "return.closed"),
    ("label.created", "label.created"),
    ("label.updated", "label.updated"),
    ("restock.requested", "restock.requested"),
    ("giftcard.requested", "giftcard.requested"),
    ("shipment.processed", "shipment.processed"),
    ("label.request.issued", "label.request.issued"),
    ("label.request.cancelled", "label.request.cancelled"),
    ("return.processing.failed", "return.processing.failed"),
]);

/// A list row, a details object and the body of a webhook of topic `return`, all in one: a key
/// of one must not harm the reading of another.
pub(crate) static RETURN: Shape = Shape {
    name: "Return",
    required: &[(Id, "id")],
    optional: &[
        (STATE, "state"),
        (Time, "created_at updated_at edited_at label_updated_at"),
        (Id, "shop_id destination_id"),
        (
            ForeignId,
            "order_id provider_order_id provider_order_external_id gift_card_order_id \
             exchange_order_id",
        ),
        (
            Text,
            "outcome type order_name order_number provider_order_number \
             provider_order_sales_channel origin_country origin_country_code currency \
             gift_card_order_name carrier tracking_number label_status package_reference \
             exchange exchange_order_name",
        ),
        (
            Personal,
            "customer status_page_url label_url customer_email customer_first_name \
             customer_last_name",
        ),
        (
            Flag,
            "is_gift_return multi_currency was_processed refund_before_inspection",
        ),
        (
            Money,
            "total return_product_total return_discount_total return_tax_total return_total \
             return_credit_total exchange_product_total exchange_discount_total \
             exchange_tax_total exchange_total exchange_credit_total gift_card handling_fee \
             refund upsell label_rate refund_shipping_total refund_shipping_tax_total",
        ),
        (
            Raw,
            "presentment gift_card_presentment outcomes_processed_at shopify_refund_object",
        ),
        (Method, "return_method"),
        (One(&CUSTOMER), "customer_detail"),
        (One(&ADDRESS), "address"),
        (Lines(&LINE), "line_items"),
        (Many(&EXCHANGE), "exchanges"),
        (Many(&LABEL), "labels"),
        (Many(&REFUND), "refunds"),
    ],
};

static LINE: Shape = Shape {
    name: "LineItem",
    required: &[(Id, "line_item_id")],
    optional: &[
        (
            ForeignId,
            "provider_line_item_id product_id variant_id exchange_variant \
             provider_restock_location_id consolidation_destination_id",
        ),
        (
            Text,
            "sku barcode title variant_title line_item_title image outcome \
             consolidation_tracking",
        ),
        (Personal, "return_comment"),
        (Money, "price discount tax refund refund_item refund_tax"),
        (Time, "returned_at"),
        (
            Reason,
            "return_reason parent_return_reason reason parent_reason",
        ),
        (Raw, "condition disposition"),
    ],
};

static EXCHANGE: Shape = Shape {
    name: "Exchange",
    required: &[],
    optional: &[
        (
            ForeignId,
            "exchange_id exchange_order_id product_id variant_id",
        ),
        (
            Text,
            "exchange_order_name sku title out_of_stock_resolution type consolidation_tracking",
        ),
        (Money, "price discount tax total"),
        (Flag, "out_of_stock"),
    ],
};

static LABEL: Shape = Shape {
    name: "Label",
    required: &[],
    optional: &[
        (Text, "status carrier tracking_number"),
        (Personal, "url"),
        (Time, "updated_at"),
        (Money, "rate"),
        (LineIds, "line_items"),
    ],
};

static REFUND: Shape = Shape {
    name: "Refund",
    required: &[],
    optional: &[
        (Text, "gateway provider currency"),
        (Money, "amount"),
        (ForeignId, "provider_refund_id"),
    ],
};

static CUSTOMER: Shape = Shape {
    name: "CustomerDetail",
    required: &[],
    optional: &[(Personal, "email first_name middle_name last_name")],
};

static ADDRESS: Shape = Shape {
    name: "Address",
    required: &[],
    optional: &[
        (
            Personal,
            "name company address1 address2 city state zip phone",
        ),
        (Text, "country country_code"),
    ],
};

/// The object form of `return_method`.
pub(crate) static METHOD: Shape = Shape {
    name: "ReturnMethod",
    required: &[],
    optional: &[
        (Text, "provider method_type state scheduled_at scannable_id"),
        (ForeignId, "rma_id"),
        (Personal, "qr_code_url"),
        (Raw, "address"),
    ],
};

pub(crate) static ASN: Shape = Shape {
    name: "AsnRow",
    required: &[(Id, "id return_line_item_id")],
    optional: &[
        (STATE, "state"),
        (ForeignId, "order_id"),
        (
            Text,
            "order_name order_number provider_order_number title currency sku barcode outcome \
             return_reason carrier service tracking_number label_status restock_status \
             date_delivered return_method return_method_rma_code return_method_state \
             scannable_id package_reference shipping_box_barcode destination_name \
             destination_address1 destination_address2 destination_city destination_state \
             destination_zip consolidation_tracking",
        ),
        (
            Personal,
            "customer_email label_url integration_tracking_url actioned_by",
        ),
        (Money, "purchase_price label_rate"),
        (
            Time,
            "label_updated_at closed_at updated_at created_at provider_created_at",
        ),
        (Id, "destination_id"),
    ],
};

pub(crate) static LABEL_UPDATE: Shape = Shape {
    name: "LabelUpdate",
    required: &[(Id, "id|return_id")],
    optional: &[
        (TRIGGER, "trigger"),
        (Id, "shop_id"),
        (ForeignId, "order_id provider_order_id shipment_id"),
        (Text, "carrier tracking_number label_status"),
        (Time, "label_updated_at|label_updated_atv"),
    ],
};

pub(crate) static RESTOCK: Shape = Shape {
    name: "Restock",
    required: &[(Id, "id")],
    optional: &[
        (TRIGGER, "trigger"),
        (ForeignId, "order_id provider_order_id"),
        (Many(&RESTOCK_ITEM), "restock_items"),
    ],
};

static RESTOCK_ITEM: Shape = Shape {
    name: "RestockItem",
    required: &[],
    optional: &[
        (ForeignId, "location_id variant_id inventory_item_id"),
        (Whole, "available_adjustment"),
        (Text, "inventory_management"),
    ],
};

pub(crate) static GIFT_CARD: Shape = Shape {
    name: "GiftCardRequest",
    required: &[],
    optional: &[
        (TRIGGER, "trigger"),
        (Id, "return_id"),
        (ForeignId, "id external_order_id"),
        (
            Money,
            "total_credit_issued gift_card_subtotal gift_card_tax \
             gift_card_bonus_credit|gift_card_bonus",
        ),
        (Text, "currency external_order_name external_order_number"),
        (Personal, "email first_name last_name"),
    ],
};

pub(crate) static HAPPY_RETURNS: Shape = Shape {
    name: "HappyReturnsShipment",
    required: &[(Id, "loop_shipment_id")],
    optional: &[
        (TRIGGER, "trigger"),
        (ForeignId, "happy_returns_shipment_id"),
    ],
};

pub(crate) static LABEL_REQUEST: Shape = Shape {
    name: "LabelRequest",
    required: &[(ForeignId, "id"), (Id, "return_id")],
    optional: &[
        (TRIGGER, "trigger"),
        (Id, "shop_id"),
        (Time, "created_at"),
        (One(&LABEL_ADDRESSES), "addresses"),
        (One(&PARCEL), "parcel"),
        (Many(&PRODUCT), "products"),
    ],
};

static LABEL_ADDRESSES: Shape = Shape {
    name: "LabelAddresses",
    required: &[],
    optional: &[(One(&ADDRESS), "origin destination")],
};

static PARCEL: Shape = Shape {
    name: "Parcel",
    required: &[],
    optional: &[(Measure, "height width length weight")],
};

static PRODUCT: Shape = Shape {
    name: "Product",
    required: &[],
    optional: &[
        (Text, "name sku hs_code country_of_origin"),
        (One(&PRICE), "price"),
    ],
};

static PRICE: Shape = Shape {
    name: "Price",
    required: &[],
    optional: &[(Whole, "amount"), (Text, "currency")],
};

pub(crate) static PROCESSING_FAILED: Shape = Shape {
    name: "ProcessingFailed",
    required: &[(Id, "return_id")],
    optional: &[
        (TRIGGER, "trigger"),
        (STATE, "return_state"),
        (Text, "message source"),
    ],
};

pub(crate) static NOTE: Shape = Shape {
    name: "Note",
    required: &[(PlainText, "content")],
    optional: &[(ForeignId, "id"), (Time, "created_at")],
};

pub(crate) static SUBSCRIPTION: Shape = Shape {
    name: "Subscription",
    required: &[
        (Id, "id"),
        (TOPIC, "topic"),
        (TRIGGER, "trigger"),
        (PlainText, "url"),
    ],
    optional: &[
        (Id, "shop_id"),
        (
            Word(&[("active", "active"), ("inactive", "inactive")]),
            "status",
        ),
    ],
};

pub(crate) static SHIPMENT: Shape = Shape {
    name: "Shipment",
    required: &[(Id, "loop_shipment_id")],
    optional: &[
        (PathId, "happy_returns_shipment_id"),
        (Whole, "line_item_count return_count"),
        (Time, "created_at updated_at"),
    ],
};

pub(crate) static SHIPMENT_ITEM: Shape = Shape {
    name: "ShipmentItem",
    required: &[],
    optional: &[
        (Id, "return_id"),
        (PathId, "happy_returns_shipment_id"),
        (ForeignId, "happy_returns_rma_id shipment_id"),
        (ForeignIds, "happy_returns_return_bag_barcodes"),
        (
            Text,
            "shipping_box_barcode carrier tracking_number po_number order_name sku item_title \
             variant_title",
        ),
    ],
};

pub(crate) static DESTINATION: Shape = Shape {
    name: "Destination",
    required: &[(Id, "id")],
    optional: &[
        (
            Word(&[("warehouse", "warehouse"), ("donate", "donate")]),
            "type",
        ),
        (Text, "name"),
        (Flag, "enabled"),
        (ForeignId, "provider_location_id"),
        (One(&DESTINATION_ADDRESS), "address"),
    ],
};

pub(crate) static DESTINATION_ADDRESS: Shape = Shape {
    name: "DestinationAddress",
    required: &[],
    optional: &[(
        Text,
        "address1 address2 city state zip country country_code",
    )],
};

pub(crate) static LISTING: Shape = Shape {
    name: "Listing",
    required: &[(Id, "id")],
    optional: &[
        (
            Word(&[
                ("order", "order"),
                ("email", "email"),
                ("product", "product"),
                ("product_tag", "product_tag"),
            ]),
            "type",
        ),
        (Personal, "value secondary_value"),
    ],
};

/// A label request as REST gives it; the webhook names the parts of an address otherwise.
pub(crate) static LISTED_LABEL_REQUEST: Shape = Shape {
    name: "LabelRequest",
    required: &[(PathId, "id")],
    optional: &[
        (Id, "return_id shop_id"),
        (
            Word(&[
                ("issued", "issued"),
                ("cancelled", "cancelled"),
                ("fulfilled", "fulfilled"),
            ]),
            "status",
        ),
        (Time, "created_at"),
        (One(&LISTED_ADDRESSES), "addresses"),
        (One(&PARCEL), "parcel"),
        (Many(&PRODUCT), "products"),
        (Many(&LABEL_ERROR), "errors"),
    ],
};

static LISTED_ADDRESSES: Shape = Shape {
    name: "LabelRequestAddresses",
    required: &[],
    optional: &[(One(&LABEL_ADDRESS), "origin destination")],
};

static LABEL_ADDRESS: Shape = Shape {
    name: "LabelAddress",
    required: &[],
    optional: &[
        (
            Personal,
            "name company address1 address2 city region postal_code",
        ),
        (Text, "country country_code"),
    ],
};

static LABEL_ERROR: Shape = Shape {
    name: "LabelError",
    required: &[(
        Word(&[
            ("INSUFFICIENT_FUNDS", "INSUFFICIENT_FUNDS"),
            ("INVALID_ADDRESS", "INVALID_ADDRESS"),
            ("Other", "Other"),
        ]),
        "reason",
    )],
    optional: &[(Personal, "message"), (Time, "created_at")],
};

pub(crate) static CREATED_LABEL: Shape = Shape {
    name: "CreatedLabel",
    required: &[(Id, "id")],
    optional: &[
        (PathId, "label_request_id"),
        (Text, "tracking_number carrier"),
        (Personal, "label_url tracking_url qrcode_url"),
        (One(&RATE), "rate"),
        (
            Word(&[("new", "new"), ("in_transit", "in_transit")]),
            "status",
        ),
        (Time, "created_at"),
    ],
};

static RATE: Shape = Shape {
    name: "LabelRate",
    required: &[(Whole, "amount"), (Text, "currency_code")],
    optional: &[],
};

pub(crate) static FRAUD_REPORT: Shape = Shape {
    name: "FraudReport",
    required: &[(ForeignId, "id")],
    optional: &[
        (Id, "return_id"),
        (
            Word(&[("item-is-worn", "item-is-worn"), ("other", "other")]),
            "category",
        ),
        (Personal, "comment"),
        (Time, "created_at"),
    ],
};

const GRADE: Kind = Word(&[
    ("grade_a", "grade_a"),
    ("grade_d", "grade_d"),
    ("incorrect_item", "incorrect_item"),
    ("missing", "missing"),
    ("junk", "junk"),
]);

pub(crate) static GRADED_ITEM: Shape = Shape {
    name: "GradedItem",
    required: &[(Id, "line_item_id")],
    optional: &[
        (Personal, "description return_processor note"),
        (Category(&CATEGORY), "condition_category"),
        (Links, "images"),
        (Time, "inspected_at"),
    ],
};

pub(crate) static CATEGORY: Shape = Shape {
    name: "ConditionSubject",
    required: &[(Text, "subject title")],
    optional: &[(GRADE, "grade"), (Text, "category_name category_parent")],
};

pub(crate) static ASSESSED_ITEM: Shape = Shape {
    name: "AssessedItem",
    required: &[(Id, "line_item_id")],
    optional: &[
        (
            Word(&[
                ("back_to_stock", "back_to_stock"),
                ("resale_hold", "resale_hold"),
                ("missing", "missing"),
            ]),
            "disposition_outcome",
        ),
        (Personal, "return_processor note"),
        (Time, "inspected_at"),
    ],
};
